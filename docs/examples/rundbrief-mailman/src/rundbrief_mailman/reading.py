"""Who is on a list, and in which state.

Mailman says of members that they are there, of requests that they wait, and of those who left nothing. So there is
no "what has changed": each read is a complete one, whatever the cursor of the last.

Whose delivery is disabled does not stand in the roster; those are few, and asked for first. Requests come before
the roster too: somebody who is accepted meanwhile comes twice rather than not at all.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from rundbrief.models import Checkpoint, Subscriber, SubscriberStatus
from rundbrief.paging import Page, Place, answered_at, read_overlapping
from rundbrief.session import Session
from rundbrief_mailman.answers import read
from rundbrief_mailman.schemas import MemberIdsSchema, MembersSchema, RequestsSchema

__all__ = ["DISPLAY_NAME", "page_from", "read_list", "requests_of"]

SIZE = 500
DISPLAY_NAME = "display_name"

DISABLED = {
    "by_user": SubscriberStatus.UNSUBSCRIBED,
    "by_moderator": SubscriberStatus.UNSUBSCRIBED,
    "by_bounces": SubscriberStatus.BOUNCED,
    "unknown": SubscriberStatus.UNSUBSCRIBED,
}
"""`delivery_status` of members who get no mail. Where nobody knows why, it may have been their wish."""


def read_list(session: Session, list_id: str, cursor: str | None) -> Iterator[Subscriber | Checkpoint]:
    for row in requests_of(session, list_id, request_type="subscription"):
        yield Subscriber(
            row["email"], row["token"], SubscriberStatus.PENDING, fields={DISPLAY_NAME: row["display_name"]}
        )
    disabled = {
        member_id: status
        for delivery, status in DISABLED.items()
        for member_id in _members_with(session, list_id, delivery)
    }
    # She has said so, and waits for a moderator. What waits for her own confirmation may be somebody else's joke.
    leaving = requests_of(session, list_id, request_type="unsubscription", token_owner="moderator")  # noqa: S106
    said_no = {row["email"] for row in leaving}

    def status(row: Mapping[str, Any]) -> SubscriberStatus:
        if row["email"] in said_no:
            return SubscriberStatus.UNSUBSCRIBED
        return disabled.get(row["member_id"], SubscriberStatus.SUBSCRIBED)

    for item in read_overlapping(cursor, lambda place: _page(session, list_id, place), size=SIZE):
        yield item if isinstance(item, Checkpoint) else _subscriber(item, status(item))


def requests_of(session: Session, list_id: str, **query: str) -> list[Mapping[str, Any]]:
    """Return what waits for a click or a moderator, all in one answer."""
    rows: list[Mapping[str, Any]] = read(
        session.http.get(f"/lists/{list_id}/requests", params=query), RequestsSchema
    )["entries"]
    return rows


def _members_with(session: Session, list_id: str, delivery: str) -> Iterator[str]:
    query = {"list_id": list_id, "role": "member", "delivery_status": delivery, "fields": "member_id"}
    for row in read(session.http.get("/members/find", params=query), MemberIdsSchema)["entries"]:
        yield row["member_id"]


def _page(session: Session, list_id: str, place: Place) -> Page[Mapping[str, Any]]:
    count, page = page_from(place.offset)
    response = session.http.get(f"/lists/{list_id}/roster/member", params={"count": count, "page": page})
    answer = read(response, MembersSchema)
    rows = {_anchor(row): row for row in answer["entries"]}
    is_last = answer["start"] + len(answer["entries"]) >= answer["total_size"]
    return Page(rows, answer["start"], answered_at(response), is_last)


def page_from(offset: int) -> tuple[int, int]:
    """Return a page's size and number, so that it begins at a row, or a few before, and goes well beyond it.

    Mailman counts pages from 1, and not rows. So of some sizes that is taken whose pages begin nearest.
    """
    count = min(range(SIZE, SIZE // 2, -1), key=lambda size: offset % size)
    return count, offset // count + 1


def _anchor(row: Mapping[str, Any]) -> str:
    """The roster is ordered by address: with another one she stands elsewhere. A cursor holds no address."""
    return hashlib.sha256(f"{row['member_id']} {row['email']}".encode()).hexdigest()[:12]


def _subscriber(row: Mapping[str, Any], status: SubscriberStatus) -> Subscriber:
    return Subscriber(row["email"], row["member_id"], status, fields={DISPLAY_NAME: row["display_name"]})
