"""The client: one account, one base URL, and the stack of layers below it."""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import httpx

from rundbrief import __version__
from rundbrief.errors import InputError, ProtocolError
from rundbrief.http.answers import WireResponse, refuse_busy, refuse_key, refuse_redirect
from rundbrief.http.budget import RateBudgetTransport
from rundbrief.http.concurrency import ConcurrencyTransport
from rundbrief.http.credentials import signed
from rundbrief.http.limits import AccountLimits
from rundbrief.http.reading import ReadingTransport
from rundbrief.http.redaction import RedactionTransport
from rundbrief.http.retry import RetryPolicy, RetryTransport
from rundbrief.http.terms import Terms
from rundbrief.http.urls import below, file_address, service_address
from rundbrief.http.wsgi import Transport
from rundbrief.session import Endpoint

__all__ = ["Client", "open_client"]

MAX_ANSWER = 64 * 1024 * 1024
"""Bytes of an answer, unpacked, beyond which it counts as broken."""

LONGEST_CONNECT = 30.0
"""Seconds: a service that takes longer to pick up the phone than that will not do so in time."""

_NATURALLY_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})


def open_client(
    endpoint: Endpoint,
    *,
    limits: AccountLimits,
    transport: Transport | None = None,
    wait: Callable[[float], None] = time.sleep,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    retry: RetryPolicy | None = None,
) -> "Client":
    """Return a client for one account.

    Args:
        limits: the account's limits; hand the same object to every client of the account.
        transport: the innermost layer; None is the network.
        wait: sleeps so many seconds; may raise `Interrupted`.

    Raises:
        SettingsError: the base URL is no plain https address (or http on this machine), or the key cannot be sent.
    """
    return Client(endpoint, limits, transport, wait, now, retry or RetryPolicy())


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
    ) -> None:
        self._endpoint = endpoint
        self._base = service_address(endpoint.base_url)
        self._signed = signed(endpoint.auth)
        self._now = now
        self._timeout = httpx.Timeout(endpoint.timeout, connect=min(LONGEST_CONNECT, endpoint.timeout)).as_dict()
        self._count_lock = threading.Lock()
        self.requests_sent = 0
        """How many requests went out, each attempt of a retry included."""
        wire = transport or _network(limits)
        one_answer = ReadingTransport(wire, count=self._count)
        in_its_place = ConcurrencyTransport(one_answer, limits)
        within_budget = RateBudgetTransport(in_its_place, limits, wait=wait)
        patient = RetryTransport(within_budget, retry, wait=wait, now=now)
        self._layers = RedactionTransport(patient)

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
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
        idempotent: bool | None = None,
    ) -> WireResponse:
        repeatable = method.upper() in _NATURALLY_IDEMPOTENT if idempotent is None else idempotent
        request = self._written(
            method,
            below(self._base, path),
            Terms(repeatable, MAX_ANSWER, self._is_throttled),
            params=params,
            json=json,
            headers={"Accept": "application/json", "Accept-Encoding": "gzip, deflate", **self._signed},
        )
        response = self._layers.handle_request(request)
        host = self._base.host
        refuse_busy(response, host, throttled=self._is_throttled(response), now=self._now())
        refuse_key(response, host, self._endpoint.is_permission_missing)
        refuse_redirect(response, host)
        return WireResponse(response)

    def get(self, path: str, *, params: Mapping[str, str | int] | None = None) -> WireResponse:
        return self.request("GET", path, params=params)

    def post(
        self,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, str | int] | None = None,
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
        address = file_address(url)
        # A packed file wants to come as it is, not packed once more or unpacked on the way.
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        request = self._written("GET", address, Terms(True, max_bytes, _is_429), headers=headers)
        response = self._layers.handle_request(request)
        refuse_busy(response, address.host, throttled=_is_429(response), now=self._now())
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
        return _is_429(response) or (recognise is not None and recognise(WireResponse(response)))

    def _written(
        self,
        method: str,
        url: httpx.URL,
        terms: Terms,
        *,
        headers: Mapping[str, str],
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
    ) -> httpx.Request:
        """Return the request in bytes. What cannot be encoded is refused without a word of it."""
        try:
            return httpx.Request(
                method,
                url,
                params=params,
                json=json,
                headers={"User-Agent": f"rundbrief/{__version__}", **headers},
                extensions={"timeout": self._timeout, **terms.as_extension()},
            )
        except (UnicodeError, httpx.InvalidURL):
            pass  # either holds the whole text, so neither may be the cause of what is raised
        raise InputError(
            f"A text for {url.host} holds characters that cannot be sent.",
            hint="Look for broken characters in the contacts that changed last.",
        )


def _network(limits: AccountLimits) -> httpx.HTTPTransport:
    """Return a pool with more room than the account's places: those rule, and never turn waiting into an error."""
    return httpx.HTTPTransport(limits=httpx.Limits(max_connections=limits.concurrency + 4))


def _is_429(response: httpx.Response) -> bool:
    return response.status_code == 429
