"""From an exception to a sentence on stderr."""

import errno
from typing import TYPE_CHECKING

import click

from rundbrief.cli.output import printable
from rundbrief.errors import Interrupted, RundbriefError, StateFull, StateUnwritable
from rundbrief.known_secrets import without_secrets

if TYPE_CHECKING:
    from rundbrief.cli.context import App

__all__ = ["show_failure", "unexpected"]


def show_failure(error: RundbriefError) -> None:
    """Say what went wrong, and what to do next."""
    label = "" if isinstance(error, Interrupted) else click.style("Error: ", fg="red", bold=True)
    # A mistake in an expression is shown on lines of its own, with a caret below the place.
    message, hint = without_secrets(error.message), without_secrets(error.hint)
    click.echo(label + "\n".join(map(printable, message.split("\n"))), err=True)
    if hint:
        click.echo(printable(hint), err=True)


def unexpected(error: Exception, app: "App") -> RundbriefError:
    """Write the traceback of a bug to a file, and return what to tell about it; a full disk is none."""
    if isinstance(error, OSError) and (told := _of_the_disk(error)):
        return told
    from rundbrief.cli.log import write_traceback

    path = write_traceback(error, app)
    where = f"The details are in {path}." if path else "The details could not be saved anywhere."
    return RundbriefError(
        f"This is a bug in rundbrief or one of its plugins ({type(error).__name__}).",
        hint=f"{where} What was done before is saved. Please report it with that file.",
    )


def _of_the_disk(error: OSError) -> RundbriefError | None:
    """Return what to tell of a disk that takes nothing any more; None when it is about something else."""
    from rundbrief.database.trouble import OUT_OF_ROOM

    if error.errno in OUT_OF_ROOM:
        return StateFull(
            f"There is no room left{_in_file(error)}: {error.strerror}.",
            hint="Make room on the disk, or raise the quota. What was saved is safe; run it again then.",
        )
    if error.errno == errno.EROFS:
        return StateUnwritable(
            f"The disk can only be read{_in_file(error)}: {error.strerror}.", hint="Mount it for writing."
        )
    return None


def _in_file(error: OSError) -> str:
    return f" for {error.filename}" if error.filename else ""
