"""Reading the account's contacts, in full or since a moment.

The service pages by offset over the order of creation, in which the deleted leave gaps; see `rundbrief.paging`.
A short page is no end, the total is.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from rundbrief.errors import ProtocolError
from rundbrief.models import Checkpoint, Evidence, FieldValue, Subscriber, SubscriberStatus
from rundbrief.paging import Page, Place, answered_at, read_overlapping
from rundbrief.session import Session
from rundbrief_brevo.schemas import ContactsSchema, read
from rundbrief_brevo.times import moment_as_asked

__all__ = ["LIMIT", "read_contacts"]

LIMIT = 1000
"""Contacts of a page, as many as there may be."""

NO_ADDRESS = "@mailin-sms.com"
"""What older answers made up for contacts that are known by a telephone number alone."""

OPTED_OUT = "blocklisted: unsubscribed, complained, bounced, or by an administrator"
OPTED_IN = "on a list and not blocklisted; Brevo keeps no proof"


def read_contacts(session: Session, cursor: str | None) -> Iterator[Subscriber | Checkpoint]:
    """Yield the contacts that changed since the cursor, oldest first; see `ProviderSpec.fetch_opt_ins`.

    Which changes move `modifiedAt` is not documented. One of the lists alone may come with the next full read.

    Raises:
        TryLater: the account changes faster than it can be read.
    """

    def ask(place: Place) -> Page[Mapping[str, Any]]:
        response = session.http.get("/contacts", params=_query(place))
        answer = read(response, ContactsSchema)
        contacts, count = answer["contacts"], answer["count"]
        if count and not contacts and place.offset == 0 and place.since is None:
            # Taken for an empty account, this would make everybody look deleted.
            raise ProtocolError(f"Brevo counts {count} contacts, and shows none of them.")
        is_last = place.offset + len(contacts) >= count
        return Page({str(row["id"]): row for row in contacts}, place.offset, answered_at(response), is_last)

    for item in read_overlapping(cursor, ask, size=LIMIT):
        if isinstance(item, Checkpoint):
            yield item
        elif _is_reachable(item):
            yield _subscriber(session, item)


def _query(place: Place) -> dict[str, str | int]:
    # The service's own order is the newest first, so that every sign-up would shift all pages.
    query: dict[str, str | int] = {"limit": LIMIT, "offset": place.offset, "sort": "asc"}
    if place.since:
        query["modifiedSince"] = moment_as_asked(datetime.fromisoformat(place.since))
    return query


# --- one contact ------------------------------------------------------------------------------------------


def _is_reachable(row: Mapping[str, Any]) -> bool:
    return bool(row["email"]) and not row["email"].lower().endswith(NO_ADDRESS)


def _subscriber(session: Session, row: Mapping[str, Any]) -> Subscriber:
    """Return a contact in our words. Who unsubscribed from a list may still be shown on it."""
    left = frozenset(map(str, row["left"] or ()))
    lists = frozenset(map(str, row["lists"])) - left
    status = _status(row, lists)
    evidence = _evidence(session.settings, row["attributes"], status)
    return Subscriber(row["email"], str(row["id"]), status, evidence, _fields(row["attributes"]), lists, left)


def _status(row: Mapping[str, Any], lists: frozenset[str]) -> SubscriberStatus:
    """Return the status for the whole account.

    A blocklisting does not tell an opt-out from a bounce; only the statistics of each single contact would. So it
    counts as the "no" that it may be.
    """
    if row["blocklisted"]:
        return SubscriberStatus.UNSUBSCRIBED
    if _is_unconfirmed(row["attributes"]):
        return SubscriberStatus.PENDING
    return SubscriberStatus.SUBSCRIBED if lists else SubscriberStatus.NEVER


def _is_unconfirmed(attributes: Mapping[str, Any]) -> bool:
    """Tell what the service's own attribute of double opt-in says: a category, of which 1 is yes and 2 is no."""
    return str(attributes.get("DOUBLE_OPT-IN", "")).strip().lower() in ("2", "no")


def _evidence(settings: Mapping[str, Any], attributes: Mapping[str, Any], status: SubscriberStatus) -> Evidence:
    """Return the proof that we once wrote into the configured attributes.

    The service itself has no time of either wish: `createdAt` may be that of a purchase, and would become the
    date of a consent in the CRM; `modifiedAt` moves with every change of data.
    """
    if status is SubscriberStatus.UNSUBSCRIBED:
        return Evidence(source=OPTED_OUT)
    if status is not SubscriberStatus.SUBSCRIBED:
        return Evidence()
    stated = attributes.get(settings.get("opt_in_date_attribute", ""))
    source = attributes.get(settings.get("opt_in_source_attribute", ""))
    return Evidence(_moment(stated), str(source or OPTED_IN))


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _fields(attributes: Mapping[str, Any]) -> dict[str, FieldValue]:
    return {
        name: _value(value)
        for name, value in attributes.items()
        if isinstance(value, str | int | float | list) and value not in ("", [])
    }


def _value(value: Any) -> FieldValue:
    match value:
        case float():
            return int(value) if value.is_integer() else Decimal(str(value))
        case list():
            return tuple(map(str, value))
        case _:
            return value  # type: ignore[no-any-return]
