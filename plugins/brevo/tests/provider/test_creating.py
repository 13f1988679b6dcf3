"""Adding contacts: by an import that touches nobody who is there, waited for sparingly, told one by one."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from rundbrief.errors import ListUnknown, ProtocolError, ServiceUnavailable
from rundbrief.models import ContactWrite, Evidence, MailingList, Reason, Result, SubscriberStatus, WriteKind
from rundbrief.testing import faults
from rundbrief_brevo import imports

JO, MO = "jo@example.org", "mo@example.org"
STATED = Evidence(datetime(2024, 5, 1, 8, tzinfo=UTC), "trade fair", "192.0.2.4")
CONSENT_SAFE = {
    "updateExistingContacts": False,
    "emptyContactsAttributes": False,
    "disableNotification": True,
}


def people(count: int) -> list[ContactWrite]:
    return [ContactWrite(str(n), f"person{n}@example.org", fields={"FIRSTNAME": f"Ü{n}"}) for n in range(count)]


def reporting(account: Any, **reports: Callable[[], str]) -> None:
    """Let the reports of imports be other files than the service's."""

    def rewrite(answer: faults.Answer) -> Any:
        response = answer()
        payload = json.loads(response.get_data())
        if payload["status"] == "completed":
            base = "http://127.0.0.1:8080/_reports/own/"
            payload["info"] = {"import": {name: f"{base}{name}.csv" for name in reports}}
            response.set_data(json.dumps(payload))
        return response

    account.box.faults.add(rewrite, path="/processes/", times=1000)
    for name, text in reports.items():
        account.box.faults.add(
            lambda _, text=text: faults.answer_with(200, body=text())(lambda: None),  # type: ignore[arg-type,return-value,misc]
            path=f"/own/{name}",
            times=1000,
        )


# --- what arrives -----------------------------------------------------------------------------------------


def test_a_new_contact_is_on_the_list_with_its_data_and_its_id(account: Any) -> None:
    outcome = account.export_one(WriteKind.CREATE, "Jo@Example.org", fields={"FIRSTNAME": "Jo", "LASTNAME": "Ü"})
    one = account.read()[0][JO]
    assert (outcome.result, outcome.reason, outcome.remote_id) == (Result.DONE, Reason.NEW, one.remote_id)
    assert (one.status, one.lists) == (SubscriberStatus.SUBSCRIBED, {account.list.id})
    assert one.fields == {"FIRSTNAME": "Jo", "LASTNAME": "Ü"}


def test_an_import_asks_for_nothing_that_touches_others_or_mails_the_owner(account: Any) -> None:
    account.export_one(WriteKind.CREATE, JO)
    [body] = account.sent("POST", "/import")
    assert {name: body[name] for name in body if name not in ("jsonBody", "listIds")} == CONSENT_SAFE
    assert body["listIds"] == [int(account.list.id)]
    assert account.box.notification_mails == []


def test_a_thousand_take_one_import_three_looks_and_one_read(account: Any) -> None:
    outcomes = account.export(WriteKind.CREATE, people(1000))
    assert {(one.result, one.reason) for one in outcomes.values()} == {(Result.DONE, Reason.NEW)}
    assert len({one.remote_id for one in outcomes.values()}) == 1000
    assert account.box.requests.writes == 1
    assert account.box.requests.count("GET", "/processes/") == 3
    assert account.box.requests.count("GET", "/contacts$") == 1


def test_those_who_were_added_a_moment_before_are_not_read_back_as_well(account: Any) -> None:
    """A million go there in a hundred imports: were each to read what the last minute brought, it would read most
    of them several times."""
    for number in range(2500):
        account.box.subscribe(account.list.id, f"before{number}@example.org")
    outcomes = account.export(WriteKind.CREATE, people(10))
    assert all(one.remote_id for one in outcomes.values())
    assert account.box.requests.count("GET", "/contacts$") == 1


def test_more_than_a_page_of_new_contacts_is_read_back(account: Any) -> None:
    outcomes = account.export(WriteKind.CREATE, people(2500))
    assert all(one.remote_id for one in outcomes.values())
    assert account.box.requests.count("GET", "/contacts$") == 3


def test_a_large_batch_is_cut_where_a_body_would_be_too_large(
    account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "MAX_BYTES", 2_000)
    outcomes = account.export(WriteKind.CREATE, people(100))
    assert {one.result for one in outcomes.values()} == {Result.DONE}
    sizes = [len(record.body) for record in account.box.requests if record.path.endswith("/import")]
    assert len(sizes) > 3
    assert max(sizes) < 2_300


@pytest.mark.parametrize("import_date_format", ["%Y-%m-%d", "%d/%m/%Y"])
def test_values_that_an_import_drops_are_sent_once_more(account_of: Any, import_date_format: str) -> None:
    """Booleans always are, and dates depend on the account."""
    account = account_of(import_date_format=import_date_format)
    account.add_attributes()
    fields = {"FIRSTNAME": "Jo", "BIRTHDAY": "1989-11-23", "POINTS": Decimal("4.5"), "VIP": True}
    outcome = account.export_one(WriteKind.CREATE, JO, fields=fields)
    assert account.held(JO).fields == {"FIRSTNAME": "Jo", "BIRTHDAY": "1989-11-23", "POINTS": 4.5, "VIP": True}
    assert (outcome.result, outcome.reason, outcome.detail) == (Result.DONE, Reason.NEW, "")
    assert outcome.remote_id == account.held(JO).remote_id
    [[row]] = [body["contacts"] for body in account.sent("POST", "/batch")]
    dropped = {"VIP"} if import_date_format == "%Y-%m-%d" else {"VIP", "BIRTHDAY"}
    assert set(row) == {"id", "attributes"}
    assert set(row["attributes"]) == dropped


def test_values_that_do_not_fit_are_left_out_and_told(account: Any) -> None:
    account.add_attributes()
    fields = {"FIRSTNAME": "Jo", "BIRTHDAY": "in May", "POINTS": "many", "VIP": "perhaps"}
    outcome = account.export_one(WriteKind.CREATE, JO, fields=fields)
    assert (outcome.result, account.held(JO).fields) == (Result.DONE, {"FIRSTNAME": "Jo"})
    assert outcome.detail == "left out, as the value does not fit: BIRTHDAY, POINTS, VIP"


def test_dates_and_numbers_travel_as_the_service_takes_them(account: Any) -> None:
    account.add_attributes()
    fields = {"BIRTHDAY": date(1989, 11, 23), "POINTS": 44, "VIP": True, "FIRSTNAME": 7}
    account.export_one(WriteKind.CREATE, JO, fields=fields)
    assert account.held(JO).fields == {"BIRTHDAY": "1989-11-23", "POINTS": 44, "VIP": True, "FIRSTNAME": "7"}


# --- proof ------------------------------------------------------------------------------------------------


def test_the_proof_goes_into_the_attributes_that_are_configured_for_it(account_of: Any) -> None:
    account = account_of(settings={"opt_in_date_attribute": "SINCE", "opt_in_source_attribute": "WHENCE"})
    account.box.add_attribute("SINCE")
    account.box.add_attribute("WHENCE")
    account.export_one(WriteKind.CREATE, JO, evidence=STATED)
    evidence = account.read()[0][JO].evidence
    assert (evidence.at, evidence.source) == (STATED.at, "trade fair")


def test_without_such_attributes_no_proof_is_sent(account: Any) -> None:
    account.export_one(WriteKind.CREATE, JO, evidence=STATED)
    assert account.sent("POST", "/import")[0]["jsonBody"] == [{"email": JO, "attributes": {}}]


# --- those who are not added ------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["", "unsubscribe", "complain", "bounce", "block"])
def test_nobody_who_is_there_is_touched(account: Any, state: str) -> None:
    account.box.subscribe(account.list.id, JO, {"FIRSTNAME": "Jo"})
    if state:
        getattr(account.box, state)(account.list.id, JO)
    before = account.read()[0]
    outcome = account.export_one(WriteKind.CREATE, "Jo@Example.org", fields={"FIRSTNAME": "Other"})
    assert (outcome.result, outcome.reason) == (Result.REFUSED, Reason.ALREADY_EXISTS)
    assert account.read()[0] == before


@pytest.mark.parametrize("number", range(5))
def test_somebody_who_comes_and_leaves_before_any_request_stays_out(account: Any, number: int) -> None:
    def arrive_and_leave() -> None:
        account.box.subscribe(account.list.id, JO)
        account.box.unsubscribe(account.list.id, JO)

    account.box.faults.add(faults.meanwhile(arrive_and_leave), skip=number)
    account.export_one(WriteKind.CREATE, JO)
    assert account.box.status(account.list.id, JO) is SubscriberStatus.UNSUBSCRIBED


def test_refusals_of_single_rows_are_told_each_by_its_report(account: Any) -> None:
    account.subscribe(MO)
    writes = [ContactWrite("bad", "two@signs@example.org"), ContactWrite("mo", MO), ContactWrite("jo", JO)]
    outcomes = account.export(WriteKind.CREATE, writes)
    assert {key: (one.result, one.reason) for key, one in outcomes.items()} == {
        "bad": (Result.REFUSED, Reason.FAKE_OR_INVALID),
        "mo": (Result.REFUSED, Reason.ALREADY_EXISTS),
        "jo": (Result.DONE, Reason.NEW),
    }
    assert not any("@" in one.detail for one in outcomes.values())


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        ("duplicate_contact_id", Reason.ALREADY_EXISTS),
        ("duplicate_ext_id", Reason.INVALID_FIELDS),
        ("duplicate_phone_id", Reason.INVALID_FIELDS),
        ("duplicate_whatsapp_id", Reason.INVALID_FIELDS),
        ("duplicate_landline_number_id", Reason.INVALID_FIELDS),
    ],
)
def test_each_report_has_its_meaning(account: Any, report: str, reason: Reason) -> None:
    reporting(account, **{report: lambda: f"EMAIL\n{JO}\n"})
    outcome = account.export_one(WriteKind.CREATE, JO)
    assert (outcome.result, outcome.reason) == (Result.REFUSED, reason)


@pytest.mark.parametrize(
    "form",
    ["{0}", "\ufeffEMAIL;WHY\r\n{0};bad\r\n", '"ID","EMAIL"\n"1","{0}"\n', "LINE\tEMAIL\n7\t{0}\n", "email\n{1}"],
    ids=["bare", "semicolons", "commas and quotes", "tabs", "capitals"],
)
def test_a_report_is_understood_in_whatever_form_it_comes(account: Any, form: str) -> None:
    reporting(account, invalid_emails=lambda: form.format(JO, JO.upper()))
    outcomes = account.export(WriteKind.CREATE, [ContactWrite("jo", JO), ContactWrite("mo", MO)])
    assert (outcomes["jo"].reason, outcomes["mo"].reason) == (Reason.FAKE_OR_INVALID, Reason.NEW)


def test_whoever_is_in_no_report_and_not_there_has_failed_for_now(account: Any) -> None:
    """A file that cannot be made sense of makes no success."""

    def lose(answer: faults.Answer) -> Any:
        response = answer()
        if json.loads(response.get_data())["status"] == "completed":
            account.box.delete(account.list.id, JO)
        return response

    account.box.faults.add(lose, path="/processes/", times=10)
    outcomes = account.export(WriteKind.CREATE, [ContactWrite("jo", JO), ContactWrite("mo", MO)])
    assert (outcomes["jo"].result, outcomes["jo"].reason) == (Result.FAILED, Reason.TEMPORARY)
    assert outcomes["mo"].result is Result.DONE


# --- waiting ----------------------------------------------------------------------------------------------


def test_looks_become_rarer(account_of: Any) -> None:
    account = account_of(settings={"poll_seconds": 10}, polls_until_completed=5, seconds_until_completed=10**6)
    account.export_one(WriteKind.CREATE, JO)
    assert account.pauses == [10, 30, 90, 120, 120, 120]


def test_an_import_that_does_not_end_has_failed_for_now(account_of: Any) -> None:
    account = account_of(settings={"poll_seconds": 10})
    account.box.processes.stall = True
    outcome = account.export_one(WriteKind.CREATE, JO)
    assert (outcome.result, outcome.reason) == (Result.FAILED, Reason.TEMPORARY)
    assert "in_process" in outcome.detail
    assert 1800 <= sum(account.pauses) < 2000
    assert account.box.requests.count("GET", "/processes/") < 20


def test_an_import_that_fails_has_failed_for_now(account: Any) -> None:
    account.box.processes.fail_next()
    outcome = account.export_one(WriteKind.CREATE, JO)
    assert (outcome.result, outcome.reason) == (Result.FAILED, Reason.TEMPORARY)
    assert "failed" in outcome.detail


@pytest.mark.parametrize(
    "fault", [faults.lost_after, faults.answer_with(500, applied=True), faults.answer_with(524, applied=True)]
)
def test_a_lost_answer_is_not_repeated_and_the_next_read_tells(account: Any, fault: faults.Fault) -> None:
    account.box.faults.add(fault, path="/import")
    with pytest.raises(ServiceUnavailable):
        account.export_one(WriteKind.CREATE, JO)
    assert account.box.requests.writes == 1
    account.box.processes.run_all()
    assert account.read()[0][JO].status is SubscriberStatus.SUBSCRIBED


# --- the request as a whole -------------------------------------------------------------------------------


def test_a_list_that_is_gone_is_unknown(account: Any) -> None:
    with pytest.raises(ListUnknown):
        account.export_one(WriteKind.CREATE, JO, MailingList("4711", "Lost"))
    assert account.box.requests.writes == 1


def test_a_request_refused_as_a_whole_is_no_outcome(account: Any) -> None:
    said = json.dumps({"code": "invalid_parameter", "message": f"{JO} is too much"})
    account.box.faults.add(faults.answer_with(400, body=said, content_type="application/json"))
    with pytest.raises(ProtocolError, match="too much") as error:
        account.export_one(WriteKind.CREATE, JO)
    assert JO not in str(error.value)
