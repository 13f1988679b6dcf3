"""How far each observer has been told, and what it has not been told yet."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from rundbrief.models import Result
from rundbrief.store import schema
from rundbrief.store.journal import entry_of
from rundbrief.store.recipients import upsert
from rundbrief.store.records import JournalEntry, OutcomeLine, Run
from rundbrief.store.reports import line_of, run_of

__all__ = ["Observations", "Told"]

_NOT_WRITTEN = (Result.HELD, Result.REFUSED, Result.FAILED)


@dataclass(frozen=True, slots=True)
class Told:
    """Everything up to here has been told. Numbers grow, so what is later is larger."""

    run_id: int
    """The last run that was told of as a whole."""
    entry: int = 0
    """The last entry of the journal."""
    line: int = 0
    """The last line of a report."""


class Observations:
    """What one observer is told about one connection."""

    def __init__(self, transaction: Connection, observer: str, connection: str) -> None:
        self._transaction = transaction
        self._observer = observer
        self._connection = connection

    def told(self) -> Told | None:
        """Return how far it was told; None for an observer that has never been told anything."""
        table = schema.observations
        here = (table.c.observer == self._observer, table.c.connection == self._connection)
        row = self._transaction.execute(select(table).where(*here)).mappings().first()
        return Told(row["run_id"], row["entry"], row["line"]) if row else None

    def put(self, told: Told) -> None:
        row = {
            "observer": self._observer,
            "connection": self._connection,
            "run_id": told.run_id,
            "entry": told.entry,
            "line": told.line,
        }
        upsert(self._transaction, schema.observations, [row], "observer", "connection")

    def runs(self, after: int) -> Sequence[Run]:
        """Return the ended runs of the connection that come after this one, oldest first."""
        table = schema.runs
        here = (table.c.connection == self._connection, table.c.state != "running", table.c.id > after)
        rows = self._transaction.execute(select(table).where(*here).order_by(table.c.id)).mappings()
        return [run_of(row) for row in rows]

    def last_run(self) -> int:
        """Return the connection's last run that has ended; 0 where none has."""
        table = schema.runs
        here = (table.c.connection == self._connection, table.c.state != "running")
        return self._transaction.execute(select(func.max(table.c.id)).where(*here)).scalar_one() or 0

    def entries(self, run_id: int, after: int, limit: int) -> Sequence[JournalEntry]:
        """Return a run's entries of the journal that come after this one."""
        table = schema.journal
        statement = select(table).where(table.c.run_id == run_id, table.c.seq > after)
        rows = self._transaction.execute(statement.order_by(table.c.seq).limit(limit)).mappings()
        return [entry_of(row) for row in rows]

    def lines(self, run_id: int, after: int, limit: int) -> Sequence[tuple[int, OutcomeLine]]:
        """Return the lines, with their numbers, about contacts that a run did not write, after this one."""
        table = schema.outcomes
        statement = select(table).where(
            table.c.run_id == run_id, table.c.seq > after, table.c.result.in_(_NOT_WRITTEN)
        )
        rows = self._transaction.execute(statement.order_by(table.c.seq).limit(limit)).mappings()
        return [(row["seq"], line_of(row)) for row in rows]
