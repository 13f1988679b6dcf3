"""Traps around consent: what can be resubscribed, and what cannot."""

from typing import Any

import pytest

from rundbrief.models import SubscriberStatus

JO = "jo@example.org"


def title(answer: Any) -> str:
    assert answer.status_code == 400, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    return str(answer.json()["title"])


# --- compliance state -------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", ["unsubscribe", "complain", "bounce"])
def test_who_left_or_bounced_cannot_be_subscribed_by_the_api(api: Any, act: str) -> None:
    api.box.subscribe(api.list_id, JO)
    getattr(api.box, act)(api.list_id, JO)
    before = api.member(JO)["status"]
    assert title(api.change(JO, status="subscribed")) == "Member In Compliance State"
    assert title(api.put_(JO, status="subscribed", status_if_new="subscribed")) == "Member In Compliance State"
    row = api.write({"email_address": JO, "status": "subscribed"}, update_existing=True)["errors"][0]
    assert "compliance state" in row["error"]
    assert row["error_code"] == "ERROR_GENERIC"
    assert api.member(JO)["status"] == before


def test_an_opt_out_by_the_api_is_not_protected(api: Any) -> None:
    """Trap: `subscribed` is accepted again."""
    api.add(JO)
    api.change(JO, status="unsubscribed")
    assert api.change(JO, status="subscribed").json()["status"] == "subscribed"


def test_an_opt_out_by_an_administrator_is_not_protected(api: Any) -> None:
    """Trap: `update_existing` with a status re-subscribes everyone whose unsubscribe was made so."""
    api.box.subscribe(api.list_id, JO)
    api.box.block(api.list_id, JO)
    api.write({"email_address": JO, "status": "subscribed", "merge_fields": {"FNAME": "J"}}, update_existing=True)
    assert api.box.status(api.list_id, JO) is SubscriberStatus.SUBSCRIBED


def test_an_opt_out_stays_protected_through_other_statuses(api: Any) -> None:
    api.box.subscribe(api.list_id, JO)
    api.box.unsubscribe(api.list_id, JO)
    for status in ("transactional", "unsubscribed", "pending"):
        assert api.change(JO, status=status).is_success
    assert title(api.change(JO, status="subscribed")) == "Member In Compliance State"


def test_pending_is_the_way_back_and_the_person_decides(api: Any) -> None:
    api.box.subscribe(api.list_id, JO)
    api.box.unsubscribe(api.list_id, JO)
    assert api.change(JO, status="pending").json()["status"] == "pending"
    assert api.box.confirmation_mails == [JO]
    api.box.confirm(api.list_id, JO)
    assert api.member(JO)["status"] == "subscribed"


def test_data_of_who_left_can_be_written_without_a_status(api: Any) -> None:
    api.box.subscribe(api.list_id, JO)
    api.box.unsubscribe(api.list_id, JO)
    assert api.change(JO, merge_fields={"FNAME": "Jo"}).json()["status"] == "unsubscribed"


def test_a_form_is_the_persons_own_way_back(api: Any) -> None:
    api.box.subscribe(api.list_id, JO)
    api.box.unsubscribe(api.list_id, JO)
    api.box.subscribe(api.list_id, JO)
    assert api.member(JO)["status"] == "subscribed"


# --- status and status_if_new -----------------------------------------------------------------------------


def test_status_if_new_counts_for_new_members_only(api: Any) -> None:
    """Trap: `status` overwrites."""
    assert api.put_(JO, status_if_new="transactional").json()["status"] == "transactional"
    assert api.put_(JO, status_if_new="subscribed").json()["status"] == "transactional"
    assert api.put_(JO, status="subscribed", status_if_new="pending").json()["status"] == "subscribed"


def test_existing_members_are_left_alone_without_update_existing(api: Any) -> None:
    api.add(JO, merge_fields={"FNAME": "Jo"})
    api.change(JO, status="unsubscribed")
    answer = api.write({"email_address": "JO@example.org", "status": "subscribed", "merge_fields": {"FNAME": "X"}})
    assert [row["error_code"] for row in answer["errors"]] == ["ERROR_CONTACT_EXISTS"]
    member = api.member(JO)
    assert (member["status"], member["merge_fields"]["FNAME"]) == ("unsubscribed", "Jo")


def test_an_existing_member_cannot_be_posted(api: Any) -> None:
    api.add(JO)
    assert title(api.add("Jo@Example.org", "unsubscribed")) == "Member Exists"
    assert api.member(JO)["status"] == "subscribed"


def test_archived_is_no_status_that_can_be_written(api: Any) -> None:
    api.add(JO)
    assert title(api.change(JO, status="archived")) == "Invalid Resource"
    assert title(api.add("new@example.org", "archived")) == "Invalid Resource"


# --- double opt-in ----------------------------------------------------------------------------------------


def test_subscribed_by_the_api_skips_the_confirmation(careful: Any) -> None:
    """Trap: the audience's double opt-in does not hold for the API."""
    assert careful.add(JO).json()["status"] == "subscribed"
    assert careful.box.confirmation_mails == []


def test_pending_by_the_api_sends_the_confirmation(careful: Any) -> None:
    careful.write({"email_address": JO, "status": "pending"})
    assert careful.box.confirmation_mails == [JO]
    assert careful.member(JO)["timestamp_opt"] == ""
    careful.box.confirm(careful.list_id, JO)
    assert careful.member(JO)["status"] == "subscribed"
    assert careful.member(JO)["timestamp_opt"] == "2026-11-23T12:00:00+00:00"


def test_a_form_asks_for_confirmation_too(careful: Any) -> None:
    careful.box.subscribe(careful.list_id, JO)
    assert careful.box.status(careful.list_id, JO) is SubscriberStatus.PENDING
    assert careful.box.confirmation_mails == [JO]


def test_the_same_pending_again_sends_no_second_mail(careful: Any) -> None:
    careful.add(JO, "pending")
    careful.change(JO, status="pending")
    careful.put_(JO, status="pending")
    assert careful.box.confirmation_mails == [JO]


def test_who_is_subscribed_and_signs_up_again_stays_subscribed(careful: Any) -> None:
    careful.add(JO)
    careful.box.subscribe(careful.list_id, JO)
    assert careful.member(JO)["status"] == "subscribed"


# --- archived ---------------------------------------------------------------------------------------------


def test_archiving_hides_the_opt_out(api: Any) -> None:
    """Trap: an archived member may have been anything."""
    api.box.subscribe(api.list_id, JO)
    api.box.unsubscribe(api.list_id, JO)
    assert api.delete(api.at(JO)).status_code == 204
    member = api.member(JO)
    assert member["status"] == "archived"
    assert "unsubscribe_reason" not in member


def test_archiving_launders_an_opt_out(api: Any) -> None:
    """Trap: a status written on an archived member revives even somebody who left."""
    api.box.subscribe(api.list_id, JO)
    api.box.unsubscribe(api.list_id, JO)
    api.delete(api.at(JO))
    assert api.change(JO, status="subscribed").json()["status"] == "subscribed"


def test_archiving_does_not_heal_an_address(api: Any) -> None:
    api.box.subscribe(api.list_id, JO)
    api.box.bounce(api.list_id, JO)
    api.box.archive(api.list_id, JO)
    assert title(api.change(JO, status="subscribed")) == "Member In Compliance State"


def test_an_archived_member_stays_archived_without_a_status(api: Any) -> None:
    api.add(JO)
    api.delete(api.at(JO))
    assert api.put_(JO, status_if_new="subscribed").json()["status"] == "archived"
    assert api.change(JO, merge_fields={"FNAME": "J"}).json()["status"] == "archived"
    assert api.put_(JO, status="subscribed").json()["status"] == "subscribed"


def test_some_members_cannot_be_archived(api: Any) -> None:
    api.add(JO)
    api.box.make_irremovable(api.list_id, JO)
    answer = api.delete(api.at(JO))
    assert (answer.status_code, api.member(JO)["status"]) == (405, "subscribed")
    assert answer.json()["detail"] == "This list member cannot be removed. Please contact support."


# --- deleted for good -------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["subscribed", "pending", "unsubscribed"])
def test_a_forgotten_address_is_refused_whatever_is_written(api: Any, status: str) -> None:
    """Trap: also by pending; only a form of Mailchimp's own brings it back."""
    api.add(JO)
    assert api.post(f"{api.at(JO)}/actions/delete-permanent").status_code == 204
    assert title(api.add(JO, status)) == "Forgotten Email Not Subscribed"
    assert title(api.put_(JO, status_if_new=status)) == "Forgotten Email Not Subscribed"
    assert "permanently deleted" in api.write({"email_address": JO, "status": status})["errors"][0]["error"]
    assert api.box.status(api.list_id, JO) is SubscriberStatus.ABSENT
    api.box.subscribe(api.list_id, JO)
    assert api.member(JO)["status"] == "subscribed"


def test_a_deleted_member_cannot_be_told_from_one_that_never_was(api: Any) -> None:
    api.add(JO)
    api.box.delete(api.list_id, JO)
    gone, never = api.get(api.at(JO)), api.get(api.at("never@example.org"))
    assert gone.status_code == never.status_code == 404
    assert gone.json()["title"] == never.json()["title"]


def test_a_forgotten_address_is_no_goal_of_a_move(api: Any) -> None:
    api.add(JO)
    api.box.delete(api.list_id, JO)
    api.add("new@example.org")
    assert title(api.change("new@example.org", email_address=JO)) == "Forgotten Email Not Subscribed"


# --- addresses --------------------------------------------------------------------------------------------


def test_an_address_changes_under_the_old_key(api: Any) -> None:
    before = api.add("old@example.org").json()
    after = api.change("old@example.org", email_address="new@example.org").json()
    assert after["contact_id"] == before["contact_id"]
    assert after["web_id"] == before["web_id"]
    assert after["id"] != before["id"]
    assert after["unique_email_id"] != before["unique_email_id"]
    assert api.get(api.at("old@example.org")).status_code == 404
    assert api.member("new@example.org")["status"] == "subscribed"


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("subscribed", "Subscribed"),
        ("unsubscribed", "Unsubscribed"),
        ("cleaned", "Cleaned"),
        ("archived", "Deleted"),
    ],
)
def test_an_address_that_is_taken_in_any_state_is_no_goal_of_a_move(api: Any, status: str, word: str) -> None:
    api.add("old@example.org")
    api.add(JO, "subscribed" if status == "archived" else status)
    if status == "archived":
        api.delete(api.at(JO))
    answer = api.change("old@example.org", email_address=JO, merge_fields={"FNAME": "Lost"})
    assert title(answer) == "Invalid Resource"
    assert answer.json()["detail"] == f'"{JO}" is already in this list with a status of "{word}".'
    assert api.member("old@example.org")["merge_fields"]["FNAME"] == ""


def test_the_key_of_another_address_is_called_member_exists(api: Any) -> None:
    """Trap: PUT answers "Use PUT": the sign of a hash mismatch."""
    api.add(JO)
    answer = api.put(api.at("other@example.org"), json={"email_address": JO, "status_if_new": "subscribed"})
    assert title(answer) == "Member Exists"
    assert "Use PUT" in answer.json()["detail"]


def test_another_spelling_is_the_same_member(api: Any) -> None:
    before = api.add("Jo@Example.ORG").json()
    after = api.change(JO, email_address="JO@example.org").json()
    assert (after["id"], after["email_address"]) == (before["id"], "JO@example.org")


@pytest.mark.parametrize("how", ["hash", "address", "contact id"])
def test_a_member_has_three_names(api: Any, how: str) -> None:
    member = api.add(JO).json()
    key = {"hash": member["id"], "address": JO, "contact id": member["contact_id"]}[how]
    assert api.get(f"{api.list}/members/{key}").json()["email_address"] == JO


def test_one_person_on_two_lists_is_two_contacts_with_one_address(api: Any, careful: Any) -> None:
    here, there = api.add(JO).json(), careful.add(JO).json()
    assert here["contact_id"] != there["contact_id"]
    assert here["unique_email_id"] == there["unique_email_id"]


@pytest.mark.parametrize("address", ["", "jo", "jo@", "jo@example", "jo doe@example.org", "jo@fake.test"])
def test_a_fake_address_is_refused(api: Any, address: str) -> None:
    answer = api.add(address)
    assert title(answer) == "Invalid Resource"
    assert answer.json()["detail"].endswith("looks fake or invalid, please enter a real email address.")


def test_a_busy_address_has_to_wait(api: Any) -> None:
    api.box.throttle(api.list_id, JO)
    assert "has signed up to a lot of lists very recently" in api.add(JO).json()["detail"]


def test_a_persons_own_change_of_address_keeps_the_contact(api: Any) -> None:
    contact = api.add(JO).json()["contact_id"]
    api.box.change_address(api.list_id, JO, "new@example.org")
    assert api.member("new@example.org")["contact_id"] == contact


# --- evidence ---------------------------------------------------------------------------------------------


def test_the_evidence_is_written_and_shown_in_utc(api: Any) -> None:
    api.add(
        JO,
        timestamp_signup="2020-02-02T10:00:00+01:00",
        ip_signup="198.51.100.1",
        timestamp_opt="2020-02-03 10:00:00",
        ip_opt="198.51.100.2",
    )
    member = api.member(JO)
    assert member["timestamp_signup"] == "2020-02-02T09:00:00+00:00"
    assert member["timestamp_opt"] == "2020-02-03T10:00:00+00:00"
    assert (member["ip_signup"], member["ip_opt"]) == ("198.51.100.1", "198.51.100.2")


def test_a_time_that_is_none_refuses_the_write(api: Any) -> None:
    api.add(JO)
    assert title(api.change(JO, timestamp_opt="yesterday", status="unsubscribed")) == "Invalid Resource"
    assert api.member(JO)["status"] == "subscribed"


def test_any_change_moves_the_time_of_the_last_one(api: Any, clock: Any) -> None:
    api.add(JO)
    for act in (
        lambda: api.change(JO, merge_fields={"FNAME": "J"}),
        lambda: api.post(f"{api.at(JO)}/tags", json={"tags": [{"name": "x", "status": "active"}]}),
        lambda: api.box.unsubscribe(api.list_id, JO),
        lambda: api.delete(api.at(JO)),
    ):
        clock.advance(60)
        act()
        assert api.member(JO)["last_changed"] == clock().isoformat()


def test_tags_are_set_by_a_create_and_not_by_an_update(api: Any) -> None:
    """Trap: PUT and PATCH ignore them."""
    api.add(JO, tags=["one"])
    assert [tag["name"] for tag in api.put_(JO, status_if_new="subscribed", tags=["two"]).json()["tags"]] == [
        "one"
    ]
    api.write(
        {"email_address": JO, "status": "subscribed", "tags": ["three"]}, update_existing=True, sync_tags=True
    )
    assert [tag["name"] for tag in api.member(JO)["tags"]] == ["three"]
