"""Reading by pages what moves meanwhile: nobody is skipped, whatever happens between two requests.

The plugins' own tests show it at their sandboxes; here a service is a list that anything may happen to.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rundbrief import paging
from rundbrief.errors import ProtocolError
from rundbrief.models import Checkpoint
from rundbrief.paging import Page, Place, read_overlapping

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SIZE = 8


@pytest.fixture(autouse=True, scope="module")
def small_overlap() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paging, "OVERLAP", 3)
        yield


class Service:
    """Numbers in a row. After each page something may happen to them."""

    def __init__(self, count: int, events: list[Callable[[list[int]], None]], early: int = 0) -> None:
        self.numbers = list(range(count))
        self.events = iter(events)
        self.early = early
        self.asked: list[Place] = []

    def ask(self, place: Place) -> Page[int]:
        self.asked.append(place)
        start = max(0, place.offset - self.early)
        numbers = self.numbers[start : start + SIZE]
        page = Page({str(one): one for one in numbers}, start, NOON, start + len(numbers) >= len(self.numbers))
        next(self.events, lambda numbers: None)(self.numbers)
        return page


def delete(first: int, count: int) -> Callable[[list[int]], None]:
    def happen(numbers: list[int]) -> None:
        del numbers[first : first + count]

    return happen


def move_to_end(first: int, count: int) -> Callable[[list[int]], None]:
    def happen(numbers: list[int]) -> None:
        moved = numbers[first : first + count]
        del numbers[first : first + count]
        # Whoever changes has another anchor at the place where it goes.
        numbers += [1000 + one for one in moved]

    return happen


EVENTS = st.lists(
    st.builds(
        lambda do, first, count: do(first, count),
        st.sampled_from([delete, move_to_end]),
        st.integers(0, 40),
        st.integers(0, 12),
    ),
    max_size=12,
)


@given(count=st.integers(0, 60), events=EVENTS, early=st.integers(0, 2))
def test_whoever_is_there_all_the_time_is_read(count: int, events: Any, early: int) -> None:
    service = Service(count, events, early)
    stayed = set(service.numbers)
    read = []
    for item in read_overlapping(None, service.ask, size=SIZE):
        stayed &= set(service.numbers)
        if not isinstance(item, Checkpoint):
            read.append(item)
    assert stayed <= set(read)


def test_a_reading_goes_on_from_any_of_its_checkpoints() -> None:
    stream = list(read_overlapping(None, Service(30, []).ask, size=SIZE))
    for position, item in enumerate(stream):
        if isinstance(item, Checkpoint) and Place.of_cursor(item.cursor).since is None:
            rest = read_overlapping(item.cursor, Service(30, []).ask, size=SIZE)
            assert {*stream[:position], *rest} >= set(range(30))


def test_the_next_read_reaches_back_before_the_start_of_this_one() -> None:
    *_, last = read_overlapping(None, Service(3, []).ask, size=SIZE)
    assert isinstance(last, Checkpoint)
    assert Place.of_cursor(last.cursor) == Place(since="2026-11-23T11:59:00+00:00")


def test_a_page_that_brings_nobody_new_is_an_error_and_no_end() -> None:
    """A service that sends smaller pages than it was asked for: whoever stands on the others would look gone."""

    same = Page({"a": 1, "b": 2, "c": 3}, 0, NOON, is_last=False)
    with pytest.raises(ProtocolError, match="anybody new"):
        list(read_overlapping(None, lambda place: same, size=SIZE))


def test_what_stands_on_no_page_comes_before_the_last_checkpoint() -> None:
    stream = list(read_overlapping(None, Service(2, []).ask, size=SIZE, finally_read=lambda place: [99]))
    assert stream[:3] == [0, 1, 99]
    assert isinstance(stream[3], Checkpoint)


@pytest.mark.parametrize("cursor", ["", "7", "[]", "null", '{"page": 2}', '{"anchors": 3}', "{"])
def test_a_cursor_of_another_kind_means_from_the_beginning(cursor: str) -> None:
    service = Service(2, [])
    assert list(read_overlapping(cursor, service.ask, size=SIZE))[:2] == [0, 1]
    assert service.asked == [Place()]
