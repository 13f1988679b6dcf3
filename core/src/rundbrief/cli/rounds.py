"""`rundbrief sync --every`: round after round in the foreground, for a service manager.

A connection in trouble does not stop the others, and is left out for a while that doubles with each failure in a
row: what waiting cures is cured by then, and what it does not cure need not be told every minute.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from rundbrief.cli.times import iso
from rundbrief.errors import GuardRail, Interrupted, RundbriefError, TryLater
from rundbrief.models import Result

if TYPE_CHECKING:
    from rundbrief.engine import ConnectionSync

__all__ = ["Interval", "Rounds"]

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=7)
LONGEST_PAUSE = timedelta(days=1)
"""For so long a connection in trouble is left out at most."""

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Interval(click.ParamType):  # type: ignore[type-arg]  # older versions of click are not generic
    """A time between two rounds: 90s, 15m, 2h, 1d."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"(\d{1,6})([smhd])", str(value).strip())
        if found is None:
            self.fail(f"{value!r} is no time. Write a number with s, m, h or d, such as 15m.", param, ctx)
        interval = timedelta(**{_UNITS[found[2]]: int(found[1])})
        if not SHORTEST <= interval <= LONGEST:
            self.fail(f"{value} is not between 1m and 7d.", param, ctx)
        return interval


@dataclass
class Rounds:
    """Args:
    names: the connections.
    sync: carries out one round for some of them.
    tell: is handed each round's line, or with `as_json` its document.
    wait: sleeps so many seconds, and raises `Interrupted` when a stop is asked for.
    """

    names: Sequence[str]
    every: timedelta
    sync: "Callable[[Sequence[str]], Iterable[ConnectionSync]]"
    explained: Callable[[Exception], RundbriefError]
    tell: "Callable[[Mapping[str, Any], str], None]"
    wait: Callable[[float], None]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _failures: dict[str, int] = field(default_factory=dict)
    """Connection -> failed rounds in a row."""
    _not_before: dict[str, datetime] = field(default_factory=dict)
    _number: int = 0

    def run(self) -> None:
        """Run until a stop is asked for. Rounds keep their rhythm; one that lasts too long is followed at once.

        Raises:
            RundbriefError: in the first round every connection failed in a way that waiting does not cure.
        """
        start = self.now()
        try:
            while True:
                self._round()
                start = max(start + self.every, self.now())
                self.wait((start - self.now()).total_seconds())
        except Interrupted:
            return  # who runs a service stops it like this; what was done is saved

    def _round(self) -> None:
        self._number += 1
        began = self.now()
        due = [name for name in self.names if self._not_before.get(name, began) <= began]
        ended = {one.connection: one for one in self.sync(due)} if due else {}
        failures = {name: self.explained(one.error) for name, one in ended.items() if one.error}
        if any(isinstance(error, Interrupted) for error in failures.values()):
            raise Interrupted("Stopped.")
        for name in ended:
            self._note(name, failures.get(name), began)
        self._tell(began, ended, failures)
        if self._number == 1 and failures.keys() == set(self.names):
            hopeless = [error for error in failures.values() if not isinstance(error, TryLater | GuardRail)]
            if len(hopeless) == len(failures):
                raise hopeless[0]

    def _note(self, name: str, failure: RundbriefError | None, began: datetime) -> None:
        if failure is None or isinstance(failure, GuardRail):
            self._failures.pop(name, None)
            return
        self._failures[name] = self._failures.get(name, 0) + 1
        pause = min(self.every * 2 ** min(self._failures[name], 20), max(LONGEST_PAUSE, self.every))
        self._not_before[name] = began + pause

    def _tell(
        self, began: datetime, ended: "Mapping[str, ConnectionSync]", failures: Mapping[str, RundbriefError]
    ) -> None:
        seconds = (self.now() - began).total_seconds()
        told = {name: self._told(name, ended.get(name), failures.get(name)) for name in self.names}
        document = {
            "at": iso(began),
            "round": self._number,
            "seconds": round(seconds, 1),
            "connections": told,
        }
        words = "; ".join(f"{name} {_words(one)}" for name, one in told.items())
        when = began.astimezone().isoformat(timespec="seconds")
        self.tell(document, f"{when} round {self._number}: {words} ({seconds:.0f} s)")

    def _told(self, name: str, ended: "ConnectionSync | None", failure: RundbriefError | None) -> dict[str, Any]:
        again = iso(self._not_before[name]) if name in self._failures else None
        if ended is None:
            return {"state": "left out", "again": again}
        counts = {
            result.value: sum(
                n for report in ended.reports for (one, _), n in report.tally.items() if one is result
            )
            for result in Result
        }
        if failure is None:
            return {"state": "ok", **counts}
        return {"state": "failed", "exit_code": failure.exit_code, "message": failure.message, "again": again}


def _words(told: Mapping[str, Any]) -> str:
    match told["state"]:
        case "left out":
            return f"left out until {told['again']}"
        case "failed":
            again = f", again at {told['again']}" if told["again"] else ""
            return f"failed (exit code {told['exit_code']}): {told['message'].splitlines()[0]}{again}"
        case _:
            counts = [f"{told[one.value]} {one.value}" for one in Result if told[one.value]]
            return f"ok: {', '.join(counts) or 'nothing to do'}"
