"""Reading by pages what moves meanwhile, without a gap: for services that page by offset.

Whoever is deleted, or changes places, between two requests moves everybody behind one place up, past the next
page's beginning. So each page overlaps the one before, and has to show at least one of its last rows (an
*anchor*). If it does not, more have moved than the overlap holds, and the reading steps back until it finds one.
It never skips; a row may come twice.

A provider says how one page is asked for, and turns rows into subscribers::

    def fetch_opt_ins(session, mailing_list, cursor):
        def ask(place):
            response = session.http.get("/people", params={"offset": place.offset, "since": place.since, ...})
            rows = {row["id"]: row for row in response.json()}
            return Page(rows, place.offset, answered_at(response), is_last=len(rows) < SIZE)

        for item in read_overlapping(cursor, ask, size=SIZE):
            yield item if isinstance(item, Checkpoint) else subscriber(item)

A page has to end more than `OVERLAP` rows behind `place.offset`: one that begins earlier, and brings nobody new,
is an error. Mind that where a service counts pages instead of rows. There, choose the size for each page so that
one begins at the offset or a little before; `docs/examples/rundbrief-mailman` does.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Generic, Self, TypeVar

from rundbrief.errors import ProtocolError, TryLater
from rundbrief.models import Checkpoint
from rundbrief.session import Response

__all__ = ["OVERLAP", "Page", "Place", "answered_at", "read_overlapping"]

Row = TypeVar("Row")

OVERLAP = 100
"""Rows that a page shares with the one before: so many may move between two requests without a step back."""

MOST_GAPS = 50
"""Pages of one reading that may turn out not to join the one before."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reading stands; as JSON it is the cursor."""

    since: str | None = None
    """ISO 8601. Only what changed after this moment is wanted; None: everything."""
    started: str | None = None
    """When this reading began, by the service's clock."""
    offset: int = 0
    """Rows before the page that is wanted. A page may begin earlier, never later."""
    anchors: tuple[str, ...] = ()
    stride: int = 1
    """How many pages the next step back goes."""

    @classmethod
    def of_cursor(cls, cursor: str | None) -> Self:
        """Read a cursor; one that another version of a plugin wrote means: from the beginning."""
        try:
            kept = json.loads(cursor or "{}")
            return cls(**{**kept, "anchors": tuple(kept.get("anchors", ()))})
        except (ValueError, TypeError, AttributeError):
            return cls()

    @property
    def cursor(self) -> str:
        return json.dumps(asdict(self))

    def is_joined_by(self, anchors: Iterable[str], start: int) -> bool:
        """Tell whether a page that begins at `start` goes on without a gap."""
        return start == 0 or not set(self.anchors).isdisjoint(anchors)

    def stepped_back(self, size: int) -> Self:
        """Go back, twice as far each time. At the very beginning no anchor is needed."""
        return replace(self, offset=max(0, self.offset - self.stride * size), stride=2 * self.stride)

    def after(self, anchors: Sequence[str], start: int) -> Self:
        offset = max(self.offset + 1, start + len(anchors) - OVERLAP)
        return replace(self, offset=offset, anchors=tuple(anchors[-OVERLAP:]), stride=1)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page as it came."""

    rows: Mapping[str, Row]
    """Anchor -> row, in the service's order. An anchor is short, and names a row where it stands in that order: if
    a change sends a row elsewhere, it is another one afterwards."""
    start: int
    """Rows before its first."""
    answered_at: datetime
    is_last: bool


def read_overlapping(
    cursor: str | None,
    ask: Callable[[Place], Page[Row]],
    *,
    size: int,
    reach_back: timedelta = timedelta(seconds=60),
    finally_read: Callable[[Place], Iterable[Row]] | None = None,
) -> Iterator[Row | Checkpoint]:
    """Yield rows and, after each page, a checkpoint; for `ProviderSpec.fetch_opt_ins`.

    Args:
        cursor: as it comes from the host.
        ask: fetches the page that begins at `place.offset`, or earlier, of what changed after `place.since`.
        size: rows of a full page; more than `OVERLAP`.
        reach_back: how far the next incremental read begins before the start of this one. The clocks of a large
            service differ.
        finally_read: what belongs to the reading and stands on no page.

    Raises:
        TryLater: the rows move faster than they can be read.
        ProtocolError: a page that began early brought nobody new, so that it does not show whether it is the last.
    """
    place = Place.of_cursor(cursor)
    gaps = 0
    while True:
        page = ask(place)
        place = replace(place, started=place.started or page.answered_at.isoformat())
        if not place.is_joined_by(page.rows, page.start):
            gaps += 1
            if gaps > MOST_GAPS:
                raise TryLater("The list changes faster than it can be read.", hint="Run in a quiet hour.")
            place = place.stepped_back(size)
            continue
        fresh = [row for anchor, row in page.rows.items() if anchor not in place.anchors]
        yield from fresh
        if page.is_last:
            break
        if not fresh and page.start < place.offset:
            # To end here would look complete, and whoever stands on the pages after it would be taken as gone.
            raise ProtocolError(
                "A page of the list began before the place that was asked for, and ended before anybody new.",
                hint="Tell the plugin's author: its pages overlap by more than they hold.",
            )
        if not fresh:
            break  # a service may count more rows than it shows
        place = place.after(list(page.rows), page.start)
        yield Checkpoint(place.cursor)
    if finally_read:
        yield from finally_read(place)
    assert place.started is not None
    yield Checkpoint(Place(since=(datetime.fromisoformat(place.started) - reach_back).isoformat()).cursor)


def answered_at(response: Response) -> datetime:
    """Return the service's own time of an answer.

    Raises:
        ProtocolError: the answer has no usable `Date`.
    """
    try:
        return parsedate_to_datetime(response.headers.get("date", "")).astimezone(UTC)
    except ValueError:
        raise ProtocolError(
            "The service answered without a usable Date, so no next read could begin there."
        ) from None
