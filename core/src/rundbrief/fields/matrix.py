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
    """What arrives, and what is lost or stays here, in words for people."""


_EXACT, _REFUSED = Cell(Quality.EXACT), Cell(Quality.REFUSED)

_TEXTS = frozenset({T.TEXT, T.LONG_TEXT, T.LANGUAGE, T.COUNTRY})
_WRITTEN = frozenset({T.TEXT, T.LONG_TEXT, T.CHOICE})
_FORMS = frozenset({T.EMAIL, T.PHONE, T.URL})
_VALUES = frozenset({T.INTEGER, T.NUMBER, T.BOOLEAN, T.DATE, T.DATETIME, T.BIRTHDAY})


def _read(what: str) -> Mapping[FieldType, str]:
    """Return what becomes of texts in which people have written something."""
    return dict.fromkeys(_WRITTEN, f"{what} arrives, not how it was written; any other text stays here")


_FROM: Mapping[FieldType, Mapping[FieldType, str]] = {
    T.INTEGER: {T.NUMBER: "whole numbers arrive; others stay here", **_read("a whole number")},
    T.NUMBER: {T.INTEGER: "", T.BOOLEAN: "", **_read("a number")},
    T.BOOLEAN: {
        **dict.fromkeys((T.INTEGER, T.NUMBER), "1 and 0 arrive as yes and no; other numbers stay here"),
        **_read("yes or no"),
    },
    T.DATE: {T.DATETIME: "the day in UTC arrives, without the time", **_read("a date")},
    T.DATETIME: {T.DATE: "", **_read("a date with a time")},
    T.BIRTHDAY: {
        **dict.fromkeys((T.DATE, T.DATETIME), "day and month arrive, without the year"),
        **_read("a birthday"),
    },
    T.CHOICE: {
        **dict.fromkeys(
            _TEXTS | _FORMS, "one of the choices arrives, however it is capitalised; others stay here"
        ),
        **dict.fromkeys(_VALUES, ""),
        T.CHOICES: "a single choice arrives; several stay here",
    },
    T.CHOICES: {
        **dict.fromkeys(_TEXTS | _FORMS, "a text is taken apart at its commas; what is no choice stays here"),
        **dict.fromkeys(_VALUES, ""),
        T.CHOICE: "",
    },
    T.PHONE: dict.fromkeys(
        (T.PHONE, *_WRITTEN),
        "a number arrives as +493511234567 where its country is known; any other text stays here",
    ),
    T.URL: dict.fromkeys(_WRITTEN, "a web address arrives; any other text stays here"),
    T.EMAIL: dict.fromkeys(_WRITTEN, "an e-mail address arrives; any other text stays here"),
    T.ADDRESS: {},
}
"""Target -> source -> what is lost; empty: nothing. What is not here does not fit, except for texts."""


def cell(source: FieldType, target: FieldType) -> Cell:
    """Return what becomes of values of a type in a field of another one."""
    if target in _TEXTS:
        return (
            Cell(Quality.LOSSY, "one line of text arrives; which part is which is lost")
            if source is T.ADDRESS
            else _EXACT
        )
    lost = _FROM[target].get(source, "" if source is target else None)
    if lost is None:
        return _REFUSED
    return Cell(Quality.LOSSY, lost) if lost else _EXACT
