"""Values of fields, and how they are written: what `spell` writes, `parse` reads back equal."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

from rundbrief.fields.types import FieldType
from rundbrief.models import FieldValue, PostalAddress

__all__ = ["parse", "spell", "truth_in"]

_YES = frozenset({"yes", "y", "ja", "j", "true", "wahr", "1", "x"})
_NO = frozenset({"no", "n", "nein", "false", "falsch", "0"})

_PLAIN_NUMBER = re.compile(r"([+-]?)([0-9]+)(?:[.,]([0-9]+))?")
_GERMAN_NUMBER = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+|[+-]?[0-9]{1,3}(?:\.[0-9]{3}){2,}")
_ENGLISH_NUMBER = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+|[+-]?[0-9]{1,3}(?:,[0-9]{3}){2,}")
_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_GERMAN_DATE = re.compile(r"([0-9]{1,2})\.\s?([0-9]{1,2})\.\s?([0-9]{4})")
_LONGEST_MOMENT = 60
"""Characters. Anything longer is none, and would take the pattern for ever."""
_GERMAN_MOMENT = re.compile(r"([0-9.\s]+?)\s+([0-9]{1,2})(:[0-9]{2}(?::[0-9]{2})?)")


def spell(value: FieldValue) -> str:
    """Write a value as text: dates as ISO 8601, numbers with a decimal comma, several choices with `|` between.

    The comma because the point makes a German spreadsheet take 1.5 for the first of May.
    """
    match value:
        case bool():
            return "yes" if value else "no"
        case datetime() | date():
            return value.isoformat()
        case int() | Decimal():
            return _spell_number(Decimal(value))
        case tuple():
            return "|".join(one.replace("\\", "\\\\").replace("|", "\\|") for one in value)
        case str() | PostalAddress():
            return str(value)


def _spell_number(number: Decimal) -> str:
    whole, point, decimals = f"{number:f}".partition(".")
    if len(decimals) == 3:
        decimals += "0"  # with three, the comma could be taken for a thousands separator
    return f"{whole},{decimals}" if point else whole


def parse(text: str, kind: FieldType) -> FieldValue:
    """Read a trimmed, non-empty text as the value of a field.

    Numbers may be German (1.234,50) or English (1,234.50); 1.234 alone could be either and is refused. Dates are
    ISO (1990-12-31) or German (31.12.1990). A time without an offset is UTC.

    Raises:
        ValueError: a sentence's end such as `holds no date`, without the value itself.
    """
    match kind:
        case FieldType.NUMBER | FieldType.INTEGER:
            return _parse_number(text)
        case FieldType.BOOLEAN:
            return _parse_boolean(text)
        case FieldType.DATE:
            return _parse_date(text)
        case FieldType.DATETIME:
            return _parse_moment(text)
        case FieldType.CHOICES:
            return _parse_choices(text)
    return text


def _parse_number(text: str) -> Decimal:
    text = "".join(text.split())
    if plain := _PLAIN_NUMBER.fullmatch(text):
        sign, whole, decimals = plain.groups()
        if decimals and len(decimals) == 3 and len(whole) <= 3 and not whole.startswith("0"):
            raise ValueError(
                "holds a number whose separator could mean thousands or decimals; leave it out or add a 0"
            )
        return Decimal(f"{sign}{whole}.{decimals or 0}")
    if _GERMAN_NUMBER.fullmatch(text):
        return Decimal(text.replace(".", "").replace(",", "."))
    if _ENGLISH_NUMBER.fullmatch(text):
        return Decimal(text.replace(",", ""))
    raise ValueError("holds no number; write 1234,50")


def _parse_boolean(text: str) -> bool:
    found = truth_in(text)
    if found is None:
        raise ValueError("holds neither yes nor no")
    return found


def truth_in(text: str) -> bool | None:
    """Return what a word for yes or no means, in English or German; None for any other text."""
    word = text.strip().casefold()
    return word in _YES if word in _YES | _NO else None


def _parse_date(text: str) -> date:
    if iso := _ISO_DATE.fullmatch(text):
        year, month, day = iso.groups()
    elif german := _GERMAN_DATE.fullmatch(text):
        day, month, year = german.groups()
    else:
        raise ValueError("holds no date; write 1990-12-31 or 31.12.1990")
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise ValueError("holds a date that the calendar does not have") from None


def _parse_moment(text: str) -> datetime:
    if len(text) <= _LONGEST_MOMENT and (german := _GERMAN_MOMENT.fullmatch(text)):
        day, hour, rest = german.groups()
        text = f"{_parse_date(day).isoformat()} {hour:0>2}{rest}"
    try:
        # Python reads more than this: 20250101 and 2025-W01-1, which a customer number may look like as well.
        if not _ISO_DATE.match(text):
            raise ValueError
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("holds no time; write 1990-12-31 18:30 or 31.12.1990 18:30") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _parse_choices(text: str) -> tuple[str, ...]:
    parts = [part.strip() for part in re.findall(r"(?:\\.|[^|])+", text, flags=re.DOTALL)]
    choices = tuple(re.sub(r"\\(.)", r"\1", part, flags=re.DOTALL) for part in parts if part)
    if not choices:
        raise ValueError("holds no choice")
    return choices
