"""The only way to stdout and stderr.

Names of lists and contacts come from elsewhere. Whatever could steer a terminal is taken out of them here, so that
no command has to think of it.
"""

import os
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import click

__all__ = ["Cell", "Output", "printable"]

Cell = str | Sequence[str]
"""One line of a table's cell, or several."""

_STEERING = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Unicode's categories of control and format characters (which turn the direction, or have no width), of halves of
a character, and of line and paragraph separators."""
_SPELLING = frozenset("\n\t\u200c\u200d")
"""What is left in all the same: blanks, as one, and the joiners that Persian names and families of emoji are spelt
with."""
_WIDEST = 100
"""Columns of running text; longer lines are hard to read."""


def printable(text: str) -> str:
    """Return the text without anything that moves a cursor, rings a bell, turns the direction or is not seen."""
    if text.isprintable():
        return text
    return "".join(
        " " if character in "\n\t" else character
        for character in text
        if character in _SPELLING or unicodedata.category(character) not in _STEERING
    )


class Output:
    """Lines, tables and JSON documents."""

    @property
    def is_bounded(self) -> bool:
        """Whether long lines should be wrapped: on a terminal, or when COLUMNS asks for it."""
        return sys.stdout.isatty() or "COLUMNS" in os.environ

    @property
    def width(self) -> int:
        """Columns of the terminal."""
        import shutil

        return shutil.get_terminal_size((_WIDEST, 24)).columns

    def line(self, text: str = "", *, bold: bool = False, dim: bool = False, colour: str | None = None) -> None:
        """Print one line of an answer."""
        clean = printable(text)
        if clean and (bold or dim or colour):
            clean = click.style(clean, bold=bold or None, dim=dim or None, fg=colour)
        click.echo(clean)

    def paragraph(self, text: str, *, indent: str = "", dim: bool = False) -> None:
        """Print running text, wrapped on word boundaries; in a pipe as one line."""
        import textwrap

        clean = printable(text)
        if not self.is_bounded:
            self.line(indent + clean)
            return
        for line in textwrap.wrap(
            clean,
            min(self.width, _WIDEST),
            initial_indent=indent,
            subsequent_indent=indent,
            break_on_hyphens=False,
        ):
            self.line(line, dim=dim)

    def table(self, titles: Sequence[str], rows: Iterable[Sequence[Cell]], *, indent: int = 0) -> None:
        """Print rows under titles: wrapped to the terminal, or as they are in a pipe."""
        from rich.box import Box
        from rich.padding import Padding
        from rich.table import Table
        from rich.text import Text

        from rundbrief.cli.console import rendered

        rule_under_titles = Box("    \n    \n ── \n    \n    \n    \n    \n    \n")
        table = Table(
            box=rule_under_titles, pad_edge=False, show_edge=False, header_style="bold", border_style="dim"
        )
        for title in titles:
            table.add_column(Text(printable(title)), overflow="fold")
        for row in rows:
            cells = ([cell] if isinstance(cell, str) else cell for cell in row)
            table.add_row(*(Text("\n".join(printable(line) for line in lines)) for lines in cells))
        click.echo(rendered(Padding(table, (0, 0, 0, indent)), self.width if self.is_bounded else None), nl=False)

    def text(self, content: str) -> None:
        """Print a file's content, as the file would have it but for what steers a terminal."""
        for line in content.splitlines():
            click.echo(printable(line))

    def document(self, content: Any, *, on_one_line: bool = False) -> None:
        """Print one JSON document, in ASCII, so that it passes through any pipe and cannot steer a terminal."""
        import json

        click.echo(json.dumps(content, indent=None if on_one_line else 2))
