"""What the sandbox answers is what the vendor's description says."""

from typing import Any

import pytest
from werkzeug.test import Client

from rundbrief.testing import faults

JO = "jo@example.org"


def test_account_lists_and_folders(checked: Any) -> None:
    created = checked.post("/contacts/lists", json={"name": "More", "folderId": 1})
    assert created.status_code == 201
    for path in ("/account", "/contacts/folders", "/contacts/lists", f"/contacts/lists/{created.json()['id']}"):
        assert checked.get(path).status_code == 200, path


def test_contacts_of_every_kind(checked: Any) -> None:
    box, list_id = checked.box, checked.list_id
    for name in ("in", "out", "spam", "bounced", "blocked", "left"):
        box.subscribe(list_id, f"{name}@example.org", {"FIRSTNAME": "Förm"})
    box.unsubscribe(list_id, "out@example.org")
    box.complain(list_id, "spam@example.org")
    box.bounce(list_id, "bounced@example.org")
    box.block(list_id, "blocked@example.org")
    box.unsubscribe_from_list_only(list_id, "left@example.org")
    box.add_phone_contact("+43664123456")
    queries = (
        {},
        {"listIds": f"{list_id},{list_id}", "modifiedSince": "2026-01-01T00:00:00.000Z"},
        {"ids": "1,2"},
    )
    for query in queries:
        assert checked.get("/contacts", params={"limit": 1000, **query}).status_code == 200
    assert checked.get(f"{checked.list}/contacts", params={"sort": "asc"}).status_code == 200
    for name in ("in", "out", "spam", "bounced", "blocked", "left"):
        assert checked.get(f"/contacts/{name}@example.org").status_code == 200
        assert checked.get(f"/contacts/{name}@example.org/campaignStats").status_code == 200


def test_writes_of_one_contact(checked: Any) -> None:
    assert (
        checked.add(JO, listIds=[checked.number], attributes={"FIRSTNAME": "Jo", "OPT_IN": True}).status_code
        == 201
    )
    assert checked.add(JO, updateEnabled=True, emailBlacklisted=True).status_code == 204
    assert checked.change(JO, attributes={"EMAIL": "new@example.org"}, unlinkListIds=[checked.number]).is_success
    assert checked.delete("/contacts/new@example.org").status_code == 204


def test_writes_of_many_contacts(checked: Any) -> None:
    checked.add(JO)
    assert checked.batch({"email": JO, "attributes": {"FIRSTNAME": "Jo"}}).status_code == 204
    assert checked.batch({"id": 99}).status_code == 404
    assert checked.join(JO, "nobody@example.org").status_code == 201
    assert checked.post(f"{checked.list}/contacts/remove", json={"ids": [1, 99]}).status_code == 201
    assert checked.post(f"{checked.list}/contacts/remove", json={"all": True}).status_code == 201
    assert checked.get("/processes").status_code == 200


def test_an_import_and_its_process(checked: Any) -> None:
    reports = checked.import_({"email": JO, "attributes": {"FIRSTNAME": "Jo"}}, {"email": "none"})
    assert reports == {"invalid_emails": ["none"]}
    assert checked.get("/processes/99").status_code == 404


def test_attributes(checked: Any) -> None:
    assert checked.attribute("BORN", "date").status_code == 201
    assert checked.attribute("COUNTRIES", "multiple-choice", multiCategoryOptions=["India"]).status_code == 201
    rows = [{"value": 1, "label": "Women"}]
    assert checked.attribute("GENDER", "category", "category", enumeration=rows).status_code == 201
    assert checked.get("/contacts/attributes").status_code == 200


def test_double_opt_in(checked: Any) -> None:
    body = {
        "email": JO,
        "includeListIds": [checked.number],
        "templateId": 1,
        "redirectionUrl": "https://example.org/thanks",
    }
    assert checked.post("/contacts/doubleOptinConfirmation", json=body).status_code == 201
    checked.box.confirm(checked.list_id, JO)
    assert checked.post("/contacts/doubleOptinConfirmation", json=body).status_code == 204


def test_refusals(checked: Any) -> None:
    checked.add(JO)
    assert checked.add(JO).status_code == 400
    assert checked.change("nobody@example.org", attributes={}).status_code == 404
    assert checked.join(JO.upper()).status_code == 400
    assert checked.get("/contacts/lists/99").status_code == 404
    assert checked.get(f"/contacts/{JO}", headers={"api-key": "wrong"}).status_code == 401


def test_an_exhausted_budget(checked: Any) -> None:
    statuses = [checked.get("/account").status_code for _ in range(101)]
    assert statuses == [200] * 100 + [429]


@pytest.mark.parametrize("path", ["/contacts?limit=1001", "/no-such-path"])
def test_the_gate_complains_of_requests_that_are_not_described(
    sandbox: Any, validated: Any, brevo_api: Any, path: str
) -> None:
    """A gate that lets everything pass would prove nothing."""
    gate = type(validated(sandbox))(sandbox, brevo_api)
    (key,) = sandbox.environ().values()
    Client(gate).get(f"/v3{path}", headers={"api-key": key})
    assert gate.complaints


@pytest.mark.parametrize(
    "body",
    [
        '{"contacts": [], "count": "none"}',
        '{"contacts": [{"email": "jo@example.org"}], "count": 1}',
        '{"count": 0}',
    ],
)
def test_the_gate_complains_of_answers_that_are_not_described(
    sandbox: Any, validated: Any, brevo_api: Any, body: str
) -> None:
    gate = type(validated(sandbox))(sandbox, brevo_api)
    (key,) = sandbox.environ().values()
    sandbox.faults.add(faults.answer_with(200, body=body, content_type="application/json"))
    Client(gate).get("/v3/contacts", headers={"api-key": key})
    assert gate.complaints
