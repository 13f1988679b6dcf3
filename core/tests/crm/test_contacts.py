"""Contacts of the embedded CRM: added, found, edited, streamed."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from rundbrief.crm.local import LocalCrm, crm_info, open_crm
from rundbrief.crm.local.schema import metadata
from rundbrief.errors import InputError, StateUnwritable
from rundbrief.fields import STANDARD_FIELDS, FieldType
from rundbrief.models import (
    Contact,
    ContactKind,
    CrmOptIn,
    FieldValue,
    NewContact,
    OptIn,
    OptInField,
    PartyType,
    Selection,
)

EVERYBODY = Selection()
YES = CrmOptIn(OptIn.YES, datetime(2026, 1, 1, tzinfo=UTC), "form")


def new(email: str, **fields: FieldValue) -> NewContact:
    return NewContact(email, fields, "news/1", YES, "Mailchimp")


def ids(contacts: Iterable[Contact]) -> list[str]:
    return [one.id for one in contacts]


class TestPlugin:
    def test_it_opens_the_file_that_the_settings_name_in_the_folder(self, tmp_path: Path) -> None:
        settings = crm_info().settings().load({"path": "data/crm.db"})
        crm = open_crm(settings, tmp_path)
        crm.add(email="ann@example.org")
        crm.close()
        assert (tmp_path / "data" / "crm.db").is_file()

    def test_without_settings_it_is_contacts_db(self, tmp_path: Path) -> None:
        open_crm(crm_info().settings().load({}), tmp_path).close()
        assert (tmp_path / "contacts.db").is_file()

    def test_a_place_that_cannot_be_written_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(StateUnwritable, match="file"):
            LocalCrm(tmp_path / "file" / "contacts.db")

    def test_the_migrations_make_what_the_code_expects(self, crm: LocalCrm) -> None:
        with crm.transaction() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, metadata) == []

    def test_what_was_saved_is_there_after_opening_again(self, crm: LocalCrm, path: Path) -> None:
        ann = crm.add(email="ann@example.org", fields={"first_name": "Ann"})
        crm.close()
        again = LocalCrm(path)
        assert again.find(ann.id) == ann
        again.close()


class TestFields:
    def test_the_standard_fields_come_first_the_custom_ones_in_the_order_they_were_made(
        self, crm: LocalCrm
    ) -> None:
        crm.define_field("Zodiac sign")
        crm.define_field("Größe in m²", FieldType.NUMBER)
        fields = crm.fields()
        assert fields[: len(STANDARD_FIELDS)] == list(STANDARD_FIELDS)
        assert [one.key for one in fields[len(STANDARD_FIELDS) :]] == ["zodiac_sign", "groesse_in_m2"]

    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            (FieldType.TEXT, "Zoë 'Zoe' Ångström; \"x\"\n2nd line"),
            (FieldType.NUMBER, Decimal("-12.50")),
            (FieldType.BOOLEAN, False),
            (FieldType.DATE, date(1990, 12, 31)),
            (FieldType.DATETIME, datetime(2026, 3, 2, 12, 30, 0, 5, tzinfo=UTC)),
            (FieldType.CHOICE, "red"),
            (FieldType.CHOICES, ("red", "green")),
        ],
    )
    def test_a_value_comes_back_equal_and_of_its_type(
        self, crm: LocalCrm, kind: FieldType, value: FieldValue
    ) -> None:
        field = crm.define_field("Something", kind)
        found = crm.find(crm.add(fields={field.key: value}).id).fields[field.key]
        assert (found, type(found)) == (value, type(value))

    def test_text_is_read_as_the_fields_type(self, crm: LocalCrm) -> None:
        ann = crm.add(fields={"birthday": "31.12.1990"})
        assert ann.fields["birthday"] == date(1990, 12, 31)
        with pytest.raises(InputError, match="Birthday holds no date"):
            crm.edit(ann.id, fields={"birthday": "soon"})

    def test_an_unknown_field_is_refused_with_the_nearest(self, crm: LocalCrm) -> None:
        with pytest.raises(InputError, match="fist_name") as caught:
            crm.add(fields={"fist_name": "Ann"})
        assert caught.value.hint == "Did you mean first_name?"

    @pytest.mark.parametrize(
        "label", ["", " ", "Vorname", "e-mail", "Art", "opt-in News", "rundbrief ID", "shoe  SIZE"]
    )
    def test_a_custom_field_cannot_be_called_like_something_else(self, crm: LocalCrm, label: str) -> None:
        crm.define_field("Shoe size")
        with pytest.raises(InputError, match="cannot be called"):
            crm.define_field(label)

    def test_keys_never_collide(self, crm: LocalCrm) -> None:
        for label in ("C++", "C#", "C", "姓名", "Имя", "Id", "birthday (2)", "birthday 2"):
            crm.define_field(label)
        keys = [one.key for one in crm.fields()]
        assert len(set(keys)) == len(keys)
        assert not {"id", "email", "kind", "party", ""} & set(keys)


class TestFinding:
    def test_by_id_and_by_any_spelling_of_the_address(self, crm: LocalCrm) -> None:
        ann = crm.add(email="Ann@Example.org")
        assert crm.find(ann.id) == crm.find("ann@EXAMPLE.org ") == ann

    def test_a_shared_address_names_the_ids(self, crm: LocalCrm) -> None:
        ann, bob = crm.add(email="we@example.org"), crm.add(email="we@example.org")
        with pytest.raises(InputError, match="2 contacts share") as caught:
            crm.find("we@example.org")
        assert f"{ann.id}, {bob.id}" in caught.value.hint
        assert "we@example.org" not in str(caught.value)

    @pytest.mark.parametrize("text", ["", "7", "-1", "0", "007", "9" * 30, "٣", "nobody@example.org", "a'b"])
    def test_nobody(self, crm: LocalCrm, text: str) -> None:
        crm.add()
        with pytest.raises(InputError, match="no contact") as caught:
            crm.find(text)
        assert "nobody@" not in str(caught.value)

    def test_many_at_once(self, crm: LocalCrm) -> None:
        ann, bob = crm.add(email="we@example.org"), crm.add(email="WE@example.org")
        eve = crm.add(email="eve@example.org")
        assert crm.by_ids([eve.id, "77", ann.id, "x"]) == {ann.id: ann, eve.id: eve}
        assert crm.by_addresses(["We@example.org", "nobody@example.org"]) == {"we@example.org": [ann, bob]}

    def test_a_thousand_at_once(self, crm: LocalCrm) -> None:
        made = crm.create_contacts([new(f"p{number}@example.org") for number in range(1000)])
        assert list(crm.by_ids(made)) == list(made)
        assert len(crm.by_addresses([f"p{number}@example.org" for number in range(1000)])) == 1000


class TestEditing:
    def test_only_what_was_named_changes(self, crm: LocalCrm, clock: Any) -> None:
        ann = crm.add(email="ann@example.org", fields={"first_name": "Ann", "city": "Bonn"})
        clock.pass_days(1)
        edited = crm.edit(ann.id, fields={"city": "Köln"})
        assert edited == replace(ann, fields={"first_name": "Ann", "city": "Köln"}, changed_at=clock.at)

    def test_nothing_changed_is_no_change(self, crm: LocalCrm, clock: Any) -> None:
        ann = crm.add(email="ann@example.org", fields={"city": "Bonn"})
        clock.pass_days(1)
        assert crm.edit("ann@example.org", fields={"city": " Bonn "}, email="ann@example.org") == ann

    def test_emptied_fields_and_addresses_are_gone(self, crm: LocalCrm) -> None:
        ann = crm.add(email="ann@example.org", fields={"city": "Bonn", "title": "Dr.", "phone": "1"})
        edited = crm.edit(ann.id, fields={"city": "", "title": None}, email="")
        assert (edited.fields, edited.email) == ({"phone": "1"}, None)
        assert crm.by_addresses(["ann@example.org"]) == {}

    def test_a_new_address_is_found_the_old_one_is_not(self, crm: LocalCrm) -> None:
        ann = crm.add(email="ann@example.org")
        crm.edit(ann.id, email="ann+new@example.org")
        assert list(crm.by_addresses(["ann@example.org", "ann+NEW@example.org"])) == ["ann+new@example.org"]

    def test_an_impossible_address_is_refused(self, crm: LocalCrm) -> None:
        ann = crm.add(email="ann@example.org")
        with pytest.raises(InputError, match="has no @"):
            crm.edit(ann.id, email="ann at example.org")

    def test_a_deleted_contact_takes_everything_along_and_its_id_is_never_given_again(self, crm: LocalCrm) -> None:
        ann = crm.add(email="ann@example.org")
        crm.set_opt_in(ann.id, "news/1", OptIn.YES, "form")
        crm.create_campaign("Spring")
        crm.add_participants("Spring", [ann.id])
        crm.delete("ann@example.org")
        assert crm.count(EVERYBODY) == 0
        assert [one.participants for one in crm.campaigns()] == [0]
        again = crm.add(email="ann@example.org")
        assert int(again.id) > int(ann.id)
        assert again.opt_ins == {}


class TestCreating:
    def test_each_address_gets_one_contact_in_the_order_given(self, crm: LocalCrm) -> None:
        known = crm.add(email="bob@example.org")
        made = crm.create_contacts(
            [
                new("ann@example.org", city="Bonn"),
                new("Bob@example.org"),
                new("eve@example.org"),
                new("ANN@example.org"),
            ]
        )
        assert (made[1], made[3]) == (known.id, made[0])
        assert int(made[0]) < int(made[2])
        assert crm.count(EVERYBODY) == 3
        ann = crm.find(made[0])
        assert (ann.email, ann.fields, ann.opt_ins) == ("ann@example.org", {"city": "Bonn"}, {"news/1": YES})

    def test_a_known_contact_keeps_its_data_and_gets_the_opt_in(self, crm: LocalCrm, clock: Any) -> None:
        """Two services may tell of the same person at the same time."""
        bob = crm.add(email="bob@example.org", fields={"city": "Bonn"})
        clock.pass_days(1)
        crm.create_contacts([new("bob@example.org", city="Köln")])
        assert crm.find(bob.id) == replace(bob, opt_ins={"news/1": YES})

    def test_an_opt_in_that_somebody_has_set_stays(self, crm: LocalCrm) -> None:
        bob = crm.add(email="bob@example.org")
        crm.ensure_opt_in_fields([OptInField("news/1", "Customers")])
        crm.set_opt_in(bob.id, "news/1", OptIn.NO, "by letter")
        crm.create_contacts([new("bob@example.org")])
        assert crm.find(bob.id).opt_in("news/1").value is OptIn.NO

    def test_of_several_with_the_address_the_oldest_comes_back(self, crm: LocalCrm) -> None:
        first, _ = crm.add(email="we@example.org"), crm.add(email="we@example.org")
        assert crm.create_contacts([new("we@example.org")]) == [first.id]

    def test_a_field_that_nobody_knew_becomes_a_custom_field_of_its_values_type(self, crm: LocalCrm) -> None:
        crm.create_contacts([new("ann@example.org", points=Decimal(7), since=date(2020, 1, 1))])
        assert {one.key: one.type for one in crm.fields()[len(STANDARD_FIELDS) :]} == {
            "points": FieldType.NUMBER,
            "since": FieldType.DATE,
        }

    def test_nothing_to_create(self, crm: LocalCrm) -> None:
        assert crm.create_contacts([]) == []


class TestSelections:
    @pytest.fixture
    def people(self, crm: LocalCrm) -> list[str]:
        kinds = [ContactKind.CONTACT, ContactKind.CUSTOMER, ContactKind.LEAD, ContactKind.CUSTOMER]
        return [crm.add(kind=kind, party=PartyType.ORGANISATION).id for kind in kinds]

    def test_everybody_in_the_order_of_their_ids(self, crm: LocalCrm, people: list[str]) -> None:
        assert ids(crm.contacts(EVERYBODY)) == people
        assert crm.count(EVERYBODY) == 4

    def test_by_kind(self, crm: LocalCrm, people: list[str]) -> None:
        selection = Selection(kinds=frozenset({ContactKind.CUSTOMER, ContactKind.LEAD}))
        assert ids(crm.contacts(selection)) == people[1:]
        assert crm.count(selection) == 3

    def test_by_id_in_any_order_and_twice(self, crm: LocalCrm, people: list[str]) -> None:
        selection = Selection(contact_ids=(people[3], people[0], people[3]))
        assert ids(crm.contacts(selection)) == [people[0], people[3]]
        assert crm.count(selection) == 2

    def test_all_parts_together(self, crm: LocalCrm, people: list[str]) -> None:
        crm.create_campaign("Spring")
        crm.add_participants("Spring", people[1:3])
        selection = Selection(tuple(people[:2]), frozenset({ContactKind.CUSTOMER}), "Spring")
        assert ids(crm.contacts(selection)) == [people[1]]
        assert crm.count(selection) == 1

    @pytest.mark.parametrize("selection", [Selection(("4711",)), Selection(("x",)), Selection(campaign="Autumn")])
    def test_what_does_not_exist_is_an_error(self, crm: LocalCrm, people: list[str], selection: Selection) -> None:
        with pytest.raises(InputError, match="The CRM has no"):
            list(crm.contacts(selection))
        with pytest.raises(InputError, match="The CRM has no"):
            crm.count(selection)

    def test_more_than_one_statement_can_name(self, crm: LocalCrm) -> None:
        made = crm.create_contacts([new(f"p{number}@example.org") for number in range(2500)])
        assert ids(crm.contacts(EVERYBODY)) == list(made)
        assert ids(crm.contacts(Selection(contact_ids=tuple(reversed(made))))) == list(made)

    def test_others_may_write_while_a_stream_is_read(self, crm: LocalCrm, path: Path) -> None:
        crm.create_contacts([new(f"p{number}@example.org") for number in range(1500)])
        stream = crm.contacts(EVERYBODY)
        first = next(stream)
        other = LocalCrm(path)
        other.edit(first.id, fields={"city": "Bonn"})
        other.delete("p1200@example.org")
        added = other.add(email="late@example.org")
        other.close()
        rest = ids(stream)
        assert len(rest) == 1499
        assert rest[-1] == added.id


class TestCampaigns:
    def test_by_id_or_name_contacts_by_id_or_address_nobody_twice(self, crm: LocalCrm) -> None:
        spring = crm.create_campaign(" Spring  2026 ")
        ann, bob = crm.add(email="ann@example.org"), crm.add(email="bob@example.org")
        assert crm.add_participants("Spring 2026", [ann.id, "bob@example.org", ann.id]) == 2
        assert crm.add_participants(spring.id, [bob.id]) == 0
        assert [(one.name, one.participants) for one in crm.campaigns()] == [("Spring 2026", 2)]
        assert ids(crm.contacts(Selection(campaign=spring.id))) == [ann.id, bob.id]

    def test_a_name_counts_before_an_id(self, crm: LocalCrm) -> None:
        crm.create_campaign("2")
        crm.create_campaign("other")
        ann = crm.add()
        crm.add_participants("2", [ann.id])
        assert [(one.name, one.participants) for one in crm.campaigns()] == [("2", 1), ("other", 0)]

    @pytest.mark.parametrize("name", ["Spring", " ", ""])
    def test_a_name_is_needed_once(self, crm: LocalCrm, name: str) -> None:
        crm.create_campaign("Spring")
        with pytest.raises(InputError):
            crm.create_campaign(name)

    def test_an_unknown_contact_keeps_everybody_out(self, crm: LocalCrm) -> None:
        crm.create_campaign("Spring")
        ann = crm.add()
        with pytest.raises(InputError, match="no contact"):
            crm.add_participants("Spring", [ann.id, "4711"])
        assert crm.campaigns()[0].participants == 0
