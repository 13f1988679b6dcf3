"""A new address: the service makes a blocklisted person mailable by it, and we see to it that it does not."""

import contextlib
import json
from typing import Any

import pytest

from rundbrief.errors import ListUnknown, ProtocolError, ServiceUnavailable
from rundbrief.models import Reason, Result, SubscriberStatus, WriteKind
from rundbrief.testing import faults

OLD, NEW = "old@example.org", "new@example.org"
REQUESTS_OF_A_MOVE = 4


@pytest.fixture
def remote_id(account: Any) -> str:
    (found,) = account.subscribe(OLD)
    return str(found)


def move(account: Any, remote_id: str | None, **more: Any) -> Any:
    return account.export_one(WriteKind.UPDATE, OLD, remote_id=remote_id, new_address="New@example.org", **more)


def test_a_move_keeps_the_person(account: Any, remote_id: str) -> None:
    outcome = move(account, remote_id, fields={"FIRSTNAME": "Jo"})
    one = account.read()[0][NEW]
    assert (outcome.result, outcome.reason, outcome.remote_id) == (Result.DONE, Reason.MOVED, remote_id)
    assert outcome.status is None
    assert (one.remote_id, one.status, one.fields) == (
        remote_id,
        SubscriberStatus.SUBSCRIBED,
        {"FIRSTNAME": "Jo"},
    )


def test_a_move_of_somebody_who_is_in_carries_no_consent_field(account: Any, remote_id: str) -> None:
    move(account, remote_id)
    lists = [int(account.list.id)]
    assert account.sent("PUT") == [{"attributes": {"EMAIL": NEW}, "unlinkListIds": lists}, {"listIds": lists}]


@pytest.mark.parametrize("fault", [faults.answer_with(200, applied=True), faults.answer_with(500, applied=True)])
def test_a_move_whose_answer_says_nothing_of_it_is_looked_into(account: Any, remote_id: str, fault: Any) -> None:
    """Else she would be left on no list, as if nobody had asked for her any more."""
    account.box.faults.add(fault, method="PUT")
    assert move(account, remote_id).reason is Reason.MOVED
    assert account.read()[0][NEW].status is SubscriberStatus.SUBSCRIBED


def test_one_that_was_not_carried_out_is_an_error(account: Any, remote_id: str) -> None:
    account.box.faults.add(faults.answer_with(200), method="PUT")
    with pytest.raises(ProtocolError):
        move(account, remote_id)
    assert account.read()[0][OLD].status is SubscriberStatus.SUBSCRIBED


def test_a_move_without_an_id_goes_by_the_address(account: Any, remote_id: str) -> None:
    assert move(account, None).remote_id == remote_id
    assert account.read()[0][NEW].remote_id == remote_id


def test_unusual_addresses_can_be_moved(account: Any) -> None:
    odd = "b?c#d+e%f&g=h@example.org"
    (remote_id,) = account.subscribe(odd)
    outcome = account.export_one(WriteKind.UPDATE, odd, new_address=NEW)
    assert (outcome.result, outcome.remote_id) == (Result.DONE, remote_id)


def test_a_person_who_moves_and_joins_does_both(account: Any, remote_id: str) -> None:
    other = account.add_list("Press")
    account.export_one(WriteKind.UPDATE, OLD, other, remote_id=remote_id, new_address=NEW, join=True)
    assert account.box.recipients(other.id)[NEW].is_member


@pytest.mark.parametrize("leave", ["unsubscribe", "complain", "block", "bounce"])
def test_the_flag_of_a_blocklisted_person_goes_along(account: Any, remote_id: str, leave: str) -> None:
    getattr(account.box, leave)(account.list.id, OLD)
    outcome = move(account, remote_id)
    assert account.sent("PUT")[0] == {"attributes": {"EMAIL": NEW}, "emailBlacklisted": True}
    assert (outcome.result, outcome.status) == (Result.DONE, SubscriberStatus.UNSUBSCRIBED)
    assert account.read()[0][NEW].status is SubscriberStatus.UNSUBSCRIBED


@pytest.mark.parametrize("leave", ["unsubscribe", "complain", "block"])
@pytest.mark.parametrize("number", range(REQUESTS_OF_A_MOVE))
def test_a_no_that_comes_before_any_request_of_a_move_stands(
    account: Any, remote_id: str, leave: str, number: int
) -> None:
    def leaves() -> None:
        address = NEW if NEW in account.box.recipients(account.list.id) else OLD
        getattr(account.box, leave)(account.list.id, address)

    account.box.faults.add(faults.meanwhile(leaves), skip=number)
    assert move(account, remote_id).reason is Reason.MOVED
    assert account.box.status(account.list.id, NEW) is SubscriberStatus.UNSUBSCRIBED


@pytest.mark.parametrize("instant", ["before", "after"])
@pytest.mark.parametrize("number", range(REQUESTS_OF_A_MOVE))
@pytest.mark.parametrize("end", range(1, REQUESTS_OF_A_MOVE + 1))
def test_a_no_stands_even_if_the_program_ends_in_the_middle_of_a_move(
    account: Any, remote_id: str, instant: str, number: int, end: int
) -> None:
    """At no instant between two requests is she mailable again: whatever fails for good from there on."""
    seen = []

    def leaves() -> None:
        held = account.box.recipients(account.list.id)
        account.box.unsubscribe(account.list.id, NEW if NEW in held else OLD)
        seen.append(True)

    fault = faults.meanwhile(leaves) if instant == "before" else faults.afterwards(leaves)
    account.box.faults.add(fault, skip=number)
    account.box.faults.add(faults.answer_with(500), skip=end, times=10**6)
    with contextlib.suppress(ServiceUnavailable):
        move(account, remote_id)
    statuses = {account.box.status(account.list.id, address) for address in (OLD, NEW)}
    assert not seen or SubscriberStatus.SUBSCRIBED not in statuses


def test_an_old_no_that_was_taken_back_does_not_count_again(account: Any, remote_id: str) -> None:
    account.box.unsubscribe(account.list.id, OLD)
    account.box.subscribe(account.list.id, OLD)
    assert move(account, remote_id).status is None
    assert account.box.status(account.list.id, NEW) is SubscriberStatus.SUBSCRIBED


def test_a_second_no_counts_even_if_there_was_one_before(account: Any, remote_id: str) -> None:
    account.box.unsubscribe(account.list.id, OLD)
    account.box.subscribe(account.list.id, OLD)
    account.clock.advance(3600)
    account.box.faults.add(faults.meanwhile(lambda: account.box.unsubscribe(account.list.id, OLD)), method="PUT")
    move(account, remote_id)
    assert account.box.status(account.list.id, NEW) is SubscriberStatus.UNSUBSCRIBED


def test_a_move_keeps_all_lists_and_none_that_she_has_left(account: Any, remote_id: str) -> None:
    press, sports = account.add_list("Press"), account.add_list("Sports")
    for one in (press, sports):
        account.box.subscribe(one.id, OLD)
    account.box.unsubscribe_from_list_only(sports.id, OLD)
    account.box.faults.add(
        faults.meanwhile(lambda: account.box.unsubscribe_from_list_only(press.id, OLD)), method="PUT"
    )
    move(account, remote_id)
    one = account.read()[0][NEW]
    assert (one.lists, one.left) == ({account.list.id}, {press.id, sports.id})


def test_somebody_on_no_list_is_put_on_none(account: Any) -> None:
    (remote_id,) = account.subscribe(OLD)
    account.box.unsubscribe_from_list_only(account.list.id, OLD)
    move(account, remote_id)
    assert account.sent("PUT") == [{"attributes": {"EMAIL": NEW}}]
    assert account.read()[0][NEW].lists == frozenset()


def test_a_list_that_is_deleted_in_the_middle_of_a_move_is_told(account: Any, remote_id: str) -> None:
    gone = json.dumps({"code": "invalid_parameter", "message": "Invalid list IDs"})
    account.box.faults.add(
        faults.answer_with(400, body=gone, content_type="application/json"), method="PUT", skip=1
    )
    with pytest.raises(ListUnknown):
        move(account, remote_id)


def test_a_lost_answer_does_not_lose_a_no(account: Any, remote_id: str) -> None:
    account.box.faults.add(faults.meanwhile(lambda: account.box.unsubscribe(account.list.id, OLD)), method="PUT")
    account.box.faults.add(faults.lost_after, method="GET", skip=1)
    move(account, remote_id)
    assert account.box.status(account.list.id, NEW) is SubscriberStatus.UNSUBSCRIBED


def test_statistics_may_be_missing_or_of_another_form(account: Any, remote_id: str) -> None:
    def without(answer: faults.Answer) -> Any:
        response = answer()
        payload = json.loads(response.get_data())
        payload["statistics"] = {"unsubscriptions": [], "complaints": None}
        response.set_data(json.dumps(payload))
        return response

    account.box.faults.add(without, method="GET", times=2)
    assert move(account, remote_id).result is Result.DONE


# --- refusals ---------------------------------------------------------------------------------------------


def test_an_address_that_somebody_else_has_is_taken(account: Any, remote_id: str) -> None:
    account.subscribe(NEW)
    outcome = move(account, remote_id)
    assert (outcome.result, outcome.reason) == (Result.REFUSED, Reason.ADDRESS_TAKEN)
    assert account.read()[0][OLD].remote_id == remote_id


def test_the_code_of_such_a_refusal_does_not_count(account: Any, remote_id: str) -> None:
    """The same clash has been seen as `duplicate_parameter` and as `invalid_parameter`."""
    said = {"code": "invalid_parameter", "message": "No.", "metadata": {"duplicate_identifiers": ["email"]}}
    fault = faults.answer_with(400, body=json.dumps(said), content_type="application/json")
    account.box.faults.add(fault, method="PUT")
    assert move(account, remote_id).reason is Reason.ADDRESS_TAKEN


def test_an_address_that_is_none_is_not_taken(account: Any, remote_id: str) -> None:
    outcome = account.export_one(WriteKind.UPDATE, OLD, remote_id=remote_id, new_address="none")
    assert (outcome.result, outcome.reason) == (Result.REFUSED, Reason.UNKNOWN_REFUSAL)
    assert "email" in outcome.detail


@pytest.mark.parametrize("number", [0, 1])
def test_somebody_who_is_gone_cannot_be_moved(account: Any, remote_id: str, number: int) -> None:
    account.box.faults.add(faults.meanwhile(lambda: account.box.delete(account.list.id, OLD)), skip=number)
    assert move(account, remote_id).reason is Reason.NOT_FOUND
