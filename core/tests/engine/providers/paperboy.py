"""Paperboy: a small, correct newsletter service in memory, and its provider plugin.

It has everything an engine must cope with: pages, incremental reads, recipients who hide in the archive, vanish,
change their address or refuse to be written to. There is no network; `ACCOUNTS` is the service.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from marshmallow import Schema, fields

from rundbrief.fields import FieldLink, FieldMap, FieldType, RemoteField
from rundbrief.hookspecs import FieldWish, ProviderInfo, hookimpl
from rundbrief.models import (
    Checkpoint,
    ContactWrite,
    Evidence,
    MailingList,
    Outcome,
    Reason,
    Result,
    Subscriber,
    SubscriberStatus,
    WriteKind,
    address_key,
)
from rundbrief.session import Endpoint, Session

PAGE = 2
FIELDS = {
    "first_name": RemoteField("FNAME", "First name", max_bytes=20),
    "last_name": RemoteField("LNAME", "Last name"),
    "birthday": RemoteField("BDAY", "Birthday", FieldType.DATE),
    "colour": RemoteField("COLOUR", "Colour", FieldType.CHOICE, choices=("red", "blue")),
}

SUBSCRIBED = SubscriberStatus.SUBSCRIBED
UNSUBSCRIBED = SubscriberStatus.UNSUBSCRIBED
ARCHIVED = SubscriberStatus.ARCHIVED


@dataclass(frozen=True)
class Member:
    remote_id: str
    address: str
    status: SubscriberStatus
    since: datetime
    source: str
    fields: Mapping[str, Any]
    changed: int


@dataclass
class Paperboy:
    """One account. Tests act on it as people, and look at what it was asked to write."""

    lists: dict[str, MailingList] = field(default_factory=dict)
    members: dict[tuple[str, str], Member] = field(default_factory=dict)
    written: list[tuple[WriteKind, ContactWrite]] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    refusals: dict[str, Reason] = field(default_factory=dict)
    """Address -> why every write to it is refused."""
    keeps: set[str] = field(default_factory=set)
    """Addresses that it does not erase."""
    tells_dates: bool = True
    """Reads tell when somebody opted in or out."""
    before: Callable[[str], None] = lambda call: None
    """Called with the name of each call before it is answered: a place for trouble, and for other people."""
    changes: int = 0

    def call(self, name: str) -> None:
        self.calls[name] += 1
        self.before(name)

    def put(
        self,
        address: str,
        status: SubscriberStatus = SUBSCRIBED,
        *,
        list_id: str = "1",
        source: str = "sign-up form",
        since: datetime | None = None,
        **values: str,
    ) -> Member:
        """Add a recipient, or change one: as a person, or an administrator, does."""
        self.changes += 1
        known = self.find(address, list_id)
        member = Member(
            known.remote_id if known else f"r{self.changes}",
            address,
            status,
            since or datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=self.changes),
            source,
            values or (known.fields if known else {}),
            self.changes,
        )
        self.members[list_id, member.remote_id] = member
        return member

    def move(self, old: str, new: str, list_id: str = "1") -> None:
        member = self.find(old, list_id)
        assert member is not None
        self.changes += 1
        self.members[list_id, member.remote_id] = replace(member, address=new, changed=self.changes)

    def delete(self, address: str, list_id: str = "1") -> None:
        member = self.find(address, list_id)
        assert member is not None
        del self.members[list_id, member.remote_id]

    def find(self, address: str, list_id: str = "1") -> Member | None:
        key = address_key(address)
        return next(
            (
                one
                for (place, _), one in self.members.items()
                if place == list_id and address_key(one.address) == key
            ),
            None,
        )

    def status(self, address: str, list_id: str = "1") -> SubscriberStatus | None:
        member = self.find(address, list_id)
        return member.status if member else None

    def writes(self) -> list[tuple[WriteKind, str]]:
        return [(kind, one.address) for kind, one in self.written]


ACCOUNTS: dict[str, Paperboy] = {}


class PaperboySettings(Schema):
    account = fields.String(required=True)


@hookimpl
def provider_info() -> ProviderInfo:
    return ProviderInfo(
        name="paperboy",
        title="Paperboy",
        settings=PaperboySettings,
        endpoint=lambda settings: Endpoint("http://127.0.0.1:9"),
        batch_sizes=dict.fromkeys(WriteKind, 3),
        concurrency=2,
    )


@hookimpl
def import_lists(session: Session) -> Iterator[MailingList]:
    service = ACCOUNTS[session.settings["account"]]
    service.call("import_lists")
    yield from service.lists.values()


@hookimpl
def fetch_opt_ins(
    session: Session, mailing_list: MailingList, cursor: str | None
) -> Iterator[Subscriber | Checkpoint]:
    """Cursor: `since:offset:until` - changes behind `since`, of which `offset` are read, began at `until`."""
    service = ACCOUNTS[session.settings["account"]]
    if cursor is None:
        since, offset, until = 0, 0, service.changes
    else:
        since, offset, until = (int(part) for part in cursor.split(":"))
        until = until or service.changes
    while True:
        service.call("page")
        found = sorted(
            (
                one
                for (place, _), one in service.members.items()
                if place == mailing_list.id and one.changed > since
            ),
            key=lambda one: int(one.remote_id[1:]),
        )
        page = found[offset : offset + PAGE]
        for one in page:
            evidence = Evidence(one.since if service.tells_dates else None, one.source)
            yield Subscriber(one.address, one.remote_id, one.status, evidence, dict(one.fields))
        if len(page) < PAGE:
            yield Checkpoint(f"{until}:0:0")
            return
        offset += PAGE
        yield Checkpoint(f"{since}:{offset}:{until}")


@hookimpl
def map_custom_fields(session: Session, mailing_list: MailingList, wanted: Sequence[FieldWish]) -> FieldMap:
    ACCOUNTS[session.settings["account"]].call("fields")
    there = {one.key: one for one in FIELDS.values()}
    links = [
        FieldLink(wish.field.key, there[wish.remote_key] if wish.remote_key else FIELDS[wish.field.key])
        for wish in wanted
        if wish.remote_key in there or (wish.remote_key is None and wish.field.key in FIELDS)
    ]
    problems = [
        f"Paperboy has no field {wish.remote_key}."
        for wish in wanted
        if wish.remote_key is not None and wish.remote_key not in there
    ]
    return FieldMap(tuple(links), tuple(problems))


@hookimpl
def export_contacts(
    session: Session, mailing_list: MailingList, kind: WriteKind, batch: Sequence[ContactWrite]
) -> Iterator[Outcome]:
    service = ACCOUNTS[session.settings["account"]]
    service.call(kind.value)
    for write in batch:
        service.written.append((kind, write))
        yield _WRITERS[kind](service, mailing_list, write)


@hookimpl
def erase_contacts(
    session: Session, mailing_list: MailingList, batch: Sequence[ContactWrite]
) -> Iterator[Outcome]:
    service = ACCOUNTS[session.settings["account"]]
    service.call("erase")
    for write in batch:
        yield _erase(service, mailing_list, write)


def _erase(service: Paperboy, mailing_list: MailingList, write: ContactWrite) -> Outcome:
    if address_key(write.address) in service.keeps:
        return Outcome(write.key, Result.REFUSED, Reason.COMPLIANCE, "Paperboy keeps her.")
    known = service.members.get((mailing_list.id, write.remote_id or ""))
    if known is not None and address_key(known.address) != address_key(write.address):
        return Outcome(write.key, Result.REFUSED, Reason.HAS_MOVED)
    if service.find(write.address, mailing_list.id) is None:
        return Outcome(write.key, Result.DONE, Reason.NOT_FOUND)
    service.delete(write.address, mailing_list.id)
    return Outcome(write.key, Result.DONE, Reason.ERASED)


def _create(service: Paperboy, mailing_list: MailingList, write: ContactWrite) -> Outcome:
    refusal = service.refusals.get(address_key(write.address))
    if refusal is None and service.find(write.address, mailing_list.id):
        refusal = Reason.ALREADY_EXISTS
    if refusal is not None:
        return Outcome(write.key, Result.REFUSED, refusal)
    status = SubscriberStatus.PENDING if mailing_list.double_opt_in else SUBSCRIBED
    values = {key: str(value) for key, value in write.fields.items()}
    one = service.put(write.address, status, list_id=mailing_list.id, source=write.evidence.source, **values)
    return Outcome(write.key, Result.DONE, Reason.NEW, remote_id=one.remote_id, status=status)


def _update(service: Paperboy, mailing_list: MailingList, write: ContactWrite) -> Outcome:
    one = service.find(write.address, mailing_list.id)
    if one is None:
        return Outcome(write.key, Result.REFUSED, Reason.NOT_FOUND)
    refusal = service.refusals.get(address_key(write.address))
    if write.new_address and service.find(write.new_address, mailing_list.id):
        refusal = Reason.ADDRESS_TAKEN
    if refusal is not None:
        return Outcome(write.key, Result.REFUSED, refusal)
    service.changes += 1
    service.members[mailing_list.id, one.remote_id] = replace(
        one,
        address=write.new_address or one.address,
        fields={**one.fields, **write.fields},
        changed=service.changes,
    )
    return Outcome(write.key, Result.DONE, Reason.CHANGED, remote_id=one.remote_id, status=one.status)


def _withdraw(service: Paperboy, mailing_list: MailingList, write: ContactWrite) -> Outcome:
    one = service.find(write.address, mailing_list.id)
    if one is None:
        return Outcome(write.key, Result.REFUSED, Reason.NOT_FOUND)
    if refusal := service.refusals.get(address_key(write.address)):
        return Outcome(write.key, Result.REFUSED, refusal)
    service.put(one.address, UNSUBSCRIBED, list_id=mailing_list.id, source="API")
    return Outcome(write.key, Result.DONE, Reason.WITHDRAWN_IN_CRM, remote_id=one.remote_id, status=UNSUBSCRIBED)


def _confirm(service: Paperboy, mailing_list: MailingList, write: ContactWrite) -> Outcome:
    one = service.find(write.address, mailing_list.id)
    if one is None:
        return Outcome(write.key, Result.REFUSED, Reason.NOT_FOUND)
    service.put(one.address, SubscriberStatus.PENDING, list_id=mailing_list.id)
    return Outcome(write.key, Result.DONE, Reason.CONFIRMATION_ASKED, status=SubscriberStatus.PENDING)


_WRITERS: Mapping[WriteKind, Callable[[Paperboy, MailingList, ContactWrite], Outcome]] = {
    WriteKind.CREATE: _create,
    WriteKind.UPDATE: _update,
    WriteKind.WITHDRAW: _withdraw,
    WriteKind.CONFIRM: _confirm,
}
