"""From decoded answers into typed data."""

import pytest
from marshmallow import fields

from rundbrief.errors import ProtocolError
from rundbrief.http import WireSchema, load

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
