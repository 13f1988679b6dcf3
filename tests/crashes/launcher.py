"""The client of the kill test: the `rundbrief` command in a process that dies at one of its own database writes.

    RUNDBRIEF_KILL=commit:17 python launcher.py import news

What can be counted is in `DATABASE_INSTANTS` of instants.py. With RUNDBRIEF_COUNTS it writes how many there were
as JSON into the file of that name.
"""

import json
import os
import re
import signal
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import Pool

from rundbrief.cli import main

__all__ = ["launch"]

_WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE)", re.IGNORECASE)


class Instants:
    """Counts instants, and ends the process at the chosen one."""

    def __init__(self, chosen: str) -> None:
        kind, _, number = chosen.partition(":")
        self._chosen = (kind, int(number)) if kind else None
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()

    def reached(self, kind: str) -> None:
        with self._lock:
            self.counts[kind] += 1
            if (kind, self.counts[kind]) == self._chosen:
                os.kill(os.getpid(), signal.SIGKILL)


def launch() -> None:
    """Run the command that `sys.argv` asks for."""
    instants = Instants(os.environ.get("RUNDBRIEF_KILL", ""))
    _watch(instants)
    try:
        main()
    finally:
        if path := os.environ.get("RUNDBRIEF_COUNTS"):
            Path(path).write_text(json.dumps(instants.counts), encoding="utf-8")


def _watch(instants: Instants) -> None:
    """Reach an instant before each writing statement, before each commit, and after it."""
    committed = threading.local()

    @event.listens_for(Engine, "before_cursor_execute")
    def _statement(connection: Connection, cursor: Any, statement: str, *rest: Any) -> None:
        if _WRITES.match(statement):
            instants.reached("statement")

    @event.listens_for(Engine, "commit")
    def _commit(connection: Connection) -> None:
        instants.reached("commit")
        committed.now = True

    @event.listens_for(Pool, "checkin")
    def _checkin(connection: Any, record: Any) -> None:
        if getattr(committed, "now", False):
            committed.now = False
            instants.reached("committed")


if __name__ == "__main__":
    launch()
