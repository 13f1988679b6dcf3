"""A small service that answers by script, and a client that never really waits."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rundbrief.http import AccountLimits, Client, RetryPolicy, open_client, wsgi_transport
from rundbrief.session import BasicAuth, Endpoint, Secret

KEY = "k-3c0ffee-us21"

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
        service, clock = Service(list(script)), options.pop("clock", Clock())
        client = open_client(
            Endpoint(
                **{"base_url": "http://127.0.0.1:9/v3", "auth": BasicAuth("any", Secret(KEY)), **(endpoint or {})}
            ),
            limits=options.pop("limits", AccountLimits(4)),
            transport=wsgi_transport(service),
            wait=options.pop("wait", clock.wait),
            now=clock,
            retry=retry,
        )
        opened.append(client)
        return Setting(service, client, clock)

    yield open_one
    for client in opened:
        client.close()
