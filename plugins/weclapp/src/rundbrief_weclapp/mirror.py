"""The mirror: what we last read of the tenant's parties, in a file, so that only changes have to be read again.

weclapp has no search for hundreds of addresses at once, whatever their case. The mirror has, and answers in the
order of ids. It holds personal data, as the state beside it does, and is readable by its owner alone. It can be
deleted at any time: the next run makes it anew.
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rundbrief.errors import StateError
from rundbrief.models import CrmOptIn, OptIn, address_key

__all__ = ["Mirror", "Said"]

_VERSION = 1
_BUSY_SECONDS = 30.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS party (
    id INTEGER PRIMARY KEY, version INTEGER NOT NULL, address TEXT NOT NULL, document TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS party_address ON party (address);
CREATE TABLE IF NOT EXISTS works_for (person INTEGER PRIMARY KEY, organisation INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS works_for_organisation ON works_for (organisation);
CREATE TABLE IF NOT EXISTS said (
    who TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, since TEXT, source TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (who, key)
);
CREATE TABLE IF NOT EXISTS known (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What we said of an opt-in. It counts for as long as the field has that value."""

    opt_in: CrmOptIn
    version: int
    """Of the party before we said it. If a later one has another value, somebody else has spoken since."""


@dataclass
class Mirror:
    """One file for one tenant.

    Raises:
        StateError: the file cannot be used.
    """

    path: Path
    tenant: str
    """Whose parties these are: of another tenant's nothing is kept."""

    def __post_init__(self) -> None:
        self._lock = threading.RLock()
        try:
            self._connection = self._open()
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from None

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn an error of the file that shows later into a sentence, too."""
        try:
            yield
        except sqlite3.Error as error:
            raise self._unusable(error) from None

    def _unusable(self, error: Exception) -> StateError:
        return StateError(
            f"The copy of weclapp's parties in {self.path.name} cannot be used: {error}.",
            hint="Check the folder's rights and space; the file can be deleted, it is made again.",
        )

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch(mode=0o600)
        connection = sqlite3.connect(
            self.path, timeout=_BUSY_SECONDS, check_same_thread=False, isolation_level=None
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(_SCHEMA)
        whose = json.dumps([_VERSION, self.tenant])
        if connection.execute("SELECT value FROM known WHERE name = 'whose'").fetchone() != (whose,):
            connection.executescript(
                "DELETE FROM party; DELETE FROM works_for; DELETE FROM said; DELETE FROM known;"
            )
            connection.execute("INSERT INTO known VALUES ('whose', ?)", (whose,))
        return connection

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._told():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # a full disk has ended it by itself
                    self._connection.execute("ROLLBACK")
                raise

    def _rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock, self._told():
            return self._connection.execute(statement, values).fetchall()

    # --- how far we have read ----------------------------------------------------------------------------------

    @property
    def read_until(self) -> datetime | None:
        """Return up to when, by the service's clock, all changes are in; None: it was never read completely."""
        found = self._rows("SELECT value FROM known WHERE name = 'read_until'")
        return datetime.fromisoformat(found[0][0]) if found else None

    def is_read_until(self, moment: datetime) -> None:
        with self._transaction() as connection:
            connection.execute("REPLACE INTO known VALUES ('read_until', ?)", (moment.isoformat(),))

    # --- parties -----------------------------------------------------------------------------------------------

    def put(self, parties: Iterable[Mapping[str, Any]]) -> None:
        """Take parties in as they are now. A list may be older than the answer to a write: the newer stays."""
        with self._transaction() as connection:
            for one in parties:
                number = int(one["id"])
                taken = connection.execute(
                    "INSERT INTO party VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
                    " version = excluded.version, address = excluded.address, document = excluded.document"
                    " WHERE excluded.version >= party.version",
                    (number, int(one["version"]), address_key(one["email"] or ""), json.dumps(one)),
                )
                if taken.rowcount:
                    connection.execute("DELETE FROM works_for WHERE organisation = ?", (number,))
                    connection.executemany(
                        "REPLACE INTO works_for VALUES (?, ?)",
                        [(int(person["id"]), number) for person in one["people"]],
                    )

    def ids(self) -> set[str]:
        return {str(number) for (number,) in self._rows("SELECT id FROM party")}

    def remove(self, ids: Iterable[str]) -> None:
        with self._transaction() as connection:
            for one in ids:
                connection.execute("DELETE FROM party WHERE id = ?", (int(one),))
                connection.execute("DELETE FROM works_for WHERE organisation = ?", (int(one),))
                connection.execute("DELETE FROM said WHERE who = ?", (one,))

    def count(self) -> int:
        return int(self._rows("SELECT count(*) FROM party")[0][0])

    def after(self, number: int, most: int) -> list[dict[str, Any]]:
        """Return the next parties in the order of their ids."""
        rows = self._rows("SELECT document FROM party WHERE id > ? ORDER BY id LIMIT ?", number, most)
        return [json.loads(document) for (document,) in rows]

    def by_ids(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        """Return those of these parties that exist, in the order of their ids. What is no id names nobody."""
        numbers = json.dumps([int(one) for one in ids if one.isascii() and one.isdecimal()])
        rows = self._rows(
            "SELECT document FROM party WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id", numbers
        )
        return [json.loads(document) for (document,) in rows]

    def by_addresses(self, keys: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        rows = self._rows(
            "SELECT address, document FROM party WHERE address IN (SELECT value FROM json_each(?)) ORDER BY id",
            json.dumps([one for one in keys if one]),
        )
        for address, document in rows:
            found.setdefault(address, []).append(json.loads(document))
        return found

    def companies(self, ids: Iterable[str]) -> dict[str, str]:
        """Return the id of a contact person -> the name of the organisation."""
        rows = self._rows(
            "SELECT works_for.person, json_extract(party.document, '$.company') FROM works_for"
            " JOIN party ON party.id = works_for.organisation WHERE works_for.person IN"
            " (SELECT value FROM json_each(?))",
            json.dumps([int(one) for one in ids]),
        )
        return {str(person): company for person, company in rows if company}

    def names(self, ids: Iterable[str]) -> dict[str, str]:
        """Return id -> what a party is called, of those among these ids that are parties and have a name."""
        numbers = sorted({one for one in ids if one.isascii() and one.isdecimal()})
        named = {
            one["id"]: one["company"] or " ".join(filter(None, (one["first_name"], one["last_name"])))
            for one in (self.by_ids(numbers) if numbers else ())
        }
        return {party_id: name for party_id, name in named.items() if name}

    # --- what we said ------------------------------------------------------------------------------------------

    def say(self, who: str, key: str, opt_in: CrmOptIn, version: str = "0") -> None:
        """Note time and source of an opt-in that we are about to set, as weclapp may have no place for them.

        Args:
            who: a party's id; the address (as `address_key`) of one that is about to be created.
            version: of the party before that.
        """
        since = opt_in.since.isoformat() if opt_in.since else None
        with self._transaction() as connection:
            connection.execute(
                "REPLACE INTO said VALUES (?, ?, ?, ?, ?, ?)",
                (who, key, opt_in.value.value, since, opt_in.source, int(version)),
            )

    def unsay(self, who: str, key: str) -> None:
        with self._transaction() as connection:
            connection.execute("DELETE FROM said WHERE who = ? AND key = ?", (who, key))

    def said(self, whom: Iterable[str]) -> dict[tuple[str, str], Said]:
        """Return party or address, and opt-in field -> what we set last."""
        rows = self._rows(
            "SELECT who, key, value, since, source, version FROM said"
            " WHERE who IN (SELECT value FROM json_each(?))",
            json.dumps(list(whom)),
        )
        return {
            (who, key): Said(
                CrmOptIn(OptIn(value), datetime.fromisoformat(since) if since else None, source), version
            )
            for who, key, value, since, source, version in rows
        }
