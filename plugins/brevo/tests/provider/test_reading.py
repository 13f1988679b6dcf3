"""Reading contacts: what they mean, how many requests it takes, and that nobody is ever skipped."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rundbrief import paging
from rundbrief.errors import ProtocolError, TryLater
from rundbrief.models import Checkpoint, Subscriber, SubscriberStatus
from rundbrief.testing import faults
from rundbrief_brevo import contacts

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
CONTACTS = "/contacts$"
JO = "jo@example.org"


def rewritten(change: Callable[[Any], object]) -> faults.Fault:
    """Let the service answer a little differently."""

    def fault(answer: faults.Answer) -> Any:
        response = answer()
        payload = json.loads(response.get_data())
        change(payload)
        response.set_data(json.dumps(payload))
        return response

    return fault


def shown_as(account: Any, **changes: Any) -> Subscriber:
    """Read Jo, whom the service shows a little differently."""
    account.subscribe(JO)
    account.box.faults.add(rewritten(lambda answer: answer["contacts"][0].update(changes)), path=CONTACTS)
    found: Subscriber = account.read()[0][JO]
    return found


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contacts, "LIMIT", 20)
    monkeypatch.setattr(paging, "OVERLAP", 3)


# --- what a contact means ---------------------------------------------------------------------------------


@pytest.mark.parametrize("leave", ["unsubscribe", "complain", "bounce", "block"])
def test_whoever_is_blocklisted_counts_as_opted_out_since_no_reason_is_told(account: Any, leave: str) -> None:
    account.subscribe(JO)
    getattr(account.box, leave)(account.list.id, JO)
    one = account.read()[0][JO]
    assert one.status is SubscriberStatus.UNSUBSCRIBED
    assert one.evidence.at is None
    assert "blocklisted" in one.evidence.source


def test_being_on_a_list_and_not_blocklisted_is_an_opt_in(account: Any) -> None:
    one = shown_as(account)
    assert (one.status, one.lists, one.left) == (SubscriberStatus.SUBSCRIBED, {account.list.id}, frozenset())


def test_the_creation_of_a_contact_proves_no_opt_in(account: Any) -> None:
    assert shown_as(account, createdAt="2020-01-01T00:00:00.000Z").evidence.at is None


def test_a_contact_on_no_list_has_never_opted_in(account: Any) -> None:
    assert shown_as(account, listIds=[]).status is SubscriberStatus.NEVER


@pytest.mark.parametrize("answer", ["2", 2, "No", "no"])
def test_an_unconfirmed_double_opt_in_is_pending(account: Any, answer: Any) -> None:
    assert shown_as(account, attributes={"DOUBLE_OPT-IN": answer}).status is SubscriberStatus.PENDING


def test_a_confirmed_double_opt_in_is_an_opt_in(account: Any) -> None:
    assert shown_as(account, attributes={"DOUBLE_OPT-IN": "1"}).status is SubscriberStatus.SUBSCRIBED


def test_who_left_a_list_is_not_on_it_even_if_the_service_shows_her_there(account: Any) -> None:
    number = int(account.list.id)
    one = shown_as(account, listIds=[number, 77], listUnsubscribed=[number])
    assert (one.lists, one.left) == ({"77"}, {account.list.id})
    assert one.status is SubscriberStatus.SUBSCRIBED


def test_who_left_her_only_list_has_no_opt_in(account: Any) -> None:
    number = int(account.list.id)
    one = shown_as(account, listIds=[number], listUnsubscribed=[number])
    assert one.status is SubscriberStatus.NEVER


def test_leaving_one_list_is_read_as_that(account: Any) -> None:
    account.subscribe(JO)
    other = account.add_list("Press")
    account.box.subscribe(other.id, JO)
    account.box.unsubscribe_from_list_only(account.list.id, JO)
    one = account.read()[0][JO]
    assert (one.status, one.lists, one.left) == (SubscriberStatus.SUBSCRIBED, {other.id}, {account.list.id})


def test_contacts_without_an_address_are_left_out(account: Any) -> None:
    account.subscribe(JO)
    account.box.add_phone_contact("+43664123456")
    account.box.subscribe(account.list.id, "43664123457@mailin-sms.com")
    assert set(account.read()[0]) == {JO}


def test_the_remote_id_survives_a_change_of_address(account: Any) -> None:
    (remote_id,) = account.subscribe(JO)
    account.box.change_address(account.list.id, JO, "joan@example.org")
    assert account.read()[0]["joan@example.org"].remote_id == remote_id


def test_proof_is_read_from_the_attributes_that_are_configured_for_it(account_of: Any) -> None:
    account = account_of(settings={"opt_in_date_attribute": "SINCE", "opt_in_source_attribute": "WHENCE"})
    proof = {"SINCE": "2024-05-01T10:00:00+02:00", "WHENCE": "trade fair"}
    evidence = shown_as(account, attributes=proof).evidence
    assert (evidence.at, evidence.source) == (datetime(2024, 5, 1, 8, tzinfo=UTC), "trade fair")


@pytest.mark.parametrize(("stated", "at"), [("2024-05-01", datetime(2024, 5, 1, tzinfo=UTC)), ("in May", None)])
def test_proof_that_others_wrote_is_read_as_far_as_it_goes(account_of: Any, stated: str, at: Any) -> None:
    account = account_of(settings={"opt_in_date_attribute": "SINCE"})
    assert shown_as(account, attributes={"SINCE": stated}).evidence.at == at


def test_filled_values_become_fields(account: Any) -> None:
    values = {"FIRSTNAME": "Jo", "LASTNAME": "", "POINTS": 4.0, "RATE": 1.5, "VIP": True, "TAGS": ["a"], "X": None}
    fields = shown_as(account, attributes=values).fields
    assert {name: str(value) for name, value in fields.items()} == {
        "FIRSTNAME": "Jo",
        "POINTS": "4",
        "RATE": "1.5",
        "VIP": "True",
        "TAGS": "('a',)",
    }


def test_a_missing_field_is_the_services_fault(account: Any) -> None:
    account.subscribe(JO)
    account.box.faults.add(rewritten(lambda answer: answer["contacts"][0].pop("emailBlacklisted")), path=CONTACTS)
    with pytest.raises(ProtocolError, match="emailBlacklisted") as error:
        account.read()
    assert "jo@" not in str(error.value)


# --- requests and cursors ---------------------------------------------------------------------------------


def test_five_thousand_contacts_take_six_requests(account: Any) -> None:
    account.box.seed(account.list.id, 5000)
    items = [item for item in account.stream() if isinstance(item, Subscriber)]
    assert len({one.address for one in items}) == len(items) == 5000
    assert len(account.box.requests) == 6


def test_an_unchanged_account_takes_one_request(account: Any) -> None:
    account.box.seed(account.list.id, 1500)
    _, cursor = account.read()
    account.clock.advance(3600)
    account.box.requests.reset()
    assert account.read(cursor)[0] == {}
    assert len(account.box.requests) == 1


def test_an_empty_account_takes_one_request(account: Any) -> None:
    found, cursor = account.read()
    assert (found, bool(cursor), len(account.box.requests)) == ({}, True, 1)


def test_the_first_contact_comes_after_one_page(account: Any) -> None:
    account.box.seed(account.list.id, 3000)
    assert isinstance(next(account.stream()), Subscriber)
    assert len(account.box.requests) == 1


def test_a_later_read_brings_what_changed_since_by_the_services_clock(account: Any) -> None:
    account.box.seed(account.list.id, 30)
    _, cursor = account.read()
    assert json.loads(cursor)["since"] == "2026-11-23T11:59:00+00:00"
    account.clock.advance(7200)
    account.box.unsubscribe(account.list.id, "person7@example.org")
    account.box.subscribe(account.list.id, "new@example.org")
    assert {address: one.status for address, one in account.read(cursor)[0].items()} == {
        "person7@example.org": SubscriberStatus.UNSUBSCRIBED,
        "new@example.org": SubscriberStatus.SUBSCRIBED,
    }


def test_a_change_in_the_middle_of_a_read_is_in_the_next_one_at_the_latest(account: Any) -> None:
    account.box.seed(account.list.id, 1500)

    def leave() -> None:
        account.clock.advance(1)
        account.box.unsubscribe(account.list.id, "person3@example.org")

    account.box.faults.add(faults.afterwards(leave), path=CONTACTS, skip=1)
    first, cursor = account.read()
    assert first["person3@example.org"].status is SubscriberStatus.SUBSCRIBED
    assert account.read(cursor)[0]["person3@example.org"].status is SubscriberStatus.UNSUBSCRIBED


def test_a_cursor_holds_no_address(account: Any) -> None:
    account.box.seed(account.list.id, 1500)
    cursors = [item.cursor for item in account.stream() if isinstance(item, Checkpoint)]
    assert len(cursors) == 2
    assert not any("@" in cursor for cursor in cursors)


@pytest.mark.parametrize("cursor", ["", "not JSON", "[]", '{"page": 3}'])
def test_a_cursor_of_another_make_reads_everything(account: Any, cursor: str) -> None:
    account.box.seed(account.list.id, 20)
    assert len(account.read(cursor)[0]) == 20


def test_a_read_goes_on_from_every_checkpoint(account: Any) -> None:
    account.box.seed(account.list.id, 2500)
    items = list(account.stream())
    whole = {item.address for item in items if isinstance(item, Subscriber)}
    positions = [number for number, item in enumerate(items) if isinstance(item, Checkpoint)]
    assert len(positions) == 3
    account.clock.advance(86_400)
    for position in positions[:-1]:
        before = {item.address for item in items[:position] if isinstance(item, Subscriber)}
        rest, cursor = account.read(items[position].cursor)
        assert before | set(rest) == whole
        # The next read begins where the first part of this one did.
        assert cursor == items[-1].cursor


# --- an order that moves ----------------------------------------------------------------------------------


def deleting(account: Any, first: int, count: int) -> faults.Fault:
    """Let an administrator delete people after a request."""

    def delete() -> None:
        for number in range(first, first + count):
            account.box.delete(account.list.id, f"person{number}@example.org")

    return faults.afterwards(delete)


def everybody(account: Any) -> set[str]:
    return set(account.box.recipients(account.list.id))


def test_contacts_who_move_up_past_the_pages_end_are_not_skipped(account: Any) -> None:
    account.box.seed(account.list.id, 3000)
    account.box.faults.add(deleting(account, 0, 50), path=CONTACTS)
    found, _ = account.read()
    assert len(account.box.requests) == 4
    assert everybody(account) <= set(found)


def test_when_more_are_deleted_than_the_overlap_holds_the_reading_begins_anew(account: Any) -> None:
    account.box.seed(account.list.id, 3000)
    account.box.faults.add(deleting(account, 0, 500), path=CONTACTS)
    found, _ = account.read()
    assert len(account.box.requests) == 5
    assert everybody(account) <= set(found)


def test_an_account_that_shrinks_below_the_offset_ends_well(account: Any) -> None:
    account.box.seed(account.list.id, 2000)
    account.box.faults.add(deleting(account, 0, 1900), path=CONTACTS)
    found, _ = account.read()
    assert everybody(account) <= set(found)


def test_a_read_that_is_resumed_days_later_notices_what_was_deleted_meanwhile(account: Any) -> None:
    account.box.seed(account.list.id, 2500)
    first: set[str] = set()
    for item in account.stream():
        if isinstance(item, Checkpoint):
            break
        first.add(item.address)
    account.clock.advance(timedelta(days=3).total_seconds())
    deleting(account, 0, 600)(lambda: None)  # type: ignore[arg-type,return-value]
    assert everybody(account) <= first | set(account.read(item.cursor)[0])


def test_an_account_that_never_stands_still_is_for_later(
    account: Any, small_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "MOST_GAPS", 5)
    account.box.seed(account.list.id, 500)
    for page in range(20):
        account.box.faults.add(deleting(account, 20 * page, 20), path=CONTACTS, skip=page)
    with pytest.raises(TryLater, match="faster"):
        account.read()


def test_a_service_that_gives_smaller_pages_than_asked_for_is_still_read_to_the_end(account: Any) -> None:
    account.box.seed(account.list.id, 1000)
    smaller = rewritten(lambda answer: answer.update(contacts=answer["contacts"][:300]))
    account.box.faults.add(smaller, path=CONTACTS, times=1000)
    assert len(account.read()[0]) == 1000


def test_a_total_that_counts_contacts_whom_no_page_shows_does_not_go_on_for_ever(account: Any) -> None:
    account.box.seed(account.list.id, 20)
    account.box.faults.add(rewritten(lambda answer: answer.update(count=99)), path=CONTACTS, times=1000)
    assert len(account.read()[0]) == 20
    assert len(account.box.requests) == 2


def test_contacts_that_are_counted_and_not_shown_are_no_empty_account(account: Any) -> None:
    account.box.seed(account.list.id, 20)
    account.box.faults.add(rewritten(lambda answer: answer.update(contacts=[])), path=CONTACTS)
    with pytest.raises(ProtocolError, match="20"):
        account.read()


disturbances = st.lists(
    st.lists(
        st.tuples(st.sampled_from(["edit", "unsubscribe", "delete"]), st.integers(0, 99), st.integers(1, 12)),
        max_size=3,
    ),
    max_size=8,
)
"""Per request: what happens after it, to which contacts."""


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(disturbances)
def test_whatever_happens_between_pages_nobody_is_missed(
    account_of: Any, small_pages: None, requests: list[list[tuple[str, int, int]]]
) -> None:
    account = account_of()
    people = [f"person{number}@example.org" for number in range(100)]
    account.box.seed(account.list.id, people)
    actions = {
        "edit": lambda where, address: account.box.subscribe(where, address, {"FIRSTNAME": "X"}),
        "unsubscribe": account.box.unsubscribe,
        "delete": account.box.delete,
    }

    def disturb(acts: list[tuple[str, int, int]]) -> None:
        account.clock.advance(1)
        for act, start, count in acts:
            for address in people[start : start + count]:
                if account.box.status(account.list.id, address) is SubscriberStatus.SUBSCRIBED:
                    actions[act](account.list.id, address)

    for number, acts in enumerate(requests):
        account.box.faults.add(faults.afterwards(lambda acts=acts: disturb(acts)), path=CONTACTS, skip=number)
    try:
        found, cursor = account.read()
    except TryLater:
        return  # more was deleted than can be read past; nobody is told as gone
    account.box.faults.clear()
    later, _ = account.read(cursor)
    present = everybody(account)
    # Whom a full read does not show is taken as gone, so it has to show all who stayed.
    assert present <= set(found)
    for address in present:
        assert (found | later)[address].status is account.box.status(account.list.id, address)
