"""What could have come where an expression cannot be read any further, in words."""

import re
from collections.abc import Iterable, Sequence

from rundbrief.where.excerpt import Mistake

__all__ = ["listed", "mistake_at"]

_WORDS: Sequence[tuple[str, str]] = (
    ("NAME", "a field"),
    ("COMPARISON", "an operator such as =, contains, in, is empty"),
    ("NUMBER", "a value"),
    ("TEXT", "a text in quotes"),
    ("_AND", '"and"'),
    ("_OR", '"or"'),
    ("_NOT", '"not"'),
    ("_LPAR", '"("'),
    ("_COMMA", '","'),
    ("_RPAR", '")"'),
    ("$END", "the end"),
)
"""One terminal for each group that always comes together, in the order in which they are told."""

_HINTS_FOR_VALUES: Sequence[tuple[re.Pattern[str], str]] = (
    (re.compile(r"[0-9]{1,2}\.\s?[0-9]{1,2}\.|[0-9]+[-/][0-9]+[-/]"), "Write dates like this: 2026-01-31."),
    (re.compile(r"="), "Write = once, or != for not equal."),
    (re.compile(r">"), "Write != for not equal."),
    (re.compile(r"[-+]?[0-9.]"), "Write numbers like this: 42.5, and texts in quotes: '42 b'."),
)
_HINTS: Sequence[tuple[re.Pattern[str], str]] = (
    (re.compile("[„“”‚‘’«»‹›]"), "Use straight quotes: \" or '."),  # noqa: RUF001 (what word processors make of them)
    (re.compile(r"[0-9]{1,2}:[0-9]{2}"), "Write date and time like this: 2026-01-31T12:00."),
    (re.compile(r"&&?"), "Write and."),
    (re.compile(r"\|\|?"), "Write or."),
    (re.compile(r"!(?!=)"), "Write not, or != for not equal."),
    (re.compile(r"like\b", re.IGNORECASE), "Write contains, starts with or ends with."),
    (re.compile(r"is\b", re.IGNORECASE), "Write = for equal, or is empty, is not empty."),
    (re.compile(r"not\b", re.IGNORECASE), "Write not before the field, or not in (...)."),
)
_USUAL_HINTS: Sequence[tuple[str, str]] = (
    ("NAME", "Write a test such as city = 'Köln'."),
    ("COMPARISON", "Write a test such as city = 'Köln'."),
    ("NUMBER", "Write a text in quotes, a number, a date, true or false."),
    ("TEXT", "Write the key of an opt-in field: opt_in('news/1')."),
    ("_AND", "Write and or or between two tests."),
    ("_COMMA", "Put commas between the values, and a parenthesis after the last one."),
    ("_RPAR", "Each opening parenthesis needs a closing one."),
    ("$END", "Each closing parenthesis needs an opening one."),
    ("_LPAR", "Write the values in parentheses: in ('x', 'y')."),
)
"""What to say where nothing tells what was meant; the first that fits."""

_WORD = re.compile(r"[^\W\d]\w{0,30}\b")
_LONE_QUOTE = {
    '"': ("this text has no closing quote", 'Write \\" for a quote within a text.'),
    "'": ("this text has no closing quote", "Write \\' for a quote within a text."),
    "[": ("this label has no closing bracket", "Write \\] for a bracket within a label."),
}
_CLOSED = re.compile(r""""([^"\\]|\\.)*"|'([^'\\]|\\.)*'|\[([^\]\\]|\\.)*\]""", re.DOTALL)


def mistake_at(text: str, position: int, expected: set[str]) -> Mistake:
    """Return what to tell about an expression that cannot be read from a position on.

    Args:
        expected: the names of the terminals that the grammar allows there.
    """
    rest = text[position:]
    if rest[:1] in _LONE_QUOTE and not _CLOSED.match(rest):
        return Mistake(position, *_LONE_QUOTE[rest[0]])
    return Mistake(position, f"expected {_in_words(expected)}", _hint(text, position, expected))


def _in_words(expected: set[str]) -> str:
    if "NUMBER" in expected:
        expected = expected - {"TEXT"}
    return listed([words for terminal, words in _WORDS if terminal in expected], "or")


def listed(words: Iterable[str], last: str) -> str:
    """Return `a, b or c`."""
    *most, final = words
    return f"{', '.join(most)} {last} {final}" if most else final


def _hint(text: str, position: int, expected: set[str]) -> str:
    rest = text[position:]
    wants_value = "NUMBER" in expected
    if rest.startswith(",") and text[:position][-1:].isdigit():
        return "Write decimals with a point: 42.5."
    for pattern, hint in (*_HINTS_FOR_VALUES, *_HINTS) if wants_value else _HINTS:
        if pattern.match(rest):
            return hint
    if word := _WORD.match(rest):
        if wants_value:
            return f"Write texts in quotes: '{word[0]}'."
        if "NAME" in expected:
            return f"Write a field that is called like a word of the language in brackets: [{word[0]}]."
    return next((hint for terminal, hint in _USUAL_HINTS if terminal in expected), "")
