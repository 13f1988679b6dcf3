"""From the wire into typed data: answers that are not what the service documents are its fault, not a crash."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, missing

from rundbrief.errors import ProtocolError
from rundbrief.http.redaction import masked

__all__ = ["Rows", "WireSchema", "load"]

_AS_THEY_ARE: Mapping[type[fields.Field[Any]], type] = {
    fields.String: str,
    fields.Boolean: bool,
    fields.Integer: int,
}
"""What a field of that kind takes without changing it."""


class WireSchema(Schema):
    """The base of a service's answers: what the schema does not name is ignored, on every level.

    Services add fields without notice; only what a plugin reads is its business.
    """

    class Meta:
        unknown = EXCLUDE


class Rows(fields.Field[list[dict[str, Any]]]):
    """A long list of objects, such as a page of recipients.

    The same as `fields.List(fields.Nested(row))`, in a third of the time: a value that already is what its field
    makes of it is taken as it is. A row with a fault is loaded by the schema, which says what is wrong with it.

    Args:
        row: the schema of one object; hooks of it, such as `post_load`, are not called.
    """

    def __init__(self, row: type[Schema], **options: Any) -> None:
        super().__init__(error_messages={"invalid": "Not a valid list."}, **options)
        self._row = row(unknown=EXCLUDE)

    def _deserialize(
        self,
        value: Any,
        attr: str | None,  # noqa: ARG002 - the name is part of marshmallow's signature
        data: Mapping[str, Any] | None,  # noqa: ARG002
        **_: Any,
    ) -> list[dict[str, Any]]:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        rows, faults = [], {}
        for number, one in enumerate(value):
            try:
                rows.append(self._load(one))
            except ValidationError as error:
                faults[number] = error.messages
        if faults:
            raise ValidationError(faults)
        return rows

    def _load(self, row: Any) -> dict[str, Any]:
        if row is None:
            raise self.make_error("null")
        try:
            return dict(self._values(row))
        except (AttributeError, ValidationError):
            loaded: dict[str, Any] = self._row.load(row)
            return loaded

    def _values(self, row: Any) -> Iterator[tuple[str, Any]]:
        for name, key, field, unchanged in self._columns:
            value = row.get(key, missing)
            if type(value) is not unchanged:
                value = field.deserialize(value, key, row)
            if value is not missing:
                yield name, value

    @cached_property
    def _columns(self) -> list[tuple[str, str, fields.Field[Any], type | None]]:
        """Return for each field its name here, its name on the wire, and the type that passes as it is."""
        return [
            (field.attribute or name, name if field.data_key is None else field.data_key, field, _unchanged(field))
            for name, field in self._row.load_fields.items()
        ]


def _unchanged(field: fields.Field[Any]) -> type | None:
    """Return the type of value that a field neither converts nor checks."""
    return None if field.validators or field.pre_load or field.post_load else _AS_THEY_ARE.get(type(field))


def load(schema: Schema | type[Schema], payload: Any, *, many: bool | None = None) -> Any:
    """Load a decoded answer with a marshmallow schema; fields it does not know are ignored.

    Raises:
        ProtocolError: something is missing or of the wrong type. It names the field, never the value.
    """
    instance = schema() if isinstance(schema, type) else schema
    try:
        return instance.load(payload, many=many, unknown=EXCLUDE)
    except ValidationError as error:
        where = _first_path(error.messages)
    # Raised out here, it does not take along the error above, which holds the answer.
    raise ProtocolError(
        f"The service sent an answer that its documentation does not allow (at {where}).",
        hint="If it lasts, tell the plugin's author; the service may have changed.",
    )


def _first_path(messages: Any) -> str:
    """Return where the first complaint is. A key of the answer's own may be an address, and is masked."""
    path = []
    while isinstance(messages, dict) and messages:
        key, messages = next(iter(messages.items()))
        path.append(masked(str(key)))
    return ".".join(path) or "its root"
