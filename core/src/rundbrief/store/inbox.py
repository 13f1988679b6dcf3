"""The inbox: what was read from a service and not yet acted on, and how far reading went."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, RowMapping, delete, exists, func, insert, literal, select

from rundbrief.bulk import insert_rows
from rundbrief.models import CrmOptIn, OptIn, OptInChange, Subscriber, SubscriberStatus, address_key
from rundbrief.store import schema
from rundbrief.store.recipients import upsert
from rundbrief.store.records import Incoming, Intent, Reading

__all__ = ["Cursors", "Inbox", "Intents", "intent_of"]


class Inbox:
    """The unread mail of one connection and consent scope. A later word on a recipient replaces an earlier one."""

    def __init__(self, transaction: Connection, connection: str, scope: str) -> None:
        self._transaction = transaction
        self._connection = connection
        self._scope = scope
        self._here = (schema.inbox.c.connection == connection, schema.inbox.c.scope == scope)

    def put(self, subscribers: Iterable[Subscriber]) -> None:
        """Take in a page. A row with a known remote id is overwritten."""
        rows = {
            one.remote_id: {
                "connection": self._connection,
                "scope": self._scope,
                "remote_id": one.remote_id,
                "address": address_key(one.address),
                "spelling": one.address.strip(),
                "status": one.status,
                "since": one.evidence.at,
                "source": one.evidence.source,
                "fields": one.fields,
                "on_lists": one.lists,
                "left_lists": one.left,
            }
            for one in subscribers
        }
        upsert(self._transaction, schema.inbox, list(rows.values()), "connection", "scope", "remote_id")

    def drop_subscribed(self) -> None:
        """Before a full read: drop what it will bring again. A *no* stays, as it may be the only trace of one."""
        subscribed = schema.inbox.c.status == SubscriberStatus.SUBSCRIBED
        self._transaction.execute(delete(schema.inbox).where(*self._here, subscribed))

    def put_gone(self) -> None:
        """At the end of a full read: take in as *gone* whoever was there before and has not come."""
        known, seen = schema.recipients.c, schema.inbox.c
        missing = select(
            known.connection,
            known.scope,
            func.coalesce(known.remote_id, known.address),
            known.address,
            known.spelling,
            literal(SubscriberStatus.GONE.value),
            literal(""),
            literal("{}"),
        ).where(
            known.connection == self._connection,
            known.scope == self._scope,
            known.status.not_in([SubscriberStatus.ABSENT, SubscriberStatus.GONE]),
            ~exists().where(*self._here, seen.address == known.address),
            ~exists().where(*self._here, seen.remote_id == known.remote_id),
        )
        columns = ["connection", "scope", "remote_id", "address", "spelling", "status", "source", "fields"]
        self._transaction.execute(insert(schema.inbox).from_select(columns, missing))

    def page(self, after: int, limit: int) -> Sequence[Incoming]:
        """Return the next rows behind `after`, in the order they came."""
        statement = select(schema.inbox).where(*self._here, schema.inbox.c.seq > after)
        rows = self._transaction.execute(statement.order_by(schema.inbox.c.seq).limit(limit)).mappings()
        return [_incoming(row) for row in rows]

    def of(self, addresses: Iterable[str]) -> Sequence[Incoming]:
        """Return the rows of these addresses, in the order they came."""
        statement = select(schema.inbox).where(*self._here, schema.inbox.c.address.in_(list(addresses)))
        return [
            _incoming(row) for row in self._transaction.execute(statement.order_by(schema.inbox.c.seq)).mappings()
        ]

    def count(self) -> int:
        return self._transaction.execute(select(func.count(schema.inbox.c.seq)).where(*self._here)).scalar_one()

    def count_leaving(self) -> int:
        """Return how many recipients in the inbox are no longer subscribed: an upper bound of withdrawals."""
        leaving = schema.inbox.c.status.in_([SubscriberStatus.UNSUBSCRIBED, SubscriberStatus.GONE])
        statement = select(func.count(schema.inbox.c.seq)).where(*self._here, leaving)
        return self._transaction.execute(statement).scalar_one()

    def count_subscribed(self) -> int:
        subscribed = schema.inbox.c.status == SubscriberStatus.SUBSCRIBED
        return self._transaction.execute(
            select(func.count(schema.inbox.c.seq)).where(*self._here, subscribed)
        ).scalar_one()

    def count_arriving(self) -> int:
        """Return how many recipients in the inbox are subscribed, and were not agreed on as such before."""
        seen, known = schema.inbox.c, schema.recipients.c
        agreed = exists().where(
            known.connection == self._connection,
            known.scope == self._scope,
            known.address == seen.address,
            known.agreed == OptIn.YES,
        )
        arriving = (seen.status == SubscriberStatus.SUBSCRIBED, ~agreed)
        return self._transaction.execute(select(func.count(seen.seq)).where(*self._here, *arriving)).scalar_one()

    def whom(self) -> set[str]:
        """Return the addresses and remote ids of all rows. Once an import is through, these are few."""
        rows = self._transaction.execute(
            select(schema.inbox.c.address, schema.inbox.c.remote_id).where(*self._here)
        )
        return {name for row in rows for name in row}

    def done(self, seqs: Iterable[int]) -> None:
        """Drop rows that were acted on."""
        self._transaction.execute(delete(schema.inbox).where(schema.inbox.c.seq.in_(list(seqs))))


class Cursors:
    """How far one connection and consent scope was read."""

    def __init__(self, transaction: Connection, connection: str, scope: str) -> None:
        self._transaction = transaction
        self._key = {"connection": connection, "scope": scope}
        self._here = (schema.cursors.c.connection == connection, schema.cursors.c.scope == scope)

    def get(self) -> Reading:
        row = self._transaction.execute(select(schema.cursors).where(*self._here)).mappings().first()
        if row is None:
            return Reading()
        return Reading(row["cursor"], row["reading"], row["full_read"], row["full_read_at"])

    def put(self, reading: Reading) -> None:
        row = self._key | {
            "cursor": reading.cursor,
            "reading": reading.reading,
            "full_read": reading.full_read,
            "full_read_at": reading.full_read_at,
        }
        upsert(self._transaction, schema.cursors, [row], "connection", "scope")


class Intents:
    """What an import of one connection, or an erasure, is about to set in the CRM.

    A *yes* is a run's to look through that has the same consent scope: only there it is known what it goes back
    to. A *no* may have been spread from another one.

    Args:
        key: the opt-in field of the run's consent scope.
    """

    def __init__(self, transaction: Connection, connection: str, key: str) -> None:
        self._transaction = transaction
        self._connection = connection
        columns = schema.intents.c
        is_ours = (columns.opt_in_key == key) | (columns.became != OptIn.YES)
        self._here = (columns.connection == connection) & is_ours

    def put(self, intents: Iterable[Intent]) -> None:
        rows = [
            {
                "connection": self._connection,
                "address": one.address,
                "contact_id": one.change.contact_id,
                "opt_in_key": one.change.key,
                "was": one.change.expected,
                "became": one.change.opt_in.value,
                "since": one.change.opt_in.since,
                "source": one.change.opt_in.source,
            }
            for one in intents
        ]
        insert_rows(self._transaction, schema.intents, rows)

    def all(self) -> list[Intent]:
        rows = self._transaction.execute(select(schema.intents).where(self._here).order_by(schema.intents.c.seq))
        return list(dict.fromkeys(intent_of(row) for row in rows.mappings()))

    def count(self) -> int:
        return self._transaction.execute(select(func.count(schema.intents.c.seq)).where(self._here)).scalar_one()

    def clear(self) -> None:
        self._transaction.execute(delete(schema.intents).where(self._here))


def intent_of(row: RowMapping) -> Intent:
    opt_in = CrmOptIn(OptIn(row["became"]), row["since"], row["source"])
    return Intent(row["address"], OptInChange(row["contact_id"], row["opt_in_key"], OptIn(row["was"]), opt_in))


def _incoming(row: RowMapping) -> Incoming:
    return Incoming(
        seq=row["seq"],
        remote_id=row["remote_id"],
        address=row["address"],
        spelling=row["spelling"],
        status=SubscriberStatus(row["status"]),
        since=row["since"],
        source=row["source"],
        fields=row["fields"],
        lists=row["on_lists"],
        left=row["left_lists"],
    )
