"""A small service that answers by script, and a client that never really waits."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest

from rundbrief.http import AccountLimits, Client, RetryPolicy, open_client, wsgi_transport
from rundbrief.session import BasicAuth, Endpoint, OAuth, Secret

KEY = "k-3c0ffee-us21"
APP_SECRET = "s-5ec2e7-app"

Answer = tuple[int, dict[str, str], bytes]
Step = Answer | BaseException | Callable[[dict[str, Any]], Answer]


@dataclass
class Service:
    """A WSGI application that follows a script, and then says yes to everything."""

    script: list[Step] = field(default_factory=list)
    seen: list[dict[str, Any]] = field(default_factory=list)
    applied: int = 0
    """Requests that had their effect, whether or not the answer arrived."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read()
        self.seen.append({**environ, "body": body})
        step = self.script.pop(0) if self.script else (200, {}, b'{"ok": true}')
        if isinstance(step, BaseException):
            self.applied += not isinstance(step, ConnectionRefusedError)
            raise step
        status, headers, content = step(environ) if callable(step) else step
        self.applied += status < 400
        start_response(f"{status} Status", [("Content-Type", "application/json"), *headers.items()])
        return [content]


@dataclass
class Clock:
    """Time passes only while somebody waits, or is told to."""

    time: datetime = datetime(2026, 11, 23, 12, tzinfo=UTC)
    waits: list[float] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.advance(seconds)


@dataclass
class TokenService(Service):
    """Hands out tokens at /oauth/token, and asks for one everywhere else. A refresh token works once."""

    clock: Clock = field(default_factory=Clock)
    lifetime: float = 3600.0
    token_script: list[Step] = field(default_factory=list)
    """What the next token requests are answered with, instead of a token."""
    forms: list[dict[str, str]] = field(default_factory=list)
    ends: dict[str, datetime] = field(default_factory=dict)
    """When each access token stops working, in the order in which they were handed out."""
    refresh_tokens: set[str] = field(default_factory=lambda: {"refresh-0"})
    signed_with: list[str] = field(default_factory=list)
    refused: int = 0

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = self._grant(environ) if environ["PATH_INFO"] == "/oauth/token" else self._admit(environ)
        if answer is None:
            return super().__call__(environ, start_response)
        status, headers, content = answer
        start_response(f"{status} Status", [("Content-Type", "application/json"), *headers.items()])
        return [content]

    def forget(self) -> None:
        """Take back every access token, before its time."""
        self.ends = dict.fromkeys(self.ends, self.clock())

    def _admit(self, environ: dict[str, Any]) -> Answer | None:
        token = environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
        self.signed_with.append(token)
        if token in self.ends and self.clock() < self.ends[token]:
            return None
        self.refused += 1
        return 401, {}, b"{}"

    def _grant(self, environ: dict[str, Any]) -> Answer:
        form = dict(parse_qsl(environ["wsgi.input"].read().decode()))
        self.forms.append(form)
        if self.token_script:
            step = self.token_script.pop(0)
            if isinstance(step, BaseException):
                raise step
            return step(environ) if callable(step) else step
        if form["client_secret"] != APP_SECRET:
            return 401, {}, b'{"error": "invalid_client"}'
        number = len(self.ends) + 1
        granted: dict[str, object] = {"access_token": f"access-{number}", "expires_in": self.lifetime}
        if form["grant_type"] == "refresh_token":
            if form["refresh_token"] not in self.refresh_tokens:
                return 400, {}, b'{"error": "invalid_grant"}'
            self.refresh_tokens = {f"refresh-{number}"}
            granted["refresh_token"] = f"refresh-{number}"
        self.ends[f"access-{number}"] = self.clock() + timedelta(seconds=self.lifetime)
        return 200, {}, json.dumps(granted).encode()


@dataclass
class Setting:
    """A service, a client for it, and the clock both live by."""

    service: Service
    client: Client
    clock: Clock

    @property
    def waits(self) -> list[float]:
        return self.clock.waits


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_setting() -> Iterator[Callable[..., Setting]]:
    opened: list[Client] = []

    def open_one(
        *script: Step, endpoint: dict[str, Any] | None = None, retry: RetryPolicy | None = None, **options: Any
    ) -> Setting:
        clock = options.pop("clock", None) or Clock()
        service = options.pop("service", None) or Service(list(script))
        client = open_client(
            Endpoint(
                **{"base_url": "http://127.0.0.1:9/v3", "auth": BasicAuth("any", Secret(KEY)), **(endpoint or {})}
            ),
            limits=options.pop("limits", AccountLimits(4)),
            transport=wsgi_transport(service),
            wait=options.pop("wait", clock.wait),
            now=clock,
            retry=retry,
            tokens=options.pop("tokens", None),
        )
        opened.append(client)
        return Setting(service, client, clock)

    yield open_one
    for client in opened:
        client.close()


@pytest.fixture
def open_app(open_setting: Callable[..., Setting], clock: Clock) -> Callable[..., Setting]:
    """Open a client that signs in as an app, at a service that hands out tokens."""
    service = TokenService(clock=clock)

    def open_one(
        refresh_token: str | None = None, *, secret: str = APP_SECRET, lifetime: float = 3600.0, **options: Any
    ) -> Setting:
        service.lifetime = lifetime
        refresh = None if refresh_token is None else Secret(refresh_token)
        auth = OAuth("http://127.0.0.1:9/oauth/token", "app-1", Secret(secret), refresh)
        endpoint = {"auth": auth, **options.pop("endpoint", {})}
        return open_setting(service=service, clock=clock, endpoint=endpoint, **options)

    return open_one
