"""Pigeon post: a small, correct provider. The hostile ones are this one with a change."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, fields

from rundbrief.config import SecretField
from rundbrief.errors import ListUnknown, ProtocolError
from rundbrief.fields import (
    CrmField,
    FieldKind,
    FieldLink,
    FieldMap,
    FieldRoom,
    FieldType,
    RemoteField,
    best_kind,
    new_key,
)
from rundbrief.hookspecs import ConsentScope, FieldWish, ProviderInfo, hookimpl
from rundbrief.http import WireSchema, load
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
)
from rundbrief.session import Endpoint, OAuth, Session

if TYPE_CHECKING:
    from pigeon_loft import Loft

WIDE = False
"""Whether one opt-in is good for the whole account."""

KINDS = tuple(FieldKind(kind, FieldType(kind)) for kind in ("text", "number", "date", "choice"))
MOST = 30
"""Fields of a list."""

GUESSES = {"first_name": "NAME", "last_name": "SURNAME"}
REASONS = {
    "ok": Reason.CHANGED,
    "exists": Reason.ALREADY_EXISTS,
    "missing": Reason.NOT_FOUND,
    "taken": Reason.ADDRESS_TAKEN,
    "invalid": Reason.FAKE_OR_INVALID,
}
STATUS = {status.value: status for status in SubscriberStatus}


class PigeonSettings(Schema):
    base_url = fields.String(required=True)
    secret = SecretField(required=True)


class PageSchema(WireSchema):
    rows = fields.List(fields.Dict(), required=True)
    more = fields.Boolean(required=True)
    now = fields.Integer(required=True)


class MeSchema(WireSchema):
    name = fields.String(required=True)


def endpoint(settings: Mapping[str, Any]) -> Endpoint:
    base = settings["base_url"]
    return Endpoint(base, OAuth(f"{base}/token", "pigeon-fancier", settings["secret"]))


@hookimpl
def provider_info() -> ProviderInfo:
    return ProviderInfo(
        name="pigeon",
        title="Pigeon post",
        settings=PigeonSettings,
        endpoint=endpoint,
        batch_sizes=dict.fromkeys(WriteKind, 20),
        scope=ConsentScope.ACCOUNT if WIDE else ConsentScope.LIST,
        concurrency=2,
        field_kinds=KINDS,
    )


def ask(session: Session, method: str, path: str, schema: type[Schema] = PageSchema, **more: Any) -> Any:
    response = session.http.request(method, path, **more)
    if response.status == 404:
        raise ListUnknown("The loft has no such list.")
    if response.status != 200:
        raise ProtocolError(f"The loft answered {response.status}.")
    return load(schema, response.json())


@hookimpl
def import_lists(session: Session) -> Iterator[MailingList]:
    page, more = 0, True
    while more:
        answer = ask(session, "GET", "/lists", params={"page": page})
        for row in answer["rows"]:
            yield MailingList(row["id"], row["name"], row["asks"])
        page, more = page + 1, answer["more"]


@hookimpl
def fetch_opt_ins(
    session: Session, mailing_list: MailingList, cursor: str | None
) -> Iterator[Subscriber | Checkpoint]:
    """Cursor: changes behind `since`, people behind the id `after`, and the change at which the read began."""
    since, after, began = json.loads(cursor) if cursor else (0, 0, 0)
    more = True
    while more:
        page = people(session, mailing_list, since=since, after=after)
        began, more = began or page["now"], page["more"]
        for row in page["rows"]:
            yield subscriber(row)
            after = row["id"]
        yield Checkpoint(json.dumps([since, after, began] if more else [began, 0, 0]))


def people(session: Session, mailing_list: MailingList, **query: int) -> Any:
    return ask(session, "GET", f"/lists/{mailing_list.id}/people", params=query)


def subscriber(row: Mapping[str, Any]) -> Subscriber:
    evidence = Evidence(datetime.fromisoformat(row["at"]), row["source"])
    lists, left = (frozenset(row[name]) if WIDE else frozenset() for name in ("lists", "left"))
    return Subscriber(row["mail"], str(row["id"]), STATUS[row["status"]], evidence, row["data"], lists, left)


@hookimpl
def map_custom_fields(session: Session, mailing_list: MailingList, wanted: Sequence[FieldWish]) -> FieldMap:
    there = fields_of(session, mailing_list)
    keys = {wish.field.key: wish.remote_key or GUESSES.get(wish.field.key) for wish in wanted}
    return FieldMap(
        tuple(FieldLink(crm_key, there[key]) for crm_key, key in keys.items() if key in there),
        tuple(f"There is no field {key}." for key in keys.values() if key and key not in there),
    )


def fields_of(session: Session, mailing_list: MailingList) -> dict[str, RemoteField]:
    rows = ask(session, "GET", f"/lists/{mailing_list.id}/fields")["rows"]
    return {row["key"]: remote_field(row) for row in rows}


def remote_field(row: Mapping[str, Any]) -> RemoteField:
    return RemoteField(row["key"], row["label"], FieldType(row["type"]), choices=tuple(row["choices"]))


@hookimpl
def room_for_fields(session: Session, mailing_list: MailingList) -> FieldRoom:
    there = len(fields_of(session, mailing_list))
    return FieldRoom(MOST - there, f"A list has at most {MOST} fields; this one has {there}.")


@hookimpl
def create_fields(session: Session, mailing_list: MailingList, wanted: Sequence[CrmField]) -> FieldMap:
    taken = list(fields_of(session, mailing_list))
    links = []
    for field in wanted:
        key = new_key(field.label, taken, upper=True, longest=20)
        kind = best_kind(field, KINDS).name
        row = {"key": key, "label": field.label, "type": kind, "choices": list(field.choices)}
        save_field(session, mailing_list, row)
        taken.append(key)
        links.append(FieldLink(field.key, remote_field(row)))
    return FieldMap(tuple(links))


@hookimpl
def add_choices(
    session: Session, mailing_list: MailingList, field: RemoteField, choices: Sequence[str]
) -> RemoteField:
    longer = [*field.choices, *choices]
    row = {"key": field.key, "label": field.label, "type": field.type.value, "choices": longer}
    save_field(session, mailing_list, row)
    return remote_field(row)


def save_field(session: Session, mailing_list: MailingList, row: Mapping[str, Any]) -> None:
    ask(session, "POST", f"/lists/{mailing_list.id}/fields", json=row)


@hookimpl
def export_contacts(
    session: Session, mailing_list: MailingList, kind: WriteKind, batch: Sequence[ContactWrite]
) -> Iterator[Outcome]:
    rows = [row_of(write) for write in batch]
    may_be_repeated = kind in (WriteKind.UPDATE, WriteKind.WITHDRAW)
    path = f"/lists/{mailing_list.id}/"
    answer = ask(session, "POST", path + kind.value, json=rows, idempotent=may_be_repeated)
    told = {row["key"]: row for row in answer["rows"]}
    for write in batch:
        yield outcome(write, told.get(write.key, {"code": "unanswered"}))


def row_of(write: ContactWrite) -> dict[str, Any]:
    return {
        "key": write.key,
        "mail": write.address,
        "id": int(write.remote_id or 0),
        "data": {key: value if isinstance(value, str) else str(value) for key, value in write.fields.items()},
        "new_mail": write.new_address,
        "join": write.join,
        "at": write.evidence.at and write.evidence.at.isoformat(),
        "source": write.evidence.source,
    }


def outcome(write: ContactWrite, row: Mapping[str, Any]) -> Outcome:
    if row["code"] not in REASONS:
        return Outcome(write.key, Result.FAILED, Reason.TEMPORARY)
    result = Result.DONE if row["code"] == "ok" else Result.REFUSED
    return Outcome(write.key, result, REASONS[row["code"]], remote_id=str(row["id"]))


@hookimpl
def erase_contacts(
    session: Session, mailing_list: MailingList, batch: Sequence[ContactWrite]
) -> Iterator[Outcome]:
    rows = [row_of(write) for write in batch]
    answer = ask(session, "POST", f"/lists/{mailing_list.id}/erase", json=rows, idempotent=True)
    told = {row["key"]: row["code"] for row in answer["rows"]}
    for write in batch:
        yield erasure(write, told.get(write.key, "unanswered"))


def erasure(write: ContactWrite, code: str) -> Outcome:
    match code:
        case "ok":
            return Outcome(write.key, Result.DONE, Reason.ERASED)
        case "missing":
            return Outcome(write.key, Result.DONE, Reason.NOT_FOUND)
        case "moved":
            return Outcome(write.key, Result.REFUSED, Reason.HAS_MOVED)
    return Outcome(write.key, Result.FAILED, Reason.TEMPORARY)


@hookimpl
def check_connection(session: Session) -> str:
    name: str = ask(session, "GET", "/me", MeSchema)["name"]
    return name


@hookimpl
def sandbox() -> "Loft":
    from pigeon_loft import Loft

    return Loft()
