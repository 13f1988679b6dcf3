"""Writing receivers, each kind in the one way that cannot touch a consent it was not asked to touch.

========  ==================================  ==============================================================
CREATE    `POST .../receivers/insert`          leaves everybody alone who is there already
UPDATE    `PUT .../receivers/update`           carries attributes; no time of any kind, and makes nobody
WITHDRAW  `PUT .../receivers/{id}/deactivate`  what the unsubscribe link does; `activated` alone cannot undo it
========  ==================================  ==============================================================

`deactivated` is never sent, and `activate` never called: either could bring somebody back who has left. A new
receiver always gets the time of its opt-in, as the service makes one without it active from now on.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from rundbrief.errors import ProtocolError
from rundbrief.masking import mask_addresses
from rundbrief.models import (
    ContactWrite,
    FieldValue,
    MailingList,
    Outcome,
    Reason,
    Result,
    SubscriberStatus,
    address_key,
)
from rundbrief.session import Response, Session
from rundbrief_cleverreach.attributes import GROUP
from rundbrief_cleverreach.schemas import payload

__all__ = ["create", "update", "withdraw"]

TOO_LARGE = 413

_MEANINGS = {
    r"duplicate address": Reason.ALREADY_EXISTS,
    r"blacklist": Reason.COMPLIANCE,
    r"invalid address": Reason.FAKE_OR_INVALID,
    r"unknown address|not found": Reason.NOT_FOUND,
}
"""What a row is answered that was not taken -> what it means. For blacklisted ones the words are not known."""

_STATUS = {Reason.COMPLIANCE: SubscriberStatus.UNSUBSCRIBED}


def create(session: Session, mailing_list: MailingList, batch: Sequence[ContactWrite]) -> Iterator[Outcome]:
    """Add receivers, active from the time of their opt-in. Not sent again when the answer was lost: the second
    call would find its own additions, and call them duplicates.
    """
    path = f"/groups/{mailing_list.id}/receivers/insert"

    def send(rows: list[dict[str, Any]]) -> Response:
        return session.http.post(path, json=rows)

    yield from _in_bulk(batch, _new, send, Reason.NEW)


def update(session: Session, mailing_list: MailingList, batch: Sequence[ContactWrite]) -> Iterator[Outcome]:
    """Overwrite data, and follow a changed address. Whoever is not there is not made."""
    path = f"/groups/{mailing_list.id}/receivers/update"

    def send(rows: list[dict[str, Any]]) -> Response:
        return session.http.request("PUT", path, json=rows, idempotent=True)

    stay = [write for write in batch if not write.new_address]
    yield from _in_bulk(stay, _data, send, Reason.CHANGED)
    for write in batch:
        if write.new_address:
            yield _move(session, mailing_list, write, send)


def withdraw(session: Session, mailing_list: MailingList, batch: Sequence[ContactWrite]) -> Iterator[Outcome]:
    for write in batch:
        response = session.http.put(f"{_path(mailing_list, write)}/deactivate")
        if response.status == 404:
            yield Outcome(write.key, Result.REFUSED, Reason.NOT_FOUND)
        else:
            payload(response)
            yield Outcome(write.key, Result.DONE, Reason.WITHDRAWN_IN_CRM, remote_id=write.remote_id)


# --- many rows --------------------------------------------------------------------------------------------


def _in_bulk(
    batch: Sequence[ContactWrite],
    row: Callable[[ContactWrite], dict[str, Any]],
    send: Callable[[list[dict[str, Any]]], Response],
    done: Reason,
) -> Iterator[Outcome]:
    """Send rows, and halve them when the service finds them too many. Of two with one address the first counts."""
    first = {address_key(write.address): write for write in reversed(batch)}
    unique = [write for write in batch if first[address_key(write.address)] is write]
    yield from (
        Outcome(write.key, Result.REFUSED, Reason.ALREADY_EXISTS, "the address stands twice in this batch")
        for write in batch
        if first[address_key(write.address)] is not write
    )
    yield from _sent(unique, row, send, done)


def _sent(
    batch: Sequence[ContactWrite],
    row: Callable[[ContactWrite], dict[str, Any]],
    send: Callable[[list[dict[str, Any]]], Response],
    done: Reason,
) -> Iterator[Outcome]:
    if not batch:
        return
    response = send([row(write) for write in batch])
    if response.status == TOO_LARGE and len(batch) > 1:
        middle = len(batch) // 2
        yield from _sent(batch[:middle], row, send, done)
        yield from _sent(batch[middle:], row, send, done)
        return
    if response.status == TOO_LARGE:
        yield Outcome(batch[0].key, Result.REFUSED, Reason.INVALID_FIELDS, "too much data for one request")
        return
    answers = payload(response)
    if not isinstance(answers, list) or len(answers) != len(batch):
        raise ProtocolError("CleverReach did not answer each row of a batch, so nobody knows what was done.")
    for write, answer in zip(batch, answers, strict=True):
        yield _outcome(write, answer, done)


def _outcome(write: ContactWrite, answer: Any, done: Reason) -> Outcome:
    """Read one row's answer: an object if it was taken, else a text."""
    if isinstance(answer, dict) and "success" in str(answer.get("status", "")):
        return Outcome(write.key, Result.DONE, done, remote_id=str(answer["id"]) if answer.get("id") else None)
    said = str(answer.get("status", "")) if isinstance(answer, dict) else str(answer)
    detail = mask_addresses(said)
    for pattern, reason in _MEANINGS.items():
        if re.search(pattern, said, re.IGNORECASE):
            return Outcome(write.key, Result.REFUSED, reason, detail, status=_STATUS.get(reason))
    return Outcome(write.key, Result.REFUSED, Reason.UNKNOWN_REFUSAL, detail)


# --- rows -------------------------------------------------------------------------------------------------


def _new(write: ContactWrite) -> dict[str, Any]:
    row = _data(write)
    # Without a time the service would take the present one, which would be no proof; with one from the epoch's
    # first second it is active, and nobody mistakes it for a statement.
    seconds = int(write.evidence.at.timestamp()) if write.evidence.at else 1
    # `registered` is left to the service: it is when she came to this group, and an incremental read asks by it.
    # So the next one shows her, should the answer to this get lost.
    row["activated"] = seconds
    if write.evidence.source:
        row["source"] = write.evidence.source
    return row


def _data(write: ContactWrite) -> dict[str, Any]:
    """Return address and attributes. Empty objects are left out: PHP would read them as lists."""
    own = {key.removeprefix(GROUP): _wire(value) for key, value in write.fields.items() if key.startswith(GROUP)}
    common = {key: _wire(value) for key, value in write.fields.items() if not key.startswith(GROUP)}
    row: dict[str, Any] = {"email": write.address}
    return row | ({"attributes": own} if own else {}) | ({"global_attributes": common} if common else {})


def _wire(value: FieldValue) -> Any:
    match value:
        case Decimal():
            # As a text: a float of a very small or large number is spelt 1e-07, which is kept as nothing.
            return f"{value:f}"
        case date():
            return value.isoformat()
    return value


def _path(mailing_list: MailingList, write: ContactWrite) -> str:
    return f"/groups/{mailing_list.id}/receivers/{_name(write)}"


def _name(write: ContactWrite) -> str:
    """Name a receiver by its id, which stays when the address changes."""
    if write.remote_id and write.remote_id.isdigit():
        return write.remote_id
    return quote(address_key(write.address), safe="@")


def _move(
    session: Session,
    mailing_list: MailingList,
    write: ContactWrite,
    send: Callable[[list[dict[str, Any]]], Response],
) -> Outcome:
    """Give a receiver another address, then send its data under it. The times stay as they are.

    An id names a receiver of one group; an address may stand in several.
    """
    receiver = _name(write)
    which = {} if receiver.isdigit() else {"group_id": mailing_list.id}
    response = session.http.request(
        "PUT", f"/receivers/{receiver}/email", params=which, json={"email": write.new_address}
    )
    if response.status == 404:
        return Outcome(write.key, Result.REFUSED, Reason.NOT_FOUND)
    if response.status in (400, 409):
        return Outcome(write.key, Result.REFUSED, Reason.ADDRESS_TAKEN)
    payload(response)
    moved = _as_moved(write)
    (outcome,) = _sent([moved], _data, send, Reason.MOVED)
    return outcome


def _as_moved(write: ContactWrite) -> ContactWrite:
    return ContactWrite(
        write.key, write.new_address or write.address, write.remote_id, write.fields, write.evidence
    )
