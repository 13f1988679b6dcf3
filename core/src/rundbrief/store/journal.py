"""The consent journal."""

import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select

from rundbrief.bulk import insert_rows
from rundbrief.columns import moment_text
from rundbrief.store import schema
from rundbrief.store.journal_chain import CHAINED, NOTHING_YET, PERSONAL, SALT_BYTES, link, seal
from rundbrief.store.journal_check import Row, Verdict, check
from rundbrief.store.records import JournalEntry

__all__ = ["Journal", "entry_of"]


class Journal:
    """The consent journal. It can be added to and read; nothing else."""

    def __init__(self, transaction: Connection) -> None:
        self._transaction = transaction

    def add(self, entries: Iterable[JournalEntry], recorded_at: datetime) -> None:
        """Add entries, chained to those that are there. A transaction is the only writer: nobody comes between."""
        new = list(entries)
        if not new:
            return
        number, before = self._last_number(), self._head()
        salts = os.urandom(SALT_BYTES * len(new))
        now = moment_text(recorded_at)
        rows = []
        for position, one in enumerate(new):
            row = _row(one, number + 1 + position, recorded_at)
            as_kept = row | {"recorded_at": now, "stated_at": _text(one.stated_at)}
            row["salt"] = salts[position * SALT_BYTES : (position + 1) * SALT_BYTES]
            row["sealed"] = seal(row["salt"], as_kept)
            row["chain"] = before = link(before, as_kept, row["sealed"])
            rows.append(row)
        insert_rows(self._transaction, schema.journal, rows)

    def of(self, address: str) -> Sequence[JournalEntry]:
        """Return all entries of one address (an `address_key`), oldest first."""
        statement = select(schema.journal).where(schema.journal.c.address == address)
        rows = self._transaction.execute(statement.order_by(schema.journal.c.seq)).mappings()
        return [entry_of(row) for row in rows]

    def count(self) -> int:
        return self._transaction.execute(select(func.count(schema.journal.c.seq))).scalar_one()

    def verify(self, heads: Iterable[str] = ()) -> Verdict:
        """Go through the whole journal and tell whether its chain holds.

        Args:
            heads: ends of the chain that were noted earlier, as `Verdict.head` tells them.
        """
        return check(self._rows(), self._last_number(), heads)

    def _rows(self) -> Iterator[Row]:
        """Yield the rows as they are kept: a time that is written otherwise is another entry."""
        names = ", ".join((*CHAINED, *PERSONAL, "salt", "sealed", "chain"))
        statement = f"SELECT {names} FROM journal ORDER BY seq"  # noqa: S608 - column names of ours
        with self._transaction.execution_options(yield_per=1000).exec_driver_sql(statement) as rows:
            for row in rows.mappings():
                yield dict(row)

    def _last_number(self) -> int:
        """Return the highest number that was ever given out, also if its entry is there no more."""
        statement = "SELECT seq FROM sqlite_sequence WHERE name = 'journal'"
        return self._transaction.exec_driver_sql(statement).scalar() or 0

    def _head(self) -> bytes:
        columns = schema.journal.c
        statement = select(columns.chain).order_by(columns.seq.desc()).limit(1)
        return self._transaction.execute(statement).scalar() or NOTHING_YET


def entry_of(row: RowMapping) -> JournalEntry:
    """Return a row of the journal without what only the chain needs."""
    return JournalEntry(
        row["connection"],
        row["scope"],
        row["address"],
        row["place"],
        row["actor"],
        row["was"],
        row["became"],
        row["evidence"],
        row["run_id"],
        stated_at=row["stated_at"],
        contact_id=row["contact_id"],
        other_address=row["other_address"],
        seq=row["seq"],
        recorded_at=row["recorded_at"],
    )


def _row(one: JournalEntry, number: int, recorded_at: datetime) -> dict[str, Any]:
    return {
        "seq": number,
        "recorded_at": recorded_at,
        "connection": one.connection,
        "scope": one.scope,
        "address": one.address,
        "contact_id": one.contact_id,
        "place": one.place,
        "actor": one.actor,
        "was": one.was,
        "became": one.became,
        "stated_at": one.stated_at,
        "evidence": one.evidence,
        "run_id": one.run_id,
        "other_address": one.other_address,
    }


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment_text(moment)
