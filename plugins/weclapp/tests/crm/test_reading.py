"""Reading parties: how many requests it takes, and that nobody is missed or read as something else."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from rundbrief.errors import InputError, ProtocolError
from rundbrief.models import ContactKind, OptIn, PartyType, Selection
from rundbrief.testing.faults import answer_with, wrong_typed
from rundbrief_weclapp.testing import WeclappSandbox
from rundbrief_weclapp.values import milliseconds

PARTIES = r"/party$"


class Deaf(WeclappSandbox):
    """A tenant that ignores every filter without a word, as weclapp does with those it does not know."""

    def _found(self, request: Any, resource: str) -> Any:
        return iter(self._shown(resource).values())


# --- requests ---------------------------------------------------------------------------------------------


def test_ten_thousand_parties_take_eleven_requests_and_an_unchanged_tenant_two(office: Any) -> None:
    office.box.seed(10_000)
    office.clock.advance(3600)
    crm = office.open()
    assert sum(1 for _ in crm.contacts(Selection())) == 10_000
    assert office.box.requests.count("GET", PARTIES) == 11
    office.clock.advance(3600)
    office.box.requests.reset()
    assert crm.count(Selection()) == 10_000
    assert office.box.requests.count("GET", r"/party") == 2
    assert office.box.requests.writes == 0


def test_a_new_process_reads_only_what_has_changed(office: Any, everybody: Any) -> None:
    ids = [office.add(f"p{n}@example.org") for n in range(20)]
    everybody(office.open())
    office.clock.advance(3600)
    office.box.edit_contact(ids[3], email="new@example.org")
    office.box.requests.reset()
    assert everybody(office.open())[ids[3]].email == "new@example.org"
    [query] = [one.query for one in office.box.requests if one.path.endswith("/party")]
    assert "lastModifiedDate-ge=" in query


def test_what_was_deleted_is_gone_though_no_list_tells(office: Any, everybody: Any) -> None:
    ids = [office.add(f"p{n}@example.org") for n in range(5)]
    everybody(office.open())
    office.clock.advance(3600)
    office.box.delete_contact(ids[2])
    office.add("new@example.org")
    crm = office.open()
    assert ids[2] not in everybody(crm)
    assert len(everybody(crm)) == 5
    assert crm.by_ids(ids).keys() == set(ids) - {ids[2]}


def test_who_is_deleted_between_two_pages_hides_nobody(office: Any, everybody: Any) -> None:
    from rundbrief.testing.faults import afterwards

    ids = office.box.seed(2500)
    office.box.faults.add(afterwards(lambda: [office.box.delete_contact(one) for one in ids[:50]]), path=PARTIES)
    assert everybody(office.open()).keys() >= set(ids[50:])


def test_a_change_that_a_stale_list_does_not_show_yet_comes_later(office: Any, everybody: Any) -> None:
    contact_id = office.add("old@example.org")
    crm = office.open()
    everybody(crm)
    office.clock.advance(60)
    office.box.edit_contact(contact_id, email="new@example.org")
    office.box.stale_lists = 1
    assert everybody(crm)[contact_id].email == "old@example.org"
    assert everybody(crm)[contact_id].email == "new@example.org"


def test_a_filter_that_is_ignored_is_an_error_and_no_endless_reading(make_office: Any, everybody: Any) -> None:
    office = make_office(box=Deaf())
    office.box.seed(1500)
    with pytest.raises(ProtocolError, match="order of their ids"):
        everybody(office.open())


# --- what a party is --------------------------------------------------------------------------------------


def test_roles_are_kinds(office: Any, everybody: Any) -> None:
    ids = {kind: office.box.add_contact(f"{kind}@example.org", kind=kind) for kind in ContactKind}
    converted = office.box.add_contact("was-lead@example.org", kind=ContactKind.LEAD)
    office.box.edit_raw(converted, leadStatus="CONVERTED")
    both = office.box.add_contact("both@example.org", kind=ContactKind.LEAD)
    office.box.edit_raw(both, customer=True)
    kinds = {one: contact.kind for one, contact in everybody(office.open()).items()}
    assert kinds == {contact_id: kind for kind, contact_id in ids.items()} | {
        converted: ContactKind.CONTACT,
        both: ContactKind.CUSTOMER,
    }


def test_a_contact_person_has_the_organisations_name(office: Any, everybody: Any) -> None:
    ann, bob = office.add("ann@example.org"), office.add("bob@example.org", company="Own & Co")
    organisation = office.box.add_organisation("Möbelhaus Süd GmbH", [ann, bob], email="info@example.org")
    contacts = everybody(office.open())
    assert contacts[ann].fields["company"] == "Möbelhaus Süd GmbH"
    assert contacts[bob].fields["company"] == "Own & Co"
    assert contacts[organisation].party is PartyType.ORGANISATION


def test_custom_attributes_of_every_type_are_fields(office: Any, everybody: Any) -> None:
    box = office.box
    types = {
        "note": ("LARGE_TEXT", {"stringValue": "groß & klein"}, "groß & klein"),
        "site": ("URL", {"stringValue": "https://example.org"}, "https://example.org"),
        "count": ("INTEGER", {"numberValue": "42"}, 42),
        "size": ("DECIMAL", {"numberValue": "42.5"}, Decimal("42.5")),
        "vip": ("BOOLEAN", {"booleanValue": True}, True),
        "partner": ("REFERENCE", {"entityReferences": [{"entityId": "7", "entityName": "Firma X"}]}, "Firma X"),
    }
    contact_id = office.add("ann@example.org")
    ids = {key: box.define_attribute(key, key.title(), kind) for key, (kind, _, _) in types.items()}
    ids["taste"] = box.define_attribute("taste", "Geschmack", "MULTISELECT_LIST", choices=["süß", "salzig"])
    choices = {
        one["value"]: one["id"]
        for one in box.tenant.get("customAttributeDefinition", ids["taste"])["selectableValues"]
    }
    values = [{"attributeDefinitionId": ids[key], **value} for key, (_, value, _) in types.items()]
    values.append(
        {"attributeDefinitionId": ids["taste"], "selectedValues": [{"id": one} for one in choices.values()]}
    )
    box.edit_raw(contact_id, customAttributes=values)
    fields = everybody(office.open())[contact_id].fields
    assert fields == {key: expected for key, (_, _, expected) in types.items()} | {"taste": ("süß", "salzig")}


def test_a_reference_is_shown_by_the_name_of_the_party(office: Any, everybody: Any) -> None:
    box = office.box
    advisor, firm = (
        office.add("eva@example.org", first_name="Eva", last_name="Süß"),
        box.add_organisation("Firma X"),
    )
    contact_id = office.add("ann@example.org")
    advised = box.define_attribute("advisor", "Beraterin", "ENTITY", attributeEntityType="party")
    article = box.define_attribute("article", "Artikel", "ENTITY", attributeEntityType="article")
    partners = box.define_attribute("partners", "Partner", "REFERENCE", attributeEntityType="customer")
    references = [{"entityId": firm, "entityName": "customer"}, {"entityId": advisor, "entityName": "party"}]
    box.edit_raw(
        contact_id,
        customAttributes=[
            {"attributeDefinitionId": advised, "entityId": advisor},
            {"attributeDefinitionId": article, "entityId": advisor},
            {"attributeDefinitionId": partners, "entityReferences": references},
        ],
    )
    fields = everybody(office.open())[contact_id].fields
    assert fields == {"advisor": "Eva Süß", "article": advisor, "partners": "Firma X, Eva Süß"}


@pytest.mark.parametrize("hours", [22, 23], ids=["summer", "winter"])
def test_a_day_is_the_midnight_in_berlin_with_which_it_begins(office: Any, everybody: Any, hours: int) -> None:
    contact_id = office.add("ann@example.org")
    office.box.edit_raw(contact_id, birthDate=milliseconds(datetime(1989, 11, 22, hours, tzinfo=UTC)))
    assert everybody(office.open())[contact_id].fields["birthday"] == date(1989, 11, 23)


def test_an_attribute_that_is_not_set_is_no_no(office: Any, everybody: Any) -> None:
    ids = [office.add(f"{value}@example.org", value) for value in OptIn]
    contacts = everybody(office.open())
    assert [contacts[one].opt_in("news/1001").value for one in ids] == list(OptIn)


# --- selections -------------------------------------------------------------------------------------------


def test_a_campaign_is_named_by_id_number_or_name(office: Any) -> None:
    ids = [office.add(f"p{n}@example.org") for n in range(4)]
    campaign = office.box.add_campaign("Frühjahrsmesse", ids[1:3])
    office.box.add_campaign("Herbst", ids)
    crm = office.open()
    for name in (campaign, f"K{campaign}", "Frühjahrsmesse"):
        assert [one.id for one in crm.contacts(Selection(campaign=name))] == ids[1:3]
    assert [(one.name, one.participants) for one in crm.campaigns()] == [("Frühjahrsmesse", 2), ("Herbst", 4)]
    assert [one.id for one in crm.contacts(Selection((ids[2], ids[3]), campaign=campaign))] == [ids[2]]


@pytest.mark.parametrize("selection", [Selection(("999",)), Selection(("x",)), Selection(campaign="Messe")])
def test_what_does_not_exist_is_told(office: Any, selection: Selection) -> None:
    with pytest.raises(InputError):
        list(office.open().contacts(selection))


@pytest.mark.parametrize("fault", [wrong_typed, answer_with(200, body="{}"), answer_with(200, body="7")])
def test_a_number_of_parties_that_is_none_breaks_the_contract(office: Any, fault: Any) -> None:
    crm = office.open()
    crm.count(Selection())
    office.box.faults.add(fault, path="/party/count$")
    with pytest.raises(ProtocolError):
        crm.count(Selection())
