"""One journey for each thing that rundbrief does, with every CRM and every service.

The headings are those of the table "What it does" in the README, in its order.
"""

from pathlib import Path
from typing import Any

import pytest

from rundbrief.models import ContactKind, OptIn, SubscriberStatus

Desk = Any  # conftest.Desk: test modules cannot import each other

YES, NO = OptIn.YES, OptIn.NO
SUBSCRIBED, UNSUBSCRIBED, ABSENT = (
    SubscriberStatus.SUBSCRIBED,
    SubscriberStatus.UNSUBSCRIBED,
    SubscriberStatus.ABSENT,
)
ANN, BOB, CEM = "ann@example.org", "bob@example.org", "cem@example.org"


def test_list_import(desk: Desk) -> None:
    """Every list becomes an opt-in field on the CRM's contacts; or the account, where it has one consent."""
    desk.ok("lists", "news", "--pull")
    labels = desk.crm.opt_in_labels()
    if desk.is_account_wide:
        assert set(labels) == {"news"}
    else:
        assert {labels[desk.key("Letter")], labels[desk.key("Events")]} == {"Letter", "Events"}
    desk.ok("lists", "news", "--pull")
    assert desk.crm.opt_in_labels() == labels


def test_import_of_new_contacts(desk: Desk) -> None:
    """A subscriber whom the CRM does not know becomes a contact, opt-in set. One who has left does not."""
    desk.sign_up(ANN, first_name="Jördis", last_name="Öz")
    desk.sign_up(BOB)
    desk.unsubscribe(BOB)
    assert desk.imports() == {("done", "new_contact"): 1}
    assert desk.addresses() == {ANN}
    contact = desk.contact(ANN)
    assert contact.opt_ins[desk.key()] is YES
    assert (contact.fields["first_name"], contact.fields["last_name"]) == ("Jördis", "Öz")
    assert desk.imports() == {}


def test_opt_in_update(desk: Desk) -> None:
    """For a contact that the CRM knows, an import changes the opt-in alone, whatever the service holds of her."""
    desk.crm.add_contact("Ann@Example.org", {"first_name": "Anna", "city": "Köln"})
    before = desk.contact(ANN)
    desk.sign_up(ANN, first_name="Somebody", last_name="Else")
    assert desk.imports() == {("done", "opted_in"): 1}
    after = desk.contact(ANN)
    assert after.opt_ins[desk.key()] is YES
    assert (after.email, after.fields, after.kind) == (before.email, before.fields, before.kind)


@pytest.mark.parametrize("kind", [ContactKind.CONTACT, ContactKind.CUSTOMER])
def test_contact_and_customer_export(desk: Desk, kind: ContactKind) -> None:
    """Only with an active opt-in; new ones are created, known ones overwritten when their data has changed."""
    desk.imports()
    ids = [desk.crm.add_contact(one, {"first_name": "Ann"}, kind=kind) for one in (ANN, BOB, CEM)]
    desk.crm.set_opt_in(ids[0], desk.key(), YES)
    desk.crm.set_opt_in(ids[1], desk.key(), NO)
    assert desk.export() == {("done", "new"): 1}
    assert [desk.status(one) for one in (ANN, BOB, CEM)] == [SUBSCRIBED, ABSENT, ABSENT]
    assert desk.at_service(ANN, "first_name") == "Ann"
    assert desk.export() == {}
    desk.crm.edit_contact(ids[0], fields={"first_name": "Anna"})
    assert desk.export() == {("done", "changed"): 1}
    assert desk.at_service(ANN, "first_name") == "Anna"


def test_export_of_a_selection(desk: Desk) -> None:
    desk.imports()
    ids = [
        desk.crm.add_contact(one, {"city": city}) for one, city in ((ANN, "Köln"), (BOB, "Kiel"), (CEM, "Köln"))
    ]
    for one in ids:
        desk.crm.set_opt_in(one, desk.key(), YES)
    assert desk.export("--contact", ids[1]) == {("done", "new"): 1}
    assert [desk.status(one) for one in (ANN, BOB, CEM)] == [ABSENT, SUBSCRIBED, ABSENT]
    assert desk.export("--where", 'city = "Köln" and email starts with "cem"') == {("done", "new"): 1}
    assert [desk.status(one) for one in (ANN, BOB, CEM)] == [ABSENT, SUBSCRIBED, SUBSCRIBED]


def test_export_of_a_campaign(desk: Desk) -> None:
    desk.imports()
    ids = [desk.crm.add_contact(one) for one in (ANN, BOB, CEM)]
    for one in ids[:2]:
        desk.crm.set_opt_in(one, desk.key(), YES)
    desk.crm.add_campaign("Herbst", [ids[0], ids[2]])
    assert desk.export("--campaign", "Herbst") == {("done", "new"): 1}
    assert [desk.status(one) for one in (ANN, BOB, CEM)] == [SUBSCRIBED, ABSENT, ABSENT]


def test_custom_field_transfer(desk: Desk) -> None:
    """A custom field of the CRM goes into the field of the service that the configuration names."""
    desk.imports()
    field = desk.crm.add_field("Shoe size")
    config = Path("rundbrief.toml")
    config.write_text(config.read_text().replace('"first_name"', f'"{field.key}"'), encoding="utf-8")
    contact_id = desk.crm.add_contact(ANN, {field.key: "38"})
    desk.crm.set_opt_in(contact_id, desk.key(), YES)
    assert desk.export() == {("done", "new"): 1}
    assert desk.at_service(ANN, "first_name") == "38"


def test_unsubscribe(desk: Desk) -> None:
    """A person leaves at the service; the next import clears the CRM's opt-in, and no export brings her back."""
    desk.sign_up(ANN)
    desk.imports()
    desk.unsubscribe(ANN)
    assert desk.imports() == {("done", "opted_out"): 1}
    assert desk.contact(ANN).opt_ins[desk.key()] is NO
    [contact_id] = desk.crm.contacts()
    desk.crm.set_opt_in(contact_id, desk.key(), YES)
    assert desk.export() == {("held", "withdrawn_at_service"): 1}
    assert desk.status(ANN) is UNSUBSCRIBED


def test_a_no_in_the_crm_reaches_the_service(desk: Desk) -> None:
    desk.sign_up(ANN)
    desk.imports()
    [contact_id] = desk.crm.contacts()
    desk.crm.set_opt_in(contact_id, desk.key(), NO)
    assert desk.export() == {("done", "withdrawn_in_crm"): 1}
    assert desk.status(ANN) is UNSUBSCRIBED
