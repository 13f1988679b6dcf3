"""Reading a group's receivers, in full or since a moment.

The service knows whole pages only, and no order that stays while receivers are deleted; see `rundbrief.paging`. So
the pages of a reading are cut a little smaller each time, which makes each begin some places before the end of
the one before: page 1 of 4,900 begins where a first one of 5,000 had its last hundred.

There is no filter by change either. An incremental read asks for whoever signed up, confirmed, left or bounced
since; that a blacklist entry was removed, or data changed, shows in a full read.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from rundbrief.models import (
    Checkpoint,
    Evidence,
    FieldValue,
    MailingList,
    Subscriber,
    SubscriberStatus,
    address_key,
)
from rundbrief.paging import Page, Place, answered_at, read_overlapping
from rundbrief.session import Response, Session
from rundbrief_cleverreach.attributes import GROUP
from rundbrief_cleverreach.blacklists import Blacklist, read_blacklists
from rundbrief_cleverreach.schemas import ReceiverSchema, read

__all__ = ["read_receivers"]

PAGE = 5000
"""Receivers of a page, as many as there may be. The default is 50."""

ASKED_FOR_AT_ONCE = 100
"""Addresses in one question for single receivers."""

REACH_BACK = timedelta(minutes=10)
"""Times are in seconds, and set by whichever of the service's machines took the change."""

CHANGES = ("registered", "activated", "deactivated", "bounced")


def read_receivers(
    session: Session, mailing_list: MailingList, cursor: str | None
) -> Iterator[Subscriber | Checkpoint]:
    """Yield the receivers that changed since the cursor, and whom a blacklist names; see `fetch_opt_ins`.

    Raises:
        TryLater: the group changes faster than it can be read.
    """
    blacklist = read_blacklists(session, mailing_list)
    seen: set[str] = set()

    def ask(place: Place) -> Page[Subscriber]:
        number, size = _cut(place.offset)
        response = _ask(session, mailing_list, _seconds(place.since), number, size)
        rows = read(response, ReceiverSchema(many=True))
        seen.update({address_key(row["email"]) for row in rows} & blacklist.since.keys())
        receivers = {row["id"]: _subscriber(row, blacklist) for row in rows}
        return Page(receivers, number * size, answered_at(response), is_last=len(rows) < size)

    def only_blacklisted(place: Place) -> Iterator[Subscriber]:
        return _only_blacklisted(session, mailing_list, _seconds(place.since), blacklist, seen)

    yield from read_overlapping(cursor, ask, size=PAGE, reach_back=REACH_BACK, finally_read=only_blacklisted)


def _cut(offset: int) -> tuple[int, int]:
    """Return number and size of a page that begins at an offset, or a little before it."""
    number = -(-offset // PAGE)
    return number, offset // number if number else PAGE


def _seconds(since: str | None) -> int | None:
    return int(datetime.fromisoformat(since).timestamp()) if since else None


def _ask(session: Session, mailing_list: MailingList, since: int | None, page: int, size: int) -> Response:
    if since is None:
        return session.http.get(
            f"/groups/{mailing_list.id}/receivers",
            params={"type": "all", "page": page, "pagesize": size, "detail": 0, "order_by": "registered ASC"},
        )
    rules = [{"field": name, "logic": "bg", "condition": str(since)} for name in CHANGES]
    return session.http.post(
        "/receivers/filter",
        json={
            "groups": [mailing_list.id],
            "operator": "OR",
            "rules": rules,
            "activeonly": False,
            "orderby": "registered asc",
            "detail": 0,
            "page": page,
            "pagesize": size,
        },
        idempotent=True,
    )


def _only_blacklisted(
    session: Session, mailing_list: MailingList, since: int | None, blacklist: Blacklist, seen: set[str]
) -> Iterator[Subscriber]:
    """Yield whom a blacklist names, and the reading has not shown.

    After a full read they are no receivers any more. After an incremental one they may be: it is asked for them.
    """
    if since is None:
        missing = [address for address in blacklist.since if address not in seen]
    else:
        moment = datetime.fromtimestamp(since, UTC)
        missing = [address for address in blacklist.entered_after(moment) if address not in seen]
        for start in range(0, len(missing), ASKED_FOR_AT_ONCE):
            part = ",".join(missing[start : start + ASKED_FOR_AT_ONCE])
            params: dict[str, str | int] = {"type": "all", "pagesize": PAGE, "detail": 0, "email_list": part}
            rows = read(
                session.http.get(f"/groups/{mailing_list.id}/receivers", params=params), ReceiverSchema(many=True)
            )
            seen |= {address_key(row["email"]) for row in rows}
            yield from (_subscriber(row, blacklist) for row in rows)
    for address in missing:
        if address not in seen:
            evidence = Evidence(blacklist.since[address], "on a blacklist")
            yield Subscriber(address, address, SubscriberStatus.UNSUBSCRIBED, evidence)


# --- one receiver -----------------------------------------------------------------------------------------


def _subscriber(row: Mapping[str, Any], blacklist: Blacklist) -> Subscriber:
    status = _status(row, blacklist)
    return Subscriber(row["email"], row["id"], status, _evidence(row, status, blacklist), _fields(row))


def _status(row: Mapping[str, Any], blacklist: Blacklist) -> SubscriberStatus:
    """A *no* outweighs a bounce, and a bounce the rest. Never activated and never left is not confirmed."""
    if row["deactivated"] or blacklist.has(row["email"]):
        return SubscriberStatus.UNSUBSCRIBED
    if row["bounced"]:
        return SubscriberStatus.BOUNCED
    return SubscriberStatus.SUBSCRIBED if row["activated"] else SubscriberStatus.PENDING


def _evidence(row: Mapping[str, Any], status: SubscriberStatus, blacklist: Blacklist) -> Evidence:
    if status is SubscriberStatus.SUBSCRIBED:
        return Evidence(_moment(row["activated"]), row["source"] or "activated")
    if status is SubscriberStatus.UNSUBSCRIBED and row["deactivated"]:
        return Evidence(_moment(row["deactivated"]), "unsubscribed")
    if status is SubscriberStatus.UNSUBSCRIBED:
        return Evidence(blacklist.since.get(address_key(row["email"])), "on a blacklist")
    return Evidence()


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _fields(row: Mapping[str, Any]) -> dict[str, FieldValue]:
    values = {GROUP + name: value for name, value in row["attributes"].items()} | row["global_attributes"]
    return {name: value for name, value in values.items() if isinstance(value, str | int) and value != ""}
