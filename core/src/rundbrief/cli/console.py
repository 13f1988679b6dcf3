"""Rich, kept in one place: it takes a while to import, so only what draws tables and bars asks for it."""

import sys

from rich.console import Console, RenderableType

__all__ = ["rendered", "stderr_console"]

_UNBOUNDED = 2000


def rendered(what: RenderableType, width: int | None) -> str:
    """Return what rich would print on stdout, without blanks at the ends of lines.

    Args:
        width: columns; None for a pipe, where rows stay on one line, so that grep and cut work.
    """
    console = Console(file=sys.stdout, width=width or _UNBOUNDED, highlight=False, markup=False, emoji=False)
    with console.capture() as capture:
        console.print(what, no_wrap=width is None)
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())


def stderr_console() -> Console:
    """Return the console that bars are drawn on."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False)
