"""Tokens beside the state: the next run goes on with the refresh token of the last, and none is ever lost.

They are in a file of their own, so that neither the state nor a copy of it holds a key to the service. It is there
only where it has to be: who signs in with the client's credentials alone gets a new token with each process.
"""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError, fields

from rundbrief.engine.locks import only_renewal
from rundbrief.errors import StateUnwritable
from rundbrief.http import StoredTokens
from rundbrief.private_files import replacement
from rundbrief.session import Secret

__all__ = ["TokenFile"]


class TokenFile:
    """Implements `rundbrief.http.TokenVault` for one connection.

    Args:
        state: the state database; the file stands beside it, as `rundbrief.db.NAME.tokens`.
    """

    def __init__(self, state: Path, connection: str) -> None:
        self._path = state.with_name(f"{state.name}.{connection}.tokens")
        self._state = state
        self._connection = connection

    def load(self) -> StoredTokens | None:
        """Return what was saved last. A file that cannot be understood counts as none: the service then says so.

        Raises:
            StateUnwritable: it is there and cannot be read.
        """
        try:
            kept = _Kept().loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unusable("read", error) from None
        except (ValueError, ValidationError, RecursionError):  # no UTF-8 or no JSON, or not ours
            return None
        return StoredTokens(**kept)

    def save(self, tokens: StoredTokens) -> None:
        """Keep the refresh token, and what came with it.

        Raises:
            StateUnwritable: it cannot be written.
        """
        if tokens.refresh_token is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with replacement(self._path) as file:
                json.dump(_Kept().dump(tokens), file)
        except OSError as error:
            raise self._unusable("written", error) from None

    def renewing(self, wait: Callable[[float], None]) -> AbstractContextManager[None]:
        return only_renewal(self._state, self._connection, wait)

    def _unusable(self, what: str, error: OSError) -> StateUnwritable:
        return StateUnwritable(
            f"The tokens in {self._path} cannot be {what}: {error.strerror}.",
            hint="Check the folder and its rights; the file has to be this user's own.",
        )


class _Token(fields.Field[Secret]):
    def _serialize(self, value: Secret | None, *_: Any, **__: Any) -> str | None:
        return None if value is None else value.reveal()

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Secret:
        if not isinstance(value, str):
            raise ValidationError("Not a token.")
        return Secret(value)


class _Kept(Schema):
    access_token = _Token(required=True)
    expires_at = fields.AwareDateTime(required=True)
    refresh_token = _Token(required=True)
    fingerprint = fields.String(required=True)
