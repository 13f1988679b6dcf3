"""Reading a group's receivers, in full or since a moment.

The service knows whole pages only, and no order that stays while receivers are deleted: whoever goes moves
everybody behind one place up, past the next page's beginning. So the pages of a reading are cut a little smaller
each time, which makes each begin some places before the end of the one before: page 1 of 4,900 begins where a
first one of 5,000 had its last hundred. If none of these is found there, the reading begins anew.

There is no filter by change either. An incremental read asks for whoever signed up, confirmed, left or bounced
since; that a blacklist entry was removed, or data changed, shows in a full read.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Self

from rundbrief.errors import ProtocolError, TryLater
from rundbrief.models import (
    Checkpoint,
    Evidence,
    FieldValue,
    MailingList,
    Subscriber,
    SubscriberStatus,
    address_key,
)
from rundbrief.session import Response, Session
from rundbrief_cleverreach.attributes import GROUP
from rundbrief_cleverreach.blacklists import Blacklist, read_blacklists
from rundbrief_cleverreach.schemas import ReceiverSchema, read

__all__ = ["read_receivers"]

PAGE = 5000
"""Receivers of a page, as many as there may be. The default is 50."""

OVERLAP = 100
"""Receivers that two pages share: so many may be deleted between two requests."""

OVERLAP_IN_TIME = timedelta(minutes=10)
"""How far an incremental read begins before the start of the one before: times are in seconds, and set by
whichever of the service's machines took the change."""

MOST_BEGINNINGS = 5

CHANGES = ("registered", "activated", "deactivated", "bounced")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the reading stands; as JSON it is the cursor."""

    since: int | None = None
    """Only receivers that changed after this moment, in Unix seconds; None: all of them."""
    started: int | None = None
    page: int = 0
    size: int = PAGE
    anchors: tuple[str, ...] = ()

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

    def after(self, ids: Sequence[str]) -> Self:
        """Return the next page, so cut that it begins with what this one ended with."""
        end = (self.page + 1) * self.size
        following = self.page + 1
        return replace(self, page=following, size=(end - OVERLAP) // following, anchors=tuple(ids[-OVERLAP:]))

    def anew(self) -> Self:
        return replace(self, page=0, size=PAGE, anchors=())


def read_receivers(
    session: Session, mailing_list: MailingList, cursor: str | None
) -> Iterator[Subscriber | Checkpoint]:
    """Yield the receivers that changed since the cursor, and whom a blacklist names; see `fetch_opt_ins`.

    Raises:
        TryLater: the group changes faster than it can be read.
    """
    place = _Place.of_cursor(cursor)
    blacklist = read_blacklists(session, mailing_list)
    seen: set[str] = set()
    beginnings = 0
    while True:
        response = _ask(session, mailing_list, place)
        rows = read(response, ReceiverSchema(many=True))
        place = replace(place, started=place.started or _date(response))
        ids = [row["id"] for row in rows]
        if place.anchors and set(place.anchors).isdisjoint(ids):
            beginnings += 1
            if beginnings > MOST_BEGINNINGS:
                raise TryLater("The list changes faster than it can be read.", hint="Run in a quiet hour.")
            place = place.anew()
            continue
        for row in rows:
            if row["id"] not in place.anchors:
                key = address_key(row["email"])
                if key in blacklist.since:
                    seen.add(key)
                yield _subscriber(row, blacklist)
        if len(rows) < place.size:
            break
        place = place.after(ids)
        yield Checkpoint(place.cursor)
    yield from _only_blacklisted(session, mailing_list, place, blacklist, seen)
    assert place.started is not None
    yield Checkpoint(_Place(since=place.started - int(OVERLAP_IN_TIME.total_seconds())).cursor)


def _ask(session: Session, mailing_list: MailingList, place: _Place) -> Response:
    if place.since is None:
        return session.http.get(
            f"/groups/{mailing_list.id}/receivers",
            params={
                "type": "all",
                "page": place.page,
                "pagesize": place.size,
                "detail": 0,
                "order_by": "registered ASC",
            },
        )
    rules = [{"field": name, "logic": "bg", "condition": str(place.since)} for name in CHANGES]
    return session.http.post(
        "/receivers/filter",
        json={
            "groups": [mailing_list.id],
            "operator": "OR",
            "rules": rules,
            "activeonly": False,
            "orderby": "registered asc",
            "detail": 0,
            "page": place.page,
            "pagesize": place.size,
        },
        idempotent=True,
    )


def _only_blacklisted(
    session: Session, mailing_list: MailingList, place: _Place, blacklist: Blacklist, seen: set[str]
) -> Iterator[Subscriber]:
    """Yield whom a blacklist names, and the reading has not shown.

    After a full read they are no receivers any more. After an incremental one they may be: it is asked for them.
    """
    if place.since is None:
        missing = [address for address in blacklist.since if address not in seen]
    else:
        moment = datetime.fromtimestamp(place.since, UTC)
        missing = [address for address in blacklist.entered_after(moment) if address not in seen]
        for start in range(0, len(missing), OVERLAP):
            part = ",".join(missing[start : start + OVERLAP])
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


def _date(response: Response) -> int:
    try:
        return int(parsedate_to_datetime(response.headers.get("date", "")).timestamp())
    except ValueError:
        raise ProtocolError(
            "CleverReach answered without a usable Date, so no next read could begin there."
        ) from None


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
