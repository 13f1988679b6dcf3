"""Reading: pages that count from zero, types, filters."""

from typing import Any

import pytest

JO = "jo@example.org"


def test_a_page_has_fifty_rows_unless_asked_for_more(api: Any) -> None:
    api.box.seed(api.list_id, 60)
    assert len(api.get(api.receivers).json()) == 50
    assert len(api.get(api.receivers, params={"page": 1}).json()) == 10


def test_pages_count_from_zero(api: Any) -> None:
    """Trap: who begins with 1 misses a page."""
    api.box.seed(api.list_id, 5)
    assert api.addresses(page=0, pagesize=3) == [f"person{n}@example.org" for n in (0, 1, 2)]
    assert api.addresses(page=1, pagesize=3) == [f"person{n}@example.org" for n in (3, 4)]
    assert api.addresses(page=2, pagesize=3) == []


def test_a_page_that_is_too_large_is_cut_in_silence(api: Any) -> None:
    """Trap: it looks like the last one."""
    api.box.seed(api.list_id, 5001)
    assert len(api.addresses(pagesize=10_000)) == 5000
    assert api.addresses(pagesize=5000, page=1) == ["person5000@example.org"]
    assert len(api.filter(pagesize=10_000)) == 5000


@pytest.mark.parametrize(
    "query",
    [{"page": -1}, {"pagesize": 0}, {"pagesize": "all"}, {"detail": "x"}, {"type": "x"}, {"order_by": "name"}],
)
def test_a_page_that_is_none_is_an_error(api: Any, query: dict[str, Any]) -> None:
    assert api.get(api.receivers, params=query).status_code == 400


@pytest.mark.parametrize("empty_is_204", [False, True])
def test_nobody_is_an_empty_array_or_no_body(make_api: Any, empty_is_204: bool) -> None:
    api = make_api(empty_is_204=empty_is_204)
    answers = [
        api.get(api.receivers),
        api.get(f"/groups.json/{api.list_id}/receivers"),
        api.post("/receivers/filter.json", json={}),
    ]
    assert {(one.status_code, one.content) for one in answers} == {(204, b"") if empty_is_204 else (200, b"[]")}
    assert api.get("/blacklist").json() == []


def test_types_and_the_one_that_comes_unasked(api: Any) -> None:
    """Trap: without `type`, not everybody comes."""
    for name in ("in", "out", "gone"):
        api.box.subscribe(api.list_id, f"{name}@example.org")
    api.insert({"email": "pending@example.org", "activated": 0})
    api.box.unsubscribe(api.list_id, "out@example.org")
    api.box.bounce(api.list_id, "gone@example.org")
    found = {
        kind: {one.partition("@")[0] for one in api.addresses(type=kind)}
        for kind in ("all", "active", "inactive", "bounce")
    }
    assert found == {
        "all": {"in", "out", "gone", "pending"},
        "active": {"in"},
        "inactive": {"out", "pending"},
        "bounce": {"gone"},
    }
    assert [row["email"] for row in api.get(api.receivers).json()] == ["in@example.org"]
    assert [row["email"] for row in api.get("/receivers/bounced").json()] == ["gone@example.org"]
    stats = api.get(f"{api.list}/stats").json()
    assert [stats[f"{name}_count"] for name in ("total", "active", "inactive", "bounce")] == [4, 1, 2, 1]


def test_deleting_shifts_the_pages_that_follow(api: Any) -> None:
    """Trap: who was on the next page's beginning is never read."""
    api.box.seed(api.list_id, 4)
    first = api.addresses(page=0, pagesize=2)
    api.delete(api.at(first[0]))
    assert api.addresses(page=1, pagesize=2) == ["person3@example.org"]


def test_some_are_named_by_address_or_id(api: Any) -> None:
    api.box.seed(api.list_id, 3)
    ids = [row["id"] for row in api.get(api.receivers).json()]
    assert api.addresses(email_list="PERSON2@example.org, nobody@example.org,person0@example.org") == [
        "person2@example.org",
        "person0@example.org",
    ]
    assert api.addresses(id_list=f"{ids[1]},7,{ids[1]}") == ["person1@example.org"]


def test_the_order_may_be_chosen(api: Any) -> None:
    for name, registered in (("b", 2), ("a", 3), ("c", 1)):
        api.insert({"email": f"{name}@example.org", "registered": registered})
    assert [one[0] for one in api.addresses(order_by="registered DESC")] == ["a", "b", "c"]
    assert [one[0] for one in api.addresses(order_by="email")] == ["a", "b", "c"]
    assert [one[0] for one in api.filter(orderby="registered asc")] == ["c", "b", "a"]


def test_details_come_when_asked_for(api: Any) -> None:
    api.insert({"email": JO, "tags": ["crm.a"]})
    for detail, names in ((0, set()), (4, {"tags"}), (7, {"tags", "orders", "events"})):
        (row,) = api.get(api.receivers, params={"detail": detail}).json()
        assert set(row) & {"tags", "orders", "events"} == names
        (row,) = api.post("/receivers/filter", json={"detail": detail}).json()
        assert set(row) & {"tags", "orders", "events"} == names


def test_ids_are_texts_in_pages_and_numbers_elsewhere(api: Any) -> None:
    """Trap."""
    api.insert({"email": JO})
    (row,) = api.get(api.receivers).json()
    assert isinstance(row["id"], str)
    assert api.receiver(JO)["id"] == int(row["id"])
    assert isinstance(api.get("/groups").json()[0]["id"], str)
    assert api.get(api.list).json()["id"] == int(api.list_id)


# --- filters ----------------------------------------------------------------------------------------------


def test_changes_of_consent_are_read_by_their_times(api: Any, clock: Any, now: int) -> None:
    for name in ("early", "leaver", "bouncer"):
        api.box.subscribe(api.list_id, f"{name}@example.org")
    clock.advance(10)
    api.box.subscribe(api.list_id, "late@example.org")
    api.box.unsubscribe(api.list_id, "leaver@example.org")
    api.box.bounce(api.list_id, "bouncer@example.org")
    assert api.filter(("activated", "bg", now)) == ["late@example.org"]
    assert api.filter(("registered", "bg", now)) == ["late@example.org"]
    assert api.filter(("deactivated", "bg", now)) == ["leaver@example.org"]
    assert api.filter(("bounced", "bg", 0)) == ["bouncer@example.org"]
    rules = [("activated", "bg", now), ("deactivated", "bg", now)]
    assert api.filter(*rules) == []
    assert set(api.filter(*rules, operator="OR")) == {"late@example.org", "leaver@example.org"}


def test_greater_than_misses_the_same_second(api: Any, now: int) -> None:
    """Trap."""
    api.box.subscribe(api.list_id, JO)
    assert api.filter(("activated", "bg", now)) == []
    assert api.filter(("activated", "bg", now - 1)) == api.filter(("activated", "eq", now)) == [JO]


def test_texts_are_compared_and_searched(api: Any) -> None:
    api.insert({"email": JO, "tags": ["crm.buyer"], "source": "Shop"}, {"email": "ann@example.org"})
    assert api.filter(("email", "eq", "JO@example.org")) == [JO]
    assert api.filter(("email", "contains", "example")) == [JO, "ann@example.org"]
    assert api.filter(("tags", "contains", "crm.buyer")) == api.filter(("source", "eq", "shop")) == [JO]


def test_no_group_is_the_whole_account(api: Any, careful: Any) -> None:
    api.insert({"email": JO})
    careful.insert({"email": JO})
    assert (
        len(api.filter()),
        len(api.filter(groups=[])),
        len(api.filter(groups=[api.list_id, careful.list_id])),
    ) == (1, 2, 2)


def test_active_ones_only(api: Any) -> None:
    api.insert({"email": JO}, {"email": "out@example.org", "activated": 0})
    assert api.filter(activeonly=True) == [JO]
    assert len(api.filter()) == 2


def test_filters_have_pages_too(api: Any) -> None:
    api.box.seed(api.list_id, 5)
    assert api.filter(pagesize=2, page=2, rules=None) == ["person4@example.org"]
    assert len(api.filter(pagesize=None, page=None)) == 5


@pytest.mark.parametrize(
    "rule",
    [
        {"field": "last_changed", "logic": "bg", "condition": "1"},
        {"field": "activated", "logic": "sm", "condition": "1"},
        {"field": "activated", "logic": "bg", "condition": "yesterday"},
        {"field": "email", "logic": "bg", "condition": "a"},
        "activated",
        {},
    ],
)
def test_a_rule_that_is_not_understood_is_an_error(api: Any, rule: Any) -> None:
    """There is no *modified since*."""
    assert api.post("/receivers/filter", json={"rules": [rule]}).status_code == 400


def test_a_filter_that_is_none_is_an_error(api: Any) -> None:
    assert api.post("/receivers/filter", json={"operator": "XOR"}).status_code == 400
    assert api.post("/receivers/filter", json={"groups": "5"}).status_code == 400
    assert api.post("/receivers/filter", json={"groups": ["5"]}).status_code == 405


def test_a_filter_sees_what_changed_since_it_was_asked_before(api: Any) -> None:
    api.box.seed(api.list_id, 2)
    assert api.filter(("deactivated", "bg", 0)) == []
    api.box.unsubscribe(api.list_id, "person1@example.org")
    assert api.filter(("deactivated", "bg", 0)) == ["person1@example.org"]


def test_seeded_people_are_of_the_past(api: Any, now: int) -> None:
    api.box.seed(api.list_id, ["Anna@example.org", "bela@example.org"])
    assert api.addresses(type="active") == ["Anna@example.org", "bela@example.org"]
    assert api.filter(("activated", "bg", now - 86_400)) == []
    assert api.box.recipients(api.list_id)["anna@example.org"].fields == {
        "firstname": "Jördis 0",
        "lastname": "Müller",
    }
