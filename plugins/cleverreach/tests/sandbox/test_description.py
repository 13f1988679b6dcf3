"""What the sandbox answers is what the description says."""

from typing import Any

from werkzeug.test import Client

from rundbrief.testing import faults

JO = "jo@example.org"


def test_groups(checked: Any) -> None:
    made = checked.post("/groups", json={"name": "New"}).json()
    assert checked.put(f"/groups/{made['id']}", json={"name": "Newer"}).is_success
    for path in ("/groups", "/groups.json?order=name%20ASC", f"/groups/{made['id']}", f"{checked.list}/stats"):
        assert checked.get(path).status_code == 200, path
    assert checked.delete(f"/groups/{made['id']}").is_success


def test_receivers_in_every_state(checked: Any) -> None:
    for name in ("in", "out", "gone", "angry", "blocked"):
        checked.box.subscribe(checked.list_id, f"{name}@example.org", {"firstname": "Jö"})
    for act, name in (("unsubscribe", "out"), ("bounce", "gone"), ("complain", "angry"), ("block", "blocked")):
        getattr(checked.box, act)(checked.list_id, f"{name}@example.org")
    checked.insert(
        {"email": "pending@example.org", "activated": 0, "tags": ["a.b"], "orders": [{"order_id": "1"}]}
    )
    for kind in ("all", "active", "inactive", "bounce"):
        query = {"type": kind, "detail": 7, "pagesize": 5000, "page": 0, "order_by": "registered DESC"}
        assert checked.get(checked.receivers, params=query).json()
    assert checked.filter(("deactivated", "bg", 1), pagesize=500, page=0, orderby="activated desc", detail=7)
    for path in ("/receivers/bounced", "/receivers/in@example.org", "/receivers/in@example.org/groups"):
        assert checked.get(path).status_code == 200, path
    assert checked.receiver("in@example.org")["id"]


def test_an_empty_object_may_be_an_empty_array(checked: Any) -> None:
    checked.insert({"email": JO})
    assert checked.receiver(JO)["attributes"] == []


def test_bulk_writes(checked: Any) -> None:
    rows = [{"email": JO, "activated": 0}, {"email": "nobody"}]
    for method, path in (
        ("POST", "insert"),
        ("POST", "upsert"),
        ("POST", "upsertplus"),
        ("PUT", "update"),
        ("PUT", "updateplus"),
    ):
        assert checked.request(method, f"{checked.receivers}/{path}", json=rows).is_success
    assert checked.post(f"{checked.receivers}/delete", json=[JO, "nobody@example.org"]).is_success


def test_writes_of_one_receiver(checked: Any) -> None:
    made = checked.post(checked.receivers, json={"email": JO}).json()
    assert checked.put(checked.at(JO), json={"email": JO, "source": "CRM"}).is_success
    for path in (f"{checked.at(JO)}/deactivate", f"{checked.at(JO)}/activate"):
        assert checked.put(path).is_success
    assert checked.put(f"/receivers/{made['id']}/email", json={"email": "new@example.org"}).is_success
    assert checked.post("/receivers/isvalid", json={"emails": [JO]}).is_success
    assert checked.delete(f"/receivers/{made['id']}").is_success
    assert checked.delete(checked.at(JO)).status_code == 404


def test_attributes(checked: Any) -> None:
    made = checked.post("/attributes", json={"name": "Shoe size", "type": "number"}).json()
    own = checked.post(f"{checked.list}/attributes", json={"name": "Own", "type": "date"}).json()
    change = {"name": "Shoe size", "type": "number", "description": "Size"}
    assert checked.put(f"/attributes/{made['id']}", json=change).is_success
    assert checked.put(f"{checked.list}/attributes/{own['id']}", json={"name": "Own", "type": "date"}).is_success
    for path in ("/attributes", f"/attributes?group_id={checked.list_id}", f"{checked.list}/attributes"):
        assert checked.get(path).json(), path
    assert checked.get(f"/attributes/{made['id']}").is_success
    assert checked.get("/attributes/limits").is_success
    assert checked.post("/attributes", json={"name": "shoe_size", "type": "number"}).status_code == 409
    assert checked.delete(f"{checked.list}/attributes/{own['id']}").is_success
    assert checked.delete(f"/attributes/{made['id']}").is_success


def test_blacklists(checked: Any) -> None:
    for path in ("/blacklist", f"{checked.list}/blacklist"):
        assert checked.post(path, json={"email": "*@bad.test", "comment": "no"}).is_success
        assert checked.get(path).json()
    assert checked.put("/blacklist", json={"email": "*@bad.test", "comment": "really"}).is_success
    assert checked.get("/blacklist/*@bad.test").is_success
    assert checked.post("/blacklist/validate", json={"emails": [JO]}).json() == [JO]
    assert checked.delete("/blacklist/*@bad.test").is_success
    assert checked.delete(f"{checked.list}/blacklist/*@bad.test").is_success


def test_forms_and_the_token(checked: Any) -> None:
    checked.insert({"email": JO, "activated": 0})
    (form,) = checked.get("/forms").json()
    assert checked.get(f"{checked.list}/forms").json() == [checked.get(f"/forms/{form['id']}").json()]
    proof = {"user_ip": "198.51.100.9", "referer": "https://example.org", "user_agent": "Browser"}
    assert checked.post(f"/forms/{form['id']}/send/activate", json={"email": JO, "doidata": proof}).is_success
    for name in ("ping", "ttl", "validate", "whoami", "exchange"):
        assert checked.get(f"/debug/{name}").is_success


def test_refusals(checked: Any) -> None:
    assert checked.get(checked.at(JO)).status_code == 404
    assert checked.get("/groups/7/receivers").status_code == 405
    checked.box.expire_tokens()
    assert checked.get("/groups").status_code == 401


def test_the_gate_complains_of_what_is_not_described(sandbox: Any, validated: Any, cleverreach_api: Any) -> None:
    """A gate that lets everything pass would prove nothing."""
    gate = type(validated(sandbox))(sandbox, cleverreach_api)
    client = Client(gate)
    header = {"Authorization": f"Bearer {sandbox.tokens.pair()['access_token']}"}
    client.get("/v3/groups/1001/receivers?pagesize=5001", headers=header)
    client.get("/v3/no-such-path", headers=header)
    sandbox.faults.add(faults.answer_with(200, body='[{"id": 7, "name": []}]', content_type="application/json"))
    client.get("/v3/groups", headers=header)
    assert len({complaint.split(":")[0] for complaint in gate.complaints}) == 3
