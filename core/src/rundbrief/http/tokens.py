"""The tokens of an app, and where they are kept from one run to the next."""

import hashlib
import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from rundbrief.session import OAuth, Secret

__all__ = ["MemoryVault", "StoredTokens", "TokenVault", "fingerprint"]


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """What a service has handed out last."""

    access_token: Secret
    expires_at: datetime
    """Aware. From then on it is renewed; some time before the service itself no longer takes it."""
    refresh_token: Secret | None
    """What the next one is asked for with; None: the client's credentials alone."""
    fingerprint: str = field(repr=False)
    """Of the configured credentials it was handed out to. With others in the configuration it is worthless."""


class TokenVault(Protocol):
    """Keeps one connection's tokens. A client calls it from any of its threads, but never from two at once."""

    def load(self) -> StoredTokens | None:
        """Return what was saved last; None before that."""

    def save(self, tokens: StoredTokens) -> None:
        """Keep these in the place of all before, for good when this returns: a refresh token works only once."""

    def renewing(self, wait: Callable[[float], None]) -> AbstractContextManager[None]:
        """Let nobody else renew them meanwhile, in no other process either; what one saved, the next one loads.

        Args:
            wait: sleeps so many seconds while somebody else is at it; may raise.
        """


class MemoryVault:
    """Keeps tokens for as long as the process lasts."""

    def __init__(self) -> None:
        self._tokens: StoredTokens | None = None

    def load(self) -> StoredTokens | None:
        return self._tokens

    def save(self, tokens: StoredTokens) -> None:
        self._tokens = tokens

    def renewing(self, wait: Callable[[float], None]) -> AbstractContextManager[None]:  # noqa: ARG002
        return nullcontext()


def fingerprint(auth: OAuth) -> str:
    """Return what tells these credentials from all others, without giving them away."""
    secrets = (auth.client_secret, auth.refresh_token)
    parts = [auth.token_url, auth.client_id, *(secret and secret.reveal() for secret in secrets)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
