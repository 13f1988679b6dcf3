"""Blacklists: of the account and of a group, by the address and by the domain."""

from typing import Any

import pytest

from rundbrief.models import SubscriberStatus

JO = "jo@example.org"


def blacklisted(api: Any, path: str = "") -> list[str]:
    return [entry["email"] for entry in api.get(f"{path}/blacklist").raise_for_status().json()]


def test_entries_are_added_read_changed_and_removed(api: Any, now: int) -> None:
    assert api.post("/blacklist", json={"email": JO, "comment": "asked by phone"}).is_success
    entry = {"email": JO, "comment": "asked by phone", "stamp": now, "isLocked": 0}
    assert api.get("/blacklist").json() == [entry]
    assert api.get("/blacklist/JO%40example.org").json() == entry
    assert api.post("/blacklist", json={"email": JO}).status_code == 409
    assert api.post("/blacklist", json={"email": "nobody"}).status_code == 400
    assert api.put("/blacklist", json={"email": JO, "comment": "by letter"}).json()["comment"] == "by letter"
    assert api.delete(f"/blacklist/{JO}").json() is True
    assert api.get(f"/blacklist/{JO}").status_code == api.delete(f"/blacklist/{JO}").status_code == 404


def test_a_group_has_a_blacklist_of_its_own(api: Any, careful: Any) -> None:
    assert api.post(f"{api.list}/blacklist", json={"email": JO}).is_success
    assert (blacklisted(api), blacklisted(api, api.list), blacklisted(api, careful.list)) == ([], [JO], [])
    assert api.insert({"email": JO}) == [f"Bad Request: blacklisted address '{JO}'"]
    assert careful.insert({"email": JO})[0]["status"] == "insert success"
    assert api.delete(f"{api.list}/blacklist/{JO}").json() is True


@pytest.mark.parametrize("pattern", [JO, "*@example.org", "JO@example.org"])
@pytest.mark.parametrize("way", ["insert", "upsert"])
def test_a_blacklisted_address_is_not_imported(api: Any, pattern: str, way: str) -> None:
    api.box.blacklist(pattern)
    answer = getattr(api, way)({"email": "ann@example.com"}, {"email": JO})
    assert answer[0]["status"] == "insert success"
    assert answer[1] == f"Bad Request: blacklisted address '{JO}'"
    assert api.post(api.receivers, json={"email": JO}).status_code == 400
    assert api.addresses() == ["ann@example.com"]
    assert api.status(JO) is SubscriberStatus.ABSENT


def test_an_upsert_passes_a_blacklisted_receiver_by_and_an_update_does_not(api: Any) -> None:
    api.insert({"email": JO})
    api.box.block(api.list_id, JO)
    row = {"email": JO, "global_attributes": {"firstname": "Jo"}}
    assert isinstance(api.upsert(row)[0], str)
    assert api.receiver(JO)["global_attributes"]["firstname"] == ""
    assert api.update(row)[0]["status"] == "update success"
    assert api.receiver(JO)["global_attributes"]["firstname"] == "Jo"


@pytest.mark.parametrize("pattern", [JO, "*@example.org"])
@pytest.mark.parametrize("whole_account", [True, False])
def test_a_blacklisted_receiver_looks_active_and_is_not_reached(
    api: Any, pattern: str, whole_account: bool
) -> None:
    """Trap: `active` knows nothing of blacklists."""
    api.insert({"email": JO})
    api.box.blacklist(pattern, list_id=None if whole_account else api.list_id)
    assert api.receiver(JO)["active"] is True
    assert api.status(JO) is SubscriberStatus.UNSUBSCRIBED
    assert api.box.recipients(api.list_id)[JO].status is SubscriberStatus.UNSUBSCRIBED


def test_taking_an_entry_off_overrides_an_objection(api: Any) -> None:
    """Trap."""
    api.insert({"email": JO})
    api.box.block(api.list_id, JO)
    assert api.get("/blacklist").json()[0]["comment"] == "by an administrator"
    api.delete(f"/blacklist/{JO}")
    assert api.status(JO) is SubscriberStatus.SUBSCRIBED


def test_validate_returns_who_is_not_listed(api: Any) -> None:
    api.box.blacklist(JO)
    api.box.blacklist("*@bad.test")
    sent = {"emails": ["Jo@Example.org", "ann@example.org", "x@bad.test"]}
    assert api.post("/blacklist/validate", json=sent).json() == ["ann@example.org"]
    assert api.post("/blacklist/validate", json={}).status_code == 400


def test_a_complaint_deactivates_and_blacklists(api: Any, now: int) -> None:
    api.box.subscribe(api.list_id, JO)
    api.box.complain(api.list_id, JO)
    assert api.receiver(JO)["deactivated"] == now
    assert blacklisted(api) == [JO]


@pytest.mark.parametrize("pattern", [JO, "*@example.org"])
def test_whom_an_administrator_blacklisted_a_form_does_not_bring_back(api: Any, pattern: str) -> None:
    api.insert({"email": JO})
    api.box.complain(api.list_id, JO)
    api.box.blacklist(pattern)
    api.box.subscribe(api.list_id, JO)
    assert api.status(JO) is SubscriberStatus.UNSUBSCRIBED
    api.box.subscribe(api.list_id, "new@example.org")
    assert api.status("new@example.org") is (
        SubscriberStatus.ABSENT if "*" in pattern else SubscriberStatus.SUBSCRIBED
    )


# --- the account's option ---------------------------------------------------------------------------------


def test_auto_blacklist_deletes_who_unsubscribes_from_all_lists(make_api: Any) -> None:
    """Trap: no read of receivers finds her any more."""
    api = make_api(auto_blacklist=True)
    other = api.box.add_list("Other")
    for list_id in (api.list_id, other):
        api.box.subscribe(list_id, JO)
    pool_id = str(api.receiver(JO)["id"])
    api.box.unsubscribe(api.list_id, JO)
    assert api.addresses() == api.filter(groups=[]) == []
    assert api.get(f"/receivers/{pool_id}").status_code == 404
    assert blacklisted(api) == [JO]
    held = api.box.recipients(api.list_id)[JO]
    assert (held.status, held.remote_id) == (SubscriberStatus.UNSUBSCRIBED, pool_id)
    assert api.box.status(other, JO) is SubscriberStatus.UNSUBSCRIBED
    assert isinstance(api.insert({"email": JO})[0], str)


@pytest.mark.parametrize("double_opt_in", [False, True])
def test_auto_blacklist_and_the_way_back(make_api: Any, double_opt_in: bool) -> None:
    api = make_api(auto_blacklist=True, double_opt_in=double_opt_in)
    api.insert({"email": JO})
    api.box.unsubscribe(api.list_id, JO)
    api.box.subscribe(api.list_id, JO)
    if double_opt_in:
        assert api.status(JO) is SubscriberStatus.UNSUBSCRIBED
        api.box.confirm(api.list_id, JO)
    assert api.status(JO) is SubscriberStatus.SUBSCRIBED
    assert blacklisted(api) == []


def test_an_unsubscribe_by_the_api_blacklists_nobody(make_api: Any) -> None:
    api = make_api(auto_blacklist=True)
    api.insert({"email": JO})
    api.put(f"{api.at(JO)}/deactivate")
    assert (api.addresses(), blacklisted(api)) == ([JO], [])


def test_a_deleted_receiver_is_told_of_as_long_as_an_entry_names_the_address(api: Any) -> None:
    api.insert({"email": JO})
    api.box.block(api.list_id, JO)
    api.box.delete(api.list_id, JO)
    assert api.status(JO) is SubscriberStatus.UNSUBSCRIBED
    api.box.delete(api.list_id, JO)
    assert list(api.box.recipients(api.list_id)) == [JO]
    api.delete(f"/blacklist/{JO}")
    assert api.status(JO) is SubscriberStatus.ABSENT
    assert api.box.recipients(api.list_id) == {}


def test_a_blacklisted_address_that_never_was_on_the_list_is_nobody(api: Any) -> None:
    api.box.blacklist(JO)
    assert api.box.recipients(api.list_id) == {}


# --- a change of the address ------------------------------------------------------------------------------


@pytest.mark.parametrize("follows", [False, True])
def test_an_entry_stays_or_goes_along_when_the_address_changes(make_api: Any, follows: bool) -> None:
    """Trap: where it stays, the change makes somebody reachable who was not."""
    api = make_api(blacklist_follows_address=follows)
    api.insert({"email": JO})
    api.box.block(api.list_id, JO)
    api.box.change_address(api.list_id, JO, "new@example.org")
    there = SubscriberStatus.UNSUBSCRIBED
    assert api.status("new@example.org") is (there if follows else SubscriberStatus.SUBSCRIBED)
    assert api.status(JO) is (SubscriberStatus.ABSENT if follows else there)


def test_an_entry_that_goes_along_stays_with_those_who_have_the_old_address(make_api: Any) -> None:
    api = make_api(blacklist_follows_address=True)
    press = api.box.add_list("Press")
    for list_id in (api.list_id, press):
        api.box.subscribe(list_id, JO)
    api.box.block(api.list_id, JO)
    api.box.change_address(api.list_id, JO, "new@example.org")
    assert api.status("new@example.org") is SubscriberStatus.UNSUBSCRIBED
    assert api.box.status(press, JO) is SubscriberStatus.UNSUBSCRIBED


def test_an_unsubscribe_goes_along_when_the_address_changes(api: Any) -> None:
    api.box.subscribe(api.list_id, JO)
    api.box.unsubscribe(api.list_id, JO)
    pool_id = api.receiver(JO)["id"]
    assert api.put(f"/receivers/{pool_id}/email", json={"email": "New@example.org"}).json() is True
    held = api.box.recipients(api.list_id)
    assert list(held) == ["new@example.org"]
    assert (held["new@example.org"].status, held["new@example.org"].remote_id) == (
        SubscriberStatus.UNSUBSCRIBED,
        str(pool_id),
    )
