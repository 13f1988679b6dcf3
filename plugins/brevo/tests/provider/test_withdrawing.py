"""Withdrawing: the flag and nothing else, for the person whatever her address is by now."""

from typing import Any

import pytest

from rundbrief.models import ContactWrite, Evidence, Reason, Result, SubscriberStatus, WriteKind
from rundbrief.testing import faults

JO = "jo@example.org"


def test_a_withdrawal_blocklists(account: Any) -> None:
    (remote_id,) = account.subscribe(JO)
    outcome = account.export_one(WriteKind.WITHDRAW, JO, remote_id=remote_id)
    assert (outcome.result, outcome.reason) == (Result.DONE, Reason.WITHDRAWN_IN_CRM)
    one = account.read()[0][JO]
    assert (one.status, one.remote_id) == (SubscriberStatus.UNSUBSCRIBED, remote_id)


def test_a_hundred_take_one_request_that_carries_the_flag_alone(account: Any) -> None:
    account.box.seed(account.list.id, 100)
    evidence = Evidence(account.clock(), "CRM")
    writes = [
        ContactWrite(str(number), one.address, one.remote_id, {"FIRSTNAME": "X"}, evidence)
        for number, one in enumerate(account.read()[0].values())
    ]
    account.box.requests.reset()
    outcomes = account.export(WriteKind.WITHDRAW, writes)
    assert {one.result for one in outcomes.values()} == {Result.DONE}
    assert len(account.box.requests) == 1
    [body] = account.sent("POST")
    assert {tuple(row) for row in body["contacts"]} == {("id", "emailBlacklisted")}
    assert {row["emailBlacklisted"] for row in body["contacts"]} == {True}


def test_a_no_follows_the_person_to_an_address_that_we_have_not_read_yet(account: Any) -> None:
    (remote_id,) = account.subscribe(JO)
    account.box.change_address(account.list.id, JO, "joan@example.org")
    assert account.export_one(WriteKind.WITHDRAW, JO, remote_id=remote_id).result is Result.DONE
    assert account.box.status(account.list.id, "joan@example.org") is SubscriberStatus.UNSUBSCRIBED


def test_a_second_no_is_fine(account: Any) -> None:
    (remote_id,) = account.subscribe(JO)
    account.box.unsubscribe(account.list.id, JO)
    assert account.export_one(WriteKind.WITHDRAW, JO, remote_id=remote_id).result is Result.DONE


def test_somebody_who_is_gone_hinders_nobody_elses_no(account: Any) -> None:
    ids = account.subscribe(JO, "mo@example.org")
    account.box.delete(account.list.id, JO)
    writes = [ContactWrite("jo", JO, ids[0]), ContactWrite("mo", "mo@example.org", ids[1])]
    outcomes = account.export(WriteKind.WITHDRAW, writes)
    assert outcomes["jo"].reason is Reason.NOT_FOUND
    assert outcomes["mo"].result is Result.DONE
    assert account.box.status(account.list.id, JO) is SubscriberStatus.ABSENT
    assert account.box.status(account.list.id, "mo@example.org") is SubscriberStatus.UNSUBSCRIBED


@pytest.mark.parametrize("fault", [faults.lost_before, faults.lost_after, faults.html_error(503)])
def test_a_lost_answer_is_repeated(account: Any, fault: faults.Fault) -> None:
    (remote_id,) = account.subscribe(JO)
    account.box.faults.add(fault, method="POST")
    assert account.export_one(WriteKind.WITHDRAW, JO, remote_id=remote_id).result is Result.DONE
    assert account.box.status(account.list.id, JO) is SubscriberStatus.UNSUBSCRIBED
