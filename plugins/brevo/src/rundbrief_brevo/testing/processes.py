"""What the service does later: it answers with a process, which can be asked after."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rundbrief_brevo.testing.problems import Problem

__all__ = ["Process", "Processes"]

Work = Callable[[], Mapping[str, bytes]]
"""Does the work, and returns its reports: name -> CSV."""


@dataclass(slots=True)
class Process:
    id: int
    name: str
    work: Work
    submitted_at: datetime
    stalled: bool
    """It never gets on."""
    reports_of: tuple[str, ...]
    """The reports that a finished one names, those without rows too."""
    fails: bool = False
    """It comes to nothing."""
    polls: int = 0
    status: str = "queued"
    reports: Mapping[str, bytes] = field(default_factory=dict)
    signature: str = field(default_factory=lambda: secrets.token_hex(8))
    """What makes the links to its reports work without a key."""

    @property
    def is_over(self) -> bool:
        return self.status in ("completed", "failed")

    def run(self) -> None:
        """Do the work, unless it is over, stalled or bound to fail."""
        if self.is_over or self.stalled:
            return
        if self.fails:
            self.status = "failed"
            return
        self.reports = self.work()
        self.status = "completed"


class Processes:
    """The processes of an account.

    Args:
        clock: tells the time.
        polls: how many requests find a process unfinished: the first sees it queued, later ones in process.
        seconds: after how long it is done even if nobody asks.
    """

    def __init__(self, clock: Callable[[], datetime], polls: int, seconds: float) -> None:
        self.stall = False
        """Let every process that is submitted from now on never finish."""
        self._clock = clock
        self._polls = polls
        self._unasked_for = timedelta(seconds=seconds)
        self._by_id: dict[int, Process] = {}
        self._fails = 0

    def __iter__(self) -> Iterator[Process]:
        return iter(list(self._by_id.values()))

    def __len__(self) -> int:
        return len(self._by_id)

    def submit(self, name: str, work: Work, reports_of: tuple[str, ...] = ()) -> Process:
        """Take work in; it is done later."""
        process = Process(len(self) + 1, name, work, self._clock(), self.stall, reports_of, fails=self._fails > 0)
        self._fails = max(self._fails - 1, 0)
        self._by_id[process.id] = process
        return process

    def fail_next(self, times: int = 1) -> None:
        """Let the next processes that are submitted fail, with nothing done."""
        self._fails = times

    def get(self, process_id: int) -> Process:
        """Return a process.

        Raises:
            Problem: 404, with a code that other errors have with 400 (specification, `getProcess`).
        """
        if process_id not in self._by_id:
            raise Problem(404, "invalid_parameter", "processId is invalid")
        return self._by_id[process_id]

    def poll(self, process: Process) -> Process:
        """Return a process that somebody asks after: it gets on, and at last it is done."""
        if process.polls and not process.is_over:
            process.status = "in_process"
        if process.polls >= self._polls:
            process.run()
        process.polls += 1
        return process

    def run_due(self) -> None:
        """Do the work of those whose time has come."""
        for process in self._by_id.values():
            if self._clock() - process.submitted_at >= self._unasked_for:
                process.run()

    def run_all(self) -> None:
        """Do the work of all that wait, at once."""
        for process in self:
            process.run()
