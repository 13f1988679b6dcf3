"""The shape of rundbrief.toml.

Each key says what it is for in its `description`. The starter, the messages about wrong keys and the reference in
the documentation all take it from there.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from marshmallow import INCLUDE, Schema, ValidationError, fields, validate

from rundbrief.errors import SettingsError
from rundbrief.fields import OnEmpty, OnError
from rundbrief.rails import MAX_ADDITIONS, MAX_WITHDRAWALS

__all__ = ["ConnectionSchema", "CrmSchema", "FieldSchema", "FileSchema", "StateSchema", "load_part", "meaning"]


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
        keys=fields.String(validate=validate.Regexp(r"[A-Za-z0-9_-]+\Z", error="letters, digits, - and _ only")),
        values=fields.Dict(keys=fields.String()),
        load_default=dict,
    )
    observers = fields.Dict(keys=fields.String(), values=fields.Dict(keys=fields.String()), load_default=dict)


class StateSchema(Schema):
    """Where rundbrief keeps what it knows."""

    path = fields.String(
        load_default="rundbrief.db",
        validate=validate.Length(min=1),
        metadata={"description": "The file with what was synchronised, and with the consent journal. Back it up."},
    )


class CrmSchema(Schema):
    """What every CRM has; the rest is its plugin's."""

    class Meta:
        unknown = INCLUDE

    plugin = fields.String(
        load_default="local",
        validate=validate.Length(min=1),
        metadata={"description": "Which CRM leads: `local` is the embedded one, `weclapp` a plugin."},
    )


class FieldSchema(Schema):
    """What goes into one remote field."""

    field = fields.String(
        required=True,
        validate=validate.Length(min=1),
        metadata={"description": "The key of the CRM's field that goes into this one."},
    )
    empty = fields.Enum(
        OnEmpty,
        by_value=True,
        load_default=OnEmpty.SKIP,
        metadata={
            "description": "Where the CRM has no value: `skip` leaves the service's as it is, `clear` empties it."
        },
    )
    on_error = fields.Enum(
        OnError,
        by_value=True,
        load_default=OnError.DROP,
        metadata={
            "description": "A value that does not fit stays here: `drop` lets the contact go without it, "
            "`refuse` keeps the whole contact here. Both are reported."
        },
    )


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

    provider = fields.String(
        required=True,
        validate=validate.Length(min=1),
        metadata={"description": "The plugin of the newsletter service, such as `mailchimp`."},
    )
    fields_ = fields.Dict(
        keys=fields.String(),
        values=_FieldEntry(),
        data_key="fields",
        load_default=dict,
        metadata={
            "description": "Which field of the CRM goes into which field of the service; `rundbrief fields "
            "CONNECTION LIST` shows both."
        },
    )
    match_fields = fields.Boolean(
        load_default=True,
        metadata={
            "description": "Whether fields of the CRM that the map does not name go along where the service has "
            "one of a fitting name; `false` sends what the map names and nothing else."
        },
    )
    language = fields.String(
        load_default="en",
        validate=validate.OneOf(["en", "de"]),
        metadata={
            "description": "How yes, no and decimals are written in texts, where a service has no type for "
            "them: `yes` and 1.5, or `ja` and 1,5."
        },
    )
    country = fields.String(
        load_default=None,
        validate=validate.Regexp(r"[A-Z]{2}\Z", error="two capital letters, such as DE"),
        metadata={
            "description": "Whose telephone numbers those without a country code are, unless the contact "
            "has a country: two letters (ISO 3166), such as `DE`."
        },
    )
    reconsent = fields.String(
        load_default="hold",
        validate=validate.OneOf(["hold", "confirm"]),
        metadata={
            "description": "An opt-in in the CRM after a withdrawal at the service: `hold` it back, or let "
            "the person `confirm` it by double opt-in mail, where the service has one for that."
        },
    )
    withdrawals = fields.String(
        load_default="push",
        validate=validate.OneOf(["push", "report", "everywhere"]),
        metadata={
            "description": "A withdrawal in the CRM: `push` it to the service, or only `report` it; "
            "`everywhere` pushes it, and takes a withdrawal at this service as one for all connections."
        },
    )
    address_change = fields.String(
        load_default="move",
        validate=validate.OneOf(["move", "confirm", "hold"]),
        metadata={
            "description": "The address of a subscriber changes in the CRM: `move` the opt-in along, let "
            "the new address `confirm` on a list with double opt-in, or `hold` it until its owner signs up. "
            "The old address gets no mail in either case."
        },
    )
    list_ = fields.String(
        data_key="list",
        load_default=None,
        validate=validate.Length(min=1),
        metadata={
            "description": "The list that a sync fills, by id or name; only where one opt-in is good for "
            "the whole account."
        },
    )
    max_withdrawals = _Share(
        load_default=MAX_WITHDRAWALS,
        metadata={
            "description": "The guard rail: a run that would take away a larger share of the opt-ins than "
            "this, and more than 20, stops before it writes."
        },
    )
    max_additions = _Share(
        load_default=MAX_ADDITIONS,
        metadata={
            "description": "A run that would add more opt-ins than this share of those that are there, and more "
            "than 100, stops before it writes as well; a list's first one does not."
        },
    )
    full_import_days = fields.Integer(
        load_default=7,
        strict=True,
        validate=validate.Range(0, 36_500),
        metadata={
            "description": "After how many days an import reads everybody again, to notice who is gone; 0: "
            "never by itself."
        },
    )


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
        hint = meaning(schema, path[0]) if len(path) == 1 else ""
        if message == "Missing data for required field.":
            raise SettingsError(f"rundbrief.toml lacks the key {place}.", hint=hint) from None
        raise SettingsError(
            f"The key {place} in rundbrief.toml is wrong: {message.rstrip('.')}.", hint=hint
        ) from None


def meaning(schema: Schema, key: str) -> str:
    """Return what a key of a table is for, as plain text; nothing where its author does not say."""
    found = {one.data_key or name: one.metadata.get("description", "") for name, one in schema.fields.items()}
    return str(found.get(key, "")).replace("`", '"')


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
