"""A Brevo account in a box, spoken to as any HTTP client would."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from rundbrief.http import wsgi_transport
from rundbrief.testing.sandbox import ManualClock
from rundbrief_brevo.testing import BrevoSandbox


class Api(httpx.Client):
    """A client of one sandbox, with short words for one list."""

    def __init__(self, sandbox: BrevoSandbox, app: Any = None) -> None:
        (key,) = sandbox.environ().values()
        super().__init__(
            transport=wsgi_transport(app or sandbox),
            base_url="http://brevo.test/v3",
            headers={"api-key": key},
            timeout=30,
        )
        self.box = sandbox
        self.list_id = sandbox.add_list("Customers")
        self.number = int(self.list_id)
        self.list = f"/contacts/lists/{self.list_id}"

    def contact(self, address: str) -> dict[str, Any]:
        return self.get(f"/contacts/{address}").raise_for_status().json()

    def add(self, address: str, **more: Any) -> httpx.Response:
        return self.post("/contacts", json={"email": address, **more})

    def change(self, address: str, **sent: Any) -> httpx.Response:
        return self.put(f"/contacts/{address}", json=sent)

    def batch(self, *rows: dict[str, Any]) -> httpx.Response:
        return self.post("/contacts/batch", json={"contacts": list(rows)})

    def join(self, *addresses: str) -> httpx.Response:
        return self.post(f"{self.list}/contacts/add", json={"emails": list(addresses)})

    def attribute(self, name: str, kind: str = "text", category: str = "normal", **more: Any) -> httpx.Response:
        """Define an attribute."""
        return self.post(f"/contacts/attributes/{category}/{name}", json={"type": kind, **more})

    def submit(self, *rows: dict[str, Any], **options: Any) -> int:
        """Import rows into the list, and return the process."""
        body = {"jsonBody": list(rows), "listIds": [self.number], "disableNotification": True, **options}
        return self.post("/contacts/import", json=body).raise_for_status().json()["processId"]

    def finished(self, process_id: int) -> dict[str, Any]:
        while True:
            process = self.get(f"/processes/{process_id}").raise_for_status().json()
            if process["status"] in ("completed", "failed"):
                return process

    def import_(self, *rows: dict[str, Any], **options: Any) -> dict[str, list[str]]:
        """Import rows into the list, and return report -> the addresses in it."""
        reports = self.finished(self.submit(*rows, **options))["info"]["import"]
        return {name: self.report(url)[1:] for name, url in reports.items() if url}

    def report(self, url: str) -> list[str]:
        """Fetch a report without the key, and return its lines."""
        with httpx.Client(transport=wsgi_transport(self.box)) as stranger:
            return stranger.get(url).raise_for_status().text.splitlines()

    def addresses(self, path: str = "/contacts", **query: Any) -> list[str]:
        """Return the addresses that a read finds, in its order."""
        rows = self.get(path, params=query).raise_for_status().json()["contacts"]
        return [row.get("email", "") for row in rows]

    def status(self, address: str) -> str:
        return self.box.status(self.list_id, address)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 23, 12, tzinfo=UTC))


@pytest.fixture
def sandbox(clock: ManualClock) -> BrevoSandbox:
    return BrevoSandbox(clock)


@pytest.fixture
def api(sandbox: BrevoSandbox) -> Iterator[Api]:
    with Api(sandbox) as api:
        yield api


@pytest.fixture
def make_api(clock: ManualClock) -> Iterator[Any]:
    """Make a client of a sandbox with options of its own."""
    made: list[Api] = []

    def make(**options: Any) -> Api:
        made.append(Api(BrevoSandbox(clock, **options)))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def checked(sandbox: BrevoSandbox, validated: Any) -> Iterator[Api]:
    """Everything is compared to the vendor's description."""
    with Api(sandbox, validated(sandbox)) as api:
        yield api
