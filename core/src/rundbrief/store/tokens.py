"""The tokens that the host renews. The file is for its owner alone, as the consent journal is."""

from dataclasses import asdict, dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select

from rundbrief.store import schema
from rundbrief.store.recipients import upsert

__all__ = ["TokenRow", "Tokens"]


@dataclass(frozen=True, slots=True)
class TokenRow:
    connection: str
    access_token: str = field(repr=False)
    expires_at: datetime
    refresh_token: str | None = field(repr=False)
    credentials: str = field(repr=False)
    """A fingerprint of the settings that the tokens were fetched with."""


class Tokens:
    def __init__(self, transaction: Connection) -> None:
        self._transaction = transaction

    def get(self, connection: str) -> TokenRow | None:
        statement = select(schema.tokens).where(schema.tokens.c.connection == connection)
        row = self._transaction.execute(statement).mappings().first()
        return TokenRow(**row) if row else None

    def put(self, row: TokenRow) -> None:
        upsert(self._transaction, schema.tokens, [asdict(row)], "connection")
