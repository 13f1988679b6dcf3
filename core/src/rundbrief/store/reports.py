"""Lists, and runs with their reports."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, and_, func, insert, select, update

from rundbrief.bulk import insert_rows
from rundbrief.models import MailingList, Reason, Result
from rundbrief.store import schema
from rundbrief.store.recipients import upsert
from rundbrief.store.records import OutcomeLine, PulledList, Run

__all__ = ["Lists", "Runs", "line_of", "run_of"]


class Lists:
    """The lists of one connection, as last pulled."""

    def __init__(self, transaction: Connection, connection: str) -> None:
        self._transaction = transaction
        self._connection = connection

    def all(self) -> Sequence[PulledList]:
        statement = select(schema.lists).where(schema.lists.c.connection == self._connection)
        rows = self._transaction.execute(statement.order_by(schema.lists.c.name)).mappings()
        return [
            PulledList(
                MailingList(row["list_id"], row["name"], row["double_opt_in"], row["size"]), row["pulled_at"]
            )
            for row in rows
        ]

    def put(self, lists: Iterable[MailingList], pulled_at: datetime) -> None:
        """Overwrite what is known of these lists. Others stay: their opt-ins and journal refer to them."""
        rows = [
            {
                "connection": self._connection,
                "list_id": one.id,
                "name": one.name,
                "double_opt_in": one.double_opt_in,
                "size": one.size,
                "pulled_at": pulled_at,
            }
            for one in lists
        ]
        upsert(self._transaction, schema.lists, rows, "connection", "list_id")


class Runs:
    """Past runs, and a line for each contact that was changed, held or refused."""

    def __init__(self, transaction: Connection) -> None:
        self._transaction = transaction

    def begin(
        self, kind: str, connection: str, list_id: str, started_at: datetime, *, scope: str | None = None
    ) -> int:
        """Number a run. `scope` is its consent scope, where that is not the list itself."""
        statement = insert(schema.runs).values(
            kind=kind,
            connection=connection,
            list_id=list_id,
            scope=scope or list_id,
            started_at=started_at,
            state="running",
            counts={},
            message="",
        )
        key = self._transaction.execute(statement).inserted_primary_key
        assert key is not None
        return int(key[0])

    def close_cut_off(self, connection: str) -> list[Run]:
        """Mark the runs of a connection that nobody ended (killed, power lost), and return them.

        Only called while the connection's lock is held, so none of them can still be alive.
        """
        here = (schema.runs.c.connection == connection, schema.runs.c.state == "running")
        rows = self._transaction.execute(select(schema.runs).where(*here).order_by(schema.runs.c.id)).mappings()
        found = [run_of(row) for row in rows]
        self._transaction.execute(update(schema.runs).where(*here).values(state="cut off"))
        return found

    def was_done(self, run_id: int, kinds: Collection[str] = ()) -> bool:
        """Tell whether a run before this one, of the same connection and consent scope, has ended well.

        Args:
            kinds: only such a run counts, and only of the same list; none: any run of the scope does.
        """
        run, this = schema.runs, schema.runs.alias("this")
        same = [run.c.connection == this.c.connection, run.c.scope == this.c.scope, run.c.id < this.c.id]
        if kinds:
            same += [run.c.list_id == this.c.list_id, run.c.kind.in_(kinds)]
        earlier = select(run.c.id).join(this, and_(*same)).where(this.c.id == run_id, run.c.state == "done")
        return self._transaction.execute(earlier.limit(1)).first() is not None

    def end(
        self, run_id: int, ended_at: datetime, state: str, counts: Mapping[str, int], message: str = ""
    ) -> None:
        statement = update(schema.runs).where(schema.runs.c.id == run_id)
        self._transaction.execute(
            statement.values(ended_at=ended_at, state=state, counts=dict(counts), message=message)
        )

    def add_outcomes(self, run_id: int, lines: Iterable[OutcomeLine]) -> None:
        rows = [
            {
                "run_id": run_id,
                "address": one.address,
                "contact_id": one.contact_id,
                "result": one.result,
                "reason": one.reason,
                "detail": one.detail,
            }
            for one in lines
        ]
        insert_rows(self._transaction, schema.outcomes, rows)

    def latest(self, limit: int) -> Sequence[Run]:
        statement = select(schema.runs).order_by(schema.runs.c.id.desc()).limit(limit)
        return [run_of(row) for row in self._transaction.execute(statement).mappings()]

    def get(self, run_id: int) -> Run | None:
        row = self._transaction.execute(select(schema.runs).where(schema.runs.c.id == run_id)).mappings().first()
        return run_of(row) if row else None

    def outcomes(self, run_id: int, results: Sequence[Result] = tuple(Result)) -> Iterator[OutcomeLine]:
        """Yield the lines of a run's report, streaming."""
        statement = select(schema.outcomes).where(
            schema.outcomes.c.run_id == run_id, schema.outcomes.c.result.in_(results)
        )
        for row in self._transaction.execute(statement.order_by(schema.outcomes.c.seq)).mappings():
            yield line_of(row)

    def tally(self, run_id: int) -> dict[tuple[Result, Reason], int]:
        """Return how many contacts had which result for which reason."""
        columns = schema.outcomes.c
        statement = (
            select(columns.result, columns.reason, func.count())
            .where(columns.run_id == run_id)
            .group_by(columns.result, columns.reason)
        )
        return {
            (Result(result), Reason(reason)): count
            for result, reason, count in self._transaction.execute(statement)
        }


def line_of(row: RowMapping) -> OutcomeLine:
    return OutcomeLine(
        row["address"], Result(row["result"]), Reason(row["reason"]), row["contact_id"], row["detail"]
    )


def run_of(row: RowMapping) -> Run:
    return Run(**{**row, "counts": dict(row["counts"])})
