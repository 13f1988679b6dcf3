"""Attributes are made, and found again."""

from typing import Any

import rundbrief_brevo
from rundbrief.fields import CrmField, FieldMap, FieldType

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
