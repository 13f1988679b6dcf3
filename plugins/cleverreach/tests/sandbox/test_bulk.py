"""Many rows at once: what each is told, and what is silently left out."""

from typing import Any

import httpx
import pytest

from rundbrief.models import SubscriberStatus

JO = "jo@example.org"
ANN = "ann@example.org"


def test_insert_changes_nobody_who_is_there(api: Any) -> None:
    """What makes it the one safe way to create."""
    api.box.subscribe(api.list_id, JO)
    api.box.unsubscribe(api.list_id, JO)
    before = api.receiver(JO)
    answer = api.insert(
        {"email": "JO@example.org", "activated": 5, "deactivated": 0, "global_attributes": {"firstname": "X"}},
        {"email": ANN},
    )
    assert answer[0] == "Bad Request: duplicate address 'JO@example.org'"
    assert answer[1]["status"] == "insert success"
    assert api.receiver(JO) == before


@pytest.mark.parametrize("path", ["update", "updateplus"])
def test_update_never_creates(api: Any, path: str) -> None:
    answer = api.put(f"{api.receivers}/{path}", json=[{"email": JO, "activated": 5}])
    assert answer.status_code == 200
    assert answer.json() == ([f"Bad Request: unknown address '{JO}'"] if path == "update" else [])
    assert api.addresses() == []


def test_update_finds_by_pool_id_too(api: Any) -> None:
    (written,) = api.insert({"email": JO})
    assert api.update({"id": written["id"], "source": "CRM"}) == [
        {"id": written["id"], "status": "update success"}
    ]
    assert api.receiver(JO)["source"] == "CRM"


def test_rows_are_answered_in_their_order_by_objects_and_texts(api: Any) -> None:
    """Trap: the answer is a 200 even if nothing worked."""
    api.insert({"email": JO})
    answer = api.upsert({"email": "nobody"}, {"email": JO}, {}, {"email": ANN}, {"email": ANN.upper()})
    assert [row if isinstance(row, str) else row["status"] for row in answer] == [
        "Bad Request: invalid address 'nobody'",
        "update success",
        "Bad Request: invalid address ''",
        "insert success",
        "Bad Request: duplicate address 'ANN@EXAMPLE.ORG'",
    ]
    assert answer[1]["id"] == str(api.receiver(JO)["id"])


def test_upsertplus_leaves_out_what_was_refused(api: Any) -> None:
    """Trap: the answer is shorter than the request."""
    rows = [{"email": "nobody"}, {"email": JO}, {"email": ANN, "attributes": []}]
    answer = api.post(f"{api.receivers}/upsertplus", json=rows).json()
    assert [row["email"] for row in answer] == [JO, ANN]
    assert answer[0]["active"] is True


@pytest.mark.parametrize(
    "bad",
    [
        {"activated": "soon"},
        {"registered": True},
        {"deactivated": -1},
        {"attributes": "x"},
        {"global_attributes": {"a": []}},
        {"tags": "x"},
    ],
)
def test_a_row_with_a_value_of_another_type_is_refused_alone(api: Any, bad: dict[str, Any]) -> None:
    answer = api.insert({"email": JO, **bad}, {"email": ANN})
    assert answer[0].startswith("Bad Request: invalid value for ")
    assert api.addresses() == [ANN]


@pytest.mark.parametrize("sent", [{"postdata": [{"email": JO}]}, [], [JO], "text", None])
def test_the_body_is_a_bare_array_of_objects(api: Any, sent: Any) -> None:
    assert api.post(f"{api.receivers}/upsert", json=sent).status_code == 400
    assert api.addresses() == []


def test_a_thousand_rows_and_not_one_more(api: Any) -> None:
    rows = [{"email": f"p{n}@example.org"} for n in range(1001)]
    answer = api.post(f"{api.receivers}/insert", json=rows)
    assert (answer.status_code, answer.json()) == (
        413,
        {"error": {"code": 413, "message": "Request Entity Too Large"}},
    )
    assert api.addresses() == []
    assert len(api.insert(*rows[:1000])) == 1000


def test_too_many_bytes_are_refused_by_the_web_server(make_api: Any) -> None:
    api = make_api(max_bytes=2000, max_rows=3)
    assert api.post(f"{api.receivers}/insert", json=[{"email": JO}] * 4).status_code == 413
    answer = api.put(f"/groups.json/{api.list_id}/receivers/update", json=[{"email": JO, "source": "x" * 2000}])
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (413, "text/html")
    assert len(api.insert({"email": JO}, {"email": ANN}, {"email": "x"})) == 3


def test_delete_tells_of_each(api: Any) -> None:
    (first, second) = api.insert({"email": JO}, {"email": ANN})
    answer = api.post(f"{api.receivers}/delete", json=[JO, second["id"], "nobody@example.org"]).json()
    assert answer == [
        {"id": first["id"], "status": "success"},
        {"id": second["id"], "status": "success"},
        "Bad Request: unknown address 'nobody@example.org'",
    ]
    assert api.addresses() == []


# --- values -----------------------------------------------------------------------------------------------


def test_unknown_names_are_ignored_in_silence(api: Any) -> None:
    """Trap: nobody learns that the value was lost. At the top level no name is known at all."""
    answer = api.insert(
        {"email": JO, "firstname": "Jo", "attributes": {"firstname": "Jo"}, "global_attributes": {"vorname": "Jo"}}
    )
    assert answer[0]["status"] == "insert success"
    receiver = api.receiver(JO)
    assert receiver["attributes"] == []
    assert receiver["global_attributes"] == {"firstname": "", "lastname": ""}


def test_null_changes_nothing_and_an_empty_text_clears(api: Any) -> None:
    api.insert({"email": JO, "source": "CRM", "global_attributes": {"firstname": "Jo", "lastname": "Huber"}})
    api.update({"email": JO, "source": None, "global_attributes": {"firstname": None, "lastname": ""}})
    receiver = api.receiver(JO)
    assert receiver["global_attributes"] == {"firstname": "Jo", "lastname": ""}
    assert receiver["source"] == "CRM"


def test_who_comes_without_a_source_is_from_the_api(api: Any) -> None:
    api.insert({"email": JO})
    assert api.receiver(JO)["source"] == "REST API"


@pytest.mark.parametrize(
    ("kind", "sent", "kept"),
    [
        ("text", 7, "7"),
        ("text", True, "1"),
        ("text", False, ""),
        ("text", " ä ", "ä"),
        ("number", "3.5", "3.5"),
        ("number", -2, "-2"),
        ("number", "many", ""),
        ("date", "1980-02-29", "1980-02-29"),
        ("date", "1980-02-29T10:00:00", "1980-02-29"),
        ("date", 320_630_400, "1980-02-29"),
        ("date", "soon", ""),
        ("gender", "female", "female"),
    ],
)
def test_values_are_kept_as_texts(api: Any, kind: str, sent: Any, kept: str) -> None:
    api.box.add_attribute("it", kind)
    api.insert({"email": JO, "global_attributes": {"it": sent}})
    assert api.receiver(JO)["global_attributes"]["it"] == kept


def test_tags_are_added_in_bulk_taken_away_and_replaced_by_a_single_write(api: Any) -> None:
    api.insert({"email": JO, "tags": ["shop.new buyer", "crm.a"]})
    api.upsert({"email": JO, "tags": ["crm.b", "-crm.a", "crm.b"]})
    assert api.receiver(JO)["tags"] == ["shop.new_buyer", "crm.b"]
    api.upsert({"email": JO, "tags": ["-shop.*"]})
    assert api.receiver(JO)["tags"] == ["crm.b"]
    assert api.put(api.at(JO), json={"email": JO, "tags": ["x.y"]}).json()["tags"] == ["x.y"]
    api.put(api.at(JO), json={"email": JO})
    assert api.receiver(JO)["tags"] == ["x.y"]


# --- one receiver -----------------------------------------------------------------------------------------


def test_one_receiver_is_added_read_changed_and_deleted(api: Any) -> None:
    made = api.post(api.receivers, json={"email": JO, "orders": [{"order_id": "7"}]}).json()
    assert made["orders"] == [{"order_id": "7"}]
    assert (
        api.post(api.receivers, json={"email": JO})
        .json()["error"]["message"]
        .endswith(f"duplicate address '{JO}'")
    )
    changed = api.put(api.at(JO), json={"email": "other@example.org", "registered": 5}).json()
    assert (changed["email"], changed["registered"]) == (JO, 5)
    for path in (api.at(JO), f"{api.receivers}/{made['id']}", f"/receivers/{made['id']}", f"/receivers/{JO}"):
        assert api.get(path).json()["email"] == JO, path
    assert api.delete(f"/receivers/{JO}", params={"group_id": api.list_id}).json() is True
    assert api.get(f"/receivers/{JO}").status_code == 404
    assert api.put(api.at(JO), json={"email": JO}).status_code == 404


def test_an_address_may_stand_in_a_path(api: Any) -> None:
    header = {"Authorization": api.headers["Authorization"]}
    with api.box.serve() as base_url:
        for address in ("a+b@example.org", "jürgen@müller.example", "50%25@example.org", "jo@example.json"):
            api.insert({"email": address})
            found = httpx.get(f"{base_url}/v3{api.at(address)}", headers=header, trust_env=False)
            assert found.json()["email"] == address


def test_an_address_is_changed_and_everything_else_stays(api: Any) -> None:
    api.insert({"email": JO, "registered": 5, "activated": 6}, {"email": ANN})
    pool_id = api.receiver(JO)["id"]
    path = f"/receivers/{pool_id}/email"
    assert api.put(path, json={"email": ANN}).status_code == 400
    assert api.put(path, json={"email": "nobody"}).status_code == 400
    assert api.put(path, json={"email": "Jo@Example.org"}).json() is True
    assert api.put(path, json={"email": "new@example.org"}).json() is True
    receiver = api.receiver("new@example.org")
    assert (receiver["id"], receiver["activated"]) == (pool_id, 6)
    assert api.status(JO) is SubscriberStatus.ABSENT


def test_an_upsert_of_a_new_address_is_another_receiver(api: Any) -> None:
    """Trap: it renames nobody."""
    (first,) = api.insert({"email": JO})
    (second,) = api.upsert({"id": first["id"], "email": "new@example.org"})
    assert second["id"] != first["id"]
    assert api.addresses() == [JO, "new@example.org"]


def test_groups_of_an_address(api: Any, careful: Any) -> None:
    for one in (api, careful):
        one.insert({"email": JO})
    assert {str(group["id"]) for group in api.get(f"/receivers/{JO}/groups").json()} == {
        api.list_id,
        careful.list_id,
    }
    assert api.delete(f"/receivers/{JO}").json() is True
    assert careful.receiver(JO)["active"] is True


def test_known_addresses_are_told(api: Any, careful: Any) -> None:
    careful.insert({"email": JO})
    sent = {"emails": [JO, ANN]}
    assert api.post("/receivers/isvalid", json=sent).json() == [JO]
    assert api.post("/receivers/isvalid", json={**sent, "invert": True}).json() == [ANN]
    assert api.post("/receivers/isvalid", json={**sent, "group_id": int(api.list_id)}).json() == []
    assert api.post("/receivers/isvalid", json={}).status_code == 400
