"""A Mailchimp account in a box, spoken to as any HTTP client would."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from rundbrief.http import wsgi_transport
from rundbrief.testing.sandbox import ManualClock
from rundbrief_mailchimp.testing import MailchimpSandbox


class Api(httpx.Client):
    """A client of one sandbox, with short words for one list."""

    def __init__(self, sandbox: MailchimpSandbox, app: Any, list_id: str) -> None:
        (key,) = sandbox.environ().values()
        super().__init__(
            transport=wsgi_transport(app), base_url="http://mailchimp.test/3.0", auth=("anybody", key), timeout=30
        )
        self.box = sandbox
        self.list_id = list_id
        self.list = f"/lists/{list_id}"

    def at(self, address: str) -> str:
        """Return the path of a member."""
        return f"{self.list}/members/{hashlib.md5(address.lower().encode()).hexdigest()}"

    def member(self, address: str) -> dict[str, Any]:
        return self.get(self.at(address)).raise_for_status().json()

    def add(self, address: str, status: str = "subscribed", **more: Any) -> httpx.Response:
        return self.post(f"{self.list}/members", json={"email_address": address, "status": status, **more})

    def change(self, address: str, **sent: Any) -> httpx.Response:
        return self.patch(self.at(address), json=sent)

    def put_(self, address: str, **sent: Any) -> httpx.Response:
        return self.put(self.at(address), json={"email_address": address, **sent})

    def write(
        self, *members: dict[str, Any], params: dict[str, str] | None = None, **options: Any
    ) -> dict[str, Any]:
        """Write members by the synchronous batch, and return its answer."""
        answer = self.post(self.list, json={"members": list(members), **options}, params=params)
        return answer.raise_for_status().json()

    def field(self, tag: str, kind: str = "text", **more: Any) -> dict[str, Any]:
        """Create a merge field."""
        sent = {"name": tag.title(), "tag": tag, "type": kind, **more}
        return self.post(f"{self.list}/merge-fields", json=sent).raise_for_status().json()

    def addresses(self, **query: Any) -> list[str]:
        """Return the addresses that a member read finds, in its order."""
        answer = self.get(f"{self.list}/members", params={"count": 1000, **query}).raise_for_status()
        return [one["email_address"] for one in answer.json()["members"]]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 23, 12, tzinfo=UTC))


@pytest.fixture
def sandbox(clock: ManualClock) -> MailchimpSandbox:
    return MailchimpSandbox(clock)


@pytest.fixture
def api(sandbox: MailchimpSandbox) -> Iterator[Api]:
    """One list without double opt-in."""
    with Api(sandbox, sandbox, sandbox.add_list("Customers")) as api:
        yield api


@pytest.fixture
def careful(sandbox: MailchimpSandbox) -> Iterator[Api]:
    """One list with double opt-in."""
    with Api(sandbox, sandbox, sandbox.add_list("Careful", double_opt_in=True)) as api:
        yield api


@pytest.fixture
def checked(sandbox: MailchimpSandbox, validated: Any) -> Iterator[Api]:
    """One list, with everything compared to the vendor's description."""
    with Api(sandbox, validated(sandbox), sandbox.add_list("Customers")) as api:
        yield api
