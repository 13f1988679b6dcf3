"""Adding contacts by an asynchronous import that leaves everybody alone who is there already.

What became of single rows stands in CSV files, once the import has ended. Asking whether it has is paid
from 100 requests an hour, so it is asked sparingly. Then the new contacts are read back: the files bring no ids,
and an import drops values without a word (reported: booleans always, and dates that are not spelt as the account's
settings want). What was dropped is sent once more, as a change.

An import whose answer was lost is not handed in again: the next run reads what became of it.
"""

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from rundbrief.fields import FieldMap
from rundbrief.models import ContactWrite, MailingList, Outcome, Reason, Result, address_key
from rundbrief.paging import answered_at
from rundbrief.session import Session
from rundbrief_brevo.batches import Change, send
from rundbrief_brevo.contacts import LIMIT
from rundbrief_brevo.refusals import temporary
from rundbrief_brevo.schemas import ContactsSchema, ImportSchema, ProcessSchema, read
from rundbrief_brevo.times import moment_as_asked
from rundbrief_brevo.values import left_out, shown, wire

__all__ = ["create"]

MAX_BYTES = 8_000_000
"""Of one body. The service takes 10 MB, and advises 8."""

MAX_REPORT = 64 * 1024 * 1024
CLOCKS_DIFFER = timedelta(seconds=60)
LONGEST_PAUSE = 120.0
PATIENCE = 30 * 60.0
"""Seconds of waiting for one import, which cannot be called off."""

_MEANINGS = {
    "invalid_emails": (Reason.FAKE_OR_INVALID, "The service says that this is no valid address."),
    "duplicate_email_id": (Reason.ALREADY_EXISTS, "The account has this address."),
    "duplicate_contact_id": (Reason.ALREADY_EXISTS, "The account has this contact."),
    "duplicate_ext_id": (Reason.INVALID_FIELDS, "Another contact has the same EXT_ID."),
    "duplicate_phone_id": (Reason.INVALID_FIELDS, "Another contact has the same number in SMS."),
    "duplicate_whatsapp_id": (Reason.INVALID_FIELDS, "Another contact has the same number in WHATSAPP."),
    "duplicate_landline_number_id": (Reason.INVALID_FIELDS, "Another contact has the same LANDLINE_NUMBER."),
}
"""What it means for a row to stand in one of the reports."""


@dataclass(frozen=True, slots=True)
class _New:
    """One contact to be added."""

    write: ContactWrite
    address: str
    attributes: Mapping[str, Any]
    shown: Mapping[str, Any]
    """The attributes as they are read back."""

    @property
    def row(self) -> dict[str, Any]:
        return {"email": self.address, "attributes": self.attributes}

    def completed(self, contact: Mapping[str, Any]) -> Change:
        """Return what the contact that was added still lacks."""
        there = contact["attributes"]
        missing = {
            name: value for name, value in self.attributes.items() if there.get(name, "") != self.shown[name]
        }
        write = replace(self.write, remote_id=str(contact["id"]))
        return Change(write, {"attributes": missing}, left_out(write.fields, self.attributes))


def create(
    session: Session, mailing_list: MailingList, batch: Sequence[ContactWrite], field_map: FieldMap
) -> Iterator[Outcome]:
    """Add contacts to the account and the list, as many at once as a body may hold."""
    for part in _parts([_new(session, write, field_map) for write in batch]):
        yield from _import(session, mailing_list, part)


def _new(session: Session, write: ContactWrite, field_map: FieldMap) -> _New:
    attributes = wire(write.fields, field_map) | _proof(session, write)
    return _New(write, address_key(write.address), attributes, shown(attributes, field_map))


def _proof(session: Session, write: ContactWrite) -> dict[str, str]:
    """Return the evidence for the attributes that are configured for it."""
    stated = write.evidence.at.isoformat(timespec="seconds") if write.evidence.at else ""
    proof = {
        session.settings.get("opt_in_date_attribute"): stated,
        session.settings.get("opt_in_source_attribute"): write.evidence.source,
    }
    return {name: text for name, text in proof.items() if name and text}


def _parts(new: Sequence[_New]) -> Iterator[list[_New]]:
    """Cut a batch where a body would become too large."""
    part: list[_New] = []
    size = 0
    for one in new:
        length = len(json.dumps(one.row))
        if part and size + length > MAX_BYTES:
            yield part
            part, size = [], 0
        part.append(one)
        size += length
    if part:
        yield part


def _import(session: Session, mailing_list: MailingList, part: Sequence[_New]) -> Iterator[Outcome]:
    body = {
        "jsonBody": [one.row for one in part],
        "listIds": [int(mailing_list.id)],
        "updateExistingContacts": False,
        "emptyContactsAttributes": False,
        "disableNotification": True,
    }
    response = session.http.post("/contacts/import", json=body)
    process = _ended(session, read(response, ImportSchema)["process"])
    if process["status"] != "completed":
        said = f"The import is {process['status']}; the next run reads what became of it."
        yield from (temporary(one.write, said) for one in part)
        return
    refusals = _refusals(session, process, {one.address for one in part})
    awaited: defaultdict[str, list[_New]] = defaultdict(list)
    for one in part:
        if refusal := refusals.get(one.address):
            yield Outcome(one.write.key, Result.REFUSED, *refusal)
        else:
            awaited[one.address].append(one)
    incomplete = []
    for contact in _added(session, mailing_list, answered_at(response)) if awaited else ():
        for change in (one.completed(contact) for one in awaited.pop(address_key(contact["email"]), ())):
            if change.body["attributes"]:
                incomplete.append(change)
            else:
                yield change.done(Reason.NEW)
        if not awaited:
            break
    for one in chain.from_iterable(awaited.values()):
        yield temporary(one.write, "The import is completed, and the account does not show the contact.")
    yield from send(session, incomplete, Reason.NEW)


def _ended(session: Session, process: int) -> Mapping[str, Any]:
    """Return an import that has ended, or that has not within our patience."""
    pause, waited = float(session.settings["poll_seconds"]), 0.0
    while True:
        session.wait(pause)
        waited, pause = waited + pause, min(3 * pause, LONGEST_PAUSE)
        answer: Mapping[str, Any] = read(session.http.get(f"/processes/{process}"), ProcessSchema)
        if answer["status"] in ("completed", "failed", "cancelled") or waited >= PATIENCE:
            return answer


def _refusals(
    session: Session, process: Mapping[str, Any], addresses: Collection[str]
) -> dict[str, tuple[Reason, str]]:
    """Return address -> why it was not added, as the reports say.

    Their form is not documented. Whatever it is, an address that we sent stands somewhere in it.
    """
    reports = (process["info"] or {}).get("import_") or {}
    found: dict[str, tuple[Reason, str]] = {}
    for name, meaning in _MEANINGS.items():
        if url := reports.get(name):
            text = session.http.download(url, max_bytes=MAX_REPORT).decode("utf-8-sig", "replace")
            cells = map(address_key, re.split(r'[\s;,"]+', text))
            found |= {cell: meaning for cell in cells if cell in addresses and cell not in found}
    return found


def _added(session: Session, mailing_list: MailingList, since: datetime) -> Iterator[Mapping[str, Any]]:
    """Yield who was added to the list since a moment, the newest first.

    So our own come early, however many were added in the minute before. A contact that somebody else adds
    meanwhile moves the others to later pages: one may come twice then, and none is passed over.
    """
    query: dict[str, str | int] = {
        "listIds": mailing_list.id,
        "createdSince": moment_as_asked(since - CLOCKS_DIFFER),
    }
    offset, total = 0, 1
    while offset < total:
        params = {**query, "sort": "desc", "limit": LIMIT, "offset": offset}
        page = read(session.http.get("/contacts", params=params), ContactsSchema)
        yield from (row for row in page["contacts"] if row["email"])
        if not page["contacts"]:
            break
        offset, total = offset + len(page["contacts"]), page["count"]
