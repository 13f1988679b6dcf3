"""Fields that are missing at the service are made there when somebody asks for it."""

from types import ModuleType
from typing import Any

import pytest

from rundbrief.engine.fields import push_fields, view_fields
from rundbrief.errors import InputError, ProtocolError
from rundbrief.fields import CrmField, FieldLink, FieldMap, FieldRoom, FieldType, Quality, RemoteField


@pytest.fixture
def imported(world: Any) -> Any:
    world.crm.define_field("Shoe size", FieldType.NUMBER)
    world.imports()
    return world


@pytest.fixture
def willing(imported: Any, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A service that makes any field; what it was asked to make."""
    asked: list[Any] = []

    def create_fields(_session: Any, _mailing_list: Any, wanted: Any) -> FieldMap:
        asked.append([one.key for one in wanted])
        links = [FieldLink(one.key, RemoteField(one.key.upper(), one.label, one.type)) for one in wanted]
        return FieldMap(tuple(links), ("One more is too many.",))

    def add_choices(_session: Any, _mailing_list: Any, field: RemoteField, choices: Any) -> RemoteField:
        asked.append(list(choices))
        return RemoteField(field.key, field.label, field.type, choices=(*field.choices, *choices))

    provider = imported.workspace.connection("news").provider
    monkeypatch.setattr(provider, "create_fields", create_fields)
    monkeypatch.setattr(provider, "add_choices", add_choices)
    return asked


def test_both_sides_and_what_becomes_of_values(imported: Any) -> None:
    view = view_fields(imported.workspace, "news", "1")
    rows = {row.crm.key: row for row in view.rows}
    assert rows["first_name"].remote is not None
    assert rows["birthday"].cell is not None
    assert rows["birthday"].cell.quality is Quality.EXACT
    assert rows["shoe_size"].remote is None
    assert view.linked == {"FNAME": "first_name", "LNAME": "last_name", "BDAY": "birthday"}


def test_a_field_that_the_crm_has_not_is_told_and_neither_shown_nor_made(
    imported: Any, willing: list[Any]
) -> None:
    imported.open(fields={"LNAME": "shoe_sise"})
    view = view_fields(imported.workspace, "news", "1")
    assert "shoe_sise" not in {row.crm.key for row in view.rows}
    assert view.problems == [
        "rundbrief.toml fills LNAME with 'shoe_sise', which is no field of the CRM: nothing goes into it."
        " Did you mean shoe_size?"
    ]
    assert "shoe_sise" not in {one.key for one in push_fields(view, dry_run=True)}


def test_no_second_field_is_made_for_one_that_may_have_been_renamed_there(
    imported: Any, willing: list[Any]
) -> None:
    imported.open(fields={"SHOE": "shoe_size"})
    view = view_fields(imported.workspace, "news", "1")
    assert view.problems == ["Paperboy has no field SHOE."]
    assert "shoe_size" not in {one.key for one in push_fields(view, dry_run=True)}
    assert [one.key for one in push_fields(view, ["shoe_size"], dry_run=True)] == ["shoe_size"]


def test_what_is_missing_is_made_and_belongs_to_the_map(imported: Any, willing: list[Any]) -> None:
    view = view_fields(imported.workspace, "news", "1")
    assert [one.key for one in push_fields(view, ["shoe_size"], dry_run=True)] == ["shoe_size"]
    assert willing == []
    push_fields(view, ["shoe_size", "city"])
    assert willing == [["city", "shoe_size"]]
    assert view.linked["SHOE_SIZE"] == "shoe_size"
    assert view.problems == ["One more is too many."]
    assert push_fields(view, ["shoe_size"]) == []


def test_choices_that_a_field_lacks_are_added(imported: Any, willing: list[Any]) -> None:
    imported.crm.define_field("Colour")
    view = view_fields(imported.workspace, "news", "1")
    [place] = [number for number, row in enumerate(view.rows) if row.crm.key == "colour"]
    crm = CrmField("colour", "Colour", FieldType.CHOICE, ("RED", "green"))
    view.rows[place] = type(view.rows[place])(crm, view.rows[place].remote)
    push_fields(view, ["colour"], dry_run=True)
    assert (view.new_choices, willing) == ({"COLOUR": ["green"]}, [])
    push_fields(view, ["colour"])
    assert willing == [["green"]]
    remote = view.rows[place].remote
    assert remote is not None
    assert remote.choices == ("red", "blue", "green")


def test_a_field_that_takes_no_choices_keeps_no_other_from_being_made(
    imported: Any, willing: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: Any) -> RemoteField:
        raise ProtocolError("Paperboy refuses a request: too many choices.")

    provider = imported.workspace.connection("news").provider
    monkeypatch.setattr(provider, "add_choices", refuses)
    imported.crm.define_field("Colour")
    view = view_fields(imported.workspace, "news", "1")
    [place] = [number for number, row in enumerate(view.rows) if row.crm.key == "colour"]
    crm = CrmField("colour", "Colour", FieldType.CHOICE, ("RED", "green"))
    view.rows[place] = type(view.rows[place])(crm, view.rows[place].remote)
    push_fields(view, ["colour", "shoe_size"])
    assert view.problems[0] == "COLOUR has no new choices. Paperboy refuses a request: too many choices."
    assert (view.new_choices, willing) == ({}, [["shoe_size"]])


def test_a_field_that_the_crm_has_not_is_named(imported: Any, willing: list[Any]) -> None:
    view = view_fields(imported.workspace, "news", "1")
    with pytest.raises(InputError, match="'shoe'"):
        push_fields(view, ["shoe"])


def test_a_plugin_that_cannot_is_told_with_what_to_do(imported: Any, paperboy: ModuleType) -> None:
    view = view_fields(imported.workspace, "news", "1")
    with pytest.raises(InputError) as caught:
        push_fields(view)
    assert "cannot make fields" in caught.value.message
    assert "Make them there" in (caught.value.hint or "")


@pytest.mark.parametrize("dry_run", [True, False])
def test_what_there_is_no_room_for_is_named_before_anything_is_made(
    imported: Any, willing: list[Any], monkeypatch: pytest.MonkeyPatch, dry_run: bool
) -> None:
    provider = imported.workspace.connection("news").provider
    monkeypatch.setattr(provider, "room_for_fields", lambda *_: FieldRoom(1, "A list has at most 7 fields."))
    view = view_fields(imported.workspace, "news", "1")
    assert [one.key for one in push_fields(view, ["city", "shoe_size"], dry_run=dry_run)] == ["city"]
    assert view.problems[0] == "There is no room for Shoe size. A list has at most 7 fields."
    assert view.limit == "A list has at most 7 fields."
    assert willing == ([] if dry_run else [["city"]])


@pytest.mark.parametrize("dry_run", [True, False])
def test_what_a_smaller_plan_has_no_room_for_is_named_before_it_is_tried(
    imported: Any, willing: list[Any], monkeypatch: pytest.MonkeyPatch, dry_run: bool
) -> None:
    provider = imported.workspace.connection("news").provider
    room = FieldRoom(80, "A list has at most 7 fields, 90 on the large plan.", certain=1)
    monkeypatch.setattr(provider, "room_for_fields", lambda *_: room)
    view = view_fields(imported.workspace, "news", "1")
    assert [one.key for one in push_fields(view, ["city", "shoe_size"], dry_run=dry_run)] == ["city", "shoe_size"]
    doubt = f"The account's plan may have no room for Shoe size. {room.rule}"
    assert (doubt in view.problems) is dry_run
