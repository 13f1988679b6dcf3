"""Values of contacts, read as the type of what they are compared with.

A CRM may hold anything as text: the columns of a spreadsheet, customer numbers, dates as somebody typed them. What
cannot be read as the wanted type is None, and equals nothing.
"""

import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal

from rundbrief.fields import FieldType
from rundbrief.fields.spelling import parse, truth_in
from rundbrief.models import FieldValue

__all__ = ["as_day", "as_moment", "as_number", "as_text", "as_truth", "folded", "is_blank"]


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
            return truth_in(value)
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
            found = _read(value, FieldType.NUMBER)
            return found if isinstance(found, Decimal) else None
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
            found = _day_or_moment(value)
            return as_day(found) if found else None
    return None


def as_moment(value: FieldValue) -> datetime | None:
    """Return a date and time in UTC; a date is its midnight in UTC."""
    match value:
        case datetime():
            return _in_utc(value)
        case date():
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
        case str():
            found = _day_or_moment(value)
            return as_moment(found) if found else None
    return None


def _day_or_moment(text: str) -> date | None:
    """Return a date where a text holds one alone, else a date with a time of day."""
    found = _read(text, FieldType.DATE) or _read(text, FieldType.DATETIME)
    return found if isinstance(found, date) else None


def _read(text: str, kind: FieldType) -> FieldValue | None:
    try:
        return parse(text.strip(), kind)
    except ValueError:
        return None


def _in_utc(moment: datetime) -> datetime | None:
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        return None  # in the first or last hours of the calendar
