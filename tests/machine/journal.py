"""R6: the journal knows what we did and what the service says, and only grows."""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from machine.oracle import Oracle
from machine.services import Service
from machine.statements import Broken
from rundbrief.engine.scopes import opt_in_key

__all__ = ["Journal"]

Made = tuple[str, str, str]
"""Contact id, consent scope, value: what we set in the CRM."""


class Journal:
    """The journal of a state as the machine reads it: past the code that is judged.

    Args:
        path: the state's file.
    """

    def __init__(self, path: Path, oracle: Oracle) -> None:
        self._path = path
        self._oracle = oracle
        self._seen: list[tuple[Any, ...]] = []
        self._owed: list[tuple[Made, int]] = []
        """What killed runs had set in the CRM, and how often users had set that field by then: later runs have to
        record it, unless a user was quicker."""

    def settle(self, made: Iterable[Made], *, was_killed: bool) -> None:
        """A run is over: what it has set in the CRM has to be on record, now or, if it was killed, later."""
        if was_killed:
            self._owed += [(one, self._set_by_users(one)) for one in made]
        else:
            self._check_owed(made)

    def check_that_nothing_is_owed(self) -> None:
        self._check_owed(one for one, sets in self._owed if self._set_by_users(one) == sets)

    def check_that_it_only_grew(self) -> None:
        rows = self._rows()
        if rows[: len(self._seen)] != self._seen:
            raise Broken("R6: a journal entry was altered or lost")
        self._seen = rows

    def check_statuses(self, service: Service, scope: str, statuses: Mapping[str, str]) -> None:
        """Raise unless the journal ends, for each recipient, with the status that the service has now."""
        last = {row[3]: row[8] for row in self._rows() if _scope(row) == scope and row[5] == "service"}
        for address, status in statuses.items():
            became = last.get(address)
            if service.hides_archived and status == "archived" and became in (None, "gone", "moved"):
                continue  # the default read does not show it, so for us it has gone, or was never there
            if became != service.read_as.get(status, status):
                raise Broken(f"R6: {address} is {status}, and the journal ends with {became}")

    def reported(self, run_id: int) -> dict[str, set[str]]:
        """Return address -> results in the report of a run."""
        with closing(sqlite3.connect(self._path)) as connection:
            rows = connection.execute("SELECT address, result FROM outcomes WHERE run_id = ?", (run_id,))
            found: dict[str, set[str]] = {}
            for address, result in rows:
                found.setdefault(address, set()).add(result)
        return found

    def _check_owed(self, made: Iterable[Made]) -> None:
        entries = {(row[4], _scope(row), row[8]) for row in self._rows() if row[5] == "crm"}
        for one in made:
            if one not in entries:
                raise Broken(f"R6: the journal does not know that we set contact {one[0]} to {one[2]}")

    def _set_by_users(self, made: Made) -> int:
        """Return how often users have set a field that we had set; -1 once the contact is gone."""
        contact_id, scope, _ = made
        is_there = contact_id in self._oracle.addresses
        return self._oracle.fields[contact_id, scope].set_by_users if is_there else -1

    def _rows(self) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._path)) as connection:
            return connection.execute(
                "SELECT seq, connection, scope, address, contact_id, place, actor, was, became, recorded_at,"
                " stated_at, evidence, run_id FROM journal ORDER BY seq"
            ).fetchall()


def _scope(row: tuple[Any, ...]) -> str:
    return opt_in_key(row[1], row[2])
