"""Writing contacts, one by one and many at once, and lists."""

from typing import Any

import pytest

JO = "jo@example.org"
MO = "mo@example.org"


# --- one contact ------------------------------------------------------------------------------------------


def test_a_contact_is_created_once(api: Any) -> None:
    answer = api.add("Jo@Example.org", listIds=[api.number], attributes={"FIRSTNAME": "Jo"})
    assert (answer.status_code, answer.json()) == (201, {"id": 1})
    answer = api.add(JO)
    assert (answer.status_code, answer.json()["metadata"]) == (400, {"duplicate_identifiers": ["email"]})
    contact = api.contact(JO)
    assert (contact["email"], contact["listIds"], contact["emailBlacklisted"]) == (JO, [api.number], False)


def test_an_existing_contact_is_updated_when_asked_for(api: Any) -> None:
    api.add(JO, attributes={"FIRSTNAME": "Jo", "LASTNAME": "Huber"})
    answer = api.add(JO, updateEnabled=True, attributes={"FIRSTNAME": "Johanna", "LASTNAME": ""})
    assert (answer.status_code, answer.content) == (204, b"")
    assert api.contact(JO)["attributes"] == {"FIRSTNAME": "Johanna"}


def test_no_two_contacts_share_a_number_or_an_external_id(api: Any) -> None:
    """Trap: also with `updateEnabled`."""
    api.add(JO, ext_id="K-1", attributes={"SMS": "+43664123456"})
    api.add(MO)
    for sent, clash in (({"ext_id": "K-1"}, "ext_id"), ({"attributes": {"SMS": "0043664123456"}}, "SMS")):
        for answer in (api.add(MO, updateEnabled=True, **sent), api.change(MO, **sent), api.add("x@y.at", **sent)):
            assert answer.status_code == 400
            assert answer.json()["metadata"] == {"duplicate_identifiers": [clash]}
    assert api.contact(MO)["attributes"] == {}


def test_an_address_of_somebody_else_is_refused_and_nothing_changes(api: Any) -> None:
    api.add(JO)
    api.add(MO, attributes={"FIRSTNAME": "Mo"})
    answer = api.change(MO, attributes={"EMAIL": "JO@example.org", "FIRSTNAME": "X"}, emailBlacklisted=True)
    assert answer.json()["metadata"] == {"duplicate_identifiers": ["email"]}
    contact = api.contact(MO)
    assert (contact["attributes"], contact["emailBlacklisted"]) == ({"FIRSTNAME": "Mo"}, False)


def test_an_old_address_is_free_again(api: Any) -> None:
    api.add(JO)
    api.change(JO, attributes={"EMAIL": MO})
    assert api.add(JO).status_code == 201
    assert api.contact(MO)["id"] == 1


def test_a_contact_joins_and_leaves_lists(api: Any) -> None:
    other = int(api.box.add_list("Other"))
    api.add(JO, listIds=[api.number])
    assert api.change(JO, listIds=[other], unlinkListIds=[api.number]).status_code == 204
    assert api.contact(JO)["listIds"] == [other]


@pytest.mark.parametrize(
    "sent",
    [
        {"email": "nobody"},
        {"email": 7},
        {},
        {"attributes": {"FIRSTNAME": "Jo"}},
        {"email": JO, "listIds": [99]},
        {"email": JO, "listIds": "2"},
        {"email": JO, "emailBlacklisted": "no"},
        {"email": JO, "attributes": []},
        {"email": JO, "attributes": {"SMS": "0664 123456"}},
        {"email": JO, "forceMerge": True},
    ],
)
def test_creations_that_are_refused(api: Any, sent: dict[str, Any]) -> None:
    answer = api.post("/contacts", json=sent)
    assert (answer.status_code, set(answer.json())) == (400, {"code", "message"})
    assert api.addresses() == []


def test_whom_nobody_knows_cannot_be_changed(api: Any) -> None:
    assert api.change(JO, attributes={}).json()["message"] == "Contact does not exist"
    assert api.delete(f"/contacts/{JO}").status_code == 404


# --- values -----------------------------------------------------------------------------------------------


def test_what_does_not_fit_is_ignored_without_a_word(api: Any) -> None:
    """Trap: unknown names, small letters, wrong types."""
    api.attribute("BORN", "date")
    api.attribute("SIZE", "float")
    api.attribute("COUNTRIES", "multiple-choice", multiCategoryOptions=["India", "China"])
    api.add(JO)
    answer = api.change(
        JO,
        attributes={
            "NO_SUCH": "x",
            "firstname": "Jo",
            "FIRSTNAME": 7,
            "BORN": "23.11.1989",
            "SIZE": "7",
            "OPT_IN": "yes",
            "COUNTRIES": ["Atlantis"],
            "DOUBLE_OPT-IN": "Maybe",
            "BLACKLIST": "1",
            "WHATSAPP": "call me",
        },
    )
    assert answer.status_code == 204
    assert api.contact(JO)["attributes"] == {}


def test_what_fits_is_kept(api: Any) -> None:
    api.attribute("BORN", "date")
    api.attribute("SIZE", "float")
    api.attribute("COUNTRIES", "multiple-choice", multiCategoryOptions=["India", "China"])
    api.attribute("GENDER", "category", "category", enumeration=[{"value": 4, "label": "Women"}])
    sent = {"FIRSTNAME": "J\u00f6rdis", "BORN": "1989-11-23", "SIZE": 1.5, "OPT_IN": True, "COUNTRIES": ["India"]}
    api.add(JO, attributes={**sent, "GENDER": "Women"})
    assert api.contact(JO)["attributes"] == {**sent, "GENDER": "4"}


def test_attributes_are_told_and_defined(api: Any) -> None:
    api.attribute("BORN", "date")
    shown = {one["name"]: one for one in api.get("/contacts/attributes").json()["attributes"]}
    assert shown["BORN"] == {"name": "BORN", "category": "normal", "type": "date"}
    assert shown["DOUBLE_OPT-IN"]["enumeration"] == [{"value": 1, "label": "Yes"}, {"value": 2, "label": "No"}]
    assert api.attribute("BORN", "date").json()["message"] == "Attribute name must be unique"


@pytest.mark.parametrize(
    ("language", "names"),
    [("en", {"FIRSTNAME", "LASTNAME"}), ("de", {"VORNAME", "NACHNAME"}), ("fr", {"PRENOM", "NOM"})],
)
def test_the_first_attributes_are_named_in_the_accounts_language(
    make_api: Any, language: str, names: set[str]
) -> None:
    """Trap: who sends FIRSTNAME to a German account loses it in silence."""
    api = make_api(language=language)
    shown = {one["name"] for one in api.get("/contacts/attributes").json()["attributes"]}
    assert shown & {"FIRSTNAME", "LASTNAME", "VORNAME", "NACHNAME", "PRENOM", "NOM"} == names
    api.add(JO, attributes={"FIRSTNAME": "Jo", "VORNAME": "Jo", "PRENOM": "Jo"})
    assert len(api.contact(JO)["attributes"]) == 1


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("normal/small", {"type": "text"}),
        ("normal/DATE", {"type": "datetime"}),
        ("normal/ID", {"type": "id"}),
        ("odd/NAME", {"type": "text"}),
        ("normal/CHOICES", {"type": "multiple-choice"}),
        ("normal/CHOICES", {"type": "multiple-choice", "multiCategoryOptions": ["x" * 201]}),
        ("category/CHOICE", {"type": "category"}),
        ("category/CHOICE", {"type": "category", "enumeration": [{"label": "x"}]}),
    ],
)
def test_attributes_that_are_refused(api: Any, path: str, sent: dict[str, Any]) -> None:
    assert api.post(f"/contacts/attributes/{path}", json=sent).status_code == 400


# --- many contacts ----------------------------------------------------------------------------------------


def test_one_unknown_contact_fails_a_whole_batch(api: Any) -> None:
    """Trap: the indexes are named, and nothing is changed."""
    api.box.seed(api.list_id, 3)
    rows = [
        {"email": f"{name}@example.org", "attributes": {"LASTNAME": "New"}}
        for name in ("person0", "person1", "person2", "nobody", "no-one")
    ]
    answer = api.batch(*rows)
    assert answer.status_code == 404
    assert answer.json() == {"code": "document_not_found", "message": "No contact found for indexes 3,4"}
    assert api.contact("person0@example.org")["attributes"]["LASTNAME"] == "M\u00fcller"
    assert api.batch(*rows[:3]).status_code == 204
    assert api.contact("person2@example.org")["attributes"]["LASTNAME"] == "New"


def test_a_batch_names_contacts_by_address_id_or_number(api: Any) -> None:
    api.add(JO, attributes={"SMS": "+43664123456"})
    for key in ({"email": JO}, {"id": 1}, {"sms": "+43664123456"}):
        assert api.batch({**key, "attributes": {"FIRSTNAME": "Jo"}}).status_code == 204
    assert api.batch({"email": JO, "id": 1}).status_code == 400
    assert api.batch({"email": JO.upper()}).status_code == 404


def test_a_batch_has_100_contacts_at_most(api: Any) -> None:
    api.box.seed(api.list_id, 101)
    rows = [{"email": f"person{n}@example.org", "listIds": [api.number]} for n in range(101)]
    assert api.batch(*rows).status_code == 400
    assert api.batch(*rows[:100]).status_code == 204
    assert api.batch().status_code == 400


def test_two_of_a_batch_cannot_take_the_same_address(api: Any) -> None:
    api.add(JO)
    api.add(MO)
    answer = api.batch(*({"email": one, "attributes": {"EMAIL": "new@example.org"}} for one in (JO, MO)))
    assert answer.json()["metadata"] == {"duplicate_identifiers": ["email"]}
    assert sorted(api.addresses()) == [JO, MO]


# --- lists ------------------------------------------------------------------------------------------------


def test_who_is_on_the_list_already_is_a_failure(api: Any) -> None:
    api.add(JO, listIds=[api.number])
    api.add(MO)
    answer = api.join(JO, MO, "nobody@example.org")
    assert answer.status_code == 201
    assert answer.json()["contacts"] == {"success": [MO], "failure": [JO, "nobody@example.org"]}


def test_if_all_are_failures_the_answer_is_an_error(api: Any) -> None:
    """Trap: whoever sends the same again is refused."""
    api.add(JO)
    assert api.join(JO).status_code == 201
    answer = api.join(JO)
    assert answer.status_code == 400
    assert answer.json()["message"] == "Contact already in list and/or does not exist"
    path = f"{api.list}/contacts/remove"
    assert api.post(path, json={"emails": [JO]}).status_code == 201
    assert api.post(path, json={"emails": [JO]}).status_code == 400


def test_a_list_takes_addresses_in_small_letters_only(api: Any) -> None:
    """Trap: kept in small letters, compared as sent; the answer says that there is no such contact."""
    api.add("Jo@Example.org")
    assert api.join("Jo@Example.org").status_code == 400
    assert api.contact("Jo@Example.org")["listIds"] == []
    assert api.join(JO).status_code == 201


def test_members_are_named_by_ids_of_one_kind_150_at_most(api: Any) -> None:
    api.box.seed(api.list_id, 151)
    other = f"/contacts/lists/{api.box.add_list('Other')}/contacts/add"
    assert api.post(other, json={"ids": list(range(1, 152))}).status_code == 400
    assert len(api.post(other, json={"ids": list(range(1, 151))}).json()["contacts"]["success"]) == 150
    assert api.post(other, json={"ids": [151], "emails": ["person150@example.org"]}).status_code == 400
    assert api.post(other, json={}).status_code == 400
    api.change("person150@example.org", ext_id="K-1")
    assert api.post(other, json={"extIds": ["K-1"]}).status_code == 201
    assert api.post("/contacts/lists/99/contacts/add", json={"ids": [1]}).status_code == 404


def test_everybody_leaves_a_list_by_a_process(api: Any) -> None:
    api.box.seed(api.list_id, 3)
    answer = api.post(f"{api.list}/contacts/remove", json={"all": True}).json()["contacts"]
    assert answer["total"] == 3
    assert len(api.addresses(listIds=api.number)) == 3
    api.finished(answer["processId"])
    assert api.addresses(listIds=api.number) == []
    assert len(api.addresses()) == 3


def test_a_list_is_made_in_a_folder(api: Any) -> None:
    assert api.post("/contacts/lists", json={"name": "More", "folderId": 1}).status_code == 201
    for sent in ({"name": "More", "folderId": 9}, {"name": "More"}, {"folderId": 1}):
        assert api.post("/contacts/lists", json=sent).status_code == 400
