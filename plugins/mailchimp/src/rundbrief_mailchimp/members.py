"""Reading an audience's members, in full or since a moment.

The service pages by offset only, over an order that moves: a member who changes goes to its end, and everybody
behind moves up by one; see `rundbrief.paging`.

A short page is no end, the total is: a service that gives less than was asked for would make everybody else
look deleted. Whether archived members come without being asked for is undocumented. Where they do not, one looks
gone to the next full read. That withdraws the opt-in, as an archive hides who had opted out.
"""

import hashlib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from rundbrief.masking import mask_addresses
from rundbrief.models import (
    Checkpoint,
    Evidence,
    FieldValue,
    MailingList,
    PostalAddress,
    Subscriber,
    SubscriberStatus,
)
from rundbrief.paging import Page, Place, answered_at, read_overlapping
from rundbrief.session import Session
from rundbrief_mailchimp.paging import COUNT
from rundbrief_mailchimp.schemas import STATUS, MembersSchema, read

__all__ = ["read_members"]

FIELDS = (
    "total_items,members.id,members.contact_id,members.email_address,members.status,members.last_changed,"
    "members.timestamp_signup,members.timestamp_opt,members.ip_signup,members.ip_opt,members.unsubscribe_reason,"
    "members.source,members.merge_fields"
)


def read_members(
    session: Session, mailing_list: MailingList, cursor: str | None
) -> Iterator[Subscriber | Checkpoint]:
    """Yield the members that changed since the cursor, oldest change first; see `ProviderSpec.fetch_opt_ins`.

    Raises:
        TryLater: the audience changes faster than it can be read.
    """

    def ask(place: Place) -> Page[Mapping[str, Any]]:
        response = session.http.get(f"/lists/{mailing_list.id}/members", params=_query(place))
        answer = read(response, MembersSchema)
        members = answer["members"]
        is_last = place.offset + len(members) >= answer["total_items"]
        return Page({_anchor(row): row for row in members}, place.offset, answered_at(response), is_last)

    for item in read_overlapping(cursor, ask, size=COUNT):
        yield item if isinstance(item, Checkpoint) else _subscriber(item)


def _query(place: Place) -> dict[str, str | int]:
    query: dict[str, str | int] = {
        "count": COUNT,
        "offset": place.offset,
        "sort_field": "last_changed",
        "sort_dir": "ASC",
        "fields": FIELDS,
    }
    if place.since:
        query["since_last_changed"] = place.since
    return query


def _anchor(row: Mapping[str, Any]) -> str:
    """Name a member as it stands in the order: once it has changed, it stands elsewhere. Short, for the cursor."""
    return hashlib.blake2b(f"{_remote_id(row)} {row['last_changed']}".encode(), digest_size=6).hexdigest()


# --- one member -------------------------------------------------------------------------------------------


def _subscriber(row: Mapping[str, Any]) -> Subscriber:
    status = STATUS[row["status"]]
    return Subscriber(
        row["email_address"], _remote_id(row), status, _evidence(row, status), _fields(row["merge_fields"])
    )


def _remote_id(row: Mapping[str, Any]) -> str:
    """Return the contact id, which survives a change of address; `id` is a hash of the address."""
    return str(row["contact_id"] or row["id"])


def _evidence(row: Mapping[str, Any], status: SubscriberStatus) -> Evidence:
    if status is SubscriberStatus.SUBSCRIBED:
        at = row["timestamp_opt"] or row["timestamp_signup"]
        stated = "confirmed opt-in" if row["timestamp_opt"] else "sign-up form"
        source = stated + (f" ({mask_addresses(row['source'])})" if row["source"] else "")
        return Evidence(at, source, row["ip_opt"] or row["ip_signup"] or None)
    if status is SubscriberStatus.UNSUBSCRIBED:
        # The service has no time of the opt-out; a later edit of the data moves this one too.
        reason = f" ({mask_addresses(row['unsubscribe_reason'])})" if row["unsubscribe_reason"] else ""
        return Evidence(row["last_changed"], f"unsubscribed{reason}")
    return Evidence()


def _fields(values: Any) -> dict[str, FieldValue]:
    """Return the filled merge fields. Without any the service may send an empty list; addresses are objects."""
    if not isinstance(values, dict):
        return {}
    return {tag: found for tag, value in values.items() if (found := _value(value)) not in (None, "")}


def _value(value: Any) -> FieldValue | None:
    match value:
        case float():
            return int(value) if value.is_integer() else Decimal(str(value))
        case str() | int():
            return value
        case {"addr1": street, **parts}:
            names = {"city": "city", "state": "state", "zip": "postcode", "country": "country"}
            return PostalAddress(street, **{name: str(parts.get(part) or "") for part, name in names.items()})
    return None
