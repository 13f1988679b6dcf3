"""A contact's values as a whole: what comes from several fields, and what depends on another one."""

from collections.abc import Mapping

import pytest

from rundbrief.fields import (
    POSTAL_ADDRESS,
    STANDARD_FIELDS,
    CrmField,
    FieldLink,
    FieldMap,
    FieldPolicy,
    FieldType,
    Habits,
    OnEmpty,
    RemoteField,
    Translation,
)
from rundbrief.models import FieldValue, PostalAddress

PHONE = FieldLink("phone", RemoteField("PHONE", "Phone", FieldType.PHONE))
ADDRESS = FieldLink(POSTAL_ADDRESS, RemoteField("ADDR", "Address", FieldType.ADDRESS, parts=("street", "city")))


def translation(
    *links: FieldLink, policies: Mapping[str, FieldPolicy] | None = None, habits: Habits | None = None
) -> Translation:
    return Translation(FieldMap(links), {one.key: one for one in STANDARD_FIELDS}, policies, habits)


@pytest.mark.parametrize(
    ("country", "number"), [("AT", "+4314012345"), ("Deutschland", "+4914012345"), (None, "+4914012345")]
)
def test_a_number_is_dialled_in_the_contacts_own_country(country: str | None, number: str) -> None:
    values: dict[str, FieldValue] = {"phone": "01 4012345"}
    if country:
        values["country"] = country
    assert translation(PHONE, habits=Habits(country="DE")).outward(values).fields == {"PHONE": number}


def test_an_address_is_made_of_its_parts() -> None:
    values = {"street": "Am Markt 1", "city": "Dresden", "postcode": "01067", "first_name": "Jo"}
    sent = translation(ADDRESS).outward(values)
    assert sent.fields == {"ADDR": PostalAddress("Am Markt 1", "Dresden", "", "01067", "")}


def test_an_address_that_lacks_a_part_is_left_out_whole() -> None:
    sent = translation(ADDRESS).outward({"city": "Dresden", "country": "DE"})
    assert (sent.fields, sent.left_out, sent.is_refused) == ({}, ["ADDR lacks street"], False)


@pytest.mark.parametrize("blank", ["", "  \n", ()])
def test_a_blank_wipes_nothing(blank: FieldValue) -> None:
    name = FieldLink("first_name", RemoteField("FNAME", "First name"))
    values = {"first_name": blank, "street": blank, "city": blank, "country": "DE"}
    assert translation(name, ADDRESS).outward(values).fields == {}
    clearing = {"FNAME": FieldPolicy(on_empty=OnEmpty.CLEAR)}
    assert translation(name, policies=clearing).outward(values).fields == {"FNAME": ""}


def test_what_is_empty_may_be_cleared_and_what_the_crm_has_not_is_not_empty() -> None:
    """A misspelt key would otherwise empty a field for everybody."""
    links = FieldLink("city", RemoteField("CITY", "City")), FieldLink("ctiy", RemoteField("TOWN", "Town"))
    clearing = {key: FieldPolicy(on_empty=OnEmpty.CLEAR) for key in ("CITY", "TOWN", "ADDR")}
    assert translation(*links, policies=clearing).outward({}).fields == {"CITY": ""}
    assert translation(ADDRESS, policies=clearing).outward({"country": "DE"}).fields == {"ADDR": ""}


def test_whoever_has_none_is_not_told_of() -> None:
    sent = translation(ADDRESS).outward({"first_name": "Jo", "country": "DE"})
    assert (sent.fields, sent.left_out) == ({}, [])


def test_a_value_that_the_crm_cannot_hold_is_no_reason_to_leave_a_subscriber_out() -> None:
    link = FieldLink("birthday", RemoteField("BDAY", "Birthday"))
    found = translation(link, PHONE).inward({"BDAY": "in May", "PHONE": "+49 351 1234567"})
    assert found.fields == {"phone": "+493511234567"}
    assert found.left_out == ["BDAY holds no date; write 1990-12-31 or 31.12.1990"]


def test_an_address_comes_back_in_its_parts() -> None:
    found = translation(ADDRESS).inward({"ADDR": PostalAddress("Gasse 1", "Wien", "W", "1010", "AT")})
    assert found.fields == {"street": "Gasse 1", "city": "Wien", "postcode": "1010", "country": "AT"}
    assert found.left_out == ["ADDR has a state for which the CRM has no field"]
    assert translation(ADDRESS).inward({"ADDR": "Gasse 1"}).left_out == ["ADDR is no postal address in parts"]


def test_a_signature_tells_translations_apart() -> None:
    same = translation(PHONE).signature
    assert translation(PHONE).signature == same
    assert translation(PHONE, ADDRESS).signature != same
    assert translation(PHONE, habits=Habits("de")).signature != same


@pytest.mark.parametrize(("form", "spelt"), [("MM/DD", "02/29"), ("DD/MM", "29/02")])
def test_a_birthday_comes_back_out_of_the_services_spelling(form: str, spelt: str) -> None:
    link = FieldLink("born", RemoteField("BORN", "Born", FieldType.BIRTHDAY, form=form))
    both = Translation(FieldMap((link,)), {"born": CrmField("born", "Born", FieldType.BIRTHDAY)})
    assert both.outward({"born": "02-29"}).fields == {"BORN": spelt}
    assert both.there({"BORN": spelt}) == {"BORN": spelt}
    assert both.inward({"BORN": spelt}).fields == {"born": "02-29"}
    assert both.inward({"BORN": "30/30"}).fields == {}


def test_a_choice_goes_out_by_its_label_and_comes_back_by_its_code() -> None:
    colour = RemoteField("COLOUR", "Colour", FieldType.CHOICE, choices=("red", "blue"), codes=("1", "2"))
    both = translation(FieldLink("first_name", colour))
    assert both.outward({"first_name": "Blue"}).fields == {"COLOUR": "blue"}
    assert both.outward({"first_name": "2"}).fields == {"COLOUR": "blue"}
    assert both.there({"COLOUR": "2"}) == {"COLOUR": "blue"}
    assert both.inward({"COLOUR": "2"}).fields == {"first_name": "blue"}


def test_a_label_counts_before_a_code_on_the_way_out_and_after_it_on_the_way_back() -> None:
    grade = RemoteField("GRADE", "Grade", FieldType.CHOICE, choices=("2", "1"), codes=("1", "2"))
    both = translation(FieldLink("first_name", grade))
    assert both.outward({"first_name": "1"}).fields == {"GRADE": "1"}
    assert both.inward({"GRADE": "1"}).fields == {"first_name": "2"}
