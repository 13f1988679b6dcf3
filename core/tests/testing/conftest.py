"""A sandbox of the smallest service there is: it counts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from werkzeug.wrappers import Response

from rundbrief.http import wsgi_transport
from rundbrief.testing.sandbox import Held, ManualClock, Sandbox, SandboxRequest


class Counter(Sandbox):
    """POST counts up, GET tells the count. It has no lists to speak of."""

    applied = 0
    at_once = 0

    def respond(self, request: SandboxRequest) -> Response:
        self.at_once = max(self.at_once, request.at_once)
        if request.method == "POST":
            self.applied += 1
        return Response(f'{{"count": {self.applied}}}', content_type="application/json")

    def settings(self, base_url: str) -> Mapping[str, Any]:
        return {"provider": "counter", "base_url": base_url}

    def environ(self) -> Mapping[str, str]:
        return {}

    def add_list(self, name: str, *, double_opt_in: bool = False) -> str:
        return name

    def subscribe(self, list_id: str, address: str, fields: Mapping[str, str] | None = None) -> None: ...

    def confirm(self, list_id: str, address: str) -> None: ...

    def unsubscribe(self, list_id: str, address: str) -> None: ...

    def complain(self, list_id: str, address: str) -> None: ...

    def bounce(self, list_id: str, address: str) -> None: ...

    def block(self, list_id: str, address: str) -> None: ...

    def archive(self, list_id: str, address: str) -> None: ...

    def delete(self, list_id: str, address: str) -> None: ...

    def change_address(self, list_id: str, old: str, new: str) -> None: ...

    def recipients(self, list_id: str) -> Mapping[str, Held]:
        return {}

    @property
    def confirmation_mails(self) -> Sequence[str]:
        return ()

    def seed(self, list_id: str, people: int | Iterable[str]) -> None: ...


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 23, 12, tzinfo=UTC))


@pytest.fixture
def counter(clock: ManualClock) -> Counter:
    return Counter(clock)


@pytest.fixture
def client(counter: Counter) -> Any:
    """A client in this process."""
    with httpx.Client(transport=wsgi_transport(counter), base_url="http://counter.test") as client:
        yield client
