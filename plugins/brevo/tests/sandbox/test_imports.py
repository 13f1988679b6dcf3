"""The asynchronous import, its process, and its reports."""

import json
from typing import Any

import httpx
import pytest

from rundbrief.http import wsgi_transport

JO = "jo@example.org"
MO = "mo@example.org"


def statuses(api: Any, process_id: int, times: int) -> list[str]:
    return [api.get(f"/processes/{process_id}").json()["status"] for _ in range(times)]


# --- processes --------------------------------------------------------------------------------------------


def test_contacts_are_written_later(api: Any) -> None:
    process_id = api.submit({"email": JO})
    assert api.addresses() == []
    assert statuses(api, process_id, 3) == ["queued", "in_process", "completed"]
    assert api.addresses(listIds=api.number) == [JO]


def test_how_often_a_process_is_found_unfinished_can_be_chosen(make_api: Any) -> None:
    api = make_api(polls_until_completed=4)
    assert statuses(api, api.submit({"email": JO}), 5) == ["queued", *["in_process"] * 3, "completed"]
    api = make_api(polls_until_completed=0)
    assert statuses(api, api.submit({"email": JO}), 1) == ["completed"]


def test_a_process_is_done_in_time_even_if_nobody_asks(make_api: Any, clock: Any) -> None:
    api = make_api(seconds_until_completed=20)
    api.submit({"email": JO})
    clock.advance(19)
    assert api.addresses() == []
    clock.advance(1)
    assert api.addresses() == [JO]


def test_one_request_asks_after_many_processes(api: Any) -> None:
    for number in range(12):
        api.submit({"email": f"p{number}@example.org"})
    page = api.get("/processes").json()
    assert (len(page["processes"]), page["count"], page["processes"][0]["id"]) == (10, 12, 12)
    for _ in range(2):
        page = api.get("/processes", params={"limit": 50, "sort": "asc"}).json()
    assert {one["status"] for one in page["processes"][2:]} == {"completed"}
    assert api.get("/processes", params={"limit": 51}).status_code == 400


def test_a_process_may_never_finish(api: Any, clock: Any) -> None:
    api.box.processes.stall = True
    process_id = api.submit({"email": JO})
    clock.advance(86_400)
    assert statuses(api, process_id, 5)[1:] == ["in_process"] * 4
    assert api.addresses() == []


def test_a_process_may_fail_with_nothing_written(api: Any) -> None:
    api.box.processes.fail_next()
    process = api.finished(api.submit({"email": JO}))
    assert (process["status"], "info" in process) == ("failed", False)
    assert api.addresses() == []
    assert api.finished(api.submit({"email": JO}))["status"] == "completed"


def test_all_that_waits_can_be_finished_at_once(api: Any) -> None:
    for address in (JO, MO):
        api.submit({"email": address})
    api.box.processes.run_all()
    assert sorted(api.addresses()) == [JO, MO]


def test_an_unknown_process(api: Any) -> None:
    answer = api.get("/processes/7")
    assert (answer.status_code, answer.json()["message"]) == (404, "processId is invalid")


# --- what is written --------------------------------------------------------------------------------------


def test_existing_contacts_are_updated_unless_told_otherwise(api: Any) -> None:
    """Trap: that is the default."""
    api.add(JO, attributes={"FIRSTNAME": "Jo", "LASTNAME": "Huber"})
    api.import_({"email": JO, "attributes": {"FIRSTNAME": "Johanna", "LASTNAME": ""}})
    assert api.contact(JO)["attributes"] == {"FIRSTNAME": "Johanna", "LASTNAME": "Huber"}
    api.import_({"email": JO, "attributes": {"LASTNAME": ""}}, emptyContactsAttributes=True)
    assert api.contact(JO)["attributes"] == {"FIRSTNAME": "Johanna"}


def test_values_that_do_not_fit_and_booleans_never_arrive(api: Any) -> None:
    """Trap: the row is no failure for that."""
    api.attribute("BORN", "date")
    sent = {"OPT_IN": True, "NO_SUCH": "x", "LASTNAME": 7, "FIRSTNAME": "Jo", "BORN": "1989-11-23"}
    assert api.import_({"email": JO, "attributes": sent}) == {}
    assert api.contact(JO)["attributes"] == {"FIRSTNAME": "Jo", "BORN": "1989-11-23"}


def test_dates_are_spelt_as_the_account_has_them(make_api: Any) -> None:
    """Trap: in imports alone."""
    api = make_api(import_date_format="%m/%d/%Y")
    api.attribute("BORN", "date")
    api.import_(
        {"email": JO, "attributes": {"BORN": "11/02/1989"}}, {"email": MO, "attributes": {"BORN": "1989-11-02"}}
    )
    assert api.contact(JO)["attributes"] == {"BORN": "1989-11-02"}
    assert api.contact(MO)["attributes"] == {}


def test_a_file_has_semicolons(api: Any) -> None:
    api.attribute("SIZE", "float")
    body = "EMAIL;LASTNAME;SIZE\nJo@example.org;Huber;1.5\nmo@example.org;12;big\n"
    api.finished(
        api.post("/contacts/import", json={"fileBody": body, "listIds": [api.number]}).json()["processId"]
    )
    assert api.contact(JO)["attributes"] == {"LASTNAME": "Huber", "SIZE": 1.5}
    assert api.contact(MO)["attributes"] == {"LASTNAME": "12"}


def test_an_import_can_make_its_list(api: Any) -> None:
    api.import_({"email": JO}, listIds=[], newList={"listName": "Fair", "folderId": 1})
    (newest, _) = api.get("/contacts/lists").json()["lists"]
    assert (newest["name"], newest["uniqueSubscribers"]) == ("Fair", 1)


def test_an_address_that_comes_twice_is_one_contact(api: Any) -> None:
    rows = [{"email": JO, "attributes": {"FIRSTNAME": name}} for name in ("First", "Second")]
    assert api.import_(*rows, updateExistingContacts=False) == {"duplicate_email_id": [JO]}
    assert api.contact(JO)["attributes"] == {"FIRSTNAME": "First"}


def test_the_owner_is_mailed_after_every_import_unless_told_otherwise(api: Any) -> None:
    """Trap: that is the default."""
    api.import_({"email": JO})
    assert api.box.notification_mails == []
    noisy = api.submit({"email": MO}, disableNotification=False)
    assert api.box.notification_mails == []
    api.finished(noisy)
    assert api.box.notification_mails == [noisy]


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"jsonBody": [], "listIds": [2]},
        {"jsonBody": ["jo@example.org"], "listIds": [2]},
        {"jsonBody": [{"email": JO, "attributes": []}], "listIds": [2]},
        {"jsonBody": [{"email": JO}]},
        {"jsonBody": [{"email": JO}], "listIds": [99]},
        {"jsonBody": [{"email": JO}], "newList": {"listName": "Fair"}},
        {"jsonBody": [{"email": JO}], "listIds": [2], "updateExistingContacts": "no"},
        {"fileBody": "", "listIds": [2]},
        {"fileUrl": "https://example.org/people.csv", "listIds": [2]},
    ],
)
def test_imports_that_are_refused(api: Any, sent: dict[str, Any]) -> None:
    assert api.post("/contacts/import", json=sent).status_code == 400
    assert api.get("/processes").json()["count"] == 0


def test_a_body_has_10_megabytes_at_most(api: Any) -> None:
    def answer(size: int) -> int:
        body = json.dumps({"jsonBody": [{"email": JO}], "listIds": [api.number]})
        return api.post("/contacts/import", content=body.ljust(size)).status_code

    assert answer(10_000_001) == 400
    assert answer(10_000_000) == 202


# --- reports ----------------------------------------------------------------------------------------------


def test_every_reason_has_a_report_of_its_own(api: Any) -> None:
    api.add("there@example.org", ext_id="K-1", attributes={"SMS": "+43664123456", "WHATSAPP": "+43664123457"})
    reports = api.import_(
        {"email": "fine@example.org"},
        {"email": "b\u00e4d"},
        {"attributes": {"FIRSTNAME": "Nobody"}},
        {"email": "There@example.org"},
        {"email": "ext@example.org", "ext_id": "K-1"},
        {"email": "sms@example.org", "attributes": {"SMS": "43664123456"}},
        {"email": "app@example.org", "attributes": {"WHATSAPP": "43664123457"}},
        updateExistingContacts=False,
    )
    assert reports == {
        "invalid_emails": ["b\u00e4d", '""'],
        "duplicate_email_id": ["There@example.org"],
        "duplicate_ext_id": ["ext@example.org"],
        "duplicate_phone_id": ["sms@example.org"],
        "duplicate_whatsapp_id": ["app@example.org"],
    }
    assert sorted(api.addresses()) == ["fine@example.org", "there@example.org"]


def test_a_report_without_rows_is_null(api: Any) -> None:
    reports = api.finished(api.submit({"email": JO}))["info"]["import"]
    assert set(reports.values()) == {None}
    assert {"invalid_emails", "duplicate_email_id", "duplicate_contact_id", "duplicate_ext_id"} < set(reports)


def test_a_report_is_fetched_without_the_key(api: Any) -> None:
    """Trap: it lies at another host, which the key is no business of."""
    url = api.finished(api.submit({"email": "none"}))["info"]["import"]["invalid_emails"]
    assert api.get(url).status_code == 400
    with httpx.Client(transport=wsgi_transport(api.box)) as stranger:
        assert stranger.get(url).headers["Content-Type"].startswith("text/csv")
        assert stranger.get(url.partition("?")[0]).status_code == 403
        assert stranger.get(url.replace("invalid_emails", "duplicate_ext_id")).status_code == 403
    assert api.report(url) == ["EMAIL", "none"]
