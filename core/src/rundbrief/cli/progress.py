"""What a run tells while it is under way: bars on a terminal, a few plain sentences elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from rundbrief.cli.output import printable

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import Task, TaskID
    from rich.text import Text

    from rundbrief.engine import Progress

__all__ = ["progress"]


@contextmanager
def progress() -> "Iterator[Callable[[str], Progress]]":
    """Yield what makes a progress that draws on stderr, so that it never mixes with an answer.

    Its argument names the run where several are under way at once; they are drawn together.
    """
    if not sys.stderr.isatty():
        yield _Plain
        return
    from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars
    from rich.text import Text

    from rundbrief.cli.console import stderr_console

    class RateColumn(ProgressColumn):
        """Contacts per second."""

        def render(self, task: "Task") -> "Text":
            speed = task.finished_speed or task.speed
            return Text(f"{speed:,.0f}/s" if speed else "", style="dim")

    bars = Bars(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        RateColumn(),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        console=stderr_console(),
        transient=True,
    )
    with bars:
        yield lambda label: _Drawn(bars, label)


class _Plain:
    """No bars: only what a person should know."""

    def __init__(self, label: str) -> None:
        self._label = label

    def phase(self, title: str, total: int | None) -> None:
        """A phase is worth no line in a log file."""

    def advance(self, count: int) -> None:
        """Neither is a step."""

    def say(self, sentence: str) -> None:
        click.echo(printable(_labelled(self._label, sentence)), err=True)


class _Drawn:
    """One bar per phase. The bars may be shared: their library locks them."""

    def __init__(self, bars: "Bars", label: str) -> None:
        self._bars = bars
        self._label = label
        self._task: TaskID | None = None
        self._done = 0

    def phase(self, title: str, total: int | None) -> None:
        if self._task is not None:
            self._bars.update(self._task, total=self._done, completed=self._done)
        self._done = 0
        self._task = self._bars.add_task(printable(_labelled(self._label, title)), total=total)

    def advance(self, count: int) -> None:
        if self._task is not None:
            self._done += count
            self._bars.advance(self._task, count)

    def say(self, sentence: str) -> None:
        self._bars.console.print(printable(_labelled(self._label, sentence)))


def _labelled(label: str, text: str) -> str:
    return f"{label}: {text}" if label else text
