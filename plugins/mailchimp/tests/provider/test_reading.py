"""Reading members: what they mean, how many requests it takes, and that nobody is ever skipped."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rundbrief import paging
from rundbrief.errors import ListUnknown, ProtocolError, ServiceUnavailable, TryLater
from rundbrief.models import Checkpoint, MailingList, Subscriber, SubscriberStatus
from rundbrief.testing import faults
from rundbrief_mailchimp import members

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MEMBERS = "/members$"


def collect(stream: Iterable[Any], into: list[Any]) -> None:
    """Keep what comes before the stream breaks off."""
    for item in stream:
        into.append(item)  # noqa: PERF402 - extend() would lose them


def rewritten(change: Callable[[Any], object]) -> faults.Fault:
    """Let the service answer a little differently."""

    def fault(answer: faults.Answer) -> Any:
        response = answer()
        payload = json.loads(response.get_data())
        change(payload)
        response.set_data(json.dumps(payload))
        return response

    return fault


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "COUNT", 20)
    monkeypatch.setattr(paging, "OVERLAP", 3)


# --- what a member means ----------------------------------------------------------------------------------


def test_each_status_has_its_meaning(account_of: Any) -> None:
    account = account_of(archived_in_default_read=True)
    box, where = account.box, account.list.id
    for name in ("in", "out", "complained", "bounced", "archived"):
        box.subscribe(where, f"{name}@example.org")
    box.unsubscribe(where, "out@example.org")
    box.complain(where, "complained@example.org")
    box.bounce(where, "bounced@example.org")
    box.archive(where, "archived@example.org")
    assert {address: one.status for address, one in account.read()[0].items()} == {
        "in@example.org": SubscriberStatus.SUBSCRIBED,
        "out@example.org": SubscriberStatus.UNSUBSCRIBED,
        "complained@example.org": SubscriberStatus.UNSUBSCRIBED,
        "bounced@example.org": SubscriberStatus.BOUNCED,
        "archived@example.org": SubscriberStatus.ARCHIVED,
    }


def test_an_unconfirmed_signup_is_pending_and_proves_nothing(account: Any) -> None:
    account.list = account.add_list("Careful", double_opt_in=True)
    account.box.subscribe(account.list.id, "jo@example.org")
    one = account.read()[0]["jo@example.org"]
    assert one.status is SubscriberStatus.PENDING
    assert one.evidence.at is None


def test_an_opt_in_comes_with_its_evidence(account: Any) -> None:
    account.box.subscribe(account.list.id, "jo@example.org", {"FNAME": "Jo"})
    one = account.read()[0]["jo@example.org"]
    assert one.evidence.at == NOON
    assert one.evidence.source == "confirmed opt-in (Hosted Signup Form)"
    assert one.evidence.ip == "198.51.100.7"
    assert one.fields == {"FNAME": "Jo"}


def test_an_opt_out_comes_with_its_time_and_reason_without_an_address(account: Any) -> None:
    account.box.subscribe(account.list.id, "jo@example.org")
    account.clock.advance(3600)
    account.box.unsubscribe(account.list.id, "jo@example.org")
    reason = "I am jo@example.org, and I never asked for this."
    account.box.faults.add(
        rewritten(lambda answer: answer["members"][0].update(unsubscribe_reason=reason)), path=MEMBERS
    )
    evidence = account.read()[0]["jo@example.org"].evidence
    assert evidence.at == NOON + timedelta(hours=1)
    assert evidence.source.startswith("unsubscribed (I am j…@e")
    assert "jo@example.org" not in evidence.source


def test_a_signup_without_confirmation_time_is_told_as_such(account: Any) -> None:
    account.box.subscribe(account.list.id, "jo@example.org")
    signup = {"timestamp_opt": "", "ip_opt": "", "timestamp_signup": "2020-02-29T10:00:00+01:00"}
    account.box.faults.add(rewritten(lambda answer: answer["members"][0].update(signup)), path=MEMBERS)
    evidence = account.read()[0]["jo@example.org"].evidence
    assert evidence.at == datetime(2020, 2, 29, 9, tzinfo=UTC)
    assert evidence.source.startswith("sign-up form")


def test_the_remote_id_survives_a_change_of_address(account: Any) -> None:
    account.box.subscribe(account.list.id, "old@example.org")
    before = account.remote_id("old@example.org")
    account.box.change_address(account.list.id, "old@example.org", "new@example.org")
    assert account.remote_id("new@example.org") == before


def test_filled_values_become_fields(account: Any) -> None:
    account.box.subscribe(account.list.id, "jo@example.org")
    values = {
        "FNAME": "Jo",
        "LNAME": "",
        "SIZE": 4.0,
        "RATE": 1.5,
        "AGE": 44,
        "ADDRESS": {"addr1": "x"},
        "X": None,
    }
    account.box.faults.add(
        rewritten(lambda answer: answer["members"][0].update(merge_fields=values)), path=MEMBERS
    )
    fields = account.read()[0]["jo@example.org"].fields
    assert {tag: str(value) for tag, value in fields.items()} == {
        "FNAME": "Jo",
        "SIZE": "4",
        "RATE": "1.5",
        "AGE": "44",
        "ADDRESS": "x",
    }


def test_merge_fields_may_be_an_empty_list(account: Any) -> None:
    account.box.subscribe(account.list.id, "jo@example.org")
    account.box.faults.add(rewritten(lambda answer: answer["members"][0].update(merge_fields=[])), path=MEMBERS)
    assert account.read()[0]["jo@example.org"].fields == {}


def test_an_older_answer_without_a_contact_id_has_the_hash(account: Any) -> None:
    account.box.subscribe(account.list.id, "jo@example.org")
    account.box.faults.add(rewritten(lambda answer: answer["members"][0].pop("contact_id")), path=MEMBERS)
    assert account.read()[0]["jo@example.org"].remote_id == "2c8f86700a53a302065c70f4099789fd"


def test_a_status_nobody_knows_is_not_guessed_at(account: Any) -> None:
    account.box.subscribe(account.list.id, "jo@example.org")
    account.box.faults.add(rewritten(lambda answer: answer["members"][0].update(status="snoozed")), path=MEMBERS)
    with pytest.raises(ProtocolError, match="status") as error:
        account.read()
    assert "jo@" not in str(error.value)


def test_a_missing_field_is_the_services_fault(account: Any) -> None:
    account.box.faults.add(
        faults.answer_with(200, body='{"members": [{"id": "1"}]}', content_type="application/json")
    )
    with pytest.raises(ProtocolError):
        account.read()


def test_a_list_that_is_gone_is_unknown(account: Any) -> None:
    account.list = MailingList("0000000000", "Lost")
    with pytest.raises(ListUnknown):
        account.read()


# --- requests and cursors ---------------------------------------------------------------------------------


def test_five_thousand_members_take_six_requests(account: Any) -> None:
    account.box.seed(account.list.id, 5000)
    items = [item for item in account.stream() if isinstance(item, Subscriber)]
    assert len(items) == 5000
    assert len({one.address for one in items}) == 5000
    assert len(account.box.requests) == 6


def test_a_thousand_members_take_one_request(account: Any) -> None:
    account.box.seed(account.list.id, 1000)
    assert len(account.read()[0]) == 1000
    assert len(account.box.requests) == 1


def test_an_unchanged_list_takes_one_request(account: Any) -> None:
    account.box.seed(account.list.id, 1500)
    _, cursor = account.read()
    account.clock.advance(3600)
    account.box.requests.reset()
    found, _ = account.read(cursor)
    assert found == {}
    assert len(account.box.requests) == 1


def test_an_empty_list_takes_one_request(account: Any) -> None:
    found, cursor = account.read()
    assert found == {}
    assert cursor
    assert len(account.box.requests) == 1


def test_the_first_member_comes_after_one_page(account: Any) -> None:
    account.box.seed(account.list.id, 3000)
    stream = account.stream()
    assert isinstance(next(stream), Subscriber)
    assert len(account.box.requests) == 1


def test_a_later_read_brings_what_changed_since_by_the_services_clock(account: Any) -> None:
    account.box.seed(account.list.id, 30)
    _, cursor = account.read()
    assert json.loads(cursor)["since"] == (NOON - timedelta(seconds=60)).isoformat()
    account.clock.advance(7200)
    account.box.unsubscribe(account.list.id, "person7@example.org")
    account.box.subscribe(account.list.id, "new@example.org")
    found, _ = account.read(cursor)
    assert {address: one.status for address, one in found.items()} == {
        "person7@example.org": SubscriberStatus.UNSUBSCRIBED,
        "new@example.org": SubscriberStatus.SUBSCRIBED,
    }


def test_a_change_in_the_middle_of_a_read_is_in_the_next_one_at_the_latest(account: Any) -> None:
    account.box.seed(account.list.id, 1500)

    def leave() -> None:
        account.clock.advance(1)
        account.box.unsubscribe(account.list.id, "person3@example.org")

    account.box.faults.add(faults.afterwards(leave), path=MEMBERS, skip=1)
    first, cursor = account.read()
    assert first["person3@example.org"].status is SubscriberStatus.SUBSCRIBED
    again, _ = account.read(cursor)
    assert again["person3@example.org"].status is SubscriberStatus.UNSUBSCRIBED


def test_a_cursor_holds_no_address(account: Any) -> None:
    account.box.seed(account.list.id, 1500)
    cursors = [item.cursor for item in account.stream() if isinstance(item, Checkpoint)]
    assert len(cursors) == 2
    assert not any("@" in cursor for cursor in cursors)
    assert max(map(len, cursors)) < 2500


@pytest.mark.parametrize("cursor", ["", "not JSON", "[]", '{"page": 3}'])
def test_a_cursor_of_another_make_reads_everything(account: Any, cursor: str) -> None:
    account.box.seed(account.list.id, 20)
    assert len(account.read(cursor)[0]) == 20


def test_who_is_archived_is_never_read_as_subscribed(account_of: Any) -> None:
    """Whether archived members come without being asked for is undocumented, so both ways have to be safe."""
    for shown in (True, False):
        account = account_of(archived_in_default_read=shown)
        account.box.subscribe(account.list.id, "jo@example.org")
        account.box.archive(account.list.id, "jo@example.org")
        found = account.read()[0]
        assert [one.status for one in found.values()] == ([SubscriberStatus.ARCHIVED] if shown else [])


# --- an order that moves ----------------------------------------------------------------------------------


def test_members_who_move_up_past_the_pages_end_are_not_skipped(account: Any) -> None:
    account.box.seed(account.list.id, 3000)

    def shift() -> None:
        account.clock.advance(1)
        for number in range(50):
            account.box.delete(account.list.id, f"person{number}@example.org")

    account.box.faults.add(faults.afterwards(shift), path=MEMBERS)
    found, _ = account.read()
    assert len(account.box.requests) == 4
    assert account.everybody() <= set(found)


def test_more_than_the_overlap_moving_costs_one_step_back(account: Any) -> None:
    account.box.seed(account.list.id, 3000)

    def shift() -> None:
        account.clock.advance(1)
        for number in range(500):
            account.box.delete(account.list.id, f"person{number}@example.org")

    account.box.faults.add(faults.afterwards(shift), path=MEMBERS)
    found, _ = account.read()
    assert len(account.box.requests) == 5
    assert account.everybody() <= set(found)


def test_all_members_changing_at_once_are_read_again_from_the_beginning(account: Any) -> None:
    account.box.seed(account.list.id, 2500)

    def edit_all() -> None:
        account.clock.advance(1)
        for number in range(2500):
            account.box.subscribe(account.list.id, f"person{number}@example.org", {"FNAME": "Edited"})

    account.box.faults.add(faults.afterwards(edit_all), path=MEMBERS, skip=1)
    found, _ = account.read()
    assert set(found) == account.everybody()
    assert all(one.fields["FNAME"] == "Edited" for one in found.values())


def test_going_back_to_the_beginning_of_a_long_list_takes_few_steps(account: Any, small_pages: None) -> None:
    account.box.seed(account.list.id, 700)

    def edit_all() -> None:
        account.clock.advance(1)
        for number in range(700):
            account.box.subscribe(account.list.id, f"person{number}@example.org")

    account.box.faults.add(faults.afterwards(edit_all), path=MEMBERS, skip=38)
    account.read()
    pages = 700 // (20 - 3) + 1
    assert len(account.box.requests) <= 39 + 7 + pages + 1


def test_a_list_that_shrinks_below_the_offset_ends_well(account: Any) -> None:
    account.box.seed(account.list.id, 2000)

    def shrink() -> None:
        for number in range(1900):
            account.box.delete(account.list.id, f"person{number}@example.org")

    account.box.faults.add(faults.afterwards(shrink), path=MEMBERS)
    found, _ = account.read()
    assert account.everybody() <= set(found)


def test_a_list_that_never_stands_still_is_for_later(account: Any, small_pages: None) -> None:
    account.box.seed(account.list.id, 50)

    def edit_all() -> None:
        account.clock.advance(1)
        for number in range(50):
            account.box.subscribe(account.list.id, f"person{number}@example.org")

    account.box.faults.add(faults.afterwards(edit_all), path=MEMBERS, times=1000)
    with pytest.raises(TryLater, match="faster"):
        account.read()


def test_a_service_that_gives_smaller_pages_than_asked_for_is_still_read_to_the_end(account: Any) -> None:
    account.box.seed(account.list.id, 1000)

    smaller = rewritten(lambda answer: answer.update(members=answer["members"][:300]))
    account.box.faults.add(smaller, path=MEMBERS, times=1000)
    assert len(account.read()[0]) == 1000


def test_a_total_that_counts_members_whom_no_page_shows_does_not_go_on_for_ever(account: Any) -> None:
    account.box.seed(account.list.id, 20)

    account.box.faults.add(rewritten(lambda answer: answer.update(total_items=99)), path=MEMBERS, times=1000)
    assert len(account.read()[0]) == 20
    assert len(account.box.requests) <= 4


disturbances = st.lists(
    st.lists(
        st.tuples(st.sampled_from(["edit", "unsubscribe", "delete"]), st.integers(0, 99), st.integers(1, 60)),
        max_size=3,
    ),
    max_size=8,
)
"""Per request: what happens after it, to which members."""


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(disturbances)
def test_whatever_happens_between_pages_nobody_is_missed(
    account: Any, small_pages: None, requests: list[list[tuple[str, int, int]]]
) -> None:
    account.box.faults.clear()
    account.list = account.add_list("Busy")
    people = [f"person{number}@example.org" for number in range(100)]
    account.box.seed(account.list.id, people)
    actions = {
        "edit": account.box.subscribe,
        "unsubscribe": account.box.unsubscribe,
        "delete": account.box.delete,
    }

    def status(address: str) -> SubscriberStatus:
        found: SubscriberStatus = account.box.status(account.list.id, address)
        return found

    def disturb(acts: list[tuple[str, int, int]]) -> None:
        account.clock.advance(1)
        for act, start, count in acts:
            for address in people[start : start + count]:
                if status(address) is SubscriberStatus.SUBSCRIBED:
                    actions[act](account.list.id, address)

    for number, acts in enumerate(requests):
        account.box.faults.add(faults.afterwards(lambda acts=acts: disturb(acts)), path=MEMBERS, skip=number)
    found, cursor = account.read()
    account.box.faults.clear()
    later, _ = account.read(cursor)
    present = {address for address in people if status(address) is not SubscriberStatus.ABSENT}
    # Whom a full read does not show is taken as gone, so it has to show all who stayed.
    assert present <= set(found)
    assert all((found | later)[address].status is status(address) for address in present)


# --- cut off and resumed ----------------------------------------------------------------------------------


def test_a_read_goes_on_from_every_checkpoint(account: Any) -> None:
    account.box.seed(account.list.id, 2500)
    items = list(account.stream())
    whole = {item.address for item in items if isinstance(item, Subscriber)}
    positions = [number for number, item in enumerate(items) if isinstance(item, Checkpoint)]
    assert len(positions) == 3
    for position in positions[:-1]:
        before = {item.address for item in items[:position] if isinstance(item, Subscriber)}
        rest, cursor = account.read(items[position].cursor)
        assert before | set(rest) == whole
        assert cursor == items[-1].cursor


def test_a_read_that_is_resumed_days_later_notices_what_moved_meanwhile(account: Any) -> None:
    account.box.seed(account.list.id, 2500)
    stream = account.stream()
    first = {}
    for item in stream:
        if isinstance(item, Checkpoint):
            break
        first[item.address] = item
    account.clock.advance(3 * 86400)
    for number in range(600):
        account.box.unsubscribe(account.list.id, f"person{number}@example.org")
    rest, cursor = account.read(item.cursor)
    assert set(first) | set(rest) == account.everybody()
    assert all(
        rest[f"person{number}@example.org"].status is SubscriberStatus.UNSUBSCRIBED for number in range(600)
    )
    # The next read begins where the first part of this one did.
    assert json.loads(cursor)["since"] == (NOON - timedelta(seconds=60)).isoformat()


def test_an_incremental_read_can_be_resumed_too(account: Any) -> None:
    _, cursor = account.read()
    account.clock.advance(86400 * 2)
    account.box.seed(account.list.id, 1700)
    account.box.faults.add(faults.answer_with(500), path=MEMBERS, skip=1, times=1000)
    items: list[Any] = []
    with pytest.raises(ServiceUnavailable):
        collect(account.stream(cursor), items)
    account.box.faults.clear()
    *got, checkpoint = items
    rest, _ = account.read(checkpoint.cursor)
    assert len(got) == 1000
    assert {one.address for one in got} | set(rest) == account.everybody()
