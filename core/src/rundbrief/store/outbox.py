"""The outbox: the contacts an export looks at, and the steps it is going to take."""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Table,
    delete,
    func,
    select,
    update,
)

from rundbrief.bulk import insert_rows
from rundbrief.models import CrmOptIn, OptIn, Reason, WriteKind
from rundbrief.store import schema
from rundbrief.store.records import SETTLE, Candidate, Planned

__all__ = ["Candidates", "Outbox"]


class Candidates:
    """The staged contacts of one export run."""

    def __init__(self, transaction: Connection, run_id: int) -> None:
        self._transaction = transaction
        self._run_id = run_id
        self._here = schema.candidates.c.run_id == run_id

    def put(self, candidates: Iterable[Candidate]) -> None:
        """Stage contacts; one that is staged already stays as it is."""
        rows = [
            {
                "run_id": self._run_id,
                "contact_id": one.contact_id,
                "address": one.address,
                "spelling": one.spelling,
                "opt_in": one.opt_in.value,
                "since": one.opt_in.since,
                "source": one.opt_in.source,
                "changed_at": one.changed_at,
                "selected": one.selected,
                "fields": one.fields,
            }
            for one in candidates
        ]
        insert_rows(self._transaction, schema.candidates, rows, keep=True)

    def addresses(self, after: str, limit: int) -> Sequence[str]:
        """Return the next distinct addresses behind `after`, in order."""
        column = schema.candidates.c.address
        statement = select(column).where(self._here, column > after).distinct().order_by(column).limit(limit)
        return list(self._transaction.execute(statement).scalars())

    def with_addresses(self, addresses: Collection[str]) -> dict[str, list[Candidate]]:
        """Return address -> the contacts staged with it."""
        statement = select(schema.candidates).where(self._here, schema.candidates.c.address.in_(addresses))
        found: dict[str, list[Candidate]] = {}
        for row in self._transaction.execute(statement).mappings():
            found.setdefault(row["address"], []).append(_candidate(row))
        return found

    def count(self) -> int:
        return self._transaction.execute(
            select(func.count(schema.candidates.c.seq)).where(self._here)
        ).scalar_one()


class Outbox:
    """The planned steps of one export run."""

    def __init__(self, transaction: Connection, run_id: int) -> None:
        self._transaction = transaction
        self._run_id = run_id
        self._here = schema.outbox.c.run_id == run_id

    def put(self, steps: Iterable[Planned]) -> None:
        rows = [self._row(step) for step in steps]
        insert_rows(self._transaction, schema.outbox, rows)

    def page(self, kind: WriteKind | str, limit: int, after: int = 0) -> Sequence[Planned]:
        """Return the next steps of a kind behind `after`."""
        columns = schema.outbox.c
        statement = select(schema.outbox).where(self._here, columns.kind == kind, columns.seq > after)
        rows = self._transaction.execute(statement.order_by(columns.seq).limit(limit)).mappings()
        return [_planned(row) for row in rows]

    def left_behind(self, limit: int) -> Sequence[Planned]:
        """Return SETTLE steps of earlier, killed runs of the scope: the CRM may have got what they say."""
        columns = schema.outbox.c
        statement = select(schema.outbox).where(*self._earlier(), columns.kind == SETTLE)
        rows = self._transaction.execute(statement.order_by(columns.seq).limit(limit)).mappings()
        return [_planned(row) for row in rows]

    def count_left_behind(self) -> tuple[int, int]:
        """Return how many steps earlier runs of the scope left behind, and how many of these were sent."""
        columns = schema.outbox.c
        counts = select(func.count(columns.seq), func.count(columns.seq).filter(columns.sent.is_(True)))
        every, sent = self._transaction.execute(counts.where(*self._earlier())).one()
        return every, sent

    def mark_sent(self, seqs: Iterable[int]) -> None:
        """Note that steps are about to be handed to the service."""
        statement = update(schema.outbox).where(schema.outbox.c.seq.in_(list(seqs)))
        self._transaction.execute(statement.values(sent=True))

    def unanswered(self, addresses: Iterable[str]) -> dict[str, list[Planned]]:
        """Return address -> the steps that earlier runs of the scope sent and had no answer to, oldest first."""
        columns = schema.outbox.c
        statement = select(schema.outbox).where(
            *self._earlier(), columns.sent.is_(True), columns.address.in_(list(addresses))
        )
        found: dict[str, list[Planned]] = {}
        for row in self._transaction.execute(statement.order_by(columns.seq)).mappings():
            found.setdefault(row["address"], []).append(_planned(row))
        return found

    def count(self) -> dict[str, int]:
        """Return kind -> planned steps."""
        statement = select(schema.outbox.c.kind, func.count()).where(self._here).group_by(schema.outbox.c.kind)
        return {kind: count for kind, count in self._transaction.execute(statement)}  # noqa: C416 - rows, not pairs

    def addresses(self, kind: WriteKind) -> set[str]:
        """Return the addresses for which a step of this kind is planned."""
        columns = schema.outbox.c
        statement = select(columns.address).where(self._here, columns.kind == kind)
        return set(self._transaction.execute(statement).scalars())

    def count_clearings(self) -> int:
        """Return how many planned steps take a consent from an address.

        At the service, in the CRM alone, or to hand it on to another address.
        """
        columns = schema.outbox.c
        clearing = (
            (columns.kind == WriteKind.WITHDRAW)
            | ((columns.kind == WriteKind.UPDATE) & columns.moved_from.is_not(None))
            | ((columns.kind == SETTLE) & (columns.crm_value == OptIn.NO) & (columns.crm_expected != {}))
        )
        return self._transaction.execute(select(func.count(columns.seq)).where(self._here, clearing)).scalar_one()

    def done(self, seqs: Iterable[int]) -> None:
        self._transaction.execute(delete(schema.outbox).where(schema.outbox.c.seq.in_(list(seqs))))

    def drop_unsent(self) -> None:
        """Forget what earlier, killed runs of the scope planned and did not send, and their candidates."""
        self._transaction.execute(delete(schema.outbox).where(*self._earlier(), schema.outbox.c.sent.is_(False)))
        self._transaction.execute(delete(schema.candidates).where(*self._earlier(schema.candidates)))

    def drop_sent(self, late: timedelta) -> None:
        """Forget what was sent and not answered, by runs that another one followed so long before this one."""
        run = schema.runs.c
        began = self._transaction.execute(select(run.started_at).where(run.id == self._run_id)).scalar_one()
        is_followed = run.id.in_(self._runs_of_the_scope()) & (run.started_at <= began - late)
        followed = select(func.max(run.id)).where(is_followed)
        self._transaction.execute(
            delete(schema.outbox).where(*self._earlier(), schema.outbox.c.run_id < followed.scalar_subquery())
        )

    def clear(self) -> None:
        """Forget this run's candidates and steps, and those that an earlier, killed run of the scope left behind.

        Runs of other connections are left alone: they may be under way.
        """
        for table in (schema.candidates, schema.outbox):
            self._transaction.execute(delete(table).where(table.c.run_id.in_(self._runs_of_the_scope())))

    def _earlier(self, table: Table = schema.outbox) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        """Return what holds for the rows of runs of the scope before this one."""
        return table.c.run_id.in_(self._runs_of_the_scope()), table.c.run_id < self._run_id

    def _runs_of_the_scope(self) -> Select[tuple[int]]:
        """Return the ids of this run and of the runs before it, of the same connection and consent scope."""
        run, this = schema.runs, schema.runs.alias("this")
        same = (run.c.connection == this.c.connection) & (run.c.scope == this.c.scope)
        return select(run.c.id).join(this, same).where(this.c.id == self._run_id, run.c.id <= self._run_id)

    def _row(self, step: Planned) -> dict[str, Any]:
        return {
            "run_id": self._run_id,
            "kind": str(step.kind),
            "address": step.address,
            "spelling": step.spelling,
            "crm_address": step.crm_address or step.address,
            "contact_ids": list(step.contact_ids),
            "remote_id": step.remote_id,
            "moved_from": step.moved_from,
            "fields": step.fields,
            "fingerprint": step.fingerprint,
            "since": step.since,
            "source": step.source,
            "reason": step.reason,
            "crm_value": step.crm_value,
            "crm_expected": dict(step.crm_expected),
            "agreed": step.agreed,
            "withdrawn": step.withdrawn,
            "joins": step.joins,
            "sent": step.sent,
        }


def _candidate(row: RowMapping) -> Candidate:
    return Candidate(
        contact_id=row["contact_id"],
        address=row["address"],
        spelling=row["spelling"],
        opt_in=CrmOptIn(OptIn(row["opt_in"]), row["since"], row["source"]),
        changed_at=row["changed_at"],
        selected=row["selected"],
        fields=row["fields"],
    )


def _planned(row: RowMapping) -> Planned:
    return Planned(
        kind=row["kind"] if row["kind"] == SETTLE else WriteKind(row["kind"]),
        address=row["address"],
        spelling=row["spelling"],
        contact_ids=tuple(row["contact_ids"]),
        reason=Reason(row["reason"]),
        remote_id=row["remote_id"],
        moved_from=row["moved_from"],
        fields=row["fields"],
        fingerprint=row["fingerprint"],
        since=row["since"],
        source=row["source"],
        crm_value=OptIn(row["crm_value"]) if row["crm_value"] else None,
        crm_expected={contact_id: OptIn(value) for contact_id, value in row["crm_expected"].items()},
        agreed=OptIn(row["agreed"]) if row["agreed"] else None,
        withdrawn=row["withdrawn"],
        crm_address=row["crm_address"],
        joins=row["joins"],
        sent=row["sent"],
        seq=row["seq"],
    )
