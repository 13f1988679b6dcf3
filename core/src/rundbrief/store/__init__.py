"""The state of the synchronisation and the consent journal, in one database.

`Store.transaction()` is the only way in: whatever belongs together is saved together, or not at all.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, select

from rundbrief.database import BUSY_TIMEOUT, copy_database, open_database, read_only, wipe_deleted
from rundbrief.store import schema
from rundbrief.store.erased import Erased
from rundbrief.store.erasure_key import KeyFile, key_path
from rundbrief.store.field_maps import FieldMaps
from rundbrief.store.inbox import Cursors, Inbox, Intents
from rundbrief.store.journal import Journal
from rundbrief.store.journal_check import Fault, Verdict
from rundbrief.store.observations import Observations, Told
from rundbrief.store.outbox import Candidates, Outbox
from rundbrief.store.recipients import Links, Recipients, SentData, everywhere
from rundbrief.store.records import (
    ACCOUNT_SCOPE,
    MOVED,
    SETTLE,
    WHOLE_ACCOUNT,
    Candidate,
    Erasure,
    Incoming,
    Intent,
    JournalEntry,
    Leftovers,
    OutcomeLine,
    Planned,
    PulledList,
    Reading,
    Recipient,
    Run,
    Sent,
)
from rundbrief.store.reports import Lists, Runs
from rundbrief.store.traces import Traces, new_pseudonym

MIGRATIONS = "rundbrief.store.migrations"
"""The package with the revisions of the schema."""

__all__ = [
    "ACCOUNT_SCOPE",
    "MIGRATIONS",
    "MOVED",
    "SETTLE",
    "WHOLE_ACCOUNT",
    "Candidate",
    "Erasure",
    "Fault",
    "Incoming",
    "Intent",
    "JournalEntry",
    "Leftovers",
    "Observations",
    "OutcomeLine",
    "Planned",
    "PulledList",
    "Reading",
    "Recipient",
    "Run",
    "Sent",
    "Store",
    "Told",
    "Transaction",
    "Verdict",
    "new_pseudonym",
]


class Transaction:
    """An open transaction; each method gives one table's room."""

    def __init__(self, connection: Connection, key_file: KeyFile) -> None:
        self._connection = connection
        self._key_file = key_file

    def lists(self, connection: str) -> Lists:
        return Lists(self._connection, connection)

    def cursors(self, connection: str, scope: str) -> Cursors:
        return Cursors(self._connection, connection, scope)

    def inbox(self, connection: str, scope: str) -> Inbox:
        return Inbox(self._connection, connection, scope)

    def intents(self, connection: str, key: str) -> Intents:
        return Intents(self._connection, connection, key)

    def recipients(self, connection: str, scope: str) -> Recipients:
        return Recipients(self._connection, connection, scope, self.erased)

    def links(self, connection: str, scope: str) -> Links:
        return Links(self._connection, connection, scope)

    def sent(self, connection: str, scope: str) -> SentData:
        return SentData(self._connection, connection, scope)

    def candidates(self, run_id: int) -> Candidates:
        return Candidates(self._connection, run_id)

    def outbox(self, run_id: int) -> Outbox:
        return Outbox(self._connection, run_id)

    def connections(self) -> list[str]:
        """Return the names of all connections that ever knew a recipient."""
        statement = select(schema.recipients.c.connection).distinct()
        return sorted(self._connection.execute(statement).scalars())

    def leftovers(self, connection: str, scope: str, key: str, run_id: int) -> Leftovers:
        """Return what runs before `run_id` left to do.

        Args:
            key: the opt-in field of the scope.
        """
        open_steps, sent_steps = self.outbox(run_id).count_left_behind()
        return Leftovers(
            unread=self.cursors(connection, scope).get().reading,
            inbox=self.inbox(connection, scope).count(),
            intents=self.intents(connection, key).count(),
            open_steps=open_steps,
            sent_steps=sent_steps,
        )

    def everywhere(self, address: str) -> list[tuple[str, str, Recipient]]:
        """Return connection, scope and recipient for each consent scope that knows the address."""
        return everywhere(self._connection, address)

    @property
    def erased(self) -> Erased:
        return Erased(self._connection, self._key_file)

    def traces(self, address: str) -> Traces:
        """Everything about the owner of an address (an `address_key`)."""
        return Traces(self._connection, address)

    @property
    def journal(self) -> Journal:
        return Journal(self._connection)

    @property
    def runs(self) -> Runs:
        return Runs(self._connection)

    def observations(self, observer: str, connection: str) -> Observations:
        return Observations(self._connection, observer, connection)

    def field_maps(self, connection: str) -> FieldMaps:
        return FieldMaps(self._connection, connection)


class Store:
    """The state database. Open it with `Store.open`; one thread uses it at a time."""

    def __init__(self, engine: Engine, path: Path, key_file: KeyFile) -> None:
        self._engine = engine
        self._key_file = key_file
        self.path = path

    @classmethod
    def open(cls, path: Path, *, key: Path | None = None, patience: float = BUSY_TIMEOUT) -> "Store":
        """Open or create the database, and bring an older schema up to date.

        Args:
            path: the file.
            key: the file with the key to who was erased; None: beside the state.
            patience: seconds to wait for another process that is writing.

        Raises:
            StateTooNew, StateUnwritable, StateCorrupt: see `rundbrief.errors`.
        """
        engine = open_database(path, migrations=MIGRATIONS, patience=patience)
        return cls(engine, path, KeyFile(key or key_path(path)))

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Everything in the block is saved together at its end, or, after an exception, not at all."""
        with self._engine.begin() as connection:
            yield Transaction(connection, self._key_file)

    @contextmanager
    def snapshot(self) -> Iterator[Transaction]:
        """The state as it is now, for a long read: it waits for no writer and holds none up."""
        with read_only(self._engine).begin() as connection:
            yield Transaction(connection, self._key_file)

    def copy(self, path: Path) -> "Store":
        """Return a store on a consistent copy in `path`, for a run that shall leave no trace."""
        copy_database(self._engine, path)
        return Store.open(path, key=self._key_file.path)

    def wipe(self) -> None:
        """Leave no trace of deleted rows in the files.

        Raises:
            StateUnwritable: somebody else reads or writes, or there is no room for a second copy.
        """
        wipe_deleted(self._engine, self.path)

    def close(self) -> None:
        self._engine.dispose()
