"""The client: one account, one base URL, and the stack of layers below it."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Any, Self

import httpx

from rundbrief.errors import ProtocolError
from rundbrief.http.answers import WireResponse, refuse_busy, refuse_key, refuse_redirect
from rundbrief.http.budget import RateBudgetTransport
from rundbrief.http.concurrency import ConcurrencyTransport
from rundbrief.http.credentials import signed
from rundbrief.http.limits import AccountLimits
from rundbrief.http.network import NetworkTransport
from rundbrief.http.oauth import SecondChanceTransport, SigningTransport, TokenSource
from rundbrief.http.reading import ReadingTransport
from rundbrief.http.redaction import RedactionTransport
from rundbrief.http.retry import RetryPolicy, RetryTransport
from rundbrief.http.terms import Terms, is_429
from rundbrief.http.token_endpoint import TokenEndpoint
from rundbrief.http.tokens import MemoryVault, TokenVault
from rundbrief.http.urls import below, file_address, service_address
from rundbrief.http.writing import RequestWriter
from rundbrief.http.wsgi import Transport
from rundbrief.session import Allowance, Endpoint, OAuth, Query

__all__ = ["Client", "open_client"]

MAX_ANSWER = 64 * 1024 * 1024
"""Bytes of an answer, unpacked, beyond which it counts as broken."""

_NATURALLY_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})


def open_client(
    endpoint: Endpoint,
    *,
    limits: AccountLimits,
    transport: Transport | None = None,
    wait: Callable[[float], None] = time.sleep,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    retry: RetryPolicy | None = None,
    tokens: TokenVault | None = None,
) -> "Client":
    """Return a client for one account.

    Args:
        limits: the account's limits; hand the same object to every client of the account.
        transport: the innermost layer; None is the network.
        wait: sleeps so many seconds; may raise `Interrupted`.
        tokens: keeps what an `OAuth` endpoint hands out; None is for as long as the client lives.

    Raises:
        SettingsError: an address is no plain https one (or http on this machine), or the key cannot be sent.
    """
    return Client(
        endpoint, limits, transport, wait, now, retry or RetryPolicy(), MemoryVault() if tokens is None else tokens
    )


class Client:
    """Implements `rundbrief.session.HttpClient`. Threads may share it.

    The layers are used as they are, without an `httpx.Client` on top: that one would log whole URLs, keep cookies
    and prepare redirects, none of which an account's client should do.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        limits: AccountLimits,
        transport: Transport | None,
        wait: Callable[[float], None],
        now: Callable[[], datetime],
        retry: RetryPolicy,
        tokens: TokenVault,
    ) -> None:
        self._endpoint = endpoint
        self._base = service_address(endpoint.base_url)
        self._signed = signed(endpoint.auth)
        self._now = now
        self._write = RequestWriter(endpoint.timeout)
        self._count_lock = threading.Lock()
        self.requests_sent = 0
        """How many requests went out, each attempt of a retry included."""
        patient = partial(RetryTransport, policy=retry, wait=wait, now=now)
        network = transport or NetworkTransport(limits.concurrency)
        one_answer = ReadingTransport(network, count=self._count, now=now)
        in_its_place: httpx.BaseTransport = ConcurrencyTransport(one_answer, limits, wait=wait)
        self._unsigned = RedactionTransport(patient(in_its_place))
        signing = in_its_place
        if isinstance(endpoint.auth, OAuth):
            issuer = TokenEndpoint(endpoint.auth, self._unsigned, self._write, now=now)
            signing = SigningTransport(
                in_its_place, TokenSource(endpoint.auth, issuer, tokens, wait=wait, now=now)
            )
        within_budget = RateBudgetTransport(signing, limits, wait=wait)
        line = RedactionTransport(patient(within_budget))
        self._layers = SecondChanceTransport(line) if isinstance(endpoint.auth, OAuth) else line

    def __repr__(self) -> str:
        return f"<Client of {self._base.host}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._layers.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Query | None = None,
        json: Any = None,
        idempotent: bool | None = None,
    ) -> WireResponse:
        repeatable = method.upper() in _NATURALLY_IDEMPOTENT if idempotent is None else idempotent
        request = self._write(
            method,
            below(self._base, path),
            Terms(repeatable, MAX_ANSWER, self._is_throttled, self._budget(path), self._allowance),
            params=params,
            json=json,
            headers={"Accept": "application/json", "Accept-Encoding": "gzip, deflate", **self._signed},
        )
        response = self._layers.handle_request(request)
        host = self._base.host
        refuse_busy(response, host, now=self._now())
        refuse_key(response, host, self._endpoint.is_permission_missing)
        refuse_redirect(response, host)
        return WireResponse(response)

    def get(self, path: str, *, params: Query | None = None) -> WireResponse:
        return self.request("GET", path, params=params)

    def post(
        self,
        path: str,
        *,
        json: Any = None,
        params: Query | None = None,
        idempotent: bool = False,
    ) -> WireResponse:
        return self.request("POST", path, params=params, json=json, idempotent=idempotent)

    def put(self, path: str, *, json: Any = None) -> WireResponse:
        return self.request("PUT", path, json=json)

    def patch(self, path: str, *, json: Any = None, idempotent: bool = False) -> WireResponse:
        return self.request("PATCH", path, json=json, idempotent=idempotent)

    def delete(self, path: str) -> WireResponse:
        return self.request("DELETE", path)

    def download(self, url: str, *, max_bytes: int) -> bytes:
        """Fetch a file from where the service says it lies, without credentials and without following redirects.

        A storage host is not the service: what the endpoint says about the service's own answers does not count.
        """
        address = file_address(url, self._base)
        # A packed file wants to come as it is, not packed once more or unpacked on the way.
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        request = self._write("GET", address, Terms(idempotent=True, max_bytes=max_bytes), headers=headers)
        response = self._unsigned.handle_request(request)
        refuse_busy(response, address.host, now=self._now())
        if response.status_code != 200:
            raise ProtocolError(
                f"The file the service named at {address.host} answered {response.status_code}.",
                hint="Run again later: the service then names it anew.",
            )
        return response.content

    def _count(self) -> None:
        with self._count_lock:
            self.requests_sent += 1

    def _is_throttled(self, response: httpx.Response) -> bool:
        recognise = self._endpoint.is_throttled
        return is_429(response) or (recognise is not None and recognise(WireResponse(response)))

    def _budget(self, path: str) -> str:
        name = self._endpoint.budget
        return "" if name is None else name(f"/{path.lstrip('/')}")

    def _allowance(self, response: httpx.Response) -> Allowance | None:
        read = self._endpoint.allowance
        return None if read is None else read(WireResponse(response))
