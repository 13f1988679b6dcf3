"""The layers that sign requests with access tokens, and the renewal of these."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from contextlib import nullcontext
from datetime import datetime

import httpx

from rundbrief.http.token_endpoint import TokenEndpoint
from rundbrief.http.tokens import StoredTokens, TokenVault, fingerprint
from rundbrief.http.windows import TICK
from rundbrief.session import OAuth, Secret

__all__ = ["SecondChanceTransport", "SigningTransport", "TokenSource"]


class TokenSource:
    """The access token of the moment. Threads may share it.

    One of them renews the token, while the others wait for what comes of it: the token, or the same error.
    """

    def __init__(
        self,
        auth: OAuth,
        endpoint: TokenEndpoint,
        vault: TokenVault,
        *,
        wait: Callable[[float], None],
        now: Callable[[], datetime],
    ) -> None:
        self._configured = auth.refresh_token
        self._fingerprint = fingerprint(auth)
        self._endpoint = endpoint
        self._vault = vault
        self._wait = wait
        self._now = now
        self._lock = threading.Lock()
        self._tokens: StoredTokens | None = None
        self._refused: Secret | None = None
        self._renewal: Future[StoredTokens] | None = None

    def token(self) -> Secret:
        """Return an access token that is good now.

        Raises:
            SignInAgain: the service refuses the credentials.
            RateLimited, ServiceUnavailable, ProtocolError: as every request.
        """
        with self._lock:
            if self._tokens is not None and self._is_good(self._tokens):
                return self._tokens.access_token
            is_mine = self._renewal is None
            renewal = self._renewal = self._renewal or Future()
        if is_mine:
            self._settle(renewal)
        while not renewal.done():
            wait_for([renewal], timeout=TICK)
            self._wait(0.0)  # raises when the run is to stop
        return renewal.result().access_token

    def refuse(self, token: Secret) -> None:
        """Note that the service no longer takes a token. One that was replaced already is nothing new."""
        with self._lock:
            if self._tokens is not None and self._tokens.access_token == token:
                self._refused = token

    def _is_good(self, tokens: StoredTokens) -> bool:
        return tokens.access_token != self._refused and self._now() < tokens.expires_at

    def _settle(self, renewal: Future[StoredTokens]) -> None:
        """Renew, and tell everybody who waits what came of it."""
        try:
            tokens = self._renewed()
        except BaseException as error:
            with self._lock:
                self._renewal = None
            renewal.set_exception(error)
            return
        with self._lock:
            self._tokens, self._renewal = tokens, None
        renewal.set_result(tokens)

    def _renewed(self) -> StoredTokens:
        kept = self._kept()
        if kept is not None and self._is_good(kept):
            return kept
        with self._vault.renewing(self._wait) if self._configured else nullcontext():
            kept = self._kept()  # by now another process may have renewed them: its refresh token is the one left
            if kept is not None and self._is_good(kept):
                return kept
            tokens = self._endpoint.fetch(kept.refresh_token if kept else self._configured)
            self._vault.save(tokens)  # before anything else: the refresh token before is worthless by now
        return tokens

    def _kept(self) -> StoredTokens | None:
        """Return the newest tokens of these credentials. Another run may have renewed them in the meantime."""
        stored = self._vault.load()
        return stored if stored is not None and stored.fingerprint == self._fingerprint else self._tokens


class SigningTransport(httpx.BaseTransport):
    """Signs each attempt of a request just before it goes out: a wait for the rate budget may outlive a token."""

    def __init__(self, inner: httpx.BaseTransport, tokens: TokenSource) -> None:
        self._inner = inner
        self._tokens = tokens

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        token = self._tokens.token()
        request.headers["Authorization"] = f"Bearer {token.reveal()}"
        response = self._inner.handle_request(request)
        if response.status_code == 401:
            self._tokens.refuse(token)
        return response

    def close(self) -> None:
        self._inner.close()


class SecondChanceTransport(httpx.BaseTransport):
    """Sends a request again whose token was refused: nothing was acted on, and the token will be a new one."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        return self._inner.handle_request(request) if response.status_code == 401 else response

    def close(self) -> None:
        self._inner.close()
