"""Writing receivers: what each row becomes, in how many requests, and what the service's answers mean."""

from datetime import UTC, datetime
from typing import Any

import pytest

from rundbrief.models import ContactWrite, Evidence, Reason, Result, SubscriberStatus, WriteKind
from rundbrief.testing import faults

JO = "jo@example.org"
SAID = Evidence(datetime(2026, 3, 1, 9, tzinfo=UTC), "trade fair")


def new(count: int) -> list[ContactWrite]:
    return [ContactWrite(str(n), f"person{n}@example.org", None, {"firstname": "Jö"}, SAID) for n in range(count)]


def test_a_new_receiver_is_active_from_the_time_of_the_opt_in_with_its_source(account: Any) -> None:
    account.export(WriteKind.CREATE, new(1))
    held = account.held("person0@example.org")
    assert (held.status, held.evidence.at, held.evidence.source) == (
        SubscriberStatus.SUBSCRIBED,
        SAID.at,
        "trade fair",
    )


def test_a_thousand_are_one_request_and_halved_where_that_is_too_much(account: Any, account_of: Any) -> None:
    account.export(WriteKind.CREATE, new(1000))
    assert account.box.requests.count("POST", "/insert") == 1
    small = account_of(max_rows=300)
    outcomes = small.export(WriteKind.CREATE, new(1000))
    assert {one.result for one in outcomes.values()} == {Result.DONE}
    assert small.box.requests.count("POST", "/insert") == 7


@pytest.mark.parametrize("leave", ["unsubscribe", "complain", "block"])
def test_whoever_has_left_is_neither_added_nor_raised(account: Any, leave: str) -> None:
    account.box.subscribe(account.list.id, JO)
    getattr(account.box, leave)(account.list.id, JO)
    assert account.export_one(WriteKind.CREATE, JO, evidence=SAID).result is Result.REFUSED
    account.export_one(WriteKind.UPDATE, JO, fields={"firstname": "Jo"})
    assert account.held(JO).status is SubscriberStatus.UNSUBSCRIBED


def test_one_bad_row_spoils_no_other(account: Any) -> None:
    outcomes = account.export(WriteKind.CREATE, [*new(2), ContactWrite("bad", "no address", None, {}, SAID)])
    assert [outcomes[key].result for key in ("0", "1", "bad")] == [Result.DONE, Result.DONE, Result.REFUSED]


def test_an_address_that_stands_twice_in_a_batch_counts_once(account: Any) -> None:
    twice = [ContactWrite("a", JO, None, {}, SAID), ContactWrite("b", JO.upper(), None, {}, SAID)]
    outcomes = account.export(WriteKind.CREATE, twice)
    assert (outcomes["a"].result, outcomes["b"].reason) == (Result.DONE, Reason.ALREADY_EXISTS)


def test_a_moved_receiver_keeps_times_id_and_data(account: Any) -> None:
    account.box.subscribe(account.list.id, JO)
    before = account.held(JO)
    outcome = account.export_one(
        WriteKind.UPDATE,
        JO,
        remote_id=before.remote_id,
        new_address="new@example.org",
        fields={"firstname": "Jo"},
    )
    after = account.held("new@example.org")
    assert (outcome.result, outcome.reason) == (Result.DONE, Reason.MOVED)
    assert (after.remote_id, after.evidence.at, after.status) == (
        before.remote_id,
        before.evidence.at,
        before.status,
    )
    assert account.export_one(WriteKind.UPDATE, "gone@example.org", new_address="x@example.org").reason in (
        Reason.NOT_FOUND,
    )


def test_a_withdrawal_names_its_receiver_and_an_unknown_one(account: Any) -> None:
    account.box.subscribe(account.list.id, JO)
    remote_id = account.held(JO).remote_id
    outcome = account.export_one(WriteKind.WITHDRAW, JO, remote_id=remote_id)
    assert (outcome.result, outcome.remote_id, outcome.detail) == (Result.DONE, remote_id, "")
    assert account.held(JO).status is SubscriberStatus.UNSUBSCRIBED
    assert account.export_one(WriteKind.WITHDRAW, "gone@example.org").reason is Reason.NOT_FOUND


def test_additions_whose_answer_was_lost_are_not_sent_twice(account: Any) -> None:
    from rundbrief.errors import ServiceUnavailable

    account.box.faults.add(faults.lost_after, path="/insert")
    with pytest.raises(ServiceUnavailable):
        account.export(WriteKind.CREATE, new(2))
    assert account.box.requests.count("POST", "/insert") == 1


def test_what_was_added_with_an_old_opt_in_is_in_the_next_incremental_read(account: Any) -> None:
    """So that an addition whose answer got lost is found, however long ago she opted in."""
    _, cursor = account.read()
    account.clock.advance(3600)
    account.export(WriteKind.CREATE, new(1))
    assert account.read(cursor)[0]["person0@example.org"].status is SubscriberStatus.SUBSCRIBED
