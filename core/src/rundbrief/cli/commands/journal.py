"""`rundbrief journal`: whether the consent journal is as it was written."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rundbrief.cli.context import App, json_option, pass_app, shared_options
from rundbrief.errors import InputError, JournalBroken

if TYPE_CHECKING:
    from rundbrief.store import Verdict

__all__ = ["command"]

_HEAD = re.compile(r"\b[0-9a-fA-F]{64}\b")


@click.group("journal")
def command() -> None:
    """Tell whether the consent journal is as it was written.

    That of one address is shown by: rundbrief opt-ins ADDRESS
    """


@command.command("verify")
@click.option(
    "--head",
    "heads",
    multiple=True,
    metavar="HASH",
    help="A head noted earlier: is it in the chain? Repeatable.",
)
@click.option(
    "--heads",
    "heads_file",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="A file with heads noted earlier, such as the collected output of this command; - is standard input.",
)
@json_option
@shared_options
@pass_app
def verify(app: App, heads: tuple[str, ...], heads_file: str | None) -> None:
    """Go through the journal, and find an entry that was edited, removed, inserted or put elsewhere.

    Prints the head of the chain. Note it where nobody who can write to the state can reach it: a journal that was
    cut off at the end, or written anew as a whole, holds in itself, and only a head noted earlier tells.
    """
    noted = [*(_head(one) for one in heads), *(_heads_in(heads_file) if heads_file else ())]
    with app.workspace() as workspace, workspace.store.snapshot() as transaction:
        verdict = transaction.journal.verify(noted)
    if app.json:
        app.output.document(_document(verdict))
    elif verdict.fault is None:
        app.output.line(f"{verdict.entries:,} entries, head {verdict.head}")
        if verdict.erased:
            app.output.line(f"  {verdict.erased:,} of them belong to persons who were erased.", dim=True)
        if noted and not verdict.missing_heads:
            count = len(set(noted))
            which = "The head" if count == 1 else f"All {count:,} heads"
            app.output.line(f"  {which} noted earlier: in the chain.", dim=True)
    _refuse_if_broken(verdict)


def _head(text: str) -> str:
    if not _HEAD.fullmatch(text):
        raise InputError(f"{text!r} is no head.", hint="A head has 64 digits, from 0 to f.")
    return text.lower()


def _heads_in(path: str) -> list[str]:
    """Return every head that stands in a file, whatever else does."""
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text("utf-8", "replace")
    except OSError as error:
        raise InputError(f"The file {path} cannot be read: {error.strerror}.") from None
    found = [one.lower() for one in _HEAD.findall(text)]
    if not found:
        raise InputError(f"There is no head in {path}.", hint="A head has 64 digits, from 0 to f.")
    return list(dict.fromkeys(found))


def _document(verdict: "Verdict") -> dict[str, object]:
    fault = {"entry": verdict.fault.number, "what": verdict.fault.what} if verdict.fault else None
    return {
        "holds": verdict.holds,
        "entries": verdict.entries,
        "erased": verdict.erased,
        "head": verdict.head,
        "fault": fault,
        "missing_heads": list(verdict.missing_heads),
    }


def _refuse_if_broken(verdict: "Verdict") -> None:
    """Raise what is wrong.

    Raises:
        JournalBroken: something is.
    """
    hint = "Keep the file as it is, and compare it with a backup: that has the entry as it was."
    if verdict.fault:
        raise JournalBroken(f"The journal is broken. {verdict.fault.what}", hint=hint)
    if verdict.missing_heads:
        first, *more = verdict.missing_heads
        others = f" and {len(more)} more" if more else ""
        raise JournalBroken(
            f"The journal holds in itself, but is not the one of earlier: the head {first}{others} is not in it.",
            hint="It was cut off, written anew, or replaced by an older copy. Compare it with a backup.",
        )
