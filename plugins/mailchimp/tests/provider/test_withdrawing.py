"""Withdrawals: a "no" always arrives, and says nothing else."""

from typing import Any

import pytest

from rundbrief.models import ContactWrite, Reason, Result, SubscriberStatus, WriteKind
from rundbrief.testing import faults


def test_a_withdrawal_unsubscribes(account: Any) -> None:
    account.box.subscribe(account.list.id, "jo@example.org", {"FNAME": "Jo"})
    remote_id = account.remote_id("jo@example.org")
    outcome = account.export_one(WriteKind.WITHDRAW, "jo@example.org", remote_id=remote_id)
    assert (outcome.result, outcome.status) == (Result.DONE, SubscriberStatus.UNSUBSCRIBED)
    one = account.read()[0]["jo@example.org"]
    assert (one.status, one.remote_id) == (SubscriberStatus.UNSUBSCRIBED, remote_id)
    assert one.fields == {"FNAME": "Jo"}


def test_five_hundred_take_one_request_that_carries_the_opt_out_alone(account: Any) -> None:
    account.box.seed(account.list.id, 500)
    writes = [
        ContactWrite(str(number), one.address, one.remote_id, {"FNAME": "X"})
        for number, one in enumerate(account.read()[0].values())
    ]
    account.box.requests.reset()
    outcomes = account.export(WriteKind.WITHDRAW, writes)
    assert {one.result for one in outcomes.values()} == {Result.DONE}
    assert len(account.box.requests) == 1
    [body] = account.sent("POST")
    assert {tuple(sorted(member)) for member in body["members"]} == {("email_address", "status")}
    assert {member["status"] for member in body["members"]} == {"unsubscribed"}


def test_a_required_field_that_is_missing_does_not_refuse_a_no(account: Any) -> None:
    account.box.subscribe(account.list.id, "jo@example.org")
    account.add_field("REGION", "Region", required=True)
    assert account.export_one(WriteKind.WITHDRAW, "jo@example.org").result is Result.DONE
    assert account.box.status(account.list.id, "jo@example.org") is SubscriberStatus.UNSUBSCRIBED


def test_a_pending_member_is_withdrawn_before_she_confirms(account: Any) -> None:
    account.list = account.add_list("Careful", double_opt_in=True)
    account.box.subscribe(account.list.id, "jo@example.org")
    assert account.export_one(WriteKind.WITHDRAW, "jo@example.org").result is Result.DONE
    account.box.confirm(account.list.id, "jo@example.org")
    assert account.box.status(account.list.id, "jo@example.org") is SubscriberStatus.UNSUBSCRIBED


@pytest.mark.parametrize("fault", [faults.lost_before, faults.lost_after, faults.html_error(503)])
def test_a_lost_answer_is_repeated(account: Any, fault: faults.Fault) -> None:
    account.box.subscribe(account.list.id, "jo@example.org")
    account.box.faults.add(fault, method="POST")
    assert account.export_one(WriteKind.WITHDRAW, "jo@example.org").result is Result.DONE
    assert account.box.status(account.list.id, "jo@example.org") is SubscriberStatus.UNSUBSCRIBED


def test_a_no_follows_the_person_to_an_address_that_we_have_not_read_yet(account: Any) -> None:
    account.box.subscribe(account.list.id, "old@example.org")
    remote_id = account.remote_id("old@example.org")
    account.box.change_address(account.list.id, "old@example.org", "new@example.org")
    outcome = account.export_one(WriteKind.WITHDRAW, "old@example.org", remote_id=remote_id)
    assert outcome.result is Result.DONE
    assert account.box.status(account.list.id, "new@example.org") is SubscriberStatus.UNSUBSCRIBED


def test_a_no_of_somebody_deleted_meanwhile_has_nobody_left_to_reach(account: Any) -> None:
    account.box.subscribe(account.list.id, "jo@example.org")
    remote_id = account.remote_id("jo@example.org")
    account.box.delete(account.list.id, "jo@example.org")
    outcome = account.export_one(WriteKind.WITHDRAW, "jo@example.org", remote_id=remote_id)
    assert (outcome.result, outcome.reason) == (Result.REFUSED, Reason.FORGOTTEN)
    assert account.box.status(account.list.id, "jo@example.org") is SubscriberStatus.ABSENT
