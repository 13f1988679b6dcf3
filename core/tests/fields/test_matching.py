"""Where CRM fields go: what is configured first, then what clearly matches."""

import pytest

from rundbrief.field_matching import did_you_mean, match_fields
from rundbrief.fields import STANDARD_FIELDS, CrmField, FieldType, RemoteField, new_key
from rundbrief.hookspecs import FieldWish

STANDARD = {one.key: one for one in STANDARD_FIELDS}


def linked(wanted: list[FieldWish], *there: RemoteField) -> dict[str, str]:
    """Return CRM key -> remote key."""
    by_key = {one.key: one for one in there}
    found = match_fields(wanted, there, find=lambda key: by_key.get(key) or f"There is no {key}.")
    return {link.crm_key: link.remote.key for link in found.links}


@pytest.mark.parametrize("name", ["FIRST_NAME", "Vorname", "firstname", "FNAME", "PRENOM", "prénom"])
def test_a_field_is_known_by_what_people_and_services_call_it(name: str) -> None:
    assert linked([FieldWish(STANDARD["first_name"])], RemoteField(name, "?")) == {"first_name": name}
    assert linked([FieldWish(STANDARD["first_name"])], RemoteField("MMERGE7", name)) == {"first_name": "MMERGE7"}


@pytest.mark.parametrize(
    ("label", "key"),
    [("Größe", "GROESSE"), ("Straße & Nr.", "STRASSE_NR"), ("Prénom 2", "PRENOM_2"), ("Smør", "SMOER")],
)
def test_a_field_that_was_made_is_found_by_its_key_where_the_service_keeps_no_label(label: str, key: str) -> None:
    """As Brevo, for a CRM whose own keys say nothing, as weclapp's may."""
    assert new_key(label, (), upper=True, longest=50) == key
    assert linked([FieldWish(CrmField("attribute_4711", label))], RemoteField(key, key)) == {"attribute_4711": key}


def test_a_name_without_a_letter_is_like_no_other() -> None:
    assert linked([FieldWish(CrmField("x1", "???"))], RemoteField("MMERGE7", "!!!")) == {}
    assert linked([FieldWish(CrmField("x1", "电话"))], RemoteField("MMERGE7", "地址")) == {}


def test_a_key_counts_more_than_a_label() -> None:
    there = RemoteField("MMERGE7", "City"), RemoteField("CITY", "Where from")
    assert linked([FieldWish(STANDARD["city"])], *there) == {"city": "CITY"}


def test_of_two_that_match_none_is_proposed() -> None:
    assert linked([FieldWish(STANDARD["city"])], RemoteField("A", "City"), RemoteField("B", "Ort")) == {}


@pytest.mark.parametrize(
    ("wanted", "remote", "fits"),
    [
        (FieldType.DATE, FieldType.DATE, True),
        (FieldType.DATE, FieldType.NUMBER, False),
        (FieldType.TEXT, FieldType.NUMBER, False),
        (FieldType.BOOLEAN, FieldType.TEXT, True),
        (FieldType.TEXT, FieldType.CHOICE, False),
    ],
)
def test_a_proposal_has_to_fit_the_type(wanted: FieldType, remote: FieldType, *, fits: bool) -> None:
    wish = FieldWish(CrmField("since", "Since", wanted))
    assert bool(linked([wish], RemoteField("SINCE", "", remote))) is fits


def test_what_is_configured_comes_first_and_is_free() -> None:
    there = RemoteField("CITY", "City", FieldType.NUMBER), RemoteField("TOWN", "Town")
    wishes = [FieldWish(STANDARD["city"]), FieldWish(STANDARD["company"], "TOWN")]
    assert linked(wishes, *there) == {"company": "TOWN"}
    assert linked([FieldWish(STANDARD["company"], "CITY")], *there) == {"company": "CITY"}


def test_a_configured_field_that_is_not_there_is_told_and_nothing_is_proposed_in_its_place() -> None:
    found = match_fields(
        [FieldWish(STANDARD["city"], "TWON")],
        [RemoteField("CITY", "City")],
        find=lambda key: f"There is no {key}. {did_you_mean(key, ['TOWN', 'STREET'])}",
    )
    assert found.links == ()
    assert found.problems[0].startswith("There is no TWON. Did you mean TOWN?")


def test_a_configured_field_that_was_renamed_at_the_service_is_told_by_its_new_key() -> None:
    wish = FieldWish(CrmField("revenue", "Umsatz"), "UMSATZ")
    found = match_fields([wish], [RemoteField("REV25", "Umsatz")], find=lambda key: f"There is no {key}.")
    assert found.links == ()
    assert found.problems == (
        "There is no UMSATZ. REV25 there has the name of the CRM's Umsatz: it may be UMSATZ, renamed.",
    )


@pytest.mark.parametrize(
    ("key", "there", "sentence"),
    [
        ("fname", ["FNAME", "LNAME"], "Did you mean FNAME?"),
        ("xyz", ["LNAME", "FNAME"], "There are: FNAME, LNAME."),
        ("xyz", [], "There are: none."),
    ],
)
def test_the_nearest_key_is_named(key: str, there: list[str], sentence: str) -> None:
    assert did_you_mean(key, there) == sentence


def test_what_nothing_goes_into_is_told() -> None:
    there = RemoteField("CITY", "City"), RemoteField("SIZE", "Size", required=True)
    found = match_fields([FieldWish(STANDARD["city"])], there, find=str)
    assert found.unused == (there[1],)
