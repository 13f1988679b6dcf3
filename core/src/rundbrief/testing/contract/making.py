"""Level *correct*, fourth room: fields and choices that are made at the service."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

import pytest

from rundbrief.fields import CrmField, FieldMap, FieldType, Translation
from rundbrief.hookspecs import FieldWish
from rundbrief.models import FieldValue, MailingList, Result, WriteKind, address_key
from rundbrief.testing.contract.bench import Bench
from rundbrief.testing.contract.frame import Frame, require
from rundbrief.testing.contract.rules import expect

__all__ = ["MakingFields"]

SIZE, OTHER_SIZE = CrmField("size", "Shoe size", FieldType.NUMBER), CrmField("size_2", "Shoe size")
SINCE = CrmField("since", "Customer since", FieldType.DATE)
NOTE = CrmField("note", "Straße & Hausnummer")
WANTED = (SIZE, OTHER_SIZE, SINCE, NOTE)
VALUES: Mapping[str, FieldValue] = {
    "size": Decimal("42.5"),
    "size_2": "wide",
    "since": date(2024, 2, 29),
    "note": "Žofie",
}
COLOURS = ("red", "blue")


class MakingFields(Frame):
    def test_c22_fields_that_are_made_can_be_filled(self, bench: Bench) -> None:
        """`create_fields` makes a field for each CRM field, and what is sent into it comes back.

        Each has a key that was free before, also where two have the same label. It is found again by that key.
        Where there is `room_for_fields`, it has become less.

        Why: a key that is taken puts one field's values over another's, and a field that is not found again is
        made once more with every push.
        """
        if "create_fields" not in bench.provider.capabilities:
            pytest.skip(f"{bench.provider.info.title} has no create_fields.")
        require(bench, WriteKind.CREATE)
        mailing_list = bench.add_list()
        there = {one.remote.key for one in bench.field_map(mailing_list).links}
        room = bench.provider.room_for_fields(bench.session, mailing_list)
        made = _made(bench, mailing_list, WANTED)
        keys = {one.remote.key for one in made.links}
        expect(len(keys) == len(WANTED), f"{len(WANTED)} fields were wished for, and {len(keys)} keys came of it.")
        expect(not keys & there, "A key that was there is given to another field.")
        _expect_found(bench, mailing_list, made)
        _expect_kept(bench, mailing_list, made)
        left = bench.provider.room_for_fields(bench.session, mailing_list)
        expect(not room or not left or left.left == room.left - len(WANTED), "The room has not become less.")

    def test_c23_choices_are_added_to_those_that_are_there(self, bench: Bench) -> None:
        """After `add_choices` a field has its choices as before, and the new ones behind them.

        Why: a choice that vanishes takes the values of everybody who has it along.
        """
        if "add_choices" not in bench.provider.capabilities:
            pytest.skip(f"{bench.provider.info.title} has no add_choices.")
        mailing_list = bench.add_list()
        kinds = {one.type for one in bench.provider.info.field_kinds if one.is_creatable}
        kind = FieldType.CHOICE if FieldType.CHOICE in kinds else FieldType.CHOICES
        made = _made(bench, mailing_list, [CrmField("colour", "Favourite colour", kind, COLOURS)])
        remote = made.links[0].remote
        longer = bench.provider.add_choices(bench.session, mailing_list, remote, ["green"])
        expect(longer and longer.choices == (*COLOURS, "green"), "The field that is returned has other choices.")
        [found] = _found(bench, mailing_list, made).links
        expect(found.remote == longer, "The field is not at the service what was returned.")


def _made(bench: Bench, mailing_list: MailingList, wanted: Sequence[CrmField]) -> FieldMap:
    made = bench.provider.create_fields(bench.session, mailing_list, wanted)
    expect(made and not made.problems, "A field could not be made.")
    assert made is not None
    return made


def _found(bench: Bench, mailing_list: MailingList, made: FieldMap) -> FieldMap:
    wishes = [FieldWish(CrmField(one.crm_key, one.crm_key, one.remote.type), one.remote.key) for one in made.links]
    return bench.provider.map_custom_fields(bench.session, mailing_list, wishes)


def _expect_found(bench: Bench, mailing_list: MailingList, made: FieldMap) -> None:
    expect(set(_found(bench, mailing_list, made).links) == set(made.links), "A field is not found as it was made.")


def _expect_kept(bench: Bench, mailing_list: MailingList, made: FieldMap) -> None:
    """Send a value into each field, and read them all back."""
    translation = Translation(made, {one.key: one for one in WANTED})
    sent, address = translation.outward(VALUES).fields, bench.somebody()
    writes = bench.writes([address], mailing_list, fields=sent)
    provider, session = bench.provider, bench.session
    (outcome,) = provider.export_contacts(session, mailing_list, WriteKind.CREATE, writes, made)
    expect(outcome.result is Result.DONE, f"A recipient with values for them was {outcome.result}.")
    came = bench.read(mailing_list).by_address[address_key(address)].fields
    lost = [key for key, value in sent.items() if translation.there(came).get(key) != value]
    expect(not lost, f"Other values came back than were sent: {', '.join(sorted(lost))}")
