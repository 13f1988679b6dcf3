"""Attributes of the account are made, and found again."""

from typing import Any

import pytest

import rundbrief_cleverreach
from rundbrief.fields import CrmField, FieldMap, FieldType
from rundbrief.testing import faults

VIP = CrmField("vip", "VIP", FieldType.BOOLEAN)


def create(account: Any, *fields: CrmField) -> FieldMap:
    made: FieldMap = rundbrief_cleverreach.create_fields(account.session, account.list, fields)
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


def test_one_that_is_refused_costs_the_others_nothing(account_of: Any) -> None:
    account = account_of(max_attributes=3)
    made = create(account, VIP, CrmField("size", "Größe"), CrmField("since", "Kunde seit", FieldType.DATE))
    assert [link.remote.key for link in made.links] == ["vip"]
    assert made.problems == ("Größe, Kunde seit were not made: Bad Request: attribute limit reached",)


@pytest.mark.parametrize("status", [409, 200])
def test_an_attribute_that_somebody_made_meanwhile_is_told(account: Any, status: int) -> None:
    """An error may come with a 200."""
    body = '{"error": {"code": 409, "message": "duplicate data field found"}}'
    answer = faults.answer_with(status, body=body, content_type="application/json")
    account.box.faults.add(answer, path="/attributes", method="POST")
    made = create(account, VIP, CrmField("size", "Größe"))
    assert [link.remote.key for link in made.links] == ["groesse"]
    assert made.problems == ("VIP was not made: duplicate data field found",)


def test_an_attribute_of_the_group_alone_is_made_where_the_connection_says_so(account_of: Any) -> None:
    account = account_of(settings={"new_attributes": "list"})
    made = create(account, VIP)
    assert [link.remote.key for link in made.links] == ["group:vip"]
    assert account.map(VIP).links == made.links
    assert account.map(CrmField("first_name", "First name")).links[0].remote.key == "firstname"
    room = rundbrief_cleverreach.room_for_fields(account.session, account.list)
    assert (room.left, room.rule) == (39, "A group has at most 40 attributes; 1 are there.")


def test_the_service_tells_how_much_room_there_is(account: Any) -> None:
    before = rundbrief_cleverreach.room_for_fields(account.session, account.list)
    create(account, VIP)
    after = rundbrief_cleverreach.room_for_fields(account.session, account.list)
    assert after.left == before.left - 1
    assert after.rule == f"The account has at most 40 attributes; {40 - after.left} are there."
