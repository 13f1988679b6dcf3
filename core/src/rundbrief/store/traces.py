"""Where the state knows of a person, by her address: to hand it out, and to take it out."""

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, func, or_, select, update

from rundbrief.models import address_key
from rundbrief.store import schema
from rundbrief.store.inbox import intent_of
from rundbrief.store.journal_chain import ERASED_PREFIX
from rundbrief.store.records import Intent

__all__ = ["ADDRESSES", "Traces", "new_pseudonym"]

ADDRESSES: Mapping[Table, Sequence[str]] = {
    schema.recipients: ("address",),
    schema.links: ("address", "crm_address"),
    schema.sent: ("address",),
    schema.inbox: ("address",),
    schema.intents: ("address",),
    schema.candidates: ("address",),
    schema.outbox: ("address", "crm_address", "moved_from"),
    schema.outcomes: ("address",),
    schema.journal: ("address", "other_address"),
}
"""Every table with personal data, and the columns that tell whose."""

_KEPT = (schema.outcomes, schema.journal)
"""Their rows stay, under a pseudonym: the numbers of a report, and the order of events, are nobody's data."""

_FREE_TEXT = {schema.recipients: "source", schema.journal: "evidence"}
"""What others have written, in which an address may stand."""

_FOR_THE_CHAIN = ("salt", "sealed", "chain")
_PAGE = 500


def new_pseudonym() -> str:
    """Return what stands for an erased person: the same for all of her entries, and made of nothing of hers."""
    return f"{ERASED_PREFIX}{secrets.token_hex(6)}"


class Traces:
    """What the state holds about the owner of one address.

    Args:
        address: an `address_key`.
    """

    def __init__(self, transaction: Connection, address: str) -> None:
        self._transaction = transaction
        self._address = address

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Return table -> rows, as they are kept but for what belongs to the journal's chain."""
        return {table.name: [_readable(row) for row in self._rows(table)] for table in ADDRESSES}

    def counts(self) -> dict[str, int]:
        """Return table -> number of rows; only where there are any."""
        counted = {table.name: self._count(table) for table in ADDRESSES}
        return {name: count for name, count in counted.items() if count}

    def connected(self) -> list[str]:
        """Return the other addresses that the state takes for the same person's, in order."""
        pairs = [
            (schema.links.c.address, schema.links.c.crm_address),
            (schema.journal.c.address, schema.journal.c.other_address),
        ]
        found = set()
        for one, other in pairs:
            statement = select(one, other).where(or_(one == self._address, other == self._address))
            found |= {address for row in self._transaction.execute(statement) for address in row}
        return sorted(one for one in found - {None, self._address} if not one.startswith(ERASED_PREFIX))

    def contact_ids(self) -> list[str]:
        """Return the CRM's contacts that are linked to her, in order."""
        statement = select(schema.links.c.contact_id).where(self._is_hers(schema.links)).distinct()
        return sorted(self._transaction.execute(statement).scalars())

    def intents(self) -> list[Intent]:
        """Return what is or was about to be set in the CRM for her, oldest first."""
        statement = select(schema.intents).where(self._is_hers(schema.intents)).order_by(schema.intents.c.seq)
        return [intent_of(row) for row in self._transaction.execute(statement).mappings()]

    def erase(self, pseudonym: str) -> None:
        """Take the person out."""
        self._empty_sources()
        self._rename_in_the_journal(pseudonym)
        lines = schema.outcomes
        renamed = update(lines).values(address=pseudonym, contact_id=None, detail="")
        self._transaction.execute(renamed.where(self._is_hers(lines)))
        for table in ADDRESSES:
            if table not in _KEPT:
                self._transaction.execute(delete(table).where(self._is_hers(table)))

    def _rename_in_the_journal(self, pseudonym: str) -> None:
        """Make the only change that the journal's triggers allow."""
        columns = schema.journal.c
        hers = select(columns.seq).where(self._is_hers(schema.journal))
        numbers = {
            *self._transaction.execute(hers).scalars(),
            *(row["seq"] for row in self._naming(schema.journal)),
        }
        erased = update(schema.journal).values(
            address=pseudonym, contact_id=None, evidence="", other_address=None, salt=None
        )
        for page in _pages(sorted(numbers)):
            self._transaction.execute(erased.where(columns.seq.in_(page)))

    def _empty_sources(self) -> None:
        """Somebody else's recipient may have come from a form that names her."""
        columns = schema.recipients.c
        for row in list(self._naming(schema.recipients)):
            here = [columns[name] == row[name] for name in ("connection", "scope", "address")]
            self._transaction.execute(update(schema.recipients).where(*here).values(source=""))

    def _rows(self, table: Table) -> list[dict[str, Any]]:
        statement = select(table).where(self._is_hers(table))
        hers = [dict(row) for row in self._transaction.execute(statement).mappings()]
        if table is schema.journal:
            hers += [row for row in self._naming(table) if row not in hers]
            hers.sort(key=lambda row: int(row["seq"]))
        return hers

    def _count(self, table: Table) -> int:
        if table is schema.journal:
            return len(self._rows(table))
        statement = select(func.count()).select_from(table).where(self._is_hers(table))
        return self._transaction.execute(statement).scalar_one()

    def _naming(self, table: Table) -> Iterator[dict[str, Any]]:
        """Yield the rows in whose free text the address stands. SQLite cannot fold its letters, so we look."""
        column = table.c[_FREE_TEXT[table]]
        names_her = _mention_of(self._address)
        for row in self._transaction.execute(select(table).where(column.contains("@"))).mappings():
            if names_her.search(address_key(row[column.name])):
                yield dict(row)

    def _is_hers(self, table: Table) -> ColumnElement[bool]:
        return or_(*(table.c[name] == self._address for name in ADDRESSES[table]))


def _mention_of(address: str) -> re.Pattern[str]:
    """Return what finds the address in a text, and not another one that it is a part of."""
    return re.compile(rf"(?<![\w.+\-])(?<!\w'){re.escape(address)}(?![\w\-]|\.\w)")


def _readable(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in _FOR_THE_CHAIN}


def _pages(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), _PAGE):
        yield numbers[start : start + _PAGE]
