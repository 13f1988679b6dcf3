"""A Brevo account in a box, spoken to through the hooks and the real HTTP client."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import rundbrief_brevo
from rundbrief.config import load_settings
from rundbrief.fields import CrmField, FieldLink, FieldMap, FieldType, RemoteField
from rundbrief.hookspecs import FieldWish
from rundbrief.http import AccountLimits, open_client, wsgi_transport
from rundbrief.models import Checkpoint, ContactWrite, MailingList, Outcome, Subscriber, WriteKind
from rundbrief.session import Session
from rundbrief.testing.sandbox import ManualClock
from rundbrief_brevo.testing import BrevoSandbox

FIELDS = FieldMap(
    tuple(
        FieldLink(key, RemoteField(name, name, kind))
        for key, name, kind in (
            ("first_name", "FIRSTNAME", FieldType.TEXT),
            ("last_name", "LASTNAME", FieldType.TEXT),
            ("birthday", "BIRTHDAY", FieldType.DATE),
            ("points", "POINTS", FieldType.NUMBER),
            ("vip", "VIP", FieldType.BOOLEAN),
        )
    )
)
"""What the CRM's fields go into; `Account.add_attributes` defines those that are not there from the beginning."""


class Account:
    """What a host does with the plugin, in short words."""

    def __init__(self, sandbox: BrevoSandbox, clock: ManualClock, app: Any, more: Mapping[str, Any]) -> None:
        self.box = sandbox
        self.clock = clock
        self.pauses: list[float] = []
        raw = {**sandbox.settings("http://127.0.0.1:8080"), **more}
        del raw["provider"]
        info = rundbrief_brevo.provider_info()
        settings = load_settings(
            info.settings, raw, where="connections.news", folder=Path.cwd(), environ=sandbox.environ()
        )
        client = open_client(
            info.endpoint(settings),
            limits=AccountLimits(info.concurrency, info.rates, clock=lambda: clock().timestamp()),
            transport=wsgi_transport(app or sandbox),
            wait=self._wait,
            now=clock,
        )
        self.session = Session("news", settings, client, self._wait)
        self.list = self.add_list("Customers")

    def add_list(self, name: str) -> MailingList:
        return MailingList(self.box.add_list(name), name)

    def add_attributes(self) -> None:
        for name, kind in (("BIRTHDAY", "date"), ("POINTS", "float"), ("VIP", "boolean")):
            self.box.add_attribute(name, kind)

    def stream(self, cursor: str | None = None) -> Iterator[Subscriber | Checkpoint]:
        stream: Iterator[Subscriber | Checkpoint] = rundbrief_brevo.fetch_opt_ins(self.session, cursor)
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
        found: FieldMap = rundbrief_brevo.map_custom_fields(self.session, wishes)
        return found

    def export(
        self, kind: WriteKind, writes: Iterable[ContactWrite], where: MailingList | None = None
    ) -> dict[str, Outcome]:
        """Export a batch: key -> outcome; each write has exactly one."""
        batch = list(writes)
        outcomes = list(rundbrief_brevo.export_contacts(self.session, where or self.list, kind, batch, FIELDS))
        assert sorted(one.key for one in outcomes) == sorted(one.key for one in batch)
        return {one.key: one for one in outcomes}

    def export_one(self, kind: WriteKind, address: str, where: MailingList | None = None, **more: Any) -> Outcome:
        return self.export(kind, [ContactWrite("1", address, **more)], where)["1"]

    def erase(self, *writes: ContactWrite) -> dict[str, Outcome]:
        """Erase people: key -> outcome; each write has exactly one."""
        outcomes = list(rundbrief_brevo.erase_contacts(self.session, writes))
        assert sorted(one.key for one in outcomes) == sorted(one.key for one in writes)
        return {one.key: one for one in outcomes}

    def erase_one(self, address: str, remote_id: str | None = None) -> Outcome:
        return self.erase(ContactWrite("1", address, remote_id))["1"]

    def subscribe(self, *addresses: str) -> list[str]:
        """Let persons sign up, and return what the service calls them."""
        for address in addresses:
            self.box.subscribe(self.list.id, address)
        held = self.box.recipients(self.list.id)
        self.box.requests.reset()
        return [held[address].remote_id for address in addresses]

    def held(self, address: str) -> Any:
        return self.box.recipients(self.list.id)[address]

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
    return Account(BrevoSandbox(clock), clock, None, {})


@pytest.fixture
def account_of(clock: ManualClock) -> Callable[..., Account]:
    """Return a maker of accounts: with a gate before the sandbox, settings, or options of the sandbox."""

    def make(
        gate: Callable[[Any], Any] | None = None, settings: Mapping[str, Any] | None = None, **options: Any
    ) -> Account:
        sandbox = BrevoSandbox(clock, **options)
        return Account(sandbox, clock, gate(sandbox) if gate else None, settings or {})

    return make
