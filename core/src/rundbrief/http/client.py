"""The client: one account, one base URL, and every failure under the name of what to do about it."""

import logging
import re
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from rundbrief import __version__
from rundbrief.errors import (
    PermissionMissing,
    ProtocolError,
    RateLimited,
    ServiceUnavailable,
    SettingsError,
    SignInAgain,
)
from rundbrief.http.limits import AccountLimits
from rundbrief.http.transports import IDEMPOTENT, LimitTransport, RetryPolicy, RetryTransport, retry_after
from rundbrief.http.wsgi import Transport
from rundbrief.session import BasicAuth, Endpoint

__all__ = ["Client", "WireResponse", "open_client"]

MAX_ANSWER = 64 * 1024 * 1024
"""Bytes of an answer, unpacked, beyond which it counts as broken."""

_LOOPBACK = re.compile(r"localhost|127(\.\d+){3}|\[?::1\]?")
_NATURALLY_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})
_PERSONAL = re.compile(r"[^/?&=\s]*(@|%40)[^/?&=\s]*|\b[0-9a-f]{32}\b", re.IGNORECASE)

log = logging.getLogger("rundbrief.http")

# httpx and httpcore log whole URLs, and with them addresses.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class WireResponse:
    """A whole answer; implements `rundbrief.session.Response`."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self.content = response.content

    def __repr__(self) -> str:
        return f"<Response {self.status}, {len(self.content)} bytes>"

    def json(self) -> Any:
        try:
            return httpx.Response(200, content=self.content).json()
        except ValueError:
            raise ProtocolError(
                f"The service answered {self.status} with something that is not JSON.",
                hint="Try again later; if it lasts, check base_url in rundbrief.toml.",
            ) from None


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
        SettingsError: the base URL is not https, and not on this machine.
    """
    _refuse_plain_http(endpoint.base_url)
    return Client(endpoint, limits, transport, wait, now, retry or RetryPolicy())


class Client:
    """Implements `rundbrief.session.HttpClient`. Threads may share it."""

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
        self._now = now
        self._count_lock = threading.Lock()
        self.requests_sent = 0
        wire = transport or httpx.HTTPTransport(limits=httpx.Limits(max_connections=limits.concurrency + 4))
        limited = LimitTransport(wire, limits, wait=wait, count=self._count, max_bytes=MAX_ANSWER)
        layers = RetryTransport(limited, retry, wait=wait, now=now, is_throttled=self._is_throttled)
        self._client = httpx.Client(
            transport=layers,
            timeout=httpx.Timeout(endpoint.timeout, connect=min(30.0, endpoint.timeout)),
            headers={"User-Agent": f"rundbrief/{__version__}", "Accept": "application/json"},
            follow_redirects=False,
            trust_env=False,
        )

    def __repr__(self) -> str:
        return f"<Client of {self._host}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

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
        response = self._send(
            self._client.build_request(
                method,
                f"{self._endpoint.base_url.rstrip('/')}/{path.lstrip('/')}",
                params=params,
                json=json,
                headers=self._credentials(),
                extensions={IDEMPOTENT: repeatable},
            )
        )
        self._refuse(response)
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
        _refuse_plain_http(url)
        response = self._send(self._client.build_request("GET", url, extensions={IDEMPOTENT: True}))
        if response.status_code != 200:
            raise ProtocolError(
                f"The file the service named at {urlsplit(url).hostname} answered {response.status_code}."
            )
        if len(response.content) > max_bytes:
            raise ProtocolError(f"The file the service named is larger than {max_bytes} bytes.")
        return response.content

    @property
    def _host(self) -> str:
        return urlsplit(self._endpoint.base_url).hostname or "an unnamed host"

    def _count(self) -> None:
        with self._count_lock:
            self.requests_sent += 1

    def _credentials(self) -> dict[str, str]:
        match self._endpoint.auth:
            case None:
                return {}
            case BasicAuth(user, password):
                request = httpx.Request("GET", "https://localhost")
                signed = next(httpx.BasicAuth(user, password.reveal()).auth_flow(request))
                return {"Authorization": signed.headers["Authorization"]}
            case auth:
                return {auth.name: f"{auth.prefix}{auth.token.reveal()}"}

    def _send(self, request: httpx.Request) -> httpx.Response:
        """Send through all layers. What httpx raises may hold the URL and the headers, so it ends here."""
        began = time.monotonic()
        place = f"{request.method} {_PERSONAL.sub('…', request.url.path)}"
        failure = None
        try:
            response = self._client.send(request)
        except httpx.HTTPError as error:
            failure = _explain(error, self._host)
            log.debug("%s: %s", place, type(error).__name__)
        if failure is not None:
            raise failure
        log.debug("%s: %s in %.2f s", place, response.status_code, time.monotonic() - began)
        return response

    def _is_throttled(self, response: httpx.Response) -> bool:
        recognise = self._endpoint.is_throttled
        return response.status_code == 429 or (recognise is not None and recognise(WireResponse(response)))

    def _refuse(self, response: httpx.Response) -> None:
        """Raise for the answers that mean the same at every service."""
        status = response.status_code
        if self._is_throttled(response):
            raise RateLimited(
                f"{self._host} asks for fewer requests, for longer than a run waits.",
                hint="Run again later; what was done is saved.",
                retry_after=retry_after(response.headers, self._now()),
            )
        if status == 401:
            raise SignInAgain(
                f"{self._host} refused the key or token.",
                hint="Check the secret that rundbrief.toml refers to; it may be revoked or of another account.",
            )
        if status == 403 and self._is_about_a_right(response):
            raise PermissionMissing(
                f"{self._host} accepted the key, but it lacks a right for this.",
                hint="Give its user the right, or use a key of a user who has it.",
            )
        if status >= 500 or status in (408, 425):
            raise ServiceUnavailable(
                f"{self._host} answered {status}, again and again.",
                hint="Run again later; what was done is saved.",
            )
        if 300 <= status < 400:
            target = urlsplit(response.headers.get("location", "")).hostname or "elsewhere"
            raise ProtocolError(
                f"{self._host} redirects to {target}; credentials are never taken to another address.",
                hint="Check base_url in rundbrief.toml.",
            )

    def _is_about_a_right(self, response: httpx.Response) -> bool:
        recognise = self._endpoint.is_permission_missing
        return recognise is None or recognise(WireResponse(response))


def _explain(error: httpx.HTTPError, host: str) -> ServiceUnavailable | ProtocolError:
    later = "Run again later; what was done is saved."
    if isinstance(error.__cause__, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY" in str(error):
        return ServiceUnavailable(
            f"{host} could not prove its identity (TLS certificate).",
            hint="Check the date of this machine, and base_url in rundbrief.toml.",
        )
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return ServiceUnavailable(f"{host} cannot be reached.", hint=f"Check the network. {later}")
    if isinstance(error, httpx.TimeoutException):
        return ServiceUnavailable(f"{host} did not answer in time.", hint=later)
    if isinstance(error, httpx.TransportError) and not isinstance(error, httpx.DecodingError):
        return ServiceUnavailable(f"The connection to {host} broke off.", hint=later)
    return ProtocolError(f"{host} sent an answer that cannot be read.", hint=later)


def _refuse_plain_http(url: str) -> None:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https" and host:
        return
    if parts.scheme == "http" and _LOOPBACK.fullmatch(host):
        return
    raise SettingsError(
        f"The address {parts.scheme or '?'}://{host} is not https.",
        hint="Keys and addresses travel encrypted only; plain http works on this machine alone (127.0.0.1).",
    )
