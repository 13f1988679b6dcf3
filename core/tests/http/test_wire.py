"""From decoded answers into typed data."""

from typing import Any

import pytest
from marshmallow import ValidationError, fields, validate

from rundbrief.errors import ProtocolError
from rundbrief.http import Rows, WireSchema, load

ADDRESS = "jo.private@example.org"


class Row(WireSchema):
    mail = fields.String(required=True)


class Page(WireSchema):
    rows = fields.List(fields.Nested(Row), required=True)
    by_mail = fields.Dict(fields.String(), fields.Nested(Row))


def test_what_a_schema_does_not_know_is_ignored_on_every_level() -> None:
    assert load(Page, {"rows": [{"mail": "x", "new": 1}], "more": 2}) == {"rows": [{"mail": "x"}]}
    assert load(Row(many=True), [{"mail": "x", "new": 1}]) == [{"mail": "x"}]


def test_a_wrong_shape_names_the_field_and_not_the_value() -> None:
    with pytest.raises(ProtocolError, match=r"rows\.1\.mail") as caught:
        load(Page, {"rows": [{"mail": "x"}, {"mail": {"secret": ADDRESS}}]})
    assert ADDRESS not in str(caught.value)
    assert caught.value.__context__ is None, "marshmallow's error holds the whole answer"


def test_a_key_of_the_answer_may_be_an_address_and_is_masked() -> None:
    with pytest.raises(ProtocolError, match="by_mail") as caught:
        load(Page, {"rows": [], "by_mail": {ADDRESS: {"mail": 3}}})
    assert "private" not in str(caught.value)


@pytest.mark.parametrize("payload", [None, 3, "text", [], [{}]])
def test_an_answer_that_is_something_else_altogether(payload: object) -> None:
    with pytest.raises(ProtocolError):
        load(Page, payload)


# --- long lists -------------------------------------------------------------------------------------------


class Tagged(fields.String):
    """A field of a plugin's own: a kind of text that is not taken as it is."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        return f"<{super()._deserialize(value, attr, data, **options)}>"


class RowSchema(WireSchema):
    id = fields.Integer(required=True)
    email = fields.String(required=True, data_key="emailAddress")
    status = fields.String(load_default="new", validate=validate.OneOf(["new", "old"]))
    active = fields.Boolean()
    note = fields.String(load_default="", allow_none=True)
    tag = Tagged(load_default=None)
    lists = fields.List(fields.Integer(), load_default=list)


class QuickSchema(WireSchema):
    rows = Rows(RowSchema, required=True)


class PlainSchema(WireSchema):
    rows = fields.List(fields.Nested(RowSchema), required=True)


ROWS: list[Any] = [
    {"id": 1, "emailAddress": "ann@example.org"},
    {"id": "2", "emailAddress": "bob@example.org", "active": True, "more": 7, "tag": "x", "lists": ["1", 2]},
    {"id": 3, "emailAddress": "cem@example.org", "note": None, "active": "yes", "status": "old"},
    {"id": 4.0, "emailAddress": ""},
]
FAULTS: list[Any] = [
    {"id": 1},
    {"id": True, "emailAddress": 7},
    {"id": None, "emailAddress": "ann@example.org"},
    {"id": 1, "emailAddress": "ann@example.org", "status": "odd"},
    {"id": 1, "emailAddress": "ann@example.org", "active": "perhaps", "lists": ["x"]},
    ["id", 1],
    None,
    "row",
]


def test_rows_are_what_nested_fields_make_of_them() -> None:
    assert load(QuickSchema, {"rows": ROWS}) == load(PlainSchema, {"rows": ROWS})


def complaints(schema: type[WireSchema], rows: Any) -> Any:
    try:
        schema().load({"rows": rows})
    except ValidationError as error:
        return error.messages
    return None


@pytest.mark.parametrize("fault", [*FAULTS, [], {}], ids=repr)
def test_a_row_with_a_fault_is_complained_of_as_in_nested_fields(fault: Any) -> None:
    assert complaints(QuickSchema, [ROWS[0], fault]) == complaints(PlainSchema, [ROWS[0], fault])


@pytest.mark.parametrize("rows", [None, "rows", {"id": 1}, 7], ids=repr)
def test_what_is_no_list_of_rows_is_refused(rows: Any) -> None:
    assert complaints(QuickSchema, rows) == complaints(PlainSchema, rows)
