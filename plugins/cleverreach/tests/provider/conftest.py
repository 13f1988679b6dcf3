"""A CleverReach account in a box, spoken to through the hooks and the real HTTP client."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import rundbrief_cleverreach
from rundbrief.config import load_settings
from rundbrief.fields import CrmField, FieldMap
from rundbrief.hookspecs import FieldWish
from rundbrief.http import AccountLimits, open_client, wsgi_transport
from rundbrief.http.tokens import MemoryVault
from rundbrief.models import Checkpoint, ContactWrite, MailingList, Outcome, Subscriber, WriteKind
from rundbrief.session import Session
from rundbrief.testing.sandbox import ManualClock
from rundbrief_cleverreach.testing import CleverReachSandbox


class Account:
    """What a host does with the plugin, in short words."""

    def __init__(
        self, sandbox: CleverReachSandbox, clock: ManualClock, app: Any = None, more: Mapping[str, Any] = {}
    ) -> None:
        self.box = sandbox
        self.clock = clock
        self.pauses: list[float] = []
        raw = {**sandbox.settings("http://127.0.0.1:8080"), **more}
        del raw["provider"]
        info = rundbrief_cleverreach.provider_info()
        settings = load_settings(
            info.settings, raw, where="connections.news", folder=Path.cwd(), environ=sandbox.environ()
        )
        client = open_client(
            info.endpoint(settings),
            limits=AccountLimits(info.concurrency, info.rates, clock=lambda: clock().timestamp()),
            transport=wsgi_transport(app or sandbox),
            wait=self._wait,
            now=clock,
            tokens=MemoryVault(),
        )
        self.session = Session("news", settings, client, self._wait)
        self.list = MailingList(sandbox.add_list("Customers"), "Customers")

    def stream(self, cursor: str | None = None) -> Iterator[Subscriber | Checkpoint]:
        stream: Iterator[Subscriber | Checkpoint] = rundbrief_cleverreach.fetch_opt_ins(
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

    def map(self, *wanted: FieldWish | CrmField) -> FieldMap:
        wishes = [one if isinstance(one, FieldWish) else FieldWish(one) for one in wanted]
        found: FieldMap = rundbrief_cleverreach.map_custom_fields(self.session, self.list, wishes)
        return found

    def export(self, kind: WriteKind, writes: Iterable[ContactWrite]) -> dict[str, Outcome]:
        """Export a batch: key -> outcome; each write has exactly one."""
        batch = list(writes)
        outcomes = list(rundbrief_cleverreach.export_contacts(self.session, self.list, kind, batch))
        assert sorted(one.key for one in outcomes) == sorted(one.key for one in batch)
        return {one.key: one for one in outcomes}

    def export_one(self, kind: WriteKind, address: str, **more: Any) -> Outcome:
        return self.export(kind, [ContactWrite("1", address, **more)])["1"]

    def erase(self, *writes: ContactWrite) -> dict[str, Outcome]:
        """Erase people: key -> outcome; each write has exactly one."""
        outcomes = list(rundbrief_cleverreach.erase_contacts(self.session, self.list, writes))
        assert sorted(one.key for one in outcomes) == sorted(one.key for one in writes)
        return {one.key: one for one in outcomes}

    def erase_one(self, address: str, remote_id: str | None = None) -> Outcome:
        return self.erase(ContactWrite("1", address, remote_id))["1"]

    def held(self, address: str) -> Any:
        return self.box.recipients(self.list.id)[address]

    def sent(self, path: str) -> list[Any]:
        """Return the decoded bodies that were sent to a path."""
        return [json.loads(one.body) for one in self.box.requests if path in one.path and one.body]

    def _wait(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.clock.advance(seconds)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 23, 12, tzinfo=UTC))


@pytest.fixture
def account(clock: ManualClock) -> Account:
    return Account(CleverReachSandbox(clock), clock)


@pytest.fixture
def account_of(clock: ManualClock) -> Callable[..., Account]:
    """Return a maker of accounts: with a gate before it, settings of the connection, options of the sandbox."""

    def make(
        gate: Callable[[Any], Any] | None = None, settings: Mapping[str, Any] | None = None, **options: Any
    ) -> Account:
        sandbox = CleverReachSandbox(clock, **options)
        return Account(sandbox, clock, gate(sandbox) if gate else None, settings or {})

    return make
