"""A CleverReach account in a box, spoken to as any HTTP client would."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from rundbrief.http import wsgi_transport
from rundbrief.testing.sandbox import ManualClock
from rundbrief_cleverreach.testing import CleverReachSandbox


class Api(httpx.Client):
    """A client of one sandbox with a token, and short words for one list."""

    def __init__(self, sandbox: CleverReachSandbox, app: Any = None, *, double_opt_in: bool = False) -> None:
        super().__init__(transport=wsgi_transport(app or sandbox), base_url="http://clever.test/v3", timeout=30)
        self.box = sandbox
        self.credentials = dict(zip(("client_id", "client_secret"), sandbox.environ().values(), strict=True))
        self.list_id = sandbox.add_list("Customers", double_opt_in=double_opt_in)
        self.list = f"/groups/{self.list_id}"
        self.receivers = f"{self.list}/receivers"
        self.sign_in()

    def sign_in(self) -> None:
        token = self.tokens(grant_type="client_credentials").json()["access_token"]
        self.headers["Authorization"] = f"Bearer {token}"

    def tokens(self, **form: str) -> httpx.Response:
        """Ask for tokens, without the token that is there already."""
        return self.stranger().post("http://clever.test/oauth/token.php", data={**self.credentials, **form})

    def stranger(self) -> httpx.Client:
        """Return a client without a token."""
        return httpx.Client(transport=wsgi_transport(self.box), base_url="http://clever.test/v3")

    def at(self, address: str) -> str:
        """Return the path of a receiver."""
        return f"{self.receivers}/{quote(address, safe='')}"

    def receiver(self, address: str) -> dict[str, Any]:
        return self.get(self.at(address)).raise_for_status().json()

    def insert(self, *rows: Any) -> list[Any]:
        return self.post(f"{self.receivers}/insert", json=list(rows)).raise_for_status().json()

    def upsert(self, *rows: Any) -> list[Any]:
        return self.post(f"{self.receivers}/upsert", json=list(rows)).raise_for_status().json()

    def update(self, *rows: Any) -> list[Any]:
        return self.put(f"{self.receivers}/update", json=list(rows)).raise_for_status().json()

    def filter(self, *rules: tuple[str, str, Any], **more: Any) -> list[str]:
        """Return the addresses that rules hold for."""
        sent = {
            "groups": [self.list_id],
            "operator": "AND",
            "rules": [{"field": f, "logic": logic, "condition": str(condition)} for f, logic, condition in rules],
            **more,
        }
        rows = self.post("/receivers/filter", json=sent).raise_for_status().json()
        return [row["email"] for row in rows]

    def addresses(self, **query: Any) -> list[str]:
        """Return the addresses that a read of the list finds, in its order."""
        answer = self.get(self.receivers, params={"type": "all", "pagesize": 5000, **query})
        return [row["email"] for row in answer.raise_for_status().json()]

    def status(self, address: str) -> str:
        return self.box.status(self.list_id, address)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 23, 12, tzinfo=UTC))


@pytest.fixture
def now(clock: ManualClock) -> int:
    """The clock's time at the test's beginning, in Unix seconds."""
    return int(clock().timestamp())


@pytest.fixture
def sandbox(clock: ManualClock) -> CleverReachSandbox:
    return CleverReachSandbox(clock)


@pytest.fixture
def api(sandbox: CleverReachSandbox) -> Iterator[Api]:
    with Api(sandbox) as api:
        yield api


@pytest.fixture
def careful(sandbox: CleverReachSandbox) -> Iterator[Api]:
    """A list whose form asks for confirmation."""
    with Api(sandbox, double_opt_in=True) as api:
        yield api


@pytest.fixture
def make_api(clock: ManualClock) -> Iterator[Any]:
    """Make a client of a sandbox with options of its own."""
    made: list[Api] = []

    def make(*, double_opt_in: bool = False, **options: Any) -> Api:
        made.append(Api(CleverReachSandbox(clock, **options), double_opt_in=double_opt_in))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def checked(sandbox: CleverReachSandbox, validated: Any) -> Iterator[Api]:
    """Everything is compared to the description."""
    with Api(sandbox, validated(sandbox)) as api:
        yield api
