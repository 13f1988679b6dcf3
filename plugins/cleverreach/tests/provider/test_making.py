"""Attributes of the account are made, and found again."""

from typing import Any

import rundbrief_cleverreach
from rundbrief.fields import CrmField, FieldMap, FieldType


def create(account: Any, *fields: CrmField) -> FieldMap:
    made: FieldMap = rundbrief_cleverreach.create_fields(account.session, fields)
    return made


def test_each_gets_the_type_that_loses_least_and_a_name_as_the_service_spells_it(account: Any) -> None:
    fields = [
        CrmField("since", "Kunde seit", FieldType.DATE),
        CrmField("points", "Punkte", FieldType.NUMBER),
        CrmField("vip", "VIP?", FieldType.BOOLEAN),
        CrmField("vip_2", "Vip!"),
    ]
    made = create(account, *fields)
    assert made.problems == ()
    assert {link.crm_key: (link.remote.key, link.remote.type) for link in made.links} == {
        "since": ("kunde_seit", FieldType.DATE),
        "points": ("punkte", FieldType.NUMBER),
        "vip": ("vip", FieldType.TEXT),
        "vip_2": ("vip2", FieldType.TEXT),
    }
    assert account.map(*fields[:2]).links == made.links[:2]


def test_what_there_is_no_room_for_is_named(account: Any) -> None:
    many = [CrmField(f"f{number}", f"Field {number}") for number in range(45)]
    made = create(account, *many)
    assert len(made.links) + len(made.problems) == 45
    assert made.problems[-1].startswith("Field 44 was not made: the account has room for")
