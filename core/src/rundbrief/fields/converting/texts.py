"""Values as text, texts of a limited length, and lists in one text."""

import csv
import io
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import takewhile

from rundbrief.fields.converting.outcome import WORDS, Habits, Partly
from rundbrief.models import FieldValue, PostalAddress

__all__ = ["as_text", "cut", "split"]

_JOINER = "\N{ZERO WIDTH JOINER}"
_CLINGING = frozenset({_JOINER, *map(chr, range(0x1F3FB, 0x1F400)), *map(chr, range(0xE0020, 0xE0080))})
"""What belongs to the character before it, beside marks: the joiner, skin tones, the tags of regional flags."""


def as_text(value: FieldValue, habits: Habits) -> str:
    match value:
        case str():
            return value
        case bool():
            return WORDS[habits.language][0 if value else 1]
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case int() | Decimal():
            return _numberas_text(Decimal(value), habits)
        case tuple():
            return _joined(value)
        case PostalAddress():
            return str(value)


def _numberas_text(number: Decimal, habits: Habits) -> str:
    whole, point, decimals = f"{number:f}".partition(".")
    if not point:
        return whole
    if len(decimals) == 3:
        decimals += "0"  # with three, the sign could be taken for a thousands separator
    return f"{whole}{',' if habits.language == 'de' else '.'}{decimals}"


def cut(text: str, limit: int | None) -> str | Partly:
    if limit is None or len(text) * 4 <= limit or len(text.encode()) <= limit:
        return text
    fitting = end = len(text.encode()[:limit].decode(errors="ignore"))
    while end and _parts(text, end):
        end -= 1
    return Partly(text[: end or fitting], f"was cut to {limit} bytes")


def _parts(text: str, place: int) -> bool:
    """Tell whether a cut at this place goes through what people read as one character.

    That is a letter with its accents or vowel signs, and an emoji of several: with a skin tone, a family, a flag.
    """
    before, after = text[place - 1], text[place]
    if _is_flag_letter(before) and _is_flag_letter(after):
        return sum(1 for _ in takewhile(_is_flag_letter, reversed(text[:place]))) % 2 == 1
    return unicodedata.category(after).startswith("M") or after in _CLINGING or before == _JOINER


def _is_flag_letter(character: str) -> bool:
    return "\N{REGIONAL INDICATOR SYMBOL LETTER A}" <= character <= "\N{REGIONAL INDICATOR SYMBOL LETTER Z}"


def _joined(choices: Sequence[str]) -> str:
    """Return choices with commas between; one that has a comma itself stands in quotes, as in a CSV file."""
    line = io.StringIO()
    csv.writer(line, lineterminator="", skipinitialspace=True).writerow(choices)
    return line.getvalue().replace("\r\n", "\n")


def split(text: str) -> tuple[str, ...]:
    found = next(csv.reader(io.StringIO(text, newline=""), skipinitialspace=True), [])
    return tuple(one for one in found if one)
