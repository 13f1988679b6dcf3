"""What comes in the way of a run: a kill, faults, and people who do not wait until it is over.

A run has *instants*: before and after each request to a service or to a CRM with an API, after each look into the
embedded CRM, and before and after each write to it. At each, people may act, and the run may die.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from hypothesis import strategies as st

from machine.acts import Act
from rundbrief.testing.faults import (
    Fault,
    answer_with,
    html_error,
    lost_after,
    lost_before,
    refused,
    timeout_after,
    truncated,
)

__all__ = ["FAULTS", "Kind", "Moment", "Passing", "Trouble", "kills", "troubles"]

Kind = Literal["any", "service read", "service written", "CRM read", "CRM written"]

FAULTS: dict[str, Fault] = {
    "429": answer_with(429),
    "429 without JSON": answer_with(403),
    "503": answer_with(503),
    "HTML 502": html_error(),
    "refused": refused,
    "lost before": lost_before,
    "lost after": lost_after,
    "timeout after": timeout_after,
    "truncated": truncated,
}


@dataclass(frozen=True)
class Moment:
    """The so-and-so-many-th instant of a kind."""

    kind: Kind
    number: int

    def __repr__(self) -> str:
        return f"{self.kind} {self.number}"


@dataclass(frozen=True)
class Trouble:
    """What comes in the way of a run."""

    kill_at: Moment | None = None
    meanwhile: Sequence[tuple[Moment, Act]] = ()
    fault: str | None = None
    fault_skips: int = 0
    fault_times: int = 1

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in vars(self).items() if value)
        return f"Trouble({shown})"


class Passing:
    """The instants of one run, as they pass."""

    def __init__(self, trouble: Trouble) -> None:
        self._trouble = trouble
        self._passed: Counter[str] = Counter()

    def pass_by(self, kind: str) -> tuple[list[Act], bool]:
        """Return what people do at this instant, and whether the run dies at it."""
        self._passed.update(("any", kind))
        acts = [act for moment, act in self._trouble.meanwhile if self._is_now(moment, kind)]
        return acts, self._trouble.kill_at is not None and self._is_now(self._trouble.kill_at, kind)

    def _is_now(self, moment: Moment, kind: str) -> bool:
        return moment.kind in ("any", kind) and self._passed[moment.kind] == moment.number


# --- as Hypothesis draws it -------------------------------------------------------------------------------

_KINDS: tuple[Kind, ...] = ("service read", "service written", "CRM read", "CRM written")
MOMENTS = st.one_of(
    st.builds(Moment, st.just("any"), st.integers(1, 40)),
    st.builds(Moment, st.sampled_from(_KINDS), st.integers(1, 8)),
)
_JUST_DONE = st.builds(Moment, st.sampled_from(("service written", "CRM written")), st.integers(1, 4))
"""What is done and on no record yet is the hardest to go on from."""
KILLS = st.one_of(MOMENTS, _JUST_DONE)


def troubles(acts: st.SearchStrategy[Act]) -> st.SearchStrategy[Trouble]:
    """Return a strategy for what comes in the way of a run, with people who act like this."""
    here_and_there = st.lists(st.tuples(MOMENTS, acts), min_size=1, max_size=4)
    all_the_time = st.builds(_one_after_the_other, st.integers(1, 20), st.lists(acts, min_size=2, max_size=8))
    meanwhile = st.one_of(here_and_there, all_the_time)
    return st.one_of(
        st.just(Trouble()),
        st.builds(Trouble, meanwhile=meanwhile),
        st.builds(Trouble, meanwhile=meanwhile),
        st.builds(Trouble, kill_at=KILLS),
        st.builds(Trouble, kill_at=KILLS, meanwhile=meanwhile),
        st.builds(
            Trouble,
            fault=st.sampled_from(sorted(FAULTS)),
            fault_skips=st.integers(0, 8),
            fault_times=st.sampled_from([1, 100]),
            meanwhile=st.one_of(st.just(()), meanwhile),
        ),
    )


def kills(acts: st.SearchStrategy[Act]) -> st.SearchStrategy[Trouble]:
    """Return a strategy for runs of which two in three are killed."""
    meanwhile = st.lists(st.tuples(MOMENTS, acts), min_size=1, max_size=2)
    return st.one_of(
        st.just(Trouble()),
        st.builds(Trouble, kill_at=_JUST_DONE),
        st.builds(Trouble, kill_at=_JUST_DONE, meanwhile=meanwhile),
    )


def _one_after_the_other(first: int, acts: Iterable[Act]) -> list[tuple[Moment, Act]]:
    """Let something happen at every instant for a while."""
    return [(Moment("any", number), act) for number, act in enumerate(acts, first)]
