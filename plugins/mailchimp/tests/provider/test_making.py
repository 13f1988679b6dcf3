"""Merge fields are made, and found again."""

from dataclasses import replace
from typing import Any

import rundbrief_mailchimp
from rundbrief.fields import CrmField, FieldMap, FieldType
from rundbrief.hookspecs import FieldWish

FIELDS = [
    CrmField("size", "Größe des Schuhs", FieldType.NUMBER),
    CrmField("size_2", "Größe des Schuhs rechts", FieldType.NUMBER),
    CrmField("colour", "Colour", FieldType.CHOICE, ("red", "blue")),
    CrmField("born", "Geburtstag des Kindes", FieldType.BIRTHDAY),
    CrmField("vip", "VIP", FieldType.BOOLEAN),
]


def create(account: Any, *fields: CrmField) -> FieldMap:
    made: FieldMap = rundbrief_mailchimp.create_fields(account.session, account.list, fields)
    return made


def test_each_gets_the_kind_that_loses_least_and_a_tag_of_ten_characters(account: Any) -> None:
    made = create(account, *FIELDS)
    assert made.problems == ()
    assert {link.crm_key: (link.remote.key, link.remote.type) for link in made.links} == {
        "size": ("GROESSE_DE", FieldType.NUMBER),
        "size_2": ("GROESSE_D2", FieldType.NUMBER),
        "colour": ("COLOUR", FieldType.CHOICE),
        "born": ("GEBURTSTAG", FieldType.BIRTHDAY),
        "vip": ("VIP", FieldType.TEXT),
    }


def test_what_was_made_is_found_by_its_label_the_next_time(account: Any) -> None:
    made = create(account, *FIELDS[2:])
    found = rundbrief_mailchimp.map_custom_fields(
        account.session, account.list, [FieldWish(one) for one in FIELDS[2:]]
    )
    assert found.links == made.links


def test_what_there_is_no_room_for_is_named_in_the_services_words(account: Any) -> None:
    many = [CrmField(f"f{number}", f"Field {number}") for number in range(27)]
    made = create(account, *many)
    assert len(made.links) == 25
    assert made.problems == (
        "Field 25, Field 26 were not made: Bad Request: An audience may have at most 30 merge fields.",
    )


def test_the_limits_of_the_plans_are_known_beforehand(account: Any) -> None:
    room = rundbrief_mailchimp.room_for_fields(account.session, account.list)
    assert (room.left, room.certain) == (80 - 5, 30 - 5)
    assert room.rule.endswith("at most 30 merge fields, 80 on the Premium plan; 5 are there.")


def test_choices_are_added_behind_those_that_are_there(account: Any) -> None:
    remote = create(account, FIELDS[2]).links[0].remote
    longer = rundbrief_mailchimp.add_choices(account.session, account.list, remote, ["green"])
    assert longer == replace(remote, choices=("red", "blue", "green"))
    found = rundbrief_mailchimp.map_custom_fields(account.session, account.list, [FieldWish(FIELDS[2])])
    assert found.links[0].remote == longer
