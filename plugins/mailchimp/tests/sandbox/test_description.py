"""What the sandbox answers is what the vendor's description says."""

import json
from typing import Any

from werkzeug.test import Client

from rundbrief.testing import faults

JO = "jo@example.org"


def test_the_account_and_its_lists(checked: Any) -> None:
    for path in ("/", "/ping", "/lists", checked.list, "/lists?email=jo%40example.org&count=1000"):
        assert checked.get(path).status_code == 200, path


def test_members_in_every_status(checked: Any) -> None:
    for status in ("subscribed", "unsubscribed", "cleaned", "pending", "transactional"):
        evidence = {"timestamp_signup": "2020-02-02T10:00:00+00:00", "ip_signup": "198.51.100.9"}
        assert checked.add(f"{status}@example.org", status, tags=["new"], **evidence).status_code == 200
    checked.box.subscribe(checked.list_id, "form@example.org", {"FNAME": "Förm"})
    checked.box.subscribe(checked.list_id, "left@example.org")
    checked.box.unsubscribe(checked.list_id, "left@example.org")
    assert checked.delete(checked.at("form@example.org")).status_code == 204
    for query in ({}, {"status": "archived"}, {"fields": "members.id,members.merge_fields,total_items"}):
        assert checked.get(f"{checked.list}/members", params={"count": 1000, **query}).status_code == 200
    assert checked.get(checked.at("left@example.org")).status_code == 200
    assert checked.get("/search-members", params={"query": "left"}).status_code == 200


def test_writes_of_one_member(checked: Any) -> None:
    checked.put_(JO, status_if_new="subscribed", merge_fields={"FNAME": "Jo"})
    checked.change(JO, merge_fields={"ADDRESS": {"addr1": "Gasse 1", "city": "Wien", "state": "W", "zip": "1010"}})
    assert checked.post(f"{checked.at(JO)}/tags", json={"tags": [{"name": "a", "status": "active"}]}).is_success
    assert checked.get(f"{checked.at(JO)}/tags").is_success
    assert checked.post(f"{checked.at(JO)}/actions/delete-permanent").status_code == 204


def test_refusals(checked: Any) -> None:
    checked.add(JO)
    assert checked.add(JO).status_code == 400
    assert checked.change(JO, merge_fields={"BIRTHDAY": "soon"}).status_code == 400
    assert checked.get(checked.at("nobody@example.org")).status_code == 404
    checked.auth = ("anybody", "wrong-us21")
    assert checked.get("/ping").status_code == 401


def test_merge_fields(checked: Any) -> None:
    field = checked.field("LANG", "dropdown", options={"choices": ["de", "en"]})
    path = f"{checked.list}/merge-fields/{field['merge_id']}"
    assert checked.get(f"{checked.list}/merge-fields", params={"count": 1000}).is_success
    assert checked.patch(path, json={"name": "Language"}).json()["name"] == "Language"
    assert checked.get(path).is_success
    assert checked.delete(path).status_code == 204


def test_many_members_at_once(checked: Any) -> None:
    checked.write({"email_address": JO, "status": "subscribed"})
    answer = checked.write(
        {"email_address": JO, "status": "subscribed"}, {"email_address": "new@example.org", "status": "subscribed"}
    )
    assert (answer["total_created"], answer["error_count"]) == (1, 1)
    assert (
        checked.write({"email_address": JO, "status": "unsubscribed"}, update_existing=True)["total_updated"] == 1
    )


def test_batches(checked: Any) -> None:
    operation = {"method": "GET", "path": "/lists", "operation_id": "1", "body": json.dumps({})}
    batch = checked.post("/batches", json={"operations": [operation]}).json()
    for _ in range(2):
        batch = checked.get(f"/batches/{batch['id']}").json()
    assert batch["status"] == "finished"
    assert checked.get("/batches").is_success
    assert checked.delete(f"/batches/{batch['id']}").status_code == 204


def test_the_gate_complains_of_what_is_not_described(sandbox: Any, validated: Any, mailchimp_api: Any) -> None:
    """A gate that lets everything pass would prove nothing."""
    gate = type(validated(sandbox))(sandbox, mailchimp_api)
    client = Client(gate)
    (key,) = sandbox.environ().values()
    client.get("/3.0/lists?count=1001", auth=("x", key))
    client.get("/3.0/no-such-path", auth=("x", key))
    sandbox.faults.add(faults.answer_with(200, body='{"health_status": 7}', content_type="application/json"))
    client.get("/3.0/ping", auth=("x", key))
    assert len({complaint.split(":")[0] for complaint in gate.complaints}) == 3
