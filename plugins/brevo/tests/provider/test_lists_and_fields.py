"""Lists as places to put people, and attributes as places for the CRM's fields."""

from typing import Any

import pytest

import rundbrief_brevo
from rundbrief.errors import PermissionMissing, SettingsError, SignInAgain
from rundbrief.fields import STANDARD_FIELDS, CrmField, FieldType
from rundbrief.hookspecs import FieldWish
from rundbrief.testing import faults

FIRST_NAME = CrmField("first_name", "First name")
BIRTHDAY = CrmField("birthday", "Birthday", FieldType.DATE)


def targets(field_map: Any) -> dict[str, tuple[str, FieldType]]:
    return {link.crm_key: (link.remote.key, link.remote.type) for link in field_map.links}


# --- lists ------------------------------------------------------------------------------------------------


def test_all_lists_come_with_their_size(account: Any) -> None:
    account.subscribe("jo@example.org")
    for number in range(119):
        account.add_list(f"List {number}")
    found = list(rundbrief_brevo.import_lists(account.session))
    assert len({one.id for one in found}) == 120
    assert (found[0].id, found[0].name, found[0].size) == (account.list.id, "Customers", 1)
    assert not any(one.double_opt_in for one in found)
    assert len(account.box.requests) == 3


def test_an_account_without_lists_leaves_them_out(account: Any) -> None:
    account.box.faults.add(faults.answer_with(200, body='{"count": 0}', content_type="application/json"))
    assert list(rundbrief_brevo.import_lists(account.session)) == []


# --- attributes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "first", "last"),
    [("en", "FIRSTNAME", "LASTNAME"), ("de", "VORNAME", "NACHNAME"), ("fr", "PRENOM", "NOM")],
)
def test_the_names_of_persons_are_found_in_the_accounts_language(
    account_of: Any, language: str, first: str, last: str
) -> None:
    found = account_of(language=language).map(FIRST_NAME, CrmField("last_name", "Last name"))
    assert targets(found) == {"first_name": (first, FieldType.TEXT), "last_name": (last, FieldType.TEXT)}


def test_types_are_those_of_the_attributes(account: Any) -> None:
    account.add_attributes()
    crm = (BIRTHDAY, CrmField("points", "Points", FieldType.NUMBER), CrmField("vip", "VIP", FieldType.BOOLEAN))
    assert targets(account.map(*crm)) == {
        "birthday": ("BIRTHDAY", FieldType.DATE),
        "points": ("POINTS", FieldType.NUMBER),
        "vip": ("VIP", FieldType.BOOLEAN),
    }


def test_nothing_is_proposed_where_the_value_would_not_fit(account: Any) -> None:
    account.box.add_attribute("FIRST_NAME", "float")
    del account.box.account.attributes["FIRSTNAME"]
    assert targets(account.map(FIRST_NAME)) == {}


def test_nothing_is_proposed_where_two_attributes_would_do(account: Any) -> None:
    account.box.add_attribute("VORNAME")
    assert targets(account.map(FIRST_NAME)) == {}


def test_a_configured_attribute_is_taken_and_not_proposed_to_another_field(account: Any) -> None:
    found = account.map(FieldWish(CrmField("nickname", "Nickname"), "FIRSTNAME"), FIRST_NAME)
    assert targets(found) == {"nickname": ("FIRSTNAME", FieldType.TEXT)}


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("FIRSTNAM", "Did you mean FIRSTNAME?"),
        ("firstname", "Did you mean FIRSTNAME?"),
        ("SMS", "tells contacts apart"),
        ("EXT_ID", "tells contacts apart"),
        ("ORDER_ID", "has no attribute ORDER_ID"),
        ("ANYBODY", "of the type user"),
    ],
)
def test_a_configured_attribute_that_cannot_be_filled_is_a_problem_in_words(
    account: Any, name: str, sentence: str
) -> None:
    account.box.add_attribute("ANYBODY", "user")
    found = account.map(FieldWish(FIRST_NAME, name))
    assert found.links == ()
    assert len(found.problems) == 1
    assert sentence in found.problems[0]


def test_telephone_numbers_that_identify_contacts_are_never_proposed(account: Any) -> None:
    account.map(CrmField("sms", "SMS"), CrmField("ext_id", "EXT_ID"), *STANDARD_FIELDS)
    found = targets(account.map(CrmField("sms", "SMS"), *STANDARD_FIELDS))
    assert set(found) == {"first_name", "last_name"}


def test_attributes_for_the_proof_are_not_filled_with_anything_else(account_of: Any) -> None:
    account = account_of(settings={"opt_in_date_attribute": "SINCE"})
    account.box.add_attribute("SINCE")
    found = account.map(CrmField("since", "Since"), FieldWish(FIRST_NAME, "SINCE"))
    assert found.links == ()
    assert "taken by opt_in_date_attribute" in found.problems[0]


def test_attributes_that_would_lose_the_proof_are_a_problem_in_words(account_of: Any) -> None:
    account = account_of(settings={"opt_in_date_attribute": "SINCE", "opt_in_source_attribute": "WHENCE"})
    account.box.add_attribute("SINCE", "date")
    when, whence = account.map().problems
    assert "has to be a text" in when
    assert "no attribute WHENCE" in whence
    account.box.add_attribute("SINCE")
    account.box.add_attribute("WHENCE")
    assert account.map().problems == ()


# --- the connection ---------------------------------------------------------------------------------------


def test_the_account_is_called_by_its_company(account: Any) -> None:
    assert rundbrief_brevo.check_connection(account.session) == "Sandbox"
    assert len(account.box.requests) == 1


def test_an_account_without_a_company_is_called_by_its_owner(account: Any) -> None:
    answer = faults.answer_with(200, body='{"email": "owner@example.org"}', content_type="application/json")
    account.box.faults.add(answer)
    assert rundbrief_brevo.check_connection(account.session) == "owner@example.org"


def test_a_refused_key_may_be_a_matter_of_authorised_ips(account: Any) -> None:
    account.box.faults.add(faults.answer_with(401))
    with pytest.raises(SignInAgain, match="authorised IPs"):
        rundbrief_brevo.check_connection(account.session)


def test_a_missing_right_is_told_as_one(account: Any) -> None:
    account.box.faults.add(faults.answer_with(403))
    with pytest.raises(PermissionMissing) as error:
        rundbrief_brevo.check_connection(account.session)
    assert "IPs" not in str(error.value)


def test_an_address_without_the_api_is_a_matter_of_settings(account: Any) -> None:
    account.box.faults.add(faults.html_error(404))
    with pytest.raises(SettingsError, match="base_url"):
        rundbrief_brevo.check_connection(account.session)
