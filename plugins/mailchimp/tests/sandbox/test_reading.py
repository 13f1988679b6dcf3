"""Reading: pages, fields, filters, and an order that moves."""

from typing import Any

import pytest

from rundbrief_mailchimp.testing import MailchimpSandbox


def test_a_page_has_ten_rows_unless_asked_for_more(api: Any) -> None:
    """Trap: the default is ten."""
    api.box.seed(api.list_id, 25)
    answer = api.get(f"{api.list}/members").json()
    assert (len(answer["members"]), answer["total_items"]) == (10, 25)


def test_a_page_has_a_thousand_rows_at_most(api: Any) -> None:
    api.box.seed(api.list_id, 1200)
    assert len(api.addresses()) == 1000
    assert len(api.addresses(offset=1000)) == 200
    assert api.get(f"{api.list}/members", params={"count": 1001}).status_code == 400
    assert api.get(f"{api.list}/members", params={"offset": -1}).status_code == 400


def test_lists_come_ten_at_a_time_too(api: Any) -> None:
    for number in range(11):
        api.box.add_list(f"List {number}")
    answer = api.get("/lists").json()
    assert (len(answer["lists"]), answer["total_items"]) == (10, 12)


def test_offsets_shift_when_somebody_changes_between_two_pages(api: Any, clock: Any) -> None:
    """Trap: who moves to the end of the order pulls everybody else up, past the next page's beginning."""
    api.box.seed(api.list_id, 10)
    order = {"sort_field": "last_changed", "sort_dir": "ASC"}
    first = api.addresses(count=5, **order)
    clock.advance(60)
    api.change(first[0], merge_fields={"FNAME": "Moved"})
    second = api.addresses(count=5, offset=5, **order)
    assert first == [f"person{n}@example.org" for n in range(5)]
    assert second == [f"person{n}@example.org" for n in (6, 7, 8, 9, 0)]


def test_fields_are_chosen_by_their_dotted_names(api: Any) -> None:
    api.add("jo@example.org", merge_fields={"FNAME": "Jo"})
    answer = api.get(
        f"{api.list}/members", params={"fields": "members.email_address,members.merge_fields.FNAME,total_items"}
    )
    assert answer.json() == {
        "members": [{"email_address": "jo@example.org", "merge_fields": {"FNAME": "Jo"}}],
        "total_items": 1,
    }
    assert api.get(f"{api.list}/members", params={"fields": "total_items"}).json() == {"total_items": 1}


def test_fields_are_left_out_by_their_dotted_names(api: Any) -> None:
    api.add("jo@example.org")
    answer = api.get(
        f"{api.list}/members", params={"exclude_fields": "members.merge_fields,members._links,_links"}
    )
    (member,) = answer.json()["members"]
    assert "_links" not in answer.json()
    assert "merge_fields" not in member
    assert member["email_address"] == "jo@example.org"


@pytest.mark.parametrize("path", ["/lists", "{list}", "{list}/members", "{list}/merge-fields", "/batches", "/"])
def test_an_unknown_field_is_an_error(api: Any, path: str) -> None:
    answer = api.get(path.format(list=api.list), params={"fields": "no_such_field"})
    assert answer.status_code == 400


def test_an_unknown_field_of_a_row_is_an_error(api: Any) -> None:
    """Also when no row has it: `unsubscribe_reason` is known although only some members show it."""
    members = f"{api.list}/members"
    assert api.get(members, params={"fields": "members.emial"}).status_code == 400
    assert api.get(members, params={"fields": "members.unsubscribe_reason"}).status_code == 200
    api.add("jo@example.org")
    assert api.get(api.at("jo@example.org"), params={"fields": "unsubscribe_reason"}).json() == {}


def test_fields_and_exclude_fields_exclude_each_other(api: Any) -> None:
    assert api.get("/lists", params={"fields": "lists.id", "exclude_fields": "lists.name"}).status_code == 400


def test_members_are_found_by_the_time_of_their_change(api: Any, clock: Any) -> None:
    api.add("first@example.org")
    clock.advance(60)
    api.add("second@example.org")
    clock.advance(60)
    api.add("third@example.org")
    assert api.addresses(since_last_changed="2026-11-23T12:00:00+00:00") == [
        "second@example.org",
        "third@example.org",
    ]
    assert api.addresses(since_last_changed="2026-11-23T13:01:00+01:00") == ["third@example.org"]
    assert api.addresses(before_last_changed="2026-11-23T12:01:00+00:00") == ["first@example.org"]


def test_a_plus_that_was_not_encoded_is_an_error(api: Any) -> None:
    """Trap: it arrives as a blank."""
    path = f"/3.0{api.list}/members?since_last_changed=2026-11-23T12:00:00"
    assert api.get(f"http://mailchimp.test{path}%2B00:00").status_code == 200
    assert api.get(f"http://mailchimp.test{path}+00:00").status_code == 400


def test_members_are_found_by_their_status(api: Any) -> None:
    for status in ("subscribed", "unsubscribed", "cleaned", "pending", "transactional"):
        api.add(f"{status}@example.org", status)
    for status in ("subscribed", "unsubscribed", "cleaned", "pending", "transactional"):
        assert api.addresses(status=status) == [f"{status}@example.org"]
    assert api.get(f"{api.list}/members", params={"status": "gone"}).status_code == 400


@pytest.mark.parametrize("by_default", [False, True])
def test_archived_members_come_when_asked_for_and_else_as_the_sandbox_was_told(
    clock: Any, by_default: bool
) -> None:
    sandbox = MailchimpSandbox(clock, archived_in_default_read=by_default)
    list_id = sandbox.add_list("Customers")
    sandbox.subscribe(list_id, "jo@example.org")
    sandbox.archive(list_id, "jo@example.org")
    audience = sandbox.account.audience(list_id)
    assert len(sandbox.account.members(audience, {})) == int(by_default)
    assert len(sandbox.account.members(audience, {"status": "archived"})) == 1


def test_unsubscribed_since_needs_its_status(api: Any, clock: Any) -> None:
    for name in ("early", "late"):
        api.box.subscribe(api.list_id, f"{name}@example.org")
    api.box.unsubscribe(api.list_id, "early@example.org")
    clock.advance(60)
    api.box.unsubscribe(api.list_id, "late@example.org")
    since = {"unsubscribed_since": "2026-11-23T12:00:00+00:00"}
    assert api.addresses(status="unsubscribed", **since) == ["late@example.org"]
    assert api.get(f"{api.list}/members", params=since).status_code == 400
    assert api.get(f"{api.list}/members", params={"status": "subscribed", **since}).status_code == 400


def test_members_are_sorted_and_filtered_by_their_opt_in(api: Any) -> None:
    for name, year in (("young", 2024), ("old", 2019), ("middle", 2021)):
        api.add(f"{name}@example.org", timestamp_opt=f"{year}-01-01T00:00:00+00:00", vip=name == "old")
    api.add("never@example.org", "transactional")
    ordered = api.addresses(sort_field="timestamp_opt", sort_dir="DESC")
    assert ordered == [f"{name}@example.org" for name in ("young", "middle", "old", "never")]
    since = "2020-01-01T00:00:00+00:00"
    assert set(api.addresses(since_timestamp_opt=since)) == {"young@example.org", "middle@example.org"}
    assert api.addresses(before_timestamp_opt=since) == ["old@example.org"]
    assert api.addresses(vip_only="true") == ["old@example.org"]
    assert api.get(f"{api.list}/members", params={"sort_field": "name"}).status_code == 400


def test_lists_that_have_an_address(api: Any, careful: Any) -> None:
    careful.add("jo@example.org")
    answer = api.get("/lists", params={"email": "Jo@example.org"}).json()
    assert [one["name"] for one in answer["lists"]] == ["Careful"]


def test_a_list_tells_its_double_opt_in_and_its_numbers(careful: Any) -> None:
    careful.add("in@example.org")
    careful.add("out@example.org", "unsubscribed")
    one = careful.get(careful.list).json()
    assert one["double_optin"] is True
    assert one["stats"] == {
        "member_count": 1,
        "unsubscribe_count": 1,
        "cleaned_count": 0,
        "merge_field_count": 5,
    }


def test_members_are_searched(api: Any, careful: Any) -> None:
    api.add("jo@example.org", merge_fields={"LNAME": "Huber"})
    careful.add("huber@example.org")
    found = api.get("/search-members", params={"query": "huber"}).json()
    assert found["full_search"]["total_items"] == 2
    exact = api.get("/search-members", params={"query": "JO@example.org", "list_id": api.list_id}).json()
    assert exact["exact_matches"]["members"][0]["email_address"] == "jo@example.org"


def test_seeded_people_are_of_the_past(api: Any) -> None:
    api.box.seed(api.list_id, ["Anna@example.org", "bela@example.org"])
    assert api.addresses(status="subscribed") == ["Anna@example.org", "bela@example.org"]
    assert api.addresses(since_last_changed="2026-11-22T12:00:00+00:00") == []
