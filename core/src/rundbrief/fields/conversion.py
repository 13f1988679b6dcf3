"""Conversions: one value, made into what a field of another type can hold.

They work in both directions: out to a service, and in from one for contacts that an import creates. What arrives
is either the same value in another type, or less of it, in which case that is said, or nothing, with a reason.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import takewhile
from typing import TypeVar

from rundbrief.fields.model import CrmField, RemoteField
from rundbrief.fields.phones import as_e164
from rundbrief.fields.spelling import parse, truth_in
from rundbrief.fields.types import FieldType
from rundbrief.models import FieldValue, PostalAddress

__all__ = ["Convert", "Habits", "Partly", "Unfit", "converter"]

_WORDS = {"en": ("yes", "no"), "de": ("ja", "nein")}
_DIGITS = 15
"""So many digits survive in a number of JSON, which services read as a float of 64 bits (IEEE 754)."""
_SITE = re.compile(r"https?://[^\s/]+\.[^\s]+", re.IGNORECASE)
_BARE_SITE = re.compile(r"[\w-]+(\.[\w-]+)+(/\S*)?")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_MONTH_AND_DAY = re.compile(r"([0-9]{1,2})-([0-9]{1,2})")
_SLASHED = re.compile(r"([0-9]{1,2})/([0-9]{1,2})")
_GERMAN_MONTH_AND_DAY = re.compile(r"([0-9]{1,2})\.\s?([0-9]{1,2})\.")


Parsed = TypeVar("Parsed")


class Unfit(ValueError):
    """A field cannot hold this value. The message ends a sentence, and never contains the value."""


@dataclass(frozen=True, slots=True)
class Partly:
    """What is left of a value, and what was lost of it."""

    value: FieldValue
    lost: str
    """Ends a sentence: `was cut to 255 bytes`."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How people write here what a service has no type for."""

    language: str = "en"
    """`en` or `de`: words for yes and no, and the decimal sign, in texts."""
    country: str | None = None
    """Two letters (ISO 3166): whose telephone numbers those without a country code are."""


Convert = Callable[[FieldValue], FieldValue | Partly]
"""Raises `Unfit`."""


def converter(field: CrmField | RemoteField, habits: Habits = Habits()) -> Convert:
    """Return what makes any value into one that this field can hold, or raises `Unfit`."""
    convert = _by_type(field, habits)
    if field.type in _SINGLE:
        convert = _of_one(convert)
    return _matching(field.pattern, convert) if isinstance(field, RemoteField) and field.pattern else convert


_SINGLE = frozenset(
    {
        *(FieldType.INTEGER, FieldType.NUMBER, FieldType.BOOLEAN),
        *(FieldType.DATE, FieldType.DATETIME, FieldType.BIRTHDAY),
        *(FieldType.EMAIL, FieldType.PHONE, FieldType.URL),
    }
)


def _of_one(convert: Convert) -> Convert:
    """A single choice is as good as its text."""
    return lambda value: convert(value[0] if isinstance(value, tuple) and len(value) == 1 else value)


def _by_type(field: CrmField | RemoteField, habits: Habits) -> Convert:
    limit = field.max_bytes if isinstance(field, RemoteField) else None
    match field.type:
        case FieldType.INTEGER:
            return _to_integer
        case FieldType.NUMBER:
            return _to_number
        case FieldType.BOOLEAN:
            return _to_boolean
        case FieldType.DATE:
            return _to_date
        case FieldType.DATETIME:
            return _to_moment
        case FieldType.BIRTHDAY:
            return _birthday_in(field.form if isinstance(field, RemoteField) else "")
        case FieldType.CHOICE:
            return _one_of(field.choices, habits)
        case FieldType.CHOICES:
            return _some_of(field.choices, habits)
        case FieldType.PHONE:
            return lambda value: _to_phone(value, habits)
        case FieldType.URL:
            return _to_site
        case FieldType.EMAIL:
            return _to_mail
        case FieldType.ADDRESS:
            return _address_with(field.parts if isinstance(field, RemoteField) else ())
        case _:
            return lambda value: _cut(_as_text(value, habits), limit)


# --- texts ------------------------------------------------------------------------------------------------


def _as_text(value: FieldValue, habits: Habits) -> str:
    match value:
        case str():
            return value
        case bool():
            return _WORDS[habits.language][0 if value else 1]
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case int() | Decimal():
            return _number_as_text(Decimal(value), habits)
        case tuple():
            return _joined(value)
        case PostalAddress():
            return str(value)


def _number_as_text(number: Decimal, habits: Habits) -> str:
    whole, point, decimals = f"{number:f}".partition(".")
    if not point:
        return whole
    if len(decimals) == 3:
        decimals += "0"  # with three, the sign could be taken for a thousands separator
    return f"{whole}{',' if habits.language == 'de' else '.'}{decimals}"


def _cut(text: str, limit: int | None) -> str | Partly:
    if limit is None or len(text) * 4 <= limit or len(text.encode()) <= limit:
        return text
    kept = text.encode()[:limit].decode(errors="ignore")
    # A letter and its accents stay together: neither the accent alone, nor the letter without it, is the text.
    if unicodedata.combining(text[len(kept)]):
        accents = sum(1 for _ in takewhile(unicodedata.combining, reversed(kept)))
        kept = kept[: -accents - 1]
    return Partly(kept, f"was cut to {limit} bytes")


def _joined(choices: Sequence[str]) -> str:
    """Return choices with commas between; one that has a comma itself stands in quotes, as in a CSV file."""
    line = io.StringIO()
    csv.writer(line, lineterminator="", skipinitialspace=True).writerow(choices)
    return line.getvalue().replace("\r\n", "\n")


def _split(text: str) -> tuple[str, ...]:
    found = next(csv.reader(io.StringIO(text, newline=""), skipinitialspace=True), [])
    return tuple(one for one in found if one)


# --- numbers, yes and no ----------------------------------------------------------------------------------


def _to_number(value: FieldValue) -> FieldValue | Partly:
    match value:
        case bool():
            return int(value)
        case int() | Decimal():
            number: int | Decimal = value
        case str() if value.strip():
            number = _parsed(value, FieldType.NUMBER, Decimal)
        case _:
            raise Unfit("is no number")
    if len(Decimal(number).normalize().as_tuple().digits) > _DIGITS:
        return Partly(number, f"keeps {_DIGITS} of its digits")
    return number


def _to_integer(value: FieldValue) -> FieldValue | Partly:
    number = _to_number(value)
    number = number.value if isinstance(number, Partly) else number
    assert isinstance(number, int | Decimal)
    if number != int(number):
        raise Unfit("is no whole number")
    return int(number)


def _to_boolean(value: FieldValue) -> bool:
    match value:
        case bool():
            return value
        case int() | Decimal() if value in (0, 1):
            return value == 1
        case str() if (found := truth_in(value)) is not None:
            return found
    raise Unfit("is neither yes nor no")


# --- days -------------------------------------------------------------------------------------------------


def _to_date(value: FieldValue) -> date | Partly:
    match value:
        case datetime():
            return value.astimezone(UTC).date()
        case date():
            return value
        case str() if value.strip():
            return _parsed(value, FieldType.DATE, date)
    raise Unfit("is no date")


def _to_moment(value: FieldValue) -> datetime:
    match value:
        case datetime():
            return value
        case date():
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
        case str() if value.strip():
            return _parsed(value, FieldType.DATETIME, datetime)
    raise Unfit("is no date with a time")


def _birthday_in(form: str) -> Convert:
    """Return what makes a birthday, spelt as the service does (`MM/DD`, `DD/MM`), or else as `MM-DD`."""
    spelt = {"MM/DD": "%m/%d", "DD/MM": "%d/%m"}.get(form, "%m-%d")

    def to_birthday(value: FieldValue) -> str:
        match value:
            case datetime():
                return value.astimezone(UTC).strftime(spelt)
            case date():
                return value.strftime(spelt)
            case str() if value.strip():
                found = _month_and_day(value.strip(), form) or _to_date(value)
                assert isinstance(found, date)
                return found.strftime(spelt)
        raise Unfit("is no birthday")

    return to_birthday


def _month_and_day(text: str, form: str) -> date | None:
    """Return a day of a leap year for `02-29`, `29.2.` and the service's own spelling; None for anything else."""
    if found := _MONTH_AND_DAY.fullmatch(text):
        month, day = map(int, found.groups())
    elif found := _GERMAN_MONTH_AND_DAY.fullmatch(text):
        day, month = map(int, found.groups())
    elif form and (found := _SLASHED.fullmatch(text)):
        first, second = map(int, found.groups())
        month, day = (first, second) if form == "MM/DD" else (second, first)
    else:
        return None
    try:
        return date(2000, month, day)
    except ValueError:
        raise Unfit("is a day that the calendar does not have") from None


# --- choices ----------------------------------------------------------------------------------------------


def _one_of(choices: Sequence[str], habits: Habits) -> Convert:
    known = {_plain(one): one for one in reversed(choices)}

    def choose(value: FieldValue) -> str:
        if isinstance(value, tuple):
            if len(value) != 1:
                raise Unfit("is more than one choice")
            value = value[0]
        if isinstance(value, bool):
            words = {_plain(one) for pair in _WORDS.values() for one in pair if truth_in(one) is value}
            found = next((one for word, one in known.items() if word in words), None)
            if found:
                return found
        text = _as_text(value, habits)
        if not choices:
            return text
        if _plain(text) not in known:
            raise Unfit("is none of the choices")
        return text if text in choices else known[_plain(text)]

    return choose


def _some_of(choices: Sequence[str], habits: Habits) -> Convert:
    choose = _one_of(choices, habits)

    def choose_all(value: FieldValue) -> FieldValue | Partly:
        if isinstance(value, str) and not (choices and _plain(value) in map(_plain, choices)):
            value = _split(value)
        wanted = value if isinstance(value, tuple) else (_as_text(value, habits),)
        found: list[str] = []
        for one in wanted:
            try:
                found.append(str(choose(one)))
            except Unfit:
                continue
        if wanted and not found:
            raise Unfit("has none of the choices")
        kept = tuple(dict.fromkeys(found))
        return kept if len(found) == len(wanted) else Partly(kept, "has choices that the field has not")

    return choose_all


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip()).casefold()


# --- texts of a certain form ------------------------------------------------------------------------------


def _to_phone(value: FieldValue, habits: Habits) -> str:
    if not isinstance(value, str):
        raise Unfit("is no telephone number")
    is_local = not value.strip().startswith(("+", "00"))
    if is_local and habits.country is None:
        return value
    found = as_e164(value, habits.country)
    if found is None:
        raise Unfit("is no telephone number")
    return found


def _to_site(value: FieldValue) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if _SITE.fullmatch(text):
        return text
    if _BARE_SITE.fullmatch(text):
        return f"https://{text}"
    raise Unfit("is no web address")


def _to_mail(value: FieldValue) -> str:
    if isinstance(value, str) and _MAIL.fullmatch(value.strip()):
        return value.strip()
    raise Unfit("is no e-mail address")


def _matching(pattern: str, convert: Convert) -> Convert:
    wanted = re.compile(pattern)

    def match(value: FieldValue) -> FieldValue | Partly:
        found = convert(value)
        if not wanted.fullmatch(str(found.value if isinstance(found, Partly) else found)):
            raise Unfit("is not as the service wants it")
        return found

    return match


def _address_with(parts: Sequence[str]) -> Convert:
    def to_address(value: FieldValue) -> PostalAddress:
        if not isinstance(value, PostalAddress):
            raise Unfit("is no postal address in parts")
        if missing := [name for name in parts if not getattr(value, name).strip()]:
            raise Unfit(f"lacks {' and '.join(missing)}")
        return value

    return to_address


def _parsed(text: str, kind: FieldType, expected: type[Parsed]) -> Parsed:
    try:
        found = parse(text.strip(), kind)
    except ValueError as error:
        raise Unfit(str(error)) from None
    assert isinstance(found, expected)
    return found
