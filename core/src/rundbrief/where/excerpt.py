"""Mistakes in a condition, shown where they are."""

import re
import unicodedata

from rundbrief.errors import InputError

__all__ = ["Mistake", "veiled"]

_BEFORE = 40
_SHOWN = 72
"""Columns: enough to see where one is in an expression that is longer than a line of a terminal."""

_UNBROKEN = re.compile(r"""[^\s"'()<>,;\[\]]+""")


class Mistake(Exception):
    """Something wrong at one place; becomes an `InputError` where the whole text is known.

    Args:
        position: in characters from 0; the text's length means its end.
        sentence: what is wrong, in lower case and without a full stop; without values.
        hint: what to write instead.
    """

    def __init__(self, position: int, sentence: str, hint: str = "") -> None:
        super().__init__(sentence)
        self.position = position
        self.sentence = sentence
        self.hint = hint

    def within(self, text: str) -> InputError:
        """Return the error to tell: a sentence, the line of the text, and a caret below the place."""
        line_start = text.rfind("\n", 0, self.position) + 1
        line = text[line_start:].partition("\n")[0]
        column = self.position - line_start
        number = text.count("\n", 0, self.position) + 1
        message = f"The condition has a mistake in line {number}, column {column + 1}: {self.sentence}."
        return InputError(f"{message}\n{_pointed_at(line, column)}" if line else message, hint=self.hint)


def veiled(text: str) -> str:
    """Return a text of the same length whose addresses cannot be read, so that places in it stay the same."""
    return _UNBROKEN.sub(lambda found: _without_address(found[0]), text)


def _without_address(word: str) -> str:
    local, at, domain = word.partition("@")
    return f"{local[0]}{'…' * (len(local) - 1)}@{'…' * len(domain)}" if local and at else word


def _pointed_at(line: str, column: int) -> str:
    """Return the part of a line around a column, and a line with a caret below it."""
    start = max(0, min(column - _BEFORE, len(line) - _SHOWN))
    shown = "".join(_harmless(one) for one in veiled(line))
    before, after = shown[start:column], shown[column : start + _SHOWN]
    left = "…" if start else ""
    right = "…" if start + _SHOWN < len(line) else ""
    return f"    {left}{before}{after}{right}\n    {' ' * _columns(left + before)}^"


def _harmless(character: str) -> str:
    """A terminal obeys some characters, and cannot show others."""
    if character.isspace():
        return " "
    return character if character.isprintable() else "?"


def _columns(text: str) -> int:
    return sum(_width(one) for one in text)


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
