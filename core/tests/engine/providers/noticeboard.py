"""Noticeboard: a newsletter service in memory that knows one consent for the whole account, and its plugin."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from paperboy import PaperboySettings

from rundbrief.fields import FieldLink, FieldMap, RemoteField
from rundbrief.hookspecs import ConsentScope, FieldWish, ProviderInfo, hookimpl
from rundbrief.models import (
    Checkpoint,
    ContactWrite,
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


@dataclass
class Person:
    id: str
    blocked: bool = False
    lists: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    fields: dict[str, object] = field(default_factory=dict)

    @property
    def status(self) -> SubscriberStatus:
        if self.blocked:
            return SubscriberStatus.UNSUBSCRIBED
        return SubscriberStatus.SUBSCRIBED if self.lists - self.left else SubscriberStatus.NEVER


@dataclass
class Noticeboard:
    lists: dict[str, MailingList] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    writes: list[tuple[WriteKind, ContactWrite]] = field(default_factory=list)
    reads: int = 0

    def sign_up(self, address: str, *lists: str) -> Person:
        person = self.people.setdefault(address_key(address), Person(f"p{len(self.people)}"))
        person.blocked = False
        person.lists |= set(lists)
        person.left -= set(lists)
        return person

    def leave(self, address: str, list_id: str) -> None:
        person = self.people[address_key(address)]
        person.lists.discard(list_id)
        person.left.add(list_id)

    def move(self, old: str, new: str) -> None:
        self.people[address_key(new)] = self.people.pop(address_key(old))


ACCOUNTS: dict[str, Noticeboard] = {}


@hookimpl
def provider_info() -> ProviderInfo:
    return ProviderInfo(
        name="noticeboard",
        title="Noticeboard",
        settings=PaperboySettings,
        endpoint=lambda settings: Endpoint("http://127.0.0.1:9"),
        batch_sizes={WriteKind.CREATE: 3, WriteKind.UPDATE: 3, WriteKind.WITHDRAW: 3},
        scope=ConsentScope.ACCOUNT,
    )


@hookimpl
def import_lists(session: Session) -> Iterator[MailingList]:
    yield from ACCOUNTS[session.settings["account"]].lists.values()


@hookimpl
def fetch_opt_ins(session: Session) -> Iterator[Subscriber | Checkpoint]:
    service = ACCOUNTS[session.settings["account"]]
    service.reads += 1
    for address, one in list(service.people.items()):
        yield Subscriber(
            address,
            one.id,
            one.status,
            fields={key: str(value) for key, value in one.fields.items()},
            lists=frozenset(one.lists),
            left=frozenset(one.left),
        )
    yield Checkpoint("read")


@hookimpl
def map_custom_fields(wanted: Sequence[FieldWish]) -> FieldMap:
    return FieldMap(
        tuple(
            FieldLink(one.field.key, RemoteField("NAME", "Name"))
            for one in wanted
            if one.field.key == "first_name"
        )
    )


@hookimpl
def export_contacts(
    session: Session, mailing_list: MailingList, kind: WriteKind, batch: Sequence[ContactWrite]
) -> Iterator[Outcome]:
    service = ACCOUNTS[session.settings["account"]]
    for write in batch:
        service.writes.append((kind, write))
        known = service.people.get(address_key(write.address))
        if kind is WriteKind.CREATE:
            if known:
                yield Outcome(write.key, Result.REFUSED, Reason.ALREADY_EXISTS)
                continue
            known = service.sign_up(write.address, mailing_list.id)
        if known is None:
            yield Outcome(write.key, Result.REFUSED, Reason.NOT_FOUND)
            continue
        known.fields |= write.fields
        if write.new_address:
            service.move(write.address, write.new_address)
        if write.join:
            known.lists.add(mailing_list.id)
        if kind is WriteKind.WITHDRAW:
            known.blocked = True
        yield Outcome(write.key, Result.DONE, Reason.CHANGED, remote_id=known.id)
