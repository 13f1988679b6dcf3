"""Attributes of the account and of a group."""

from typing import Any

import pytest

JO = "jo@example.org"


def define(api: Any, name: str, kind: str = "text", path: str = "", **more: Any) -> Any:
    return api.post(f"{path}/attributes", json={"name": name, "type": kind, **more})


def names(api: Any, path: str = "", **query: Any) -> list[str]:
    return [one["name"] for one in api.get(f"{path}/attributes", params=query).raise_for_status().json()]


def test_a_name_is_normalised_and_the_label_kept(api: Any) -> None:
    """Trap: values go by the technical name."""
    made = define(api, "Communication Key").raise_for_status().json()
    assert (made["name"], made["description"]) == ("communication_key", "Communication Key")
    api.insert({"email": JO, "global_attributes": {"Communication Key": "x"}})
    assert api.receiver(JO)["global_attributes"]["communication_key"] == ""
    api.update({"email": JO, "global_attributes": {"communication_key": "x"}})
    assert api.receiver(JO)["global_attributes"]["communication_key"] == "x"


@pytest.mark.parametrize("name", ["Shoe Size", "shoe_size", " SHOE SIZE "])
def test_the_same_name_twice_is_a_conflict(api: Any, name: str) -> None:
    assert define(api, "Shoe Size", "number").is_success
    answer = define(api, name, "number")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, 409)


@pytest.mark.parametrize("sent", [{"type": "boolean"}, {"type": "select"}, {"type": None}, {"name": " "}])
def test_a_type_or_name_that_is_none_is_refused(api: Any, sent: dict[str, Any]) -> None:
    assert api.post("/attributes", json={"name": "it", "type": "text", **sent}).status_code == 400


def test_the_account_and_each_group_have_their_own(api: Any, careful: Any) -> None:
    define(api, "Own", path=api.list)
    define(api, "By id", group_id=int(api.list_id))
    assert names(api) == ["firstname", "lastname"]
    assert names(api, api.list) == names(api, group_id=api.list_id) == ["own", "by_id"]
    assert names(api, careful.list) == []
    api.insert({"email": JO, "attributes": {"own": "1"}, "global_attributes": {"own": "2"}})
    receiver = api.receiver(JO)
    assert receiver["attributes"] == {"own": "1", "by_id": ""}
    assert "own" not in receiver["global_attributes"]


def test_neither_name_nor_type_can_be_changed(api: Any) -> None:
    made = define(api, "it").json()
    changed = api.put(
        f"/attributes/{made['id']}", json={"name": "that", "type": "date", "description": "That"}
    ).json()
    assert (changed["name"], changed["type"], changed["description"]) == ("it", "text", "That")
    assert api.get(f"/attributes/{made['id']}").json() == changed


def test_an_attribute_is_deleted_with_its_values(api: Any) -> None:
    everywhere = define(api, "it").json()
    here = define(api, "it", path=api.list).json()
    api.insert({"email": JO, "attributes": {"it": "1"}, "global_attributes": {"it": "2"}})
    assert api.delete(f"{api.list}/attributes/{here['id']}").json() is True
    assert api.receiver(JO)["attributes"] == []
    assert api.receiver(JO)["global_attributes"]["it"] == "2"
    assert api.delete(f"/attributes/{everywhere['id']}").json() is True
    define(api, "it")
    assert api.receiver(JO)["global_attributes"]["it"] == ""
    assert api.get(f"/attributes/{here['id']}").status_code == 404


def test_there_is_a_limit(make_api: Any) -> None:
    api = make_api(max_attributes=3)
    assert api.get("/attributes/limits").json() == {"limit": 3, "used": 2, "available": 1}
    assert define(api, "third").is_success
    assert define(api, "fourth").status_code == 400
