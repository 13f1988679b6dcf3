"""Reading an audience's members, in full or since a moment.

The service pages by offset only, over an order that moves: a member who changes goes to its end, and everybody
behind moves up by one, past the next page's beginning. So each page overlaps the one before, and has to show at
least one of its last members where that one was (an *anchor*). If it does not, more have moved than the overlap
holds, and the reading steps back until it finds one. It never skips.

A short page is no end, the total is: a service that gives less than was asked for would make everybody else
look deleted. Whether archived members come without being asked for is undocumented. Where they do not, one looks
gone to the next full read. That withdraws the opt-in, as an archive hides who had opted out.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, Self

from rundbrief.errors import ProtocolError, TryLater
from rundbrief.models import Checkpoint, Evidence, FieldValue, MailingList, Subscriber, SubscriberStatus
from rundbrief.session import Response, Session
from rundbrief_mailchimp.paging import COUNT
from rundbrief_mailchimp.refusals import masked
from rundbrief_mailchimp.schemas import STATUS, MembersSchema, read

__all__ = ["read_members"]

OVERLAP = 100
"""Members that a page shares with the one before: so many may move between two requests without a step back."""

OVERLAP_IN_TIME = timedelta(seconds=60)
"""How far an incremental read begins before the start of the one before: the clocks of a large service differ."""

MOST_GAPS = 50
"""Pages of one reading that may turn out not to join the one before."""

FIELDS = (
    "total_items,members.id,members.contact_id,members.email_address,members.status,members.last_changed,"
    "members.timestamp_signup,members.timestamp_opt,members.ip_signup,members.ip_opt,members.unsubscribe_reason,"
    "members.source,members.merge_fields"
)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the reading stands; as JSON it is the cursor."""

    since: str | None = None
    """Only members that changed after this moment; None: all of them."""
    started: str | None = None
    """When this reading began, by the service's clock."""
    offset: int = 0
    anchors: tuple[str, ...] = ()
    stride: int = 1
    """How many pages the next step back goes."""

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

    def is_joined_by(self, page: Iterable[str]) -> bool:
        """Tell whether a page goes on without a gap."""
        return self.offset == 0 or not set(self.anchors).isdisjoint(page)

    def stepped_back(self) -> Self:
        """Go back, twice as far each time. At the very beginning no anchor is needed."""
        return replace(self, offset=max(0, self.offset - self.stride * COUNT), stride=2 * self.stride)

    def after(self, page: Sequence[str]) -> Self:
        offset = max(self.offset, self.offset + len(page) - OVERLAP)
        return replace(self, offset=offset, anchors=tuple(page[-OVERLAP:]), stride=1)


def read_members(
    session: Session, mailing_list: MailingList, cursor: str | None
) -> Iterator[Subscriber | Checkpoint]:
    """Yield the members that changed since the cursor, oldest change first; see `ProviderSpec.fetch_opt_ins`.

    Raises:
        TryLater: the audience changes faster than it can be read.
    """
    place = _Place.of_cursor(cursor)
    gaps = 0
    while True:
        response = session.http.get(f"/lists/{mailing_list.id}/members", params=_query(place))
        answer = read(response, MembersSchema)
        place = replace(place, started=place.started or _date(response))
        page = {_anchor(row): row for row in answer["members"]}
        if not place.is_joined_by(page):
            gaps += 1
            if gaps > MOST_GAPS:
                raise TryLater("The audience changes faster than it can be read.", hint="Run in a quiet hour.")
            place = place.stepped_back()
            continue
        fresh = [row for anchor, row in page.items() if anchor not in place.anchors]
        yield from map(_subscriber, fresh)
        if not fresh or place.offset + len(page) >= answer["total_items"]:
            yield Checkpoint(_Place(since=_overlapping(place.started)).cursor)
            return
        place = place.after(list(page))
        yield Checkpoint(place.cursor)


def _query(place: _Place) -> dict[str, str | int]:
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


def _date(response: Response) -> str:
    try:
        return parsedate_to_datetime(response.headers.get("date", "")).astimezone(UTC).isoformat()
    except ValueError:
        raise ProtocolError(
            "Mailchimp answered without a usable Date, so no next read could begin there."
        ) from None


def _overlapping(started: str | None) -> str:
    assert started is not None
    return (datetime.fromisoformat(started) - OVERLAP_IN_TIME).isoformat()


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
        source = stated + (f" ({masked(row['source'])})" if row["source"] else "")
        return Evidence(at, source, row["ip_opt"] or row["ip_signup"] or None)
    if status is SubscriberStatus.UNSUBSCRIBED:
        # The service has no time of the opt-out; a later edit of the data moves this one too.
        reason = f" ({masked(row['unsubscribe_reason'])})" if row["unsubscribe_reason"] else ""
        return Evidence(row["last_changed"], f"unsubscribed{reason}")
    return Evidence()


def _fields(values: Any) -> dict[str, FieldValue]:
    """Return the filled merge fields. Without any the service may send an empty list; addresses are objects."""
    if not isinstance(values, dict):
        return {}
    return {
        tag: _value(value) for tag, value in values.items() if isinstance(value, str | int | float) and value != ""
    }


def _value(value: str | float) -> FieldValue:
    if isinstance(value, float):
        return int(value) if value.is_integer() else Decimal(str(value))
    return value
