"""Lists, and where the CRM's fields go."""

from typing import Any

import pytest

import rundbrief_mailchimp
from rundbrief.fields import POSTAL_ADDRESS, STANDARD_FIELDS, CrmField, FieldMap, FieldType
from rundbrief.hookspecs import FieldWish
from rundbrief.models import MailingList


def mapped(account: Any, *wishes: FieldWish) -> FieldMap:
    made: FieldMap = rundbrief_mailchimp.map_custom_fields(account.session, account.list, wishes)
    return made


def links(account: Any, *wishes: FieldWish) -> dict[str, str]:
    return {link.crm_key: link.remote.key for link in mapped(account, *wishes).links}


def standard(key: str, remote_key: str | None = None) -> FieldWish:
    return FieldWish(next(one for one in STANDARD_FIELDS if one.key == key), remote_key)


# --- lists ------------------------------------------------------------------------------------------------


def test_lists_come_with_their_double_opt_in_and_size(account: Any) -> None:
    careful = account.add_list("Careful", double_opt_in=True)
    account.box.seed(account.list.id, 12)
    assert list(rundbrief_mailchimp.import_lists(account.session)) == [
        MailingList(account.list.id, "Customers", False, 12),
        MailingList(careful.id, "Careful", True, 0),
    ]
    assert len(account.box.requests) == 1


def test_all_lists_come_whatever_the_services_page_is(account: Any) -> None:
    for number in range(1001):
        account.add_list(f"List {number}")
    assert len(list(rundbrief_mailchimp.import_lists(account.session))) == 1002
    assert len(account.box.requests) == 2


# --- the map ----------------------------------------------------------------------------------------------


def test_the_standard_fields_of_a_new_list_are_proposed_and_its_address_is_not(account: Any) -> None:
    assert links(account, *(FieldWish(one) for one in STANDARD_FIELDS)) == {
        "first_name": "FNAME",
        "last_name": "LNAME",
        "phone": "PHONE",
        "birthday": "BIRTHDAY",
    }


def test_fields_beyond_the_services_default_page_are_found(account: Any) -> None:
    for number in range(15):
        account.add_field(f"F{number}", f"Field {number}")
    account.add_field("FIRMA", "Firma")
    assert links(account, standard("company")) == {"company": "FIRMA"}
    assert len(account.box.requests) == 1


@pytest.mark.parametrize(
    ("key", "tag", "name"),
    [
        ("company", "MMERGE7", "Unternehmen"),
        ("street", "STRASSE", "Anschrift"),
        ("street", "MMERGE7", "Straße"),
        ("postcode", "PLZ", "Postleitzahl"),
        ("customer_number", "MMERGE7", "Customer-Number"),
        ("language", "SPRACHE", "Sprache"),
    ],
)
def test_a_clear_match_by_tag_or_label_is_proposed(account: Any, key: str, tag: str, name: str) -> None:
    account.add_field(tag, name)
    assert links(account, standard(key)) == {key: tag}


def test_two_labels_that_match_are_not_clear(account: Any) -> None:
    account.add_field("A", "Company")
    account.add_field("B", "Firma")
    assert links(account, standard("company")) == {}


def test_a_tag_is_clearer_than_a_label(account: Any) -> None:
    account.add_field("COMPANY", "Billing")
    account.add_field("B", "Firma")
    assert links(account, standard("company")) == {"company": "COMPANY"}


def test_a_custom_field_is_proposed_by_its_own_name(account: Any) -> None:
    account.add_field("SHOE_SIZE", "?", "number")
    assert links(account, FieldWish(CrmField("shoe_size", "Shoe size", FieldType.NUMBER))) == {
        "shoe_size": "SHOE_SIZE"
    }


@pytest.mark.parametrize("kind", ["number", "address", "date", "dropdown", "zip", "url"])
def test_a_type_that_could_refuse_the_whole_contact_is_not_proposed(account: Any, kind: str) -> None:
    options = {"choices": ["ACME"]} if kind == "dropdown" else {}
    account.add_field("COMPANY", "Company", kind, options=options)
    assert links(account, standard("company")) == {}


def test_an_american_phone_field_is_not_proposed(account: Any) -> None:
    account.add_field("TELEFON", "Telefon", "phone", options={"phone_format": "US"})
    assert links(account, standard("phone")) == {"phone": "PHONE"}


def test_a_configured_field_goes_before_a_proposal(account: Any) -> None:
    assert links(account, standard("first_name"), standard("last_name", "FNAME")) == {"last_name": "FNAME"}


def test_a_configured_field_brings_its_type_and_choices(account: Any) -> None:
    account.add_field("LANG", "Language", "dropdown", required=True, options={"choices": ["de", "en"]})
    remote = mapped(account, standard("language", "LANG")).links[0].remote
    assert (remote.type, remote.required, remote.choices) == (FieldType.CHOICE, True, ("de", "en"))


def test_a_configured_field_that_is_not_there_is_a_problem_with_the_nearest(account: Any) -> None:
    made = mapped(account, standard("first_name", "FNAM"))
    assert made.links == ()
    assert made.problems == ("The list 'Customers' has no merge field FNAM. Did you mean FNAME?",)


def test_an_address_takes_an_address_alone(account: Any) -> None:
    made = mapped(account, standard("street", "ADDRESS"))
    assert made.links == ()
    assert "street (text) does not fit ADDRESS (address)" in made.problems[0]
    assert "An address is the field 'address'." in made.problems[0]
    whole = FieldWish(CrmField(POSTAL_ADDRESS, "Postal address", FieldType.ADDRESS), "ADDRESS")
    assert mapped(account, whole).links[0].remote.parts == (
        "street",
        "city",
        "state",
        "postcode",
        "country",
    )
