"""Values of contacts, read as the type of what they are compared with.

A CRM may hold anything as text: the columns of a spreadsheet, customer numbers, dates as somebody typed them. What
cannot be read as the wanted type is None, and equals nothing.
"""

import re
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal

from rundbrief.models import FieldValue

__all__ = ["as_day", "as_moment", "as_number", "as_text", "as_truth", "folded", "is_blank"]

_TRUE = frozenset({"yes", "y", "ja", "j", "true", "wahr", "1", "x"})
_FALSE = frozenset({"no", "n", "nein", "false", "falsch", "0"})

_PLAIN = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")
_THOUSANDS_OR_DECIMALS = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")
_GERMAN = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{3})+,[0-9]+|[+-]?[0-9]{1,3}(\.[0-9]{3}){2,}")
_ENGLISH = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+\.[0-9]+|[+-]?[0-9]{1,3}(,[0-9]{3}){2,}")
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_GERMAN_DAY = re.compile(r"([0-9]{1,2})\.\s?([0-9]{1,2})\.\s?([0-9]{4})")


def folded(text: str) -> str:
    """Return the form in which texts are equal that differ in capitals, or in how umlauts are composed."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def is_blank(value: FieldValue | None) -> bool:
    """Tell whether there is nothing to see in a value."""
    match value:
        case None:
            return True
        case str():
            return not value.strip()
        case tuple():
            return not any(one.strip() for one in value)
    return False


def as_text(value: FieldValue) -> str | None:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return str(Decimal(value))
        case datetime() | date():
            return value.isoformat()
    return None


def as_truth(value: FieldValue) -> bool | None:
    match value:
        case bool():
            return value
        case str():
            word = value.strip().casefold()
            return word in _TRUE if word in _TRUE | _FALSE else None
    return None


def as_number(value: FieldValue) -> Decimal | None:
    """German (1.234,50) and English (1,234.50) texts are numbers; 1.234 alone could be either, and is none."""
    match value:
        case bool():
            return None
        case int():
            return Decimal(value)
        case Decimal():
            return value if value.is_finite() else None
        case str():
            return _number_in("".join(value.split()))
    return None


def _number_in(text: str) -> Decimal | None:
    if _THOUSANDS_OR_DECIMALS.fullmatch(text):
        return None
    if _PLAIN.fullmatch(text):
        return Decimal(text.replace(",", "."))
    if _GERMAN.fullmatch(text):
        return Decimal(text.replace(".", "").replace(",", "."))
    if _ENGLISH.fullmatch(text):
        return Decimal(text.replace(",", ""))
    return None


def as_day(value: FieldValue) -> date | None:
    """Return a date; of a date and time the day that it is in UTC."""
    match value:
        case datetime():
            moment = _in_utc(value)
            return moment.date() if moment else None
        case date():
            return value
        case str():
            text = value.strip()
            moment = _moment_in(text)
            return moment.date() if moment else _day_in(text)
    return None


def as_moment(value: FieldValue) -> datetime | None:
    """Return a date and time in UTC; a date is its midnight in UTC."""
    match value:
        case datetime():
            return _in_utc(value)
        case date():
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
        case str():
            text = value.strip()
            day = _day_in(text)
            return as_moment(day) if day else _moment_in(text)
    return None


def _day_in(text: str) -> date | None:
    try:
        if _ISO_DAY.fullmatch(text):
            return date.fromisoformat(text)
        if german := _GERMAN_DAY.fullmatch(text):
            day, month, year = map(int, german.groups())
            return date(year, month, day)
    except ValueError:
        return None  # the calendar does not have it
    return None


def _moment_in(text: str) -> datetime | None:
    """Return a date with a time of day; a date alone is none."""
    if not _ISO_DAY.match(text) or _ISO_DAY.fullmatch(text):
        return None
    try:
        return _in_utc(datetime.fromisoformat(text))
    except ValueError:
        return None


def _in_utc(moment: datetime) -> datetime | None:
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        return None  # in the first or last hours of the calendar
