"""Changing data: by PATCH without any consent field, a few directly and many as an asynchronous batch."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rundbrief.errors import Interrupted, ServiceUnavailable, TryLater
from rundbrief.models import ContactWrite, Evidence, Reason, Result, SubscriberStatus, WriteKind
from rundbrief.session import Session
from rundbrief.testing import faults

CONSENT_FIELDS = {
    "status",
    "status_if_new",
    "timestamp_signup",
    "timestamp_opt",
    "ip_signup",
    "ip_opt",
    "marketing_permissions",
    "interests",
    "unsubscribe_reason",
    "update_existing",
}
MANY = 8


def seed(account: Any, count: int = MANY) -> list[ContactWrite]:
    """Add subscribers, and return a changing write for each."""
    account.box.seed(account.list.id, count)
    people, _ = account.read()
    account.box.requests.reset()
    return [
        ContactWrite(str(number), one.address, one.remote_id, {"FNAME": f"Changed {number}"})
        for number, one in enumerate(people.values())
    ]


def patch_bodies(account: Any) -> list[dict[str, Any]]:
    operations = [one for body in account.sent("POST", "/batches") for one in body["operations"]]
    return [json.loads(one["body"]) for one in operations] + account.sent("PATCH")


def first_names(account: Any) -> set[str]:
    return {one.fields["FNAME"] for one in account.read()[0].values()}


def test_a_thousand_changes_take_one_submission_one_archive_and_polling(account: Any) -> None:
    outcomes = account.export(WriteKind.UPDATE, seed(account, 1000))
    assert {(one.result, one.reason) for one in outcomes.values()} == {(Result.DONE, Reason.CHANGED)}
    assert account.box.requests.writes == 1
    assert account.box.requests.count("GET", "/batches/") == 2
    assert account.box.requests.count("GET", "/_archives/") == 1
    assert first_names(account) == {f"Changed {number}" for number in range(1000)}


def test_up_to_three_changes_go_directly_and_nobody_waits(account: Any) -> None:
    outcomes = account.export(WriteKind.UPDATE, seed(account, 3))
    assert {one.result for one in outcomes.values()} == {Result.DONE}
    assert account.box.requests.count("PATCH") == len(account.box.requests) == 3
    assert account.pauses == []


@pytest.mark.parametrize("count", [1, MANY])
def test_outcomes_bring_id_and_status(account: Any, count: int) -> None:
    writes = seed(account, count)
    for outcome in account.export(WriteKind.UPDATE, writes).values():
        assert outcome.remote_id == writes[int(outcome.key)].remote_id
        assert outcome.status is SubscriberStatus.SUBSCRIBED


NO_MEMBER = ['{"error": {"code": 500}}', "{}", "[]", '{"id": 7, "email_address": 7}']


@pytest.mark.parametrize("body", NO_MEMBER)
@pytest.mark.parametrize("kind", [WriteKind.UPDATE, WriteKind.CONFIRM])
def test_a_200_that_shows_no_member_is_not_taken_for_a_change(account: Any, body: str, kind: WriteKind) -> None:
    writes = seed(account, 1)
    account.box.faults.add(faults.answer_with(200, body=body, content_type="application/json"), method="PATCH")
    outcome = account.export(kind, writes)["0"]
    assert (outcome.result, outcome.reason) == (Result.FAILED, Reason.TEMPORARY)


@pytest.mark.parametrize("body", [*NO_MEMBER, "<html>"])
def test_nor_is_one_in_the_results_of_a_batch(account: Any, body: str) -> None:
    writes = seed(account, MANY)
    account.box.operation_faults.add(faults.answer_with(200, body=body))
    outcomes = account.export(WriteKind.UPDATE, writes)
    assert [one.reason for one in outcomes.values()].count(Reason.TEMPORARY) == 1


@pytest.mark.parametrize("count", [1, MANY])
@pytest.mark.parametrize("leave", ["unsubscribe", "complain", "bounce", "archive"])
def test_somebody_who_leaves_between_our_read_and_our_write_stays_out(
    account: Any, count: int, leave: str
) -> None:
    writes = seed(account, count)

    def leaving() -> None:
        getattr(account.box, leave)(account.list.id, writes[0].address)

    account.box.faults.add(faults.meanwhile(leaving))
    outcome = account.export(WriteKind.UPDATE, writes)["0"]
    assert outcome.result is Result.DONE
    assert outcome.status is account.box.status(account.list.id, writes[0].address)
    assert outcome.status is not SubscriberStatus.SUBSCRIBED


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    writes=st.lists(
        st.builds(
            ContactWrite,
            key=st.uuids().map(str),
            address=st.emails(),
            remote_id=st.none() | st.uuids().map(lambda one: one.hex),
            fields=st.dictionaries(st.sampled_from(["FNAME", "LNAME", "status", "STATUS"]), st.text(max_size=5)),
            evidence=st.just(Evidence(ip="192.0.2.1", source="form")),
            new_address=st.none() | st.emails(),
        ),
        min_size=1,
        max_size=6,
        unique_by=lambda one: one.key,
    )
)
def test_no_change_ever_carries_a_consent_field(account: Any, writes: list[ContactWrite]) -> None:
    account.export(WriteKind.UPDATE, writes)
    for body in patch_bodies(account):
        assert set(body) <= {"merge_fields", "email_address"}
        assert CONSENT_FIELDS.isdisjoint(body)
    assert account.box.requests.count("PUT") == 0
    assert account.box.requests.count("POST", "/lists/") == 0
    account.box.requests.reset()


# --- a new address ----------------------------------------------------------------------------------------


def test_a_move_keeps_the_person(account: Any) -> None:
    account.box.subscribe(account.list.id, "old@example.org")
    remote_id = account.remote_id("old@example.org")
    outcome = account.export_one(
        WriteKind.UPDATE, "old@example.org", remote_id=remote_id, new_address="new@example.org"
    )
    assert (outcome.result, outcome.reason, outcome.remote_id) == (Result.DONE, Reason.MOVED, remote_id)
    people, _ = account.read()
    assert set(people) == {"new@example.org"}
    assert people["new@example.org"].remote_id == remote_id


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("subscribe", SubscriberStatus.SUBSCRIBED),
        ("unsubscribe", SubscriberStatus.UNSUBSCRIBED),
        ("bounce", SubscriberStatus.BOUNCED),
        ("archive", SubscriberStatus.ARCHIVED),
    ],
)
def test_a_taken_address_is_told_with_its_status(account: Any, state: str, status: SubscriberStatus) -> None:
    for address in ("old@example.org", "new@example.org"):
        account.box.subscribe(account.list.id, address)
    if state != "subscribe":
        getattr(account.box, state)(account.list.id, "new@example.org")
    outcome = account.export_one(
        WriteKind.UPDATE,
        "old@example.org",
        remote_id=account.remote_id("old@example.org"),
        new_address="new@example.org",
    )
    assert (outcome.result, outcome.reason, outcome.status) == (Result.REFUSED, Reason.ADDRESS_TAKEN, status)
    assert "new@example.org" not in outcome.detail


def test_a_change_without_a_move_names_no_address(account: Any) -> None:
    account.export(WriteKind.UPDATE, seed(account))
    assert not any("email_address" in body for body in patch_bodies(account))


def test_a_change_reaches_a_person_who_has_just_changed_her_address(account: Any) -> None:
    [write] = seed(account, 1)
    account.box.change_address(account.list.id, write.address, "moved@example.org")
    assert account.export(WriteKind.UPDATE, [write])["0"].result is Result.DONE
    assert account.read()[0]["moved@example.org"].fields["FNAME"] == "Changed 0"


def test_a_recipient_without_a_known_id_is_found_by_address(account: Any) -> None:
    account.box.subscribe(account.list.id, "Jo@example.org")
    outcome = account.export_one(WriteKind.UPDATE, "jo@Example.ORG", fields={"FNAME": "Jo"})
    assert outcome.result is Result.DONE
    assert not any("@" in record.path for record in account.box.requests)


# --- batches ----------------------------------------------------------------------------------------------


def test_polling_starts_as_configured_doubles_and_ends_with_the_batch_called_off(account: Any) -> None:
    writes = seed(account)
    account.box.batches.stall = True
    with pytest.raises(TryLater, match="30 minutes"):
        account.export(WriteKind.UPDATE, writes)
    assert account.pauses[:4] == [0.05, 0.1, 0.2, 0.4]
    assert max(account.pauses) == 60
    assert 1800 <= sum(account.pauses) <= 1860
    assert account.box.requests.count("DELETE", "/batches/") == 1


def test_a_batch_that_nobody_knows_any_more_is_no_missing_audience(account: Any) -> None:
    account.box.faults.add(faults.answer_with(404), path=r"/batches/\w+$")
    with pytest.raises(TryLater, match="does not know a batch") as caught:
        account.export(WriteKind.UPDATE, seed(account, MANY))
    assert "does no harm" in caught.value.hint


def test_a_stop_ends_the_waiting(account: Any) -> None:
    def stopped(_: float) -> None:
        raise Interrupted("Stopped.")

    writes = seed(account)
    account.session = Session("news", account.session.settings, account.session.http, stopped)
    with pytest.raises(Interrupted):
        account.export(WriteKind.UPDATE, writes)


@pytest.mark.parametrize("fault", [faults.lost_before, faults.lost_after, faults.html_error()])
@pytest.mark.parametrize("count", [2, MANY])
def test_a_lost_answer_is_repeated_as_the_same_data_twice_does_no_harm(
    account: Any, fault: faults.Fault, count: int
) -> None:
    writes = seed(account, count)
    account.box.faults.add(fault)
    assert {one.result for one in account.export(WriteKind.UPDATE, writes).values()} == {Result.DONE}
    assert first_names(account) == {f"Changed {number}" for number in range(count)}


def test_a_contact_that_is_gone_is_told_and_the_others_are_written(account: Any) -> None:
    writes = seed(account)
    account.box.delete(account.list.id, writes[3].address)
    outcomes = account.export(WriteKind.UPDATE, writes)
    assert (outcomes["3"].result, outcomes["3"].reason) == (Result.REFUSED, Reason.NOT_FOUND)
    assert sum(one.result is Result.DONE for one in outcomes.values()) == MANY - 1


def test_the_archive_is_fetched_without_credentials(account: Any) -> None:
    # The sandbox's storage answers 400 to anybody who brings credentials along.
    assert account.export(WriteKind.UPDATE, seed(account))["0"].result is Result.DONE


# --- asking for a confirmation ----------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, MANY])
def test_a_person_who_left_is_asked_by_mail_and_not_subscribed(account: Any, count: int) -> None:
    writes = seed(account, count)
    for write in writes:
        account.box.unsubscribe(account.list.id, write.address)
    outcomes = account.export(WriteKind.CONFIRM, writes)
    assert {(one.result, one.reason) for one in outcomes.values()} == {(Result.DONE, Reason.CONFIRMATION_ASKED)}
    assert sorted(account.box.confirmation_mails) == sorted(write.address for write in writes)
    assert all(body == {"status": "pending"} for body in patch_bodies(account))
    assert account.box.status(account.list.id, writes[0].address) is SubscriberStatus.PENDING


@pytest.mark.parametrize("count", [1, MANY])
def test_asking_is_not_repeated_when_the_answer_was_lost(account: Any, count: int) -> None:
    writes = seed(account, count)
    account.box.faults.add(faults.lost_after)
    with pytest.raises(ServiceUnavailable):
        account.export(WriteKind.CONFIRM, writes)
    assert account.box.requests.writes == 1
