"""Recipients, links and what was last sent: the state that a decision stands on."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, RowMapping, Select, Table, delete, exists, func, select, update

from rundbrief.bulk import insert_rows
from rundbrief.models import OptIn, Reason, Result, SubscriberStatus
from rundbrief.store import schema
from rundbrief.store.records import Recipient, Sent

if TYPE_CHECKING:
    from rundbrief.store.erased import Erased

__all__ = ["Links", "Recipients", "SentData", "everywhere", "upsert"]


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *key: str) -> None:
    """Insert rows, or overwrite those that stand under the same key."""
    insert_rows(connection, table, rows, overwrite=key)


class Recipients:
    """The recipients of one connection and consent scope."""

    def __init__(self, transaction: Connection, connection: str, scope: str, erased: "Erased") -> None:
        self._transaction = transaction
        self._erased = erased
        self._key = {"connection": connection, "scope": scope}
        self._here = (schema.recipients.c.connection == connection, schema.recipients.c.scope == scope)

    def by_address(self, addresses: Iterable[str]) -> dict[str, Recipient]:
        """Return those of these addresses that are known, or whose owner was erased."""
        wanted = list(addresses)
        known = {row.address: row for row in self._those(schema.recipients.c.address.in_(wanted))}
        strangers = [address for address in wanted if address not in known]
        return {**self._erased.overlay(**self._key, addresses=strangers), **known}

    def by_remote_id(self, remote_ids: Iterable[str]) -> dict[str, Recipient]:
        rows = self._those(schema.recipients.c.remote_id.in_(list(remote_ids)))
        return {row.remote_id: row for row in rows if row.remote_id is not None}

    def put(self, recipients: Iterable[Recipient]) -> None:
        rows: list[Mapping[str, Any]] = [
            {
                **self._key,
                "address": one.address,
                "spelling": one.spelling,
                "remote_id": one.remote_id,
                "status": one.status,
                "since": one.since,
                "source": one.source,
                "agreed": one.agreed,
                "withdrawn": one.withdrawn,
                "on_lists": one.lists,
                "left_lists": one.left,
            }
            for one in recipients
        ]
        upsert(self._transaction, schema.recipients, rows, "connection", "scope", "address")

    def count_opted_in(self) -> int:
        """Return for how many addresses both sides last agreed on *yes*."""
        statement = select(func.count()).where(*self._here, schema.recipients.c.agreed == OptIn.YES)
        return self._transaction.execute(statement).scalar_one()

    def unheard_withdrawals(self) -> list[Recipient]:
        """Return those whose withdrawal stands here, while the service still mails them or asks them."""
        columns = schema.recipients.c
        return self._those(
            columns.withdrawn.is_(True),
            columns.status.in_([SubscriberStatus.SUBSCRIBED, SubscriberStatus.PENDING]),
        )

    def without_candidate(self, run_id: int, after: str, limit: int) -> list[Recipient]:
        """Return the next subscribers behind an address who had a contact once, and whose address no contact has
        that is staged in a run."""
        columns, links, candidates = schema.recipients.c, schema.links.c, schema.candidates.c
        linked = select(links.contact_id).where(
            links.connection == columns.connection, links.scope == columns.scope, links.address == columns.address
        )
        # Looked up one by one: NOT IN would make a list of all the staged addresses for each page.
        staged = select(candidates.seq).where(candidates.run_id == run_id, candidates.address == columns.address)
        statement = select(schema.recipients).where(
            *self._here,
            columns.status.in_([SubscriberStatus.SUBSCRIBED, SubscriberStatus.PENDING]),
            columns.withdrawn.is_(False),
            columns.address > after,
            exists(linked),
            ~exists(staged),
        )
        return self._read(statement.order_by(columns.address).limit(limit))

    def _those(self, condition: Any, *more: Any) -> list[Recipient]:
        """Return all that fit, by address. Asked for that order, SQLite would go through the whole scope."""
        found = self._read(select(schema.recipients).where(*self._here, condition, *more))
        return sorted(found, key=lambda one: one.address)

    def _read(self, statement: Select[Any]) -> list[Recipient]:
        return [_recipient(row) for row in self._transaction.execute(statement).mappings()]


class Links:
    """Which contact is which recipient, in one connection and consent scope."""

    def __init__(self, transaction: Connection, connection: str, scope: str) -> None:
        self._transaction = transaction
        self._key = {"connection": connection, "scope": scope}
        self._here = (schema.links.c.connection == connection, schema.links.c.scope == scope)

    def by_contact(self, contact_ids: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Return contact id -> (the contact's address when last in step, the recipient's address)."""
        columns = schema.links.c
        statement = select(columns.contact_id, columns.crm_address, columns.address)
        rows = self._transaction.execute(statement.where(*self._here, columns.contact_id.in_(list(contact_ids))))
        return {row.contact_id: (row.crm_address, row.address) for row in rows}

    def by_address(self, addresses: Iterable[str]) -> dict[str, list[str]]:
        """Return recipient address -> contact ids."""
        columns = schema.links.c
        statement = select(columns.contact_id, columns.address)
        found: dict[str, list[str]] = {}
        for row in self._transaction.execute(statement.where(*self._here, columns.address.in_(list(addresses)))):
            found.setdefault(row.address, []).append(row.contact_id)
        return found

    def put(self, links: Iterable[tuple[str, str, str]]) -> None:
        """Remember (contact id, the contact's address, the recipient's address)."""
        upsert(self._transaction, schema.links, self._rows(links), "connection", "scope", "contact_id")

    def add(self, links: Iterable[tuple[str, str, str]]) -> None:
        """Remember those of contacts that have none. An older link stays: it may lead to an abandoned address."""
        insert_rows(self._transaction, schema.links, self._rows(links), keep=True)

    def rename(self, old: str, new: str) -> None:
        """Follow a recipient that has a new address at the service."""
        statement = update(schema.links).where(*self._here, schema.links.c.address == old)
        self._transaction.execute(statement.values(address=new))

    def _rows(self, links: Iterable[tuple[str, str, str]]) -> list[dict[str, str]]:
        return [
            self._key | {"contact_id": contact_id, "crm_address": crm_address, "address": address}
            for contact_id, crm_address, address in links
        ]


class SentData:
    """The data last sent in one consent scope."""

    def __init__(self, transaction: Connection, connection: str, scope: str) -> None:
        self._transaction = transaction
        self._key = {"connection": connection, "scope": scope}
        self._here = (schema.sent.c.connection == connection, schema.sent.c.scope == scope)

    def by_address(self, addresses: Iterable[str]) -> dict[str, Sent]:
        statement = select(schema.sent).where(*self._here, schema.sent.c.address.in_(list(addresses)))
        return {
            row["address"]: Sent(
                row["address"],
                row["fingerprint"],
                Result(row["result"]),
                Reason(row["reason"]),
                row["not_before"],
            )
            for row in self._transaction.execute(statement).mappings()
        }

    def put(self, sent: Iterable[Sent]) -> None:
        rows: list[Mapping[str, Any]] = [
            {
                **self._key,
                "address": one.address,
                "fingerprint": one.fingerprint,
                "result": one.result,
                "reason": one.reason,
                "not_before": one.not_before,
            }
            for one in sent
        ]
        upsert(self._transaction, schema.sent, rows, "connection", "scope", "address")

    def rename(self, old: str, new: str) -> None:
        """Follow a recipient that has a new address at the service; what was sent to it still holds."""
        self.forget([new])
        statement = update(schema.sent).where(*self._here, schema.sent.c.address == old)
        self._transaction.execute(statement.values(address=new))

    def forget(self, addresses: Iterable[str]) -> None:
        """Drop what was sent to addresses that are no recipients any more."""
        statement = delete(schema.sent).where(*self._here, schema.sent.c.address.in_(list(addresses)))
        self._transaction.execute(statement)


def everywhere(transaction: Connection, address: str) -> list[tuple[str, str, Recipient]]:
    """Return connection, scope and recipient for each consent scope that knows the address."""
    columns = schema.recipients.c
    statement = select(schema.recipients).where(columns.address == address)
    rows = transaction.execute(statement.order_by(columns.connection, columns.scope)).mappings()
    return [(row["connection"], row["scope"], _recipient(row)) for row in rows]


def _recipient(row: RowMapping) -> Recipient:
    return Recipient(
        address=row["address"],
        spelling=row["spelling"],
        status=SubscriberStatus(row["status"]),
        remote_id=row["remote_id"],
        since=row["since"],
        source=row["source"],
        agreed=OptIn(row["agreed"]) if row["agreed"] else None,
        withdrawn=row["withdrawn"],
        lists=row["on_lists"],
        left=row["left_lists"],
    )
