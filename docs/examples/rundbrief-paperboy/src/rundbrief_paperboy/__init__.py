"""Paperboy for rundbrief: the hooks.

What each has to do stands in `rundbrief.hookspecs`. `rundbrief plugins --check paperboy` tells how far this is.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from marshmallow import Schema

from rundbrief.errors import ListUnknown, ProtocolError
from rundbrief.field_matching import did_you_mean, match_fields
from rundbrief.fields import FieldMap, RemoteField
from rundbrief.hookspecs import FieldWish, ProviderInfo, hookimpl
from rundbrief.http import load
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
from rundbrief.session import Response, Session
from rundbrief_paperboy.schemas import (
    AccountSchema,
    FieldsSchema,
    ListsSchema,
    ResultsSchema,
    SubscribersSchema,
)
from rundbrief_paperboy.settings import PaperboySettings, endpoint

if TYPE_CHECKING:
    from rundbrief.testing.sandbox import Sandbox

__all__: list[str] = []


@hookimpl
def provider_info() -> ProviderInfo:
    return ProviderInfo(
        name="paperboy",
        title="Paperboy",
        spec_version=1,
        settings=PaperboySettings,
        endpoint=endpoint,
        # How many contacts go into one call. A kind that the service does not offer is left out.
        batch_sizes={WriteKind.CREATE: 100, WriteKind.UPDATE: 100, WriteKind.WITHDRAW: 100},
    )


@hookimpl
def check_connection(session: Session) -> str:
    company: str = read(session.http.get("/account"), AccountSchema)["company"]
    return company


def read(response: Response, schema: type[Schema]) -> Any:
    """Return the data of a good answer. 401, 403, 429 and 5xx have become errors before."""
    if response.status == 404:
        raise ListUnknown("Paperboy has no such list any more.")
    if response.status != 200:
        raise ProtocolError(f"Paperboy answered {response.status}.")
    return load(schema, response.json())


@hookimpl
def import_lists(session: Session) -> Iterator[MailingList]:
    page, more = 0, True
    while more:
        answer = read(session.http.get("/lists", params={"page": page}), ListsSchema)
        for row in answer["lists"]:
            yield MailingList(row["id"], row["name"], row["double_opt_in"])
        page, more = page + 1, answer["more"]


STATES = {
    "active": SubscriberStatus.SUBSCRIBED,
    "waiting": SubscriberStatus.PENDING,
    "left": SubscriberStatus.UNSUBSCRIBED,
    "bounced": SubscriberStatus.BOUNCED,
}


@hookimpl
def fetch_opt_ins(
    session: Session, mailing_list: MailingList, cursor: str | None
) -> Iterator[Subscriber | Checkpoint]:
    """Cursor: what changed after revision `since`, people behind the id `after`, and where the next begins."""
    since, after, next_since = json.loads(cursor) if cursor else (0, 0, None)
    more = True
    while more:
        query = {"changed_since": since, "after": after}
        answer = read(session.http.get(f"/lists/{mailing_list.id}/subscribers", params=query), SubscribersSchema)
        if next_since is None:
            # What changes while we read belongs to the next read as well: rather twice than not at all.
            next_since = answer["revision"]
        for row in answer["subscribers"]:
            yield subscriber(row)
            after = row["id"]
        more = answer["more"]
        yield Checkpoint(json.dumps([since, after, next_since] if more else [next_since, 0, None]))


def subscriber(row: Mapping[str, Any]) -> Subscriber:
    if row["state"] not in STATES:
        raise ProtocolError("Paperboy has a new state of subscribers.", hint="Upgrade rundbrief-paperboy.")
    evidence = Evidence(row["since"], row["source"])
    return Subscriber(row["email"], str(row["id"]), STATES[row["state"]], evidence, row["data"])


@hookimpl
def map_custom_fields(session: Session, mailing_list: MailingList, wanted: Sequence[FieldWish]) -> FieldMap:
    answer = read(session.http.get(f"/lists/{mailing_list.id}/fields"), FieldsSchema)
    there = {row["key"]: RemoteField(row["key"], row["label"]) for row in answer["rows"]}

    def find(key: str) -> RemoteField | str:
        return there.get(key) or f"Paperboy has no field {key}. {did_you_mean(key, there)}"

    return match_fields(wanted, there.values(), find=find)


OUTCOMES = {
    "added": (Result.DONE, Reason.NEW),
    "changed": (Result.DONE, Reason.CHANGED),
    "exists": (Result.REFUSED, Reason.ALREADY_EXISTS),
    "invalid": (Result.REFUSED, Reason.FAKE_OR_INVALID),
    "unknown": (Result.REFUSED, Reason.NOT_FOUND),
    "taken": (Result.REFUSED, Reason.ADDRESS_TAKEN),
}


@hookimpl
def export_contacts(
    session: Session, mailing_list: MailingList, kind: WriteKind, batch: Sequence[ContactWrite]
) -> Iterator[Outcome]:
    people, departures = f"/lists/{mailing_list.id}/subscribers", f"/lists/{mailing_list.id}/departures"
    match kind:
        case WriteKind.CREATE:
            rows = [new_row(write, mailing_list) for write in batch]
            response = session.http.post(people, json={"subscribers": rows})
        case WriteKind.UPDATE:
            rows = [changed_row(write) for write in batch]
            # Sent twice, the same data is the same data: so it may be repeated when an answer is lost.
            response = session.http.patch(people, json={"subscribers": rows}, idempotent=True)
        case WriteKind.WITHDRAW:
            rows = [{"id": int(write.remote_id or 0), "email": write.address} for write in batch]
            response = session.http.post(departures, json={"subscribers": rows}, idempotent=True)
        case WriteKind.CONFIRM:
            raise NotImplementedError("Paperboy asks nobody again; provider_info has no batch size for it.")
    for write, row in zip(batch, read(response, ResultsSchema)["results"], strict=True):
        result, reason = OUTCOMES.get(row["result"], (Result.FAILED, Reason.UNKNOWN_REFUSAL))
        yield Outcome(write.key, result, reason, remote_id=str(row["id"]) if row["id"] else None)


def new_row(write: ContactWrite, mailing_list: MailingList) -> dict[str, Any]:
    return {
        "email": write.address,
        "fields": dict(write.fields),
        "state": "waiting" if mailing_list.double_opt_in else "active",
        "since": write.evidence.at.isoformat() if write.evidence.at else None,
        "source": write.evidence.source,
    }


def changed_row(write: ContactWrite) -> dict[str, Any]:
    """Data and the address, and nothing about consent."""
    row = {"id": int(write.remote_id or 0), "fields": dict(write.fields)}
    return row | {"email": write.new_address} if write.new_address else row


@hookimpl
def sandbox() -> "Sandbox":
    from rundbrief_paperboy.testing import PaperboySandbox

    return PaperboySandbox()
