"""Refusals: what the service's words mean, as rows of a list batch and as problems of single calls."""

import json
from typing import Any

import pytest

from rundbrief.models import ContactWrite, Outcome, Reason, Result, SubscriberStatus, WriteKind
from rundbrief.testing import faults
from rundbrief_mailchimp.refusals import Refusal

JO = "jo@example.org"
WRITE = ContactWrite("1", JO)
MOVE = ContactWrite("1", JO, "c1", new_address="new@example.org")


def row(text: str, code: str = "ERROR_GENERIC", field: str = "", message: str = "") -> Outcome:
    return Refusal.of_row(
        {"email_address": JO, "error": text, "error_code": code, "field": field, "field_message": message}
    ).outcome(WRITE)


def problem(detail: str, title: str = "Invalid Resource", status: int = 400, **more: Any) -> Outcome:
    return Refusal.of_problem(status, {"title": title, "detail": detail, **more}).outcome(WRITE)


TEXTS = [
    (f"{JO} is in a compliance state due to unsubscribe, bounce, or compliance review.", Reason.COMPLIANCE),
    (
        f"{JO} is already a list member in compliance state due to unsubscribe, bounce, or compliance review.",
        Reason.COMPLIANCE,
    ),
    (f"{JO} was permanently deleted and cannot be re-imported.", Reason.FORGOTTEN),
    (f"{JO} was previously removed from this audience. To rejoin, they'll need to sign up.", Reason.FORGOTTEN),
    ('This member\'s status is "cleaned."', Reason.BOUNCED),
    (f"{JO} looks fake or invalid, please enter a real email address.", Reason.FAKE_OR_INVALID),
    ("Please provide a valid email address.", Reason.FAKE_OR_INVALID),
    (f"{JO} is already a list member, do you want to update?", Reason.ALREADY_EXISTS),
    (f"{JO} is archived.", Reason.ARCHIVED),
    ("Your merge fields were invalid.", Reason.INVALID_FIELDS),
    (f"{JO} is on holiday.", Reason.UNKNOWN_REFUSAL),
]


@pytest.mark.parametrize(("text", "reason"), TEXTS)
@pytest.mark.parametrize("form", [row, problem])
def test_each_text_has_its_reason_in_either_form(form: Any, text: str, reason: Reason) -> None:
    outcome = form(text)
    assert (outcome.key, outcome.result, outcome.reason) == ("1", Result.REFUSED, reason)
    assert JO not in outcome.detail


def test_too_many_signups_is_for_later() -> None:
    outcome = row(f"{JO} has signed up to a lot of lists very recently; we're not allowing more signups for now")
    assert (outcome.result, outcome.reason) == (Result.FAILED, Reason.TOO_MANY_SIGNUPS)


def test_the_code_alone_tells_that_somebody_exists() -> None:
    assert row("Exists.", "ERROR_CONTACT_EXISTS").reason is Reason.ALREADY_EXISTS


def test_titles_count_too() -> None:
    assert problem("…", "Member Exists").reason is Reason.ALREADY_EXISTS
    assert problem("…", "Forgotten Email Not Subscribed").reason is Reason.FORGOTTEN


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("Subscribed", SubscriberStatus.SUBSCRIBED),
        ("Unsubscribed", SubscriberStatus.UNSUBSCRIBED),
        ("Cleaned", SubscriberStatus.BOUNCED),
        ("Deleted", SubscriberStatus.ARCHIVED),
        ("Snoozed", None),
    ],
)
def test_a_taken_address_tells_its_status(said: str, status: SubscriberStatus | None) -> None:
    text = f'"new@example.org" is already in this list with a status of "{said}".'
    outcome = Refusal.of_problem(400, {"title": "Invalid Resource", "detail": text}).outcome(MOVE)
    assert (outcome.reason, outcome.status) == (Reason.ADDRESS_TAKEN, status)


def test_invalid_fields_are_named() -> None:
    expected = (Reason.INVALID_FIELDS, "LANG: Value must be one of: de, en")
    outcome = row("Your merge fields were invalid.", field="LANG", message="Value must be one of: de, en")
    assert (outcome.reason, outcome.detail) == expected
    errors = [{"field": "LANG", "message": "Value must be one of: de, en"}]
    outcome = problem("Your merge fields were invalid.", errors=errors)
    assert (outcome.reason, outcome.detail) == expected


def test_words_inside_a_field_error_do_not_mislead() -> None:
    errors = [{"field": "STATE", "message": "Value must be one of: archived, permanently deleted"}]
    assert problem("Your merge fields were invalid.", errors=errors).reason is Reason.INVALID_FIELDS


def test_an_error_about_the_address_is_not_about_a_merge_field() -> None:
    errors = [{"field": "email_address", "message": "Please provide a valid email address."}]
    assert (
        problem("The resource submitted could not be validated.", errors=errors).reason is Reason.FAKE_OR_INVALID
    )


def test_an_address_cannot_pass_for_a_reason() -> None:
    write = ContactWrite("1", "archived@permanently.deleted.example")
    refusal = Refusal.of_problem(400, {"title": "", "detail": f"{write.address} is on holiday."})
    assert refusal.outcome(write).reason is Reason.UNKNOWN_REFUSAL


def test_a_missing_member_is_not_found() -> None:
    outcome = problem("The requested resource could not be found.", "Resource Not Found", 404)
    assert (outcome.result, outcome.reason) == (Result.REFUSED, Reason.NOT_FOUND)


@pytest.mark.parametrize("status", [408, 429, 500, 502])
def test_trouble_of_the_moment_fails_and_does_not_refuse(status: int) -> None:
    outcome = Refusal.of_problem(status, None).outcome(WRITE)
    assert (outcome.result, outcome.reason) == (Result.FAILED, Reason.TEMPORARY)
    assert str(status) in outcome.detail


@pytest.mark.parametrize("payload", [None, [], "No.", {"errors": None}, {"errors": ["x"], "detail": None}])
def test_a_body_of_any_shape_is_a_refusal(payload: Any) -> None:
    assert Refusal.of_problem(400, payload).outcome(WRITE).reason is Reason.UNKNOWN_REFUSAL


# --- as the service gives them ----------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 5])
def test_a_bad_value_refuses_its_contact_and_names_the_field(account: Any, count: int) -> None:
    account.add_field("LANG", "Language", "dropdown", options={"choices": ["de", "en"]})
    account.box.seed(account.list.id, count)
    writes = [ContactWrite(str(n), f"person{n}@example.org", None, {"LANG": "xx"}) for n in range(count)]
    outcome = account.export(WriteKind.UPDATE, writes)["0"]
    assert (outcome.result, outcome.reason) == (Result.REFUSED, Reason.INVALID_FIELDS)
    assert outcome.detail.startswith("LANG: Value must be one of")


def test_a_missing_required_field_refuses_a_new_contact(account: Any) -> None:
    account.add_field("REGION", "Region", required=True)
    outcome = account.export_one(WriteKind.CREATE, JO)
    assert (outcome.reason, outcome.detail) == (Reason.INVALID_FIELDS, "REGION: This value should not be blank.")


def test_a_forgotten_address_is_refused_for_good(account: Any) -> None:
    account.box.subscribe(account.list.id, JO)
    account.box.delete(account.list.id, JO)
    outcome = account.export_one(WriteKind.CREATE, JO)
    assert (outcome.result, outcome.reason) == (Result.REFUSED, Reason.FORGOTTEN)


def test_a_busy_address_waits(account: Any) -> None:
    account.box.throttle(account.list.id, JO)
    outcome = account.export_one(WriteKind.CREATE, JO)
    assert (outcome.result, outcome.reason) == (Result.FAILED, Reason.TOO_MANY_SIGNUPS)


def test_an_unreadable_answer_of_one_operation_is_one_refusal(account: Any) -> None:
    body = json.dumps({"title": "Method Not Allowed", "detail": f"{JO} cannot be changed. Contact support."})
    account.box.faults.add(faults.answer_with(405, body=body, content_type="application/problem+json"))
    outcome = account.export_one(WriteKind.UPDATE, JO)
    assert (outcome.result, outcome.reason) == (Result.REFUSED, Reason.UNKNOWN_REFUSAL)
    assert "Contact support" in outcome.detail
    assert JO not in outcome.detail
