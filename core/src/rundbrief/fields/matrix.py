"""Which type fits which: the matrix of conversions.

What a cell promises is tested: what it calls exact comes back equal. Single values may fail all the same, such as
one that is none of the choices; `conversion` says so then.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from rundbrief.fields.types import FieldType

__all__ = ["Cell", "Quality", "cell"]

T = FieldType


class Quality(StrEnum):
    """How well a type fits another one."""

    EXACT = "exact"
    """The value comes back equal."""
    LOSSY = "lossy"
    """Something of it is lost, always or for some values."""
    REFUSED = "refused"
    """Such fields are never connected."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What becomes of the values of one type in a field of another."""

    quality: Quality
    lost: str = ""
    """What is lost, or which values stay here."""


_EXACT, _REFUSED = Cell(Quality.EXACT), Cell(Quality.REFUSED)
_SPELLING = "how it was written; what is none stays here"
_STAYS = "what is none stays here"

_TEXTS = frozenset({T.TEXT, T.LONG_TEXT, T.LANGUAGE, T.COUNTRY})
_WRITTEN = frozenset({T.TEXT, T.LONG_TEXT, T.CHOICE})
_VALUES = frozenset({T.INTEGER, T.NUMBER, T.BOOLEAN, T.DATE, T.DATETIME, T.BIRTHDAY})

_FROM: Mapping[FieldType, Mapping[FieldType, str]] = {
    T.INTEGER: {T.NUMBER: "numbers with decimals stay here", **dict.fromkeys(_WRITTEN, _SPELLING)},
    T.NUMBER: {T.INTEGER: "", T.BOOLEAN: "", **dict.fromkeys(_WRITTEN, _SPELLING)},
    T.BOOLEAN: {
        **dict.fromkeys((T.INTEGER, T.NUMBER), "numbers other than 1 and 0 stay here"),
        **dict.fromkeys(_WRITTEN, _SPELLING),
    },
    T.DATE: {T.DATETIME: "the time of day; the day is that of UTC", **dict.fromkeys(_WRITTEN, _SPELLING)},
    T.DATETIME: {T.DATE: "", **dict.fromkeys(_WRITTEN, _SPELLING)},
    T.BIRTHDAY: {**dict.fromkeys((T.DATE, T.DATETIME), "the year"), **dict.fromkeys(_WRITTEN, _SPELLING)},
    T.CHOICE: {
        **dict.fromkeys(_TEXTS | {T.EMAIL, T.PHONE, T.URL}, "capitals; what is none of the choices stays here"),
        **dict.fromkeys(_VALUES, ""),
        T.CHOICES: "more than one choice stays here",
    },
    T.CHOICES: {
        **dict.fromkeys(_TEXTS | {T.EMAIL, T.PHONE, T.URL}, "commas, which separate choices; capitals"),
        **dict.fromkeys(_VALUES, ""),
        T.CHOICE: "",
    },
    T.PHONE: dict.fromkeys((T.PHONE, *_WRITTEN), "its spelling, which becomes E.164 where its country is known"),
    T.URL: dict.fromkeys(_WRITTEN, _STAYS),
    T.EMAIL: dict.fromkeys(_WRITTEN, _STAYS),
    T.ADDRESS: {},
}
"""Target -> source -> what is lost; empty: nothing. What is not here does not fit, except for texts."""


def cell(source: FieldType, target: FieldType) -> Cell:
    """Return what becomes of values of a type in a field of another one."""
    if target in _TEXTS:
        return Cell(Quality.LOSSY, "which part is which") if source is T.ADDRESS else _EXACT
    lost = _FROM[target].get(source, "" if source is target else None)
    if lost is None:
        return _REFUSED
    return Cell(Quality.LOSSY, lost) if lost else _EXACT
