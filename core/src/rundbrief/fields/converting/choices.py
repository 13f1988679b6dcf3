"""One of several choices, and any of them."""

import unicodedata
from collections.abc import Sequence

from rundbrief.fields.converting.outcome import WORDS, Convert, Habits, Partly, Unfit
from rundbrief.fields.converting.texts import as_text, split
from rundbrief.fields.spelling import truth_in
from rundbrief.models import FieldValue

__all__ = ["one_of", "some_of"]


def one_of(choices: Sequence[str], habits: Habits, codes: Sequence[str] = ()) -> Convert:
    """Return what finds a choice by its label, in whatever capitals, or else by its code at the service."""
    by_code = {_plain(code): one for code, one in zip(codes, choices, strict=False)}
    known = by_code | {_plain(one): one for one in reversed(choices)}

    def choose(value: FieldValue) -> str:
        if isinstance(value, tuple):
            if len(value) != 1:
                raise Unfit("is more than one choice")
            value = value[0]
        if isinstance(value, bool):
            words = {_plain(one) for pair in WORDS.values() for one in pair if truth_in(one) is value}
            found = next((one for word, one in known.items() if word in words), None)
            if found:
                return found
        text = as_text(value, habits)
        if not choices:
            return text
        if _plain(text) not in known:
            raise Unfit("is none of the choices")
        return text if text in choices else known[_plain(text)]

    return choose


def some_of(choices: Sequence[str], habits: Habits) -> Convert:
    """Return what finds several choices, in a text with commas as well; those that there are not are left out."""
    choose = one_of(choices, habits)

    def choose_all(value: FieldValue) -> FieldValue | Partly:
        if isinstance(value, str) and not (choices and _plain(value) in map(_plain, choices)):
            value = split(value)
        wanted = value if isinstance(value, tuple) else (as_text(value, habits),)
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
