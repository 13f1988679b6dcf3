"""A Mailchimp account in a box, spoken to through the hooks and the real HTTP client."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import rundbrief_mailchimp
from rundbrief.config import load_settings
from rundbrief.http import AccountLimits, open_client, wsgi_transport
from rundbrief.models import Checkpoint, ContactWrite, MailingList, Outcome, Subscriber, WriteKind
from rundbrief.session import Session
from rundbrief.testing.sandbox import ManualClock
from rundbrief_mailchimp.testing import MailchimpSandbox


class Account:
    """What a host does with the plugin, in short words."""

    def __init__(self, sandbox: MailchimpSandbox, clock: ManualClock, app: Any = None) -> None:
        self.box = sandbox
        self.clock = clock
        self.pauses: list[float] = []
        raw = dict(sandbox.settings("http://127.0.0.1:8080"))
        del raw["provider"]
        info = rundbrief_mailchimp.provider_info()
        settings = load_settings(
            info.settings, raw, where="connections.news", folder=Path.cwd(), environ=sandbox.environ()
        )
        client = open_client(
            info.endpoint(settings),
            limits=AccountLimits(info.concurrency),
            transport=wsgi_transport(app or sandbox),
            wait=self._wait,
            now=clock,
        )
        self.session = Session("news", settings, client, self._wait)
        self.list = self.add_list("Customers")

    def add_list(self, name: str, *, double_opt_in: bool = False) -> MailingList:
        return MailingList(self.box.add_list(name, double_opt_in=double_opt_in), name, double_opt_in)

    def add_field(self, tag: str, name: str, kind: str = "text", **more: Any) -> None:
        """An administrator adds a merge field."""
        definition = {"tag": tag, "name": name, "type": kind, **more}
        answer = self.session.http.post(f"/lists/{self.list.id}/merge-fields", json=definition)
        assert answer.status == 200, answer.json()
        self.box.requests.reset()

    def everybody(self) -> set[str]:
        """Return all addresses that the list has, read in peace."""
        self.box.faults.clear()
        return set(self.read()[0])

    def stream(self, cursor: str | None = None) -> Iterator[Subscriber | Checkpoint]:
        stream: Iterator[Subscriber | Checkpoint] = rundbrief_mailchimp.fetch_opt_ins(
            self.session, self.list, cursor
        )
        return stream

    def read(self, cursor: str | None = None) -> tuple[dict[str, Subscriber], str]:
        """Read to the end: address -> subscriber, and the last cursor."""
        found: dict[str, Subscriber] = {}
        last = ""
        for item in self.stream(cursor):
            if isinstance(item, Checkpoint):
                last = item.cursor
            else:
                found[item.address] = item
        return found, last

    def export(
        self, kind: WriteKind, writes: Iterable[ContactWrite], where: MailingList | None = None
    ) -> dict[str, Outcome]:
        """Export a batch: key -> outcome; each write has exactly one."""
        batch = list(writes)
        outcomes = list(rundbrief_mailchimp.export_contacts(self.session, where or self.list, kind, batch))
        assert sorted(one.key for one in outcomes) == sorted(one.key for one in batch)
        return {one.key: one for one in outcomes}

    def export_one(self, kind: WriteKind, address: str, where: MailingList | None = None, **more: Any) -> Outcome:
        return self.export(kind, [ContactWrite("1", address, **more)], where)["1"]

    def erase(self, *writes: ContactWrite) -> dict[str, Outcome]:
        """Erase people: key -> outcome; each write has exactly one."""
        outcomes = list(rundbrief_mailchimp.erase_contacts(self.session, self.list, writes))
        assert sorted(one.key for one in outcomes) == sorted(one.key for one in writes)
        return {one.key: one for one in outcomes}

    def erase_one(self, address: str, remote_id: str | None = None) -> Outcome:
        return self.erase(ContactWrite("1", address, remote_id))["1"]

    def remote_id(self, address: str) -> str:
        return self.read()[0][address].remote_id

    def sent(self, method: str, path: str = "") -> list[Any]:
        """Return the decoded bodies that were sent."""
        return [
            json.loads(record.body)
            for record in self.box.requests
            if record.method == method and path in record.path and record.body
        ]

    def _wait(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.clock.advance(seconds)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 23, 12, tzinfo=UTC))


@pytest.fixture
def account(clock: ManualClock) -> Account:
    return Account(MailchimpSandbox(clock), clock)


@pytest.fixture
def account_of(clock: ManualClock) -> Callable[..., Account]:
    """Return a maker of accounts: with a gate before the sandbox, or with options of the sandbox."""

    def make(gate: Callable[[Any], Any] | None = None, **options: Any) -> Account:
        sandbox = MailchimpSandbox(clock, **options)
        return Account(sandbox, clock, gate(sandbox) if gate else None)

    return make
