"""The stage of the demo: headings, sentences, and real commands with their real output."""

import io
import os
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import TextIO

import click

from rundbrief.errors import RundbriefError

__all__ = ["Stage", "StoryBroken"]

NARROWEST, WIDEST = 80, 100
"""Columns that the demo takes."""

MARGIN = "  │ "
"""Stands before each line that a command prints."""


class StoryBroken(RundbriefError):
    """What the demo promises did not happen."""


class Stage:
    """Where the story is told."""

    def __init__(self) -> None:
        columns = os.get_terminal_size().columns if sys.stdout.isatty() else WIDEST
        self.width = max(NARROWEST, min(columns, WIDEST))
        self._steps = 0
        self._after_output = False

    def title(self, text: str) -> None:
        click.secho(text, bold=True)

    def step(self, title: str) -> None:
        """Begin the next step."""
        self._steps += 1
        self._after_output = False
        head = f"── {self._steps}  {title} "
        click.echo()
        click.secho(head.ljust(self.width, "─"), fg="cyan", bold=True)

    def say(self, text: str) -> None:
        """Say what happens, in running text."""
        self._leave_output()
        click.echo(textwrap.fill(text, self.width, break_on_hyphens=False))

    def act(self, text: str) -> None:
        """Say what somebody does outside of rundbrief."""
        click.echo()
        click.secho(textwrap.fill(f"* {text}", self.width, subsequent_indent="  "), fg="magenta")
        self._after_output = True

    def run(self, *args: str) -> None:
        """Show a command as a user types it, run it, and show what it prints.

        Raises:
            StoryBroken: the command failed.
        """
        from rundbrief.cli.app import cli

        click.echo()
        click.secho(self._typed(args), fg="green")
        with redirect_stdout(_Margin(sys.stdout)), _columns(self.width - len(MARGIN)):
            code = cli.main(list(args), prog_name="rundbrief", standalone_mode=False)
        self._after_output = True
        if code:
            raise StoryBroken(f"`rundbrief {args[0]}` ended with exit code {code}.")

    def show_file(self, name: str) -> None:
        """Show a file of the demo's folder."""
        click.echo()
        click.secho(f"  {name}", fg="green")
        with open(name, encoding="utf-8") as file:
            _Margin(sys.stdout).write(file.read())
        self._after_output = True

    def type(self, *commands: tuple[str, str]) -> None:
        """Show what to type, and what for."""
        click.echo()
        for command, purpose in commands:
            line = f"  $ rundbrief {command:<34}" if purpose else f"  $ rundbrief {command}"
            click.echo(click.style(line, fg="green") + (f"  # {purpose}" if purpose else ""))

    def check(self, holds: bool, claim: str) -> None:
        """Make sure that the story holds.

        Raises:
            StoryBroken: it does not.
        """
        if not holds:
            raise StoryBroken(f"This does not hold: {claim}")

    def note(self, text: str) -> None:
        """Say what was checked."""
        self._leave_output()
        click.secho(textwrap.fill(f"✓ {text}", self.width, subsequent_indent="  "), fg="green")

    def _typed(self, args: Sequence[str]) -> str:
        """Return a command as a shell takes it, in several lines where it is long."""
        command = " ".join(["rundbrief", *(_quoted(arg) for arg in args)])
        lines = textwrap.wrap(command, self.width - 8, break_long_words=False, break_on_hyphens=False)
        return "  $ " + " \\\n      ".join(lines)

    def _leave_output(self) -> None:
        if self._after_output:
            click.echo()
        self._after_output = False


class _Margin(io.TextIOBase):
    """A stdout that sets a margin before each line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._at_start = True

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError("text only")  # click finds out in this way that the stream is none of bytes
        for line in text.splitlines(keepends=True):
            margin = MARGIN if line.strip() else MARGIN.rstrip()
            self._stream.write(f"{margin}{line}" if self._at_start else line)
            self._at_start = line.endswith("\n")
        return len(text)

    def flush(self) -> None:
        self._stream.flush()


@contextmanager
def _columns(width: int) -> Iterator[None]:
    """Tell whatever draws tables how wide they may be."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = str(width)
    try:
        yield
    finally:
        os.environ.pop("COLUMNS")
        if before is not None:
            os.environ["COLUMNS"] = before


def _quoted(arg: str) -> str:
    return f'"{arg}"' if " " in arg else arg
