"""Tokens in the state: cron's next run goes on with the token of the last, and a rotated one is never lost."""

from collections.abc import Callable

from rundbrief.http import StoredTokens
from rundbrief.session import Secret
from rundbrief.store import Store, TokenRow

__all__ = ["StateVault"]


class StateVault:
    """Implements `rundbrief.http.TokenVault` for one connection.

    Args:
        store: opens the state when it is first needed; most connections have no tokens.
    """

    def __init__(self, store: Callable[[], Store], connection: str) -> None:
        self._store = store
        self._connection = connection

    def load(self) -> StoredTokens | None:
        with self._store().transaction() as transaction:
            row = transaction.tokens.get(self._connection)
        if row is None:
            return None
        refresh = Secret(row.refresh_token) if row.refresh_token else None
        return StoredTokens(Secret(row.access_token), row.expires_at, refresh, row.credentials)

    def save(self, tokens: StoredTokens) -> None:
        row = TokenRow(
            self._connection,
            tokens.access_token.reveal(),
            tokens.expires_at,
            tokens.refresh_token.reveal() if tokens.refresh_token else None,
            tokens.fingerprint,
        )
        with self._store().transaction() as transaction:
            transaction.tokens.put(row)
