"""The shape of rundbrief.toml."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from marshmallow import INCLUDE, Schema, ValidationError, fields, validate

from rundbrief.errors import SettingsError
from rundbrief.fields import OnEmpty, OnError

__all__ = ["ConnectionSchema", "CrmSchema", "FileSchema", "StateSchema", "load_part"]


class _Share(fields.Float):
    """A number from 0 to 1. TOML has types, so a text with a number in it is a mistake."""

    def __init__(self, **options: Any) -> None:
        super().__init__(validate=validate.Range(0, 1), **options)

    def _validated(self, value: Any) -> float:
        if not isinstance(value, int | float):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class FileSchema(Schema):
    """The top level."""

    state = fields.Dict(keys=fields.String(), load_default=dict)
    crm = fields.Dict(keys=fields.String(), load_default=dict)
    connections = fields.Dict(
        keys=fields.String(validate=validate.Regexp(r"^[A-Za-z0-9_-]+$", error="letters, digits, - and _ only")),
        values=fields.Dict(keys=fields.String()),
        load_default=dict,
    )
    observers = fields.Dict(keys=fields.String(), values=fields.Dict(keys=fields.String()), load_default=dict)


class StateSchema(Schema):
    path = fields.String(load_default="rundbrief.db", validate=validate.Length(min=1))


class CrmSchema(Schema):
    """What every CRM has; the rest is its plugin's."""

    class Meta:
        unknown = INCLUDE

    plugin = fields.String(load_default="local", validate=validate.Length(min=1))


class FieldSchema(Schema):
    """What goes into one remote field."""

    field = fields.String(required=True, validate=validate.Length(min=1))
    empty = fields.Enum(OnEmpty, by_value=True, load_default=OnEmpty.SKIP)
    on_error = fields.Enum(OnError, by_value=True, load_default=OnError.DROP)


class _FieldEntry(fields.Nested):
    """The key of a CRM field, or a table that says more of it."""

    def __init__(self) -> None:
        super().__init__(FieldSchema)

    def deserialize(self, value: Any, *args: Any, **more: Any) -> Any:
        return super().deserialize({"field": value} if isinstance(value, str) else value, *args, **more)


class ConnectionSchema(Schema):
    """What every connection has; the rest is its provider's."""

    class Meta:
        unknown = INCLUDE

    provider = fields.String(required=True, validate=validate.Length(min=1))
    fields_ = fields.Dict(keys=fields.String(), values=_FieldEntry(), data_key="fields", load_default=dict)
    language = fields.String(load_default="en", validate=validate.OneOf(["en", "de"]))
    country = fields.String(
        load_default=None, validate=validate.Regexp(r"^[A-Z]{2}$", error="two capital letters, such as DE")
    )
    reconsent = fields.String(load_default="hold", validate=validate.OneOf(["hold", "confirm"]))
    withdrawals = fields.String(load_default="push", validate=validate.OneOf(["push", "report", "everywhere"]))
    address_change = fields.String(load_default="move", validate=validate.OneOf(["move", "confirm", "hold"]))
    list_ = fields.String(data_key="list", load_default=None, validate=validate.Length(min=1))
    max_withdrawals = _Share(load_default=0.10)
    full_import_days = fields.Integer(load_default=7, strict=True, validate=validate.Range(0, 36_500))


def load_part(
    schema: Schema, raw: Mapping[str, Any], where: str, *, known_too: frozenset[str] = frozenset()
) -> Any:
    """Load one table of the file.

    Args:
        where: the table's name, for messages.
        known_too: keys that are right elsewhere, to be suggested for a misspelt one.

    Raises:
        SettingsError: names the key, what is wrong, and for an unknown key the nearest right one. Never a value.
    """
    try:
        return schema.load(raw)
    except ValidationError as error:
        path, message = _first(_unknown_keys(error.messages) or error.messages)
        place = ".".join(part for part in (where, *path) if part)
        if message == "Unknown field.":
            right = {one.data_key or name for name, one in schema.fields.items()} | known_too
            raise SettingsError(
                f"rundbrief.toml has an unknown key {place}.", hint=_suggestion(path[-1], right)
            ) from None
        if message == "Missing data for required field.":
            raise SettingsError(f"rundbrief.toml lacks the key {place}.") from None
        raise SettingsError(f"The key {place} in rundbrief.toml is wrong: {message.rstrip('.')}.") from None


def _suggestion(key: str, right: set[str]) -> str:
    near = get_close_matches(key, right, n=1, cutoff=0.5)
    return f"Did you mean {near[0]}?" if near else f"Known keys: {', '.join(sorted(right))}."


def _unknown_keys(messages: Any) -> dict[str, Any]:
    """A misspelt key is told before the one that is missing because of it."""
    return {key: told for key, told in messages.items() if told == ["Unknown field."]}


def _first(messages: Any) -> tuple[list[str], str]:
    path: list[str] = []
    while isinstance(messages, dict):
        key, messages = next(iter(messages.items()))
        # For an entry of a dictionary, the library adds whether its key or its value is wrong.
        if len(path) < 2 or key not in ("key", "value"):
            path.append(str(key))
    if path[-1:] == ["_schema"]:
        path.pop()
    return path, str(messages[0] if isinstance(messages, list) else messages)
