"""Markdown, piece by piece."""

import re
import textwrap
from collections.abc import Iterable, Sequence

__all__ = ["WIDTH", "bullet", "code", "prose", "table"]

WIDTH = 128
"""Characters of a line in docs/, as long as it is no table."""

_UNBROKEN = "\0"
_OPTION = re.compile(r"(?<![\w`-])--?[a-z][\w-]*(?![\w`])")


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; every row has as many cells as the header."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def code(text: str, language: str) -> str:
    """Return a fenced block."""
    return f"```{language}\n{text.strip()}\n```"


def bullet(text: str) -> str:
    """Return an item of a list, wrapped, but never within code."""
    parts = " ".join(text.split()).split("`")
    parts[1::2] = [part.replace(" ", _UNBROKEN) for part in parts[1::2]]
    lines = textwrap.wrap(
        f"* {'`'.join(parts)}", WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(lines).replace(_UNBROKEN, " ")


def prose(text: str) -> str:
    """Return text in which options of a command stand as code: two hyphens would else become a dash."""
    parts = text.split("`")
    parts[::2] = [_OPTION.sub(lambda found: f"`{found[0]}`", part) for part in parts[::2]]
    return "`".join(parts)
