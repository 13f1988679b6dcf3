"""Access tokens, and what they are handed out for (RFC 6749)."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import count
from typing import Any

__all__ = ["CLIENT_ID", "CLIENT_SECRET", "Refused", "Tokens"]

CLIENT_ID = "sandboxapp"
CLIENT_SECRET = "sandbox-client-secret-0123456789"  # noqa: S105  # nosec B105  # opens a sandbox
SCOPE = "receivers reports"
KIND = "bearer"


class Refused(Exception):
    """An error of the token endpoint, in its own form."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.payload = {"error": error, "error_description": description}


class Tokens:
    """All tokens of one app in one account.

    Args:
        now: tells the time.
        lifetime: seconds for which an access token is good.
    """

    def __init__(self, now: Callable[[], datetime], lifetime: int) -> None:
        self.lifetime = lifetime
        self._now = now
        self._numbers = count(1)
        self._ends: dict[str, float] = {}  # access token -> Unix seconds
        self._refresh_tokens: set[str] = set()
        self._codes: set[str] = set()

    def remaining(self, access_token: str) -> int:
        """Return for how many seconds an access token is still good; 0 for one that is not."""
        return max(0, int(self._ends.get(access_token, 0) - self._now().timestamp()))

    def expire_all(self) -> None:
        """Let all access tokens expire now. Refresh tokens stay good."""
        self._ends.clear()

    def revoke(self, access_token: str) -> None:
        del self._ends[access_token]

    def authorize(self) -> str:
        """Return an authorization code, as the owner of an account gets it by allowing the app. Good once."""
        return self._remember(self._codes, "code")

    def pair(self) -> dict[str, Any]:
        """Hand out an access token and a refresh token."""
        return {**self._access(), "refresh_token": self._remember(self._refresh_tokens, "refresh")}

    def grant(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a request for tokens.

        Args:
            sent: the form's fields, client id and secret included.

        Raises:
            Refused: the credentials, the grant or its type.
        """
        if (sent.get("client_id"), sent.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            raise Refused("invalid_client", "The client credentials are invalid")
        match sent.get("grant_type"):
            case None | "":
                raise Refused("invalid_request", "The grant type was not specified in the request")
            case "client_credentials":
                return self._access()
            case "refresh_token":
                self._use_up(self._refresh_tokens, sent.get("refresh_token"), "Invalid refresh token")
            case "authorization_code":
                self._use_up(self._codes, sent.get("code"), "Authorization code doesn't exist or is invalid")
            case unknown:
                raise Refused("unsupported_grant_type", f"Grant type {str(unknown)!r} not supported")
        return self.pair()

    def _access(self) -> dict[str, Any]:
        token = self._new("access")
        self._ends[token] = self._now().timestamp() + self.lifetime
        return {"access_token": token, "expires_in": self.lifetime, "token_type": KIND, "scope": SCOPE}

    def _use_up(self, good: set[str], token: object, description: str) -> None:
        """Trap: a refresh token is good once; its successor comes with the answer, and may get lost with it."""
        if token not in good:
            raise Refused("invalid_grant", description)
        good.remove(str(token))

    def _remember(self, good: set[str], kind: str) -> str:
        token = self._new(kind)
        good.add(token)
        return token

    def _new(self, kind: str) -> str:
        """Return a token that nobody had before; the same ones in every run."""
        return hashlib.sha256(f"{kind} {next(self._numbers)}".encode()).hexdigest()
