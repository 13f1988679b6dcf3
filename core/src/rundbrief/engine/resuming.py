"""What a run goes on with, in words: what earlier ones left to do by stopping, failing or being killed."""

from collections.abc import Sequence

from rundbrief.store import Leftovers, Run

__all__ = ["resumption"]


def resumption(cut_off: Sequence[Run], scope: str, left: Leftovers) -> str:
    """Return what to say at the beginning of a run; empty when there is nothing.

    Args:
        cut_off: the runs of the connection that were found killed.
        scope: the consent scope of this run.
        left: what runs of this scope left to do.
    """
    here = [run for run in cut_off if run.scope == scope]
    elsewhere = [run for run in cut_off if run.scope != scope]
    sentences = [f"{_named(elsewhere)} cut off; the next run of that list goes on."] if elsewhere else []
    work = _work(left)
    if here:
        rest = f"this one goes on: {work}" if work else "nothing was left open"
        sentences.append(f"{_named(here)} cut off; {rest}.")
    elif work:
        sentences.append(f"Left by an earlier run: {work}.")
    return " ".join(sentences)


def _named(runs: Sequence[Run]) -> str:
    numbers = [f"{run.id} ({run.kind})" for run in runs]
    if len(numbers) == 1:
        return f"Run {numbers[0]} was"
    return f"Runs {', '.join(numbers[:-1])} and {numbers[-1]} were"


def _work(left: Leftovers) -> str:
    to_take_in = "read and still to be taken in"
    planned = left.open_steps - left.sent_steps
    parts = (
        "a read not finished" if left.unread else "",
        _counted(left.inbox, f"recipient {to_take_in}", f"recipients {to_take_in}"),
        _counted(left.intents, "opt-in begun in the CRM", "opt-ins begun in the CRM"),
        _counted(planned, "step planned and not begun", "steps planned and not begun"),
        _counted(left.sent_steps, "step sent and not answered", "steps sent and not answered"),
    )
    return ", ".join(part for part in parts if part)


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}" if count else ""
