"""Changing data: by batches without any consent field, and without those for whose sake a batch is refused."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rundbrief.errors import ListUnknown, ProtocolError, ServiceUnavailable
from rundbrief.models import ContactWrite, Evidence, MailingList, Reason, Result, SubscriberStatus, WriteKind
from rundbrief.testing import faults

JO = "jo@example.org"
ADDRESSES = st.emails().filter(lambda address: "/" not in address)
"""Without an id a path names the contact, and WSGI cannot tell an encoded slash in it from one that is none."""

CONSENT_FIELDS = {"emailBlacklisted", "smsBlacklisted", "smtpBlacklistSender", "forceMerge"}


def seed(account: Any, count: int) -> list[ContactWrite]:
    """Add subscribers, and return a changing write for each."""
    account.box.seed(account.list.id, count)
    people = account.read()[0].values()
    account.box.requests.reset()
    return [
        ContactWrite(str(number), one.address, one.remote_id, {"FIRSTNAME": f"Changed {number}"})
        for number, one in enumerate(people)
    ]


def first_names(account: Any) -> set[str]:
    return {one.fields["FIRSTNAME"] for one in account.read()[0].values()}


def refusing(status: int, message: str, **more: Any) -> faults.Fault:
    body = json.dumps({"code": "whatever", "message": message, **more})
    return faults.answer_with(status, body=body, content_type="application/json")


# --- data -------------------------------------------------------------------------------------------------


def test_a_hundred_take_one_request(account: Any) -> None:
    outcomes = account.export(WriteKind.UPDATE, seed(account, 100))
    assert {(one.result, one.reason) for one in outcomes.values()} == {(Result.DONE, Reason.CHANGED)}
    assert len(account.box.requests) == 1
    assert first_names(account) == {f"Changed {number}" for number in range(100)}


def test_a_batch_of_a_host_may_be_larger_than_one_of_the_service(account: Any) -> None:
    outcomes = account.export(WriteKind.UPDATE, seed(account, 1000))
    assert {one.result for one in outcomes.values()} == {Result.DONE}
    assert len(account.box.requests) == 10


def test_without_an_id_the_address_names_the_contact_in_small_letters(account: Any) -> None:
    account.subscribe(JO)
    outcome = account.export_one(WriteKind.UPDATE, "Jo@Example.ORG", fields={"FIRSTNAME": "Jo"})
    assert outcome.result is Result.DONE
    assert account.held(JO).fields == {"FIRSTNAME": "Jo"}


def test_values_that_do_not_fit_are_left_out_and_told(account: Any) -> None:
    account.add_attributes()
    account.subscribe(JO)
    outcome = account.export_one(WriteKind.UPDATE, JO, fields={"POINTS": "12,5", "VIP": False})
    assert account.held(JO).fields == {"VIP": False}
    assert (outcome.result, outcome.detail) == (Result.DONE, "left out, as the value does not fit: POINTS")


@pytest.mark.parametrize("join", [False, True])
@pytest.mark.parametrize("leave", ["unsubscribe", "complain", "bounce", "block"])
def test_somebody_who_leaves_between_our_read_and_our_write_stays_out(
    account: Any, leave: str, join: bool
) -> None:
    (remote_id,) = account.subscribe(JO)
    other = account.add_list("Press")
    account.box.faults.add(faults.meanwhile(lambda: getattr(account.box, leave)(account.list.id, JO)))
    account.export_one(WriteKind.UPDATE, JO, other, remote_id=remote_id, join=join)
    assert account.box.status(account.list.id, JO) is not SubscriberStatus.SUBSCRIBED
    assert account.read()[0][JO].status is SubscriberStatus.UNSUBSCRIBED


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    writes=st.lists(
        st.builds(
            ContactWrite,
            key=st.uuids().map(str),
            address=ADDRESSES,
            remote_id=st.none() | st.integers(1, 5).map(str),
            fields=st.dictionaries(
                st.sampled_from(["FIRSTNAME", "VIP", "emailBlacklisted", "OPT_IN"]), st.text(max_size=5)
            ),
            evidence=st.just(Evidence(ip="192.0.2.1", source="form")),
            new_address=st.none() | st.emails(),
            join=st.booleans(),
        ),
        min_size=1,
        max_size=6,
        unique_by=lambda one: one.key,
    )
)
def test_no_change_of_people_who_are_in_ever_carries_a_consent_field(
    account_of: Any, writes: list[ContactWrite]
) -> None:
    account = account_of(settings={"opt_in_date_attribute": "SINCE", "opt_in_source_attribute": "WHENCE"})
    account.subscribe(*(f"person{number}@example.org" for number in range(5)))
    account.export(WriteKind.UPDATE, writes)
    for row in [*account.sent("PUT"), *(row for body in account.sent("POST") for row in body["contacts"])]:
        assert set(row) <= {"id", "email", "attributes", "listIds", "unlinkListIds"}
        assert "unlinkListIds" not in row or "EMAIL" in row["attributes"]
        assert CONSENT_FIELDS.isdisjoint(row)
        assert {"SINCE", "WHENCE"}.isdisjoint(row.get("attributes", {}))
    assert account.box.requests.count("POST") == account.box.requests.count("POST", "/contacts/batch")


# --- lists ------------------------------------------------------------------------------------------------


def test_who_joins_is_put_on_the_list_by_the_same_request(account: Any) -> None:
    joins, stays = account.subscribe(JO, "mo@example.org")
    other = account.add_list("Press")
    writes = [ContactWrite("1", JO, joins, join=True), ContactWrite("2", "mo@example.org", stays)]
    account.export(WriteKind.UPDATE, writes, other)
    assert len(account.box.requests) == 1
    held = account.box.recipients(other.id)
    assert (held[JO].is_member, held["mo@example.org"].is_member) == (True, False)


def test_a_list_that_is_gone_is_unknown_and_blames_nobody(account: Any) -> None:
    (remote_id,) = account.subscribe(JO)
    with pytest.raises(ListUnknown):
        account.export_one(WriteKind.UPDATE, JO, MailingList("4711", "Lost"), remote_id=remote_id, join=True)
    assert len(account.box.requests) == 1


# --- refusals ---------------------------------------------------------------------------------------------


def test_contacts_that_are_gone_are_named_and_the_others_are_written_by_one_more_request(account: Any) -> None:
    writes = seed(account, 20)
    for number in (3, 4, 19):
        account.box.delete(account.list.id, writes[number].address)
    outcomes = account.export(WriteKind.UPDATE, writes)
    assert {key for key, one in outcomes.items() if one.reason is Reason.NOT_FOUND} == {"3", "4", "19"}
    assert {one.result for key, one in outcomes.items() if key not in ("3", "4", "19")} == {Result.DONE}
    assert len(account.box.requests) == 2
    assert len(first_names(account)) == 17


def test_when_all_are_gone_there_is_nothing_to_send_again(account: Any) -> None:
    writes = seed(account, 100)
    for write in writes:
        account.box.delete(account.list.id, write.address)
    outcomes = account.export(WriteKind.UPDATE, writes)
    assert {(one.result, one.reason) for one in outcomes.values()} == {(Result.REFUSED, Reason.NOT_FOUND)}
    assert len(account.box.requests) == 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(gone=st.sets(st.integers(0, 11), max_size=12), first=st.sampled_from([0, 1]), named=st.booleans())
def test_nobody_is_taken_for_gone_by_a_misunderstood_index(
    account_of: Any, gone: set[int], first: int, named: bool
) -> None:
    """Nobody documents whether the indexes count from 0 or 1, or that they come at all."""
    account = account_of()
    writes = seed(account, 12)
    for number in gone:
        account.box.delete(account.list.id, writes[number].address)

    def renumbered(answer: faults.Answer) -> Any:
        response = answer()
        if response.status_code == 404:
            payload = json.loads(response.get_data())
            text, _, indexes = payload["message"].rpartition(" ")
            shifted = ", ".join(str(int(one) + first) for one in indexes.split(","))
            payload["message"] = f"{text} {shifted}" if named else "Contact does not exist"
            response.set_data(json.dumps(payload))
        return response

    account.box.faults.add(renumbered, path="/batch", times=1000)
    outcomes = account.export(WriteKind.UPDATE, writes)
    account.box.faults.clear()
    assert {int(key) for key, one in outcomes.items() if one.reason is Reason.NOT_FOUND} == gone
    assert {int(key) for key, one in outcomes.items() if one.result is Result.DONE} == set(range(12)) - gone
    assert first_names(account) == {f"Changed {number}" for number in set(range(12)) - gone}


def test_somebody_whom_a_refusal_does_not_name_is_found_by_halving(account: Any) -> None:
    writes = seed(account, 64)

    def refuse(answer: faults.Answer) -> Any:
        rows = account.sent("POST", "/batch")[-1]["contacts"]
        if any(row["id"] == int(writes[42].remote_id or 0) for row in rows):
            return refusing(400, "Invalid phone number")(answer)
        return answer()

    account.box.faults.add(refuse, path="/batch", times=1000)
    outcomes = account.export(WriteKind.UPDATE, writes)
    assert outcomes["42"].result is Result.REFUSED
    assert outcomes["42"].detail == "Invalid phone number"
    assert {one.result for key, one in outcomes.items() if key != "42"} == {Result.DONE}
    assert len(account.box.requests) <= 13


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        (refusing(404, "Contact does not exist"), Reason.NOT_FOUND),
        (refusing(400, "Taken", metadata={"duplicate_identifiers": ["SMS"]}), Reason.INVALID_FIELDS),
        (refusing(400, "No."), Reason.UNKNOWN_REFUSAL),
        (refusing(422, "No."), Reason.UNKNOWN_REFUSAL),
        (refusing(400, "list@example.org is not right"), Reason.UNKNOWN_REFUSAL),
    ],
)
def test_what_the_service_says_of_one_contact(account: Any, refusal: faults.Fault, reason: Reason) -> None:
    (remote_id,) = account.subscribe(JO)
    account.box.faults.add(refusal)
    outcome = account.export_one(WriteKind.UPDATE, JO, remote_id=remote_id)
    assert (outcome.result, outcome.reason) == (Result.REFUSED, reason)


@pytest.mark.parametrize(
    "answer",
    [
        faults.html_error(404),
        refusing(404, "Resource not found"),
        refusing(404, "contact@example.org: no such path"),
        refusing(402, "Not enough credits"),
        faults.answer_with(400),
        faults.answer_with(200, body="<html>Please sign in.</html>", content_type="text/html"),
    ],
    ids=[
        "page of a proxy",
        "no such path",
        "a word in an address",
        "another matter",
        "no words",
        "page of a hotel",
    ],
)
def test_an_answer_that_is_not_about_contacts_makes_nobody_gone_or_done(
    account: Any, answer: faults.Fault
) -> None:
    writes = seed(account, 5)
    account.box.faults.add(answer, times=1000)
    with pytest.raises(ProtocolError):
        account.export(WriteKind.UPDATE, writes)
    assert len(account.box.requests) == 1


def test_a_refusal_that_repeats_the_address_does_not_give_it_away(account: Any) -> None:
    (remote_id,) = account.subscribe(JO)
    account.box.faults.add(refusing(400, f"{JO} or jo%40example.org is not right."))
    detail = account.export_one(WriteKind.UPDATE, JO, remote_id=remote_id).detail
    assert "is not right" in detail
    assert "jo@" not in detail
    assert "%40" not in detail


def test_a_contact_that_is_still_busy_is_tried_again(account: Any) -> None:
    (remote_id,) = account.subscribe(JO)
    account.box.faults.add(refusing(425, "Contact is being processed"), times=3)
    outcome = account.export_one(WriteKind.UPDATE, JO, remote_id=remote_id, fields={"FIRSTNAME": "Jo"})
    assert outcome.result is Result.DONE


def test_a_contact_that_stays_busy_is_for_the_next_run(account: Any) -> None:
    (remote_id,) = account.subscribe(JO)
    account.box.faults.add(refusing(425, "Contact is being processed"), times=1000)
    with pytest.raises(ServiceUnavailable):
        account.export_one(WriteKind.UPDATE, JO, remote_id=remote_id)


@pytest.mark.parametrize("fault", [faults.lost_before, faults.lost_after, faults.html_error(503)])
def test_a_lost_answer_is_repeated(account: Any, fault: faults.Fault) -> None:
    (remote_id,) = account.subscribe(JO)
    account.box.faults.add(fault, path="/batch")
    outcome = account.export_one(WriteKind.UPDATE, JO, remote_id=remote_id, fields={"FIRSTNAME": "Jo"})
    assert outcome.result is Result.DONE
    assert account.held(JO).fields == {"FIRSTNAME": "Jo"}
