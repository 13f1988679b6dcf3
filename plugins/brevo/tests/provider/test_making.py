"""Attributes are made, and found again."""

from typing import Any

import rundbrief_brevo
from rundbrief.fields import CrmField, FieldMap, FieldType
from rundbrief.hookspecs import FieldWish
from rundbrief.models import ContactWrite, WriteKind

COLOURS = CrmField("colours", "Lieblingsfarben", FieldType.CHOICES, ("rot", "blau"))


def create(account: Any, *fields: CrmField) -> FieldMap:
    made: FieldMap = rundbrief_brevo.create_fields(account.session, fields)
    return made


def test_each_gets_the_type_that_loses_least_and_a_free_name(account: Any) -> None:
    fields = [
        CrmField("first_name_2", "firstname"),
        CrmField("vip", "VIP?", FieldType.BOOLEAN),
        CrmField("since", "Kunde seit", FieldType.DATE),
        COLOURS,
    ]
    made = create(account, *fields)
    assert made.problems == ()
    assert {link.crm_key: (link.remote.key, link.remote.type) for link in made.links} == {
        "first_name_2": ("FIRSTNAME2", FieldType.TEXT),
        "vip": ("VIP", FieldType.BOOLEAN),
        "since": ("KUNDE_SEIT", FieldType.DATE),
        "colours": ("LIEBLINGSFARBEN", FieldType.CHOICES),
    }
    assert account.map(*fields[1:]).links == made.links[1:]


def test_options_are_added_to_those_that_are_there(account: Any) -> None:
    remote = create(account, COLOURS).links[0].remote
    longer = rundbrief_brevo.add_choices(account.session, remote, ["grün"])
    assert longer.choices == ("rot", "blau", "grün")
    assert account.map(COLOURS).links[0].remote == longer


def test_one_choice_among_several_becomes_a_category(account: Any) -> None:
    colour = CrmField("colour", "Farbe", FieldType.CHOICE, ("rot", "blau"))
    remote = create(account, colour).links[0].remote
    assert (remote.type, remote.choices, remote.codes) == (FieldType.CHOICE, ("rot", "blau"), ("1", "2"))
    longer = rundbrief_brevo.add_choices(account.session, remote, ["grün"])
    assert (longer.choices, longer.codes) == (("rot", "blau", "grün"), ("1", "2", "3"))
    found = account.map(colour).links
    assert [link.remote for link in found] == [longer]
    jo = ContactWrite("1", "jo@example.org", fields={"FARBE": "grün"})
    list(rundbrief_brevo.export_contacts(account.session, account.list, WriteKind.CREATE, [jo], FieldMap(found)))
    subscribers, _ = account.read()
    assert subscribers["jo@example.org"].fields["FARBE"] == "3"


def test_the_services_own_double_opt_in_is_nobodys_field(account: Any) -> None:
    wish = FieldWish(CrmField("doi", "DOI", FieldType.CHOICE, ("Yes", "No")), "DOUBLE_OPT-IN")
    assert account.map(wish).links == ()
