"""Writing members, each kind in the one way that cannot touch a consent it was not asked to touch.

========  =============================================  ========================================================
CREATE    `POST /lists/{id}`, `update_existing: false`    leaves everybody alone who is there already
UPDATE    `PATCH`, mostly through `/batches`              carries data and, for a move, the address; never a status
WITHDRAW  `POST /lists/{id}`, `update_existing: true`     carries the opt-out and nothing else
CONFIRM   `PATCH` with `pending`, as UPDATE               the service sends its double opt-in mail
========  =============================================  ========================================================
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from rundbrief.models import (
    ContactWrite,
    FieldValue,
    MailingList,
    Outcome,
    PostalAddress,
    Reason,
    Result,
    WriteKind,
    address_key,
)
from rundbrief.session import Session
from rundbrief_mailchimp.batches import OperationResult, Patch, one_by_one, submit
from rundbrief_mailchimp.refusals import Refusal, temporary
from rundbrief_mailchimp.schemas import STATUS, ListBatchSchema, read

__all__ = ["create", "patch", "subscriber_hash", "withdraw"]

FEW = 3
"""Up to here direct patches take no more requests than a batch (submit, ask, fetch), and nobody waits."""

UNANSWERED = "The service did not say what became of it."


def create(session: Session, mailing_list: MailingList, batch: Sequence[ContactWrite]) -> Iterator[Outcome]:
    """Add members, up to 500 at once.

    Not repeated when the answer was lost: the repeated call would find its own additions, and call them *already
    there*. The next run reads what has become of them.
    """
    answer = read(
        session.http.post(
            f"/lists/{mailing_list.id}",
            json={"members": [_new_member(mailing_list, write) for write in batch], "update_existing": False},
        ),
        ListBatchSchema,
    )
    return _outcomes_by_address(batch, answer, Reason.NEW)


def withdraw(session: Session, mailing_list: MailingList, batch: Sequence[ContactWrite]) -> Iterator[Outcome]:
    """Unsubscribe members, up to 500 at once.

    Missing merge fields do not count here: a "no" is never refused for want of a first name.
    """
    members = [{"email_address": write.address, "status": "unsubscribed"} for write in batch]
    answer = read(
        session.http.request(
            "POST",
            f"/lists/{mailing_list.id}",
            params={"skip_merge_validation": "true"},
            json={"members": members, "update_existing": True},
            idempotent=True,
        ),
        ListBatchSchema,
    )
    strangers = {_key(row): row for row in answer["new_members"]}
    for write, outcome in zip(batch, _outcomes_by_address(batch, answer, Reason.WITHDRAWN_IN_CRM), strict=True):
        stranger = strangers.get(address_key(write.address))
        yield _follow(session, mailing_list, write) if stranger and _has_moved(write, stranger) else outcome


def patch(
    session: Session, mailing_list: MailingList, kind: WriteKind, batch: Sequence[ContactWrite]
) -> Iterator[Outcome]:
    """Change members' data, or ask them to confirm, up to 1,000 at once.

    Data may be sent twice. Asking twice could undo a confirmation that came in between.
    """
    patches = [
        Patch(
            write.key,
            _path(mailing_list, write),
            _data(write) if kind is WriteKind.UPDATE else {"status": "pending"},
        )
        for write in batch
    ]
    carry_out = one_by_one if len(patches) <= FEW else submit
    waiting = {write.key: write for write in batch}
    for result in carry_out(session, patches, idempotent=kind is WriteKind.UPDATE):
        if write := waiting.pop(result.key, None):
            yield _outcome_of_patch(kind, write, result)
    yield from (temporary(write, UNANSWERED) for write in waiting.values())


# --- what is sent -----------------------------------------------------------------------------------------


def _new_member(mailing_list: MailingList, write: ContactWrite) -> dict[str, Any]:
    """Return a new member with the CRM's evidence. A confirmation that is still to come leaves no `_opt`."""
    member: dict[str, Any] = {
        "email_address": write.address,
        # The service itself skips the confirmation for whatever the API calls subscribed.
        "status": "pending" if mailing_list.double_opt_in else "subscribed",
        "merge_fields": _merge_fields(write.fields),
    }
    for suffix in ("signup",) if mailing_list.double_opt_in else ("signup", "opt"):
        if write.evidence.at:
            member[f"timestamp_{suffix}"] = write.evidence.at.isoformat(timespec="seconds")
        if write.evidence.ip:
            member[f"ip_{suffix}"] = write.evidence.ip
    return member


def _data(write: ContactWrite) -> dict[str, Any]:
    data: dict[str, Any] = {"merge_fields": _merge_fields(write.fields)}
    if write.new_address:
        data["email_address"] = write.new_address
    return data


def _merge_fields(fields: Mapping[str, FieldValue]) -> dict[str, Any]:
    return {tag: _wire(value) for tag, value in fields.items()}


def _wire(value: FieldValue) -> Any:
    match value:
        case Decimal():
            return float(value)
        case date():
            return value.isoformat()
        case PostalAddress():
            parts = (value.street, value.city, value.state, value.postcode, value.country)
            named = dict(zip(("addr1", "city", "state", "zip", "country"), parts, strict=True))
            return {name: part for name, part in named.items() if part}
    return value


def _path(mailing_list: MailingList, write: ContactWrite) -> str:
    """Name the member by what the service called it.

    The service takes a contact id or the MD5 of the address. The latter, made by us, would miss a member whose
    address was changed a moment ago, and those few whose id is not that hash.
    """
    return f"/lists/{mailing_list.id}/members/{write.remote_id or subscriber_hash(write.address)}"


def subscriber_hash(address: str) -> str:
    """Return what the service calls a member by the address: the MD5 of it in lower case."""
    return hashlib.md5(address_key(address).encode(), usedforsecurity=False).hexdigest()


# --- what comes back --------------------------------------------------------------------------------------


def _outcomes_by_address(
    batch: Iterable[ContactWrite], answer: Mapping[str, Any], done: Reason
) -> Iterator[Outcome]:
    """Match rows with writes by address, the only thing they share. Yields in the batch's order."""
    written = {_key(row): row for row in (*answer["new_members"], *answer["updated_members"])}
    refused = {_key(row): row for row in answer["errors"]}
    for write in batch:
        key = address_key(write.address)
        if key in written:
            yield _done(write, done, written[key])
        elif key in refused:
            yield Refusal.of_row(refused[key]).outcome(write)
        else:
            yield temporary(write, UNANSWERED)


def _key(row: Mapping[str, Any]) -> str:
    """Return a row's address; some rows come with quotes around it."""
    return address_key(row["email_address"].strip(" '\""))


def _done(write: ContactWrite, reason: Reason, row: Mapping[str, Any]) -> Outcome:
    remote_id = row.get("contact_id") or row.get("id") or None
    return Outcome(write.key, Result.DONE, reason, remote_id=remote_id, status=STATUS.get(row.get("status", "")))


def _outcome_of_patch(kind: WriteKind, write: ContactWrite, result: OperationResult) -> Outcome:
    if result.status_code != 200:
        return Refusal.of_problem(result.status_code, result.payload).outcome(write)
    if not _shows_a_member(result.payload):
        return temporary(write, UNANSWERED)  # whatever it is, nobody knows that it was done
    if kind is WriteKind.CONFIRM:
        reason = Reason.CONFIRMATION_ASKED
    else:
        reason = Reason.MOVED if write.new_address else Reason.CHANGED
    return _done(write, reason, result.payload)


def _shows_a_member(payload: Any) -> bool:
    return isinstance(payload, dict) and all(isinstance(payload.get(key), str) for key in ("id", "email_address"))


# --- a withdrawal whose address has moved -----------------------------------------------------------------


def _has_moved(write: ContactWrite, stranger: Mapping[str, Any]) -> bool:
    """Tell whether the list had nobody under the address, although we know who had it."""
    return write.remote_id not in (None, stranger["contact_id"], stranger["id"])


def _follow(session: Session, mailing_list: MailingList, write: ContactWrite) -> Outcome:
    """Withdraw the person, who has a new address since we read hers: the "no" is hers, not the address's."""
    response = session.http.request(
        "PATCH",
        _path(mailing_list, write),
        params={"skip_merge_validation": "true"},
        json={"status": "unsubscribed"},
        idempotent=True,
    )
    if response.status in (200, 404):
        # Without her there is nobody left to write to, and the address is on record as unsubscribed.
        return Outcome(write.key, Result.DONE, Reason.WITHDRAWN_IN_CRM, status=STATUS["unsubscribed"])
    return Refusal.of_problem(response.status, response.json()).outcome(write)
