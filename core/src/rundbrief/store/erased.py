"""Persons who were erased: nothing is known of them but that they said *no*, by a keyed hash of their address."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from rundbrief.errors import ErasureKeyLost
from rundbrief.models import OptIn, SubscriberStatus
from rundbrief.store import schema
from rundbrief.store.erasure_key import ErasureKey, KeyFile
from rundbrief.store.recipients import upsert
from rundbrief.store.records import Erasure, Recipient

__all__ = ["Erased"]

_ANYWHERE = "*"
"""Connection and scope of the row that stands for the person."""


class Erased:
    """Whose *no* holds everywhere until they opt in anew.

    What a row of `recipients` says goes before: whoever came back is known again, like everybody else.
    """

    def __init__(self, transaction: Connection, key_file: KeyFile) -> None:
        self._transaction = transaction
        self._key_file = key_file

    def check(self) -> None:
        """Make sure that whoever was erased can be recognised.

        Raises:
            ErasureKeyLost: the key is not there, or is another one.
        """
        self._key()

    def when(self, address: str) -> datetime | None:
        """Return when the owner of an address was erased; None if she was not.

        Raises:
            ErasureKeyLost: see `check`.
        """
        found = self.overlay(_ANYWHERE, _ANYWHERE, [address]).get(address)
        return found.erasure.at if found and found.erasure else None

    def overlay(self, connection: str, scope: str, addresses: Iterable[str]) -> Mapping[str, Recipient]:
        """Return those of these addresses whose owner was erased, as a decision must see them: gone after a *no*.

        Raises:
            ErasureKeyLost: see `check`.
        """
        key = self._key()
        if key is None:
            return {}
        by_digest = {key.digest(address): address for address in addresses}
        columns = schema.erased.c
        places = ((columns.connection == _ANYWHERE) & (columns.scope == _ANYWHERE)) | (
            (columns.connection == connection) & (columns.scope == scope)
        )
        statement = select(columns.digest, columns.connection, columns.erased_at).where(
            places, columns.digest.in_(list(by_digest))
        )
        rows = self._transaction.execute(statement).all()
        at = {row.digest: row.erased_at for row in rows if row.connection == _ANYWHERE}
        has_left = {row.digest for row in rows if row.connection == connection}
        return {
            by_digest[digest]: _recipient(by_digest[digest], Erasure(moment, digest not in has_left))
            for digest, moment in at.items()
        }

    def begin(self, address: str, at: datetime) -> None:
        """Remember, before anything else is done, that somebody is to be erased."""
        self._transaction.execute(delete(schema.erased).where(self._is(address)))
        self._put(address, _ANYWHERE, _ANYWHERE, at)

    def left(self, address: str, connection: str, scope: str, at: datetime) -> None:
        """Note that a service mails her no more: if she is subscribed there later, she came anew."""
        self._put(address, connection, scope, at)

    def finish(self, address: str) -> None:
        """Note that everything is done."""
        self._transaction.execute(update(schema.erased).where(self._is(address)).values(is_finished=True))

    def is_unfinished(self, address: str) -> bool:
        """Tell whether this person's erasure was begun, and has not ended."""
        columns = schema.erased.c
        statement = select(columns.digest).where(
            self._is(address), columns.connection == _ANYWHERE, columns.is_finished.is_(False)
        )
        return self._transaction.execute(statement).first() is not None

    def unfinished(self) -> int:
        """Return how many erasures were begun and not ended."""
        columns = schema.erased.c
        statement = select(func.count()).where(columns.connection == _ANYWHERE, columns.is_finished.is_(False))
        return self._transaction.execute(statement).scalar_one()

    def _put(self, address: str, connection: str, scope: str, at: datetime) -> None:
        key = self._key() or self._key_file.load_or_create()
        row = {
            "digest": key.digest(address),
            "connection": connection,
            "scope": scope,
            "erased_at": at,
            "is_finished": False,
            "key_id": key.id,
        }
        upsert(self._transaction, schema.erased, [row], "digest", "connection", "scope")

    def _is(self, address: str) -> ColumnElement[bool]:
        key = self._key()
        return schema.erased.c.digest == (key.digest(address) if key else None)

    def _key(self) -> ErasureKey | None:
        """Return the key of the hashes that are there; None where there are none."""
        ids = set(self._transaction.execute(select(schema.erased.c.key_id).distinct()).scalars())
        if not ids:
            return None
        key = self._key_file.load()
        if key is None or ids != {key.id}:
            what = "is not there" if key is None else "belongs to another state"
            raise ErasureKeyLost(
                f"The key to who was erased, the file {self._key_file.path}, {what}: their no cannot be kept.",
                hint="Restore it from the backup of this state. Nothing runs without it.",
            )
        return key


def _recipient(address: str, erasure: Erasure) -> Recipient:
    return Recipient(
        address,
        address,
        status=SubscriberStatus.GONE,
        since=erasure.at,
        agreed=OptIn.NO,
        withdrawn=True,
        erasure=erasure,
    )
