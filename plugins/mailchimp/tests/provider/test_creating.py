"""Adding members: with consent and evidence, and never to the harm of somebody who is there already."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from rundbrief.errors import ListUnknown, ProtocolError, ServiceUnavailable
from rundbrief.models import ContactWrite, Evidence, MailingList, Reason, Result, SubscriberStatus, WriteKind
from rundbrief.testing import faults

STATED = Evidence(datetime(2024, 5, 1, 8, tzinfo=UTC), "trade fair", "192.0.2.4")


def test_a_new_member_is_subscribed_with_fields_and_evidence(account: Any) -> None:
    outcome = account.export_one(
        WriteKind.CREATE, "jo@example.org", fields={"FNAME": "Jo", "LNAME": "Ü"}, evidence=STATED
    )
    one = account.read()[0]["jo@example.org"]
    assert (outcome.result, outcome.reason, outcome.status) == (
        Result.DONE,
        Reason.NEW,
        SubscriberStatus.SUBSCRIBED,
    )
    assert outcome.remote_id == one.remote_id
    assert one.status is SubscriberStatus.SUBSCRIBED
    assert one.evidence.at == STATED.at
    assert one.evidence.ip == STATED.ip
    assert one.fields == {"FNAME": "Jo", "LNAME": "Ü"}


def test_a_double_opt_in_list_leaves_a_new_member_pending_until_she_confirms(account: Any) -> None:
    account.list = account.add_list("Careful", double_opt_in=True)
    outcome = account.export_one(WriteKind.CREATE, "jo@example.org", evidence=STATED)
    assert outcome.status is SubscriberStatus.PENDING
    assert account.box.confirmation_mails == ["jo@example.org"]
    [member] = account.sent("POST")[0]["members"]
    assert member["timestamp_signup"] == "2024-05-01T08:00:00+00:00"
    assert {"timestamp_opt", "ip_opt"}.isdisjoint(member)
    account.box.confirm(account.list.id, "jo@example.org")
    assert account.box.status(account.list.id, "jo@example.org") is SubscriberStatus.SUBSCRIBED


def test_five_hundred_take_one_request(account: Any) -> None:
    size = 500
    writes = [ContactWrite(str(n), f"person{n}@example.org") for n in range(size)]
    outcomes = account.export(WriteKind.CREATE, writes)
    assert {one.result for one in outcomes.values()} == {Result.DONE}
    assert (len(account.box.requests), account.box.requests.writes) == (1, 1)


@pytest.mark.parametrize("state", ["subscribe", "unsubscribe", "complain", "bounce", "archive"])
def test_nobody_who_is_there_is_touched(account: Any, state: str) -> None:
    account.box.subscribe(account.list.id, "jo@example.org", {"FNAME": "Jo"})
    if state != "subscribe":
        getattr(account.box, state)(account.list.id, "jo@example.org")
    before = account.read()[0]
    outcome = account.export_one(WriteKind.CREATE, "Jo@Example.org", fields={"FNAME": "Other"})
    assert (outcome.result, outcome.reason) == (Result.REFUSED, Reason.ALREADY_EXISTS)
    assert account.read()[0] == before


def test_somebody_who_unsubscribes_between_our_read_and_our_write_stays_out(account: Any) -> None:
    def arrive_and_leave() -> None:
        account.box.subscribe(account.list.id, "jo@example.org")
        account.box.unsubscribe(account.list.id, "jo@example.org")

    account.box.faults.add(faults.meanwhile(arrive_and_leave), method="POST")
    assert account.export_one(WriteKind.CREATE, "jo@example.org").reason is Reason.ALREADY_EXISTS
    assert account.box.status(account.list.id, "jo@example.org") is SubscriberStatus.UNSUBSCRIBED


def test_numbers_travel_as_numbers(account: Any) -> None:
    account.export_one(WriteKind.CREATE, "jo@example.org", fields={"SIZE": Decimal("4.5"), "AGE": 44})
    assert account.sent("POST")[0]["members"][0]["merge_fields"] == {"SIZE": 4.5, "AGE": 44}


def test_one_refusal_does_not_hinder_the_others(account: Any) -> None:
    outcomes = account.export(
        WriteKind.CREATE, [ContactWrite("a", "someone@fake.test"), ContactWrite("b", "jo@example.org")]
    )
    assert outcomes["a"].reason is Reason.FAKE_OR_INVALID
    assert outcomes["b"].result is Result.DONE


def test_a_lost_answer_is_not_repeated_and_the_next_read_tells(account: Any) -> None:
    account.box.faults.add(faults.lost_after, method="POST")
    with pytest.raises(ServiceUnavailable):
        account.export_one(WriteKind.CREATE, "jo@example.org")
    assert account.box.requests.writes == 1
    assert account.read()[0]["jo@example.org"].status is SubscriberStatus.SUBSCRIBED


def test_a_write_without_a_word_in_the_answer_has_failed_for_now(account: Any) -> None:
    body = '{"new_members": [], "updated_members": [], "errors": []}'
    account.box.faults.add(faults.answer_with(200, body=body, content_type="application/json"))
    outcome = account.export_one(WriteKind.CREATE, "jo@example.org")
    assert (outcome.result, outcome.reason) == (Result.FAILED, Reason.TEMPORARY)


def test_rows_are_matched_whatever_quotes_and_case_they_come_in(account: Any) -> None:
    body = """{"new_members": [], "updated_members": [], "errors": [
        {"email_address": "'JO@example.org'", "error": "No.", "error_code": "ERROR_GENERIC"}]}"""
    account.box.faults.add(faults.answer_with(200, body=body, content_type="application/json"))
    assert account.export_one(WriteKind.CREATE, "jo@Example.org").reason is Reason.UNKNOWN_REFUSAL


def test_a_list_that_is_gone_is_unknown(account: Any) -> None:
    with pytest.raises(ListUnknown):
        account.export_one(WriteKind.CREATE, "jo@example.org", MailingList("0000000000", "Lost"))


def test_a_request_refused_as_a_whole_is_no_outcome(account: Any) -> None:
    writes = [ContactWrite(str(n), f"person{n}@example.org") for n in range(501)]
    with pytest.raises(ProtocolError, match="500 members"):
        account.export(WriteKind.CREATE, writes)
