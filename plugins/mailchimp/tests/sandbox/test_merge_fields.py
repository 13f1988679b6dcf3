"""Merge fields: definitions, and the validation of a whole contact."""

from typing import Any

import pytest

JO = "jo@example.org"
ADDRESS = {"addr1": "Gasse 1", "city": "Wien", "state": "W", "zip": "1010"}


def test_a_new_audience_has_fields_already(api: Any) -> None:
    fields = api.get(f"{api.list}/merge-fields").json()["merge_fields"]
    assert [one["tag"] for one in fields] == ["FNAME", "LNAME", "ADDRESS", "PHONE", "BIRTHDAY"]


def test_fields_come_ten_at_a_time(api: Any) -> None:
    """Trap: the default page is short here as well."""
    for number in range(10):
        api.field(f"F{number}")
    page = api.get(f"{api.list}/merge-fields").json()
    assert (len(page["merge_fields"]), page["total_items"]) == (10, 15)


def test_fields_are_filtered(api: Any) -> None:
    api.field("AGE", "number", required=True)
    tags = [
        [one["tag"] for one in api.get(f"{api.list}/merge-fields", params=query).json()["merge_fields"]]
        for query in ({"type": "number"}, {"required": "true"}, {"type": "phone"})
    ]
    assert tags == [["AGE"], ["AGE"], ["PHONE"]]


def test_a_field_without_a_tag_gets_one(api: Any) -> None:
    sent = {"name": "Anything", "type": "text"}
    assert api.post(f"{api.list}/merge-fields", json=sent).json()["tag"] == "MMERGE6"


@pytest.mark.parametrize("tag", ["ELEVENCHARS", "WITH SPACE", "UML\u00c4UT", "fname"])
def test_a_tag_that_cannot_be_is_refused(api: Any, tag: str) -> None:
    assert api.post(f"{api.list}/merge-fields", json={"name": "X", "tag": tag, "type": "text"}).status_code == 400


def test_an_audience_has_thirty_fields_at_most(api: Any) -> None:
    for number in range(25):
        api.field(f"F{number}")
    assert api.post(f"{api.list}/merge-fields", json={"name": "X", "type": "text"}).status_code == 400


def test_values_follow_a_new_tag_and_go_with_their_field(api: Any) -> None:
    api.add(JO, merge_fields={"FNAME": "Jo"})
    api.patch(f"{api.list}/merge-fields/1", json={"tag": "VORNAME", "type": "number"}).raise_for_status()
    assert api.get(f"{api.list}/merge-fields/1").json()["type"] == "text"
    assert api.member(JO)["merge_fields"]["VORNAME"] == "Jo"
    assert api.delete(f"{api.list}/merge-fields/1").status_code == 204
    api.field("VORNAME")
    assert api.member(JO)["merge_fields"]["VORNAME"] == ""


def test_a_required_field_refuses_any_write_of_a_contact_without_it(api: Any) -> None:
    """Trap: even one that sends no field at all, such as an opt-out."""
    api.add(JO)
    api.field("REGION", required=True)
    answer = api.change(JO, status="unsubscribed")
    assert answer.status_code == 400
    assert answer.json()["detail"] == "Your merge fields were invalid."
    assert answer.json()["errors"] == [{"field": "REGION", "message": "This value should not be blank."}]
    row = api.write({"email_address": JO, "status": "unsubscribed"}, update_existing=True)["errors"][0]
    assert (row["field"], row["field_message"]) == ("REGION", "This value should not be blank.")
    assert api.member(JO)["status"] == "subscribed"


def test_missing_required_fields_can_be_skipped_but_bad_values_cannot(api: Any) -> None:
    api.field("REGION", required=True)
    skip = {"skip_merge_validation": "true"}
    assert api.write({"email_address": JO, "status": "subscribed"}, params=skip)["total_created"] == 1
    assert api.patch(api.at(JO), json={"merge_fields": {"FNAME": "J"}}, params=skip).is_success
    assert api.patch(api.at(JO), json={"merge_fields": {"BIRTHDAY": "x"}}, params=skip).status_code == 400


def test_one_bad_value_refuses_the_whole_contact(api: Any) -> None:
    api.add(JO)
    answer = api.change(JO, status="unsubscribed", merge_fields={"FNAME": "New", "BIRTHDAY": "soon"})
    assert [error["field"] for error in answer.json()["errors"]] == ["BIRTHDAY"]
    member = api.member(JO)
    assert (member["status"], member["merge_fields"]["FNAME"]) == ("subscribed", "")


def test_text_is_cut_to_255_bytes_without_a_word(api: Any) -> None:
    """Trap: bytes, not characters, and never half a character."""
    stored = api.add(JO, merge_fields={"FNAME": "\u00fc" * 200}).json()["merge_fields"]["FNAME"]
    assert stored == "\u00fc" * 127


def test_values_for_unknown_tags_are_ignored_without_a_word(api: Any) -> None:
    answer = api.add(JO, merge_fields={"NOSUCH": "x"})
    assert answer.is_success
    assert "NOSUCH" not in answer.json()["merge_fields"]


def test_an_empty_text_clears_a_value_and_others_stay(api: Any) -> None:
    api.add(JO, merge_fields={"FNAME": "Jo", "LNAME": "Doe"})
    assert api.change(JO, merge_fields={"FNAME": ""}).json()["merge_fields"]["FNAME"] == ""
    assert api.member(JO)["merge_fields"]["LNAME"] == "Doe"


CHOICES = {"choices": ["de", "en"]}
MESSAGE = "Value must be one of: de, en"


@pytest.mark.parametrize(
    ("kind", "options", "sent", "stored"),
    [
        ("text", {}, 7, "7"),
        ("number", {}, "12.5", 12.5),
        ("number", {}, 12, 12),
        ("date", {}, "2026-02-28", "2026-02-28"),
        ("date", {}, "2026/02/28", "2026-02-28"),
        ("date", {}, "28-02-2026", "2026-02-28"),
        ("date", {}, "02/03/2026", "2026-02-03"),
        ("birthday", {}, "02/29", "02/29"),
        ("birthday", {"date_format": "DD/MM"}, "29/02", "29/02"),
        ("zip", {}, "90210", "90210"),
        ("phone", {"phone_format": "none"}, "+43 1 234", "+43 1 234"),
        ("phone", {"phone_format": "US"}, "(555) 123-4567", "(555) 123-4567"),
        ("url", {}, "https://example.org/a", "https://example.org/a"),
        ("imageurl", {}, "https://example.org/a.png", "https://example.org/a.png"),
        ("dropdown", CHOICES, "de", "de"),
        ("radio", CHOICES, "en", "en"),
        ("address", {}, ADDRESS, {**ADDRESS, "addr2": "", "country": "US"}),
    ],
)
def test_good_values_are_kept(api: Any, kind: str, options: dict[str, Any], sent: Any, stored: Any) -> None:
    api.field("VALUE", kind, options=options)
    assert api.add(JO, merge_fields={"VALUE": sent}).json()["merge_fields"]["VALUE"] == stored


@pytest.mark.parametrize(
    ("kind", "options", "sent"),
    [
        ("text", {}, ["a"]),
        ("text", {}, True),
        ("number", {}, "twelve"),
        ("number", {}, "nan"),
        ("date", {}, "2026-02-30"),
        ("date", {}, "28.02.2026"),
        ("birthday", {}, "29/02"),
        ("birthday", {}, "2026-02-28"),
        ("zip", {}, "A-1010"),
        ("zip", {}, "101"),
        ("phone", {"phone_format": "US"}, "+43 1 234"),
        ("url", {}, "example.org"),
        ("url", {}, "http://[broken"),
        ("dropdown", CHOICES, "DE"),
        ("radio", CHOICES, "fr"),
        ("address", {}, "Gasse 1, Wien"),
        ("address", {}, {"addr1": "Gasse 1", "city": "Wien"}),
        ("address", {}, {**ADDRESS, "zip": 1010}),
    ],
)
def test_bad_values_are_refused(api: Any, kind: str, options: dict[str, Any], sent: Any) -> None:
    api.field("VALUE", kind, options=options)
    answer = api.add(JO, merge_fields={"VALUE": sent})
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["field"] == "VALUE"
    if options == CHOICES:
        assert error["message"] == MESSAGE
