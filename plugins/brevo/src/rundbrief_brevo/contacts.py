"""Reading the account's contacts, in full or since a moment.

The service pages by offset over the order of creation: whoever is deleted between two requests moves everybody
behind one place up, past the next page's beginning. So each page overlaps the one before, and has to show at
least one of its last contacts (an *anchor*). If it does not, more are gone than the overlap holds, and the reading
begins anew. It never skips. A short page is no end, the total is.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Self

from rundbrief.errors import ProtocolError, TryLater
from rundbrief.models import Checkpoint, Evidence, FieldValue, Subscriber, SubscriberStatus
from rundbrief.session import Session
from rundbrief_brevo.schemas import ContactsSchema, read
from rundbrief_brevo.times import answered_at, just_before

__all__ = ["LIMIT", "read_contacts"]

LIMIT = 1000
"""Contacts of a page, as many as there may be."""

OVERLAP = 100
"""Contacts that a page shares with the one before: so many may be deleted in between without harm."""

MOST_RESTARTS = 5

NO_ADDRESS = "@mailin-sms.com"
"""What older answers made up for contacts that are known by a telephone number alone."""

OPTED_OUT = "blocklisted: unsubscribed, complained, bounced, or by an administrator"
OPTED_IN = "on a list and not blocklisted; Brevo keeps no proof"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the reading stands; as JSON it is the cursor."""

    since: str | None = None
    """Only contacts that changed after this moment; None: all of them."""
    started: str | None = None
    """When this reading began, by the service's clock."""
    offset: int = 0
    anchors: tuple[int, ...] = ()

    @classmethod
    def of_cursor(cls, cursor: str | None) -> Self:
        """Read a cursor; one that another version of this plugin wrote means: from the beginning."""
        try:
            kept = json.loads(cursor or "{}")
            return cls(**{**kept, "anchors": tuple(kept.get("anchors", ()))})
        except (ValueError, TypeError, AttributeError):
            return cls()

    @property
    def cursor(self) -> str:
        return json.dumps(asdict(self))

    def is_joined_by(self, page: Sequence[int]) -> bool:
        """Tell whether a page goes on without a gap."""
        return self.offset == 0 or not set(self.anchors).isdisjoint(page)

    def begun_anew(self) -> Self:
        return replace(self, offset=0, anchors=())

    def after(self, page: Sequence[int]) -> Self:
        return replace(self, offset=self.offset + max(1, len(page) - OVERLAP), anchors=tuple(page[-OVERLAP:]))

    def next_read(self) -> Self:
        assert self.started is not None
        return type(self)(since=just_before(datetime.fromisoformat(self.started)))


def read_contacts(session: Session, cursor: str | None) -> Iterator[Subscriber | Checkpoint]:
    """Yield the contacts that changed since the cursor, oldest first; see `ProviderSpec.fetch_opt_ins`.

    Which changes move `modifiedAt` is not documented. One of the lists alone may come with the next full read.

    Raises:
        TryLater: the account changes faster than it can be read.
    """
    place = _Place.of_cursor(cursor)
    restarts = 0
    while True:
        response = session.http.get("/contacts", params=_query(place))
        answer = read(response, ContactsSchema)
        place = replace(place, started=place.started or answered_at(response).isoformat())
        page = [row["id"] for row in answer["contacts"]]
        if not place.is_joined_by(page):
            restarts += 1
            if restarts > MOST_RESTARTS:
                raise TryLater("The account changes faster than it can be read.", hint="Run in a quiet hour.")
            place = place.begun_anew()
            continue
        if not page and place.since is None and answer["count"]:
            # Taken for an empty account, this would make everybody look deleted.
            raise ProtocolError(f"Brevo counts {answer['count']} contacts, and shows none of them.")
        fresh = [row for row in answer["contacts"] if row["id"] not in place.anchors]
        yield from (_subscriber(session, row) for row in fresh if _is_reachable(row))
        if not fresh or place.offset + len(page) >= answer["count"]:
            yield Checkpoint(place.next_read().cursor)
            return
        place = place.after(page)
        yield Checkpoint(place.cursor)


def _query(place: _Place) -> dict[str, str | int]:
    # The service's own order is the newest first, so that every sign-up would shift all pages.
    query: dict[str, str | int] = {"limit": LIMIT, "offset": place.offset, "sort": "asc"}
    if place.since:
        query["modifiedSince"] = place.since
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
        if isinstance(value, str | int | float) and value != ""
    }


def _value(value: str | float) -> FieldValue:
    if isinstance(value, float):
        return int(value) if value.is_integer() else Decimal(str(value))
    return value
