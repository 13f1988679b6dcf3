"""`/contacts`: reading and writing contacts one by one and in batches, double opt-in, import."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, timedelta
from typing import Any

from rundbrief_brevo.testing.account import DOI_TEMPLATE, PendingOptIn
from rundbrief_brevo.testing.attributes import accepted
from rundbrief_brevo.testing.call import Answer, Call, flag, numbers, object_in
from rundbrief_brevo.testing.changes import Change, address
from rundbrief_brevo.testing.contact import Contact, phone
from rundbrief_brevo.testing.imports import MAX_BYTES, REPORTS, Import
from rundbrief_brevo.testing.problems import (
    Problem,
    duplicate,
    invalid,
    missing,
    no_contact,
    not_deletable,
    out_of_range,
)
from rundbrief_brevo.testing.resources import ACCOUNT, contact_json, statistics_json
from rundbrief_brevo.testing.state import State
from rundbrief_brevo.testing.times import day

__all__ = [
    "add",
    "ask_to_confirm",
    "batch",
    "campaign_statistics",
    "change",
    "contacts",
    "delete",
    "import_",
    "one",
]

MAX_BATCH = 100
"""No number is documented; this one is what people keep to."""
RECENT = timedelta(days=90)
"""How far statistics reach back unless asked otherwise, and the longest span of days for those of campaigns."""

_IDENTIFIER_TYPES = {
    "email_id": "email",
    "phone_id": "SMS",
    "ext_id": "EXT_ID",
    "whatsapp_id": "WHATSAPP",
    "landline_number_id": "LANDLINE_NUMBER",
}


def contacts(state: State, call: Call) -> Answer:
    limit, offset = call.page(50, 1000)
    rows = state.reads.find(call)
    return 200, {"contacts": [contact_json(row) for row in rows[offset : offset + limit]], "count": len(rows)}


def one(state: State, call: Call, identifier: str) -> Answer:
    contact = _contact(state, call, identifier)
    return 200, {**contact_json(contact), "statistics": statistics_json(contact, *_span(state, call))}


def campaign_statistics(state: State, call: Call, identifier: str) -> Answer:
    contact = _contact(state, call, identifier)
    first, last = _span(state, call)
    if last - first > RECENT:
        raise out_of_range("The difference between startDate and endDate should not be greater than 90 days")
    return 200, statistics_json(contact, first, last)


def add(state: State, call: Call) -> Answer:
    """Create a contact, or with `updateEnabled` change the one that has the address, external id or number."""
    account, body = state.account, call.object()
    email = address(body["email"]) if body.get("email") else None
    wanted = replace(Change.read(account, body), new_email=email)
    if not wanted.identities:
        raise missing("email")
    updates = flag(body, "updateEnabled")
    contact = _existing(state, wanted.identities)
    if contact is None:
        contact = account.create(email, wanted.attributes)
        wanted.apply(account, contact)
        return 201, {"id": contact.id}
    if not updates:
        raise duplicate("create", account.contacts.clashes(wanted.identities, None))
    wanted.apply(account, contact)
    return 204, None


def change(state: State, call: Call, identifier: str) -> Answer:
    contact = _contact(state, call, identifier)
    Change.read(state.account, call.object()).apply(state.account, contact)
    return 204, None


def delete(state: State, call: Call, identifier: str) -> Answer:
    """Delete a contact. The address that the account is registered with stays (API description)."""
    contact = _contact(state, call, identifier)
    if contact.email == ACCOUNT["email"]:
        raise not_deletable()
    state.account.delete(contact)
    return 204, None


def batch(state: State, call: Call) -> Answer:
    """Change up to a hundred contacts. Trap: one that is unknown fails the whole call, and nothing is changed."""
    rows = call.object().get("contacts")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise missing("contacts")
    if len(rows) > MAX_BATCH:
        raise out_of_range(f"contacts exceeds max value {MAX_BATCH}")
    found = [_named_in(state, row) for row in rows]
    if unknown := [str(index) for index, contact in enumerate(found) if contact is None]:
        raise Problem(404, "document_not_found", f"No contact found for indexes {','.join(unknown)}")
    changes = [Change.read(state.account, row) for row in rows]
    pairs = [(contact, wanted) for contact, wanted in zip(found, changes, strict=True) if contact is not None]
    _refuse_clashes(state, pairs)
    for contact, wanted in pairs:
        wanted.apply(state.account, contact)
    return 204, None


def ask_to_confirm(state: State, call: Call) -> Answer:
    """Send a double opt-in mail. Its address joins the lists, or becomes a contact at all, by the click alone."""
    account, body = state.account, call.object()
    for name in ("email", "includeListIds", "templateId", "redirectionUrl"):
        if not body.get(name):
            raise missing(name)
    email = address(body["email"])
    if body["templateId"] != DOI_TEMPLATE:
        raise invalid("Template is not active or has no double opt-in link")
    include = account.lists_named(numbers(body, "includeListIds", needed=True))
    exclude = account.lists_named(numbers(body, "excludeListIds"))
    values = accepted(account.attributes, object_in(body, "attributes"))
    account.pending.setdefault(email, []).append(PendingOptIn(include, exclude, values))
    account.confirmation_mails.append(email)
    return (204 if account.contacts.known_as("email", email) else 201), None


def import_(state: State, call: Call) -> Answer:
    """Take contacts in; they are written later."""
    if call.size > MAX_BYTES:
        raise invalid("Body size exceeds the maximum of 10 MB")
    wanted = Import.read(state.account, call.object())

    def work() -> Mapping[str, bytes]:
        if wanted.notifies:
            state.account.notification_mails.append(process.id)
        return wanted.run(state.account)

    process = state.processes.submit("IMPORTUSER", work, REPORTS)
    return 202, {"processId": process.id}


# --- finding contacts -------------------------------------------------------------------------------------


def _contact(state: State, call: Call, identifier: str) -> Contact:
    """Return the contact that a path names: by address, id or SMS number, or as `identifierType` says.

    Raises:
        Problem: there is none, or the identifier is none.
    """
    directory = state.account.contacts
    kind = call.query.get("identifierType") or _kind_of(identifier)
    if kind == "contact_id":
        found = directory.get(int(identifier)) if identifier.isascii() and identifier.isdigit() else None
    elif kind in _IDENTIFIER_TYPES:
        found = directory.known_as(_IDENTIFIER_TYPES[kind], _as_kept(_IDENTIFIER_TYPES[kind], identifier))
    else:
        raise invalid("Invalid identifier")
    if found is None:
        raise no_contact()
    return found


def _kind_of(identifier: str) -> str:
    if "@" in identifier:
        return "email_id"
    return "phone_id" if identifier.startswith(("+", "00")) else "contact_id" if identifier.isdigit() else ""


def _as_kept(kind: str, identifier: str) -> str:
    if kind == "email":
        return identifier.strip().lower()
    return identifier if kind == "EXT_ID" else phone(identifier) or ""


def _existing(state: State, identities: Mapping[str, str]) -> Contact | None:
    """Return the contact with the first of these identities; the address counts most."""
    for kind in ("email", "EXT_ID", "SMS"):
        if kind in identities and (found := state.account.contacts.known_as(kind, identities[kind])):
            return found
    return None


def _named_in(state: State, row: Mapping[str, Any]) -> Contact | None:
    """Return the contact that a row of a batch names.

    Trap: here an address has to be spelt as it is kept, in lower case; measured for lists, and taken to hold here.
    """
    directory = state.account.contacts
    named = [name for name in ("email", "id", "sms") if name in row]
    match named:
        case ["email"]:
            return directory.known_as("email", str(row["email"]))
        case ["id"]:
            return directory.get(row["id"]) if isinstance(row["id"], int) else None
        case ["sms"]:
            return directory.known_as("SMS", phone(str(row["sms"])) or "")
        case _:
            raise invalid("Pass exactly one of email, id and sms for each contact")


def _refuse_clashes(state: State, pairs: list[tuple[Contact, Change]]) -> None:
    """Refuse identities that another contact has, or that two rows claim."""
    claimed: dict[tuple[str, str], Contact] = {}
    for contact, wanted in pairs:
        clashes = state.account.contacts.clashes(wanted.identities, contact)
        clashes += [
            kind
            for kind, value in wanted.identities.items()
            if claimed.setdefault((kind, value), contact) is not contact
        ]
        if clashes:
            raise duplicate("update", clashes)


def _span(state: State, call: Call) -> tuple[date, date]:
    """Return the first and the last day that statistics are asked for. Trap: the default is the last 90 days."""
    given = [name in call.query for name in ("startDate", "endDate")]
    if all(given):
        first, last = (day(name, call.query[name]) for name in ("startDate", "endDate"))
        if first > last:
            raise invalid("startDate should be lower than or equal to endDate")
        return first, last
    if any(given):
        raise missing("startDate" if given[1] else "endDate")
    today = state.account.clock().astimezone(UTC).date()
    return today - RECENT, today
