"""The configuration: every key of rundbrief.toml, from the schemas that check it."""

import json
from collections.abc import Iterator
from typing import Any

from marshmallow import Schema, fields, missing, validate

from docs_tables.markdown import table
from rundbrief.config import SecretField
from rundbrief.config.schemas import ConnectionSchema, CrmSchema, FieldSchema, StateSchema
from rundbrief.hookspecs import CRM_GROUP
from rundbrief.plugins import installed, load_crm, load_provider

__all__ = ["configuration"]

TABLES = (
    ("The table `[state]`", StateSchema, ""),
    ("The table `[crm]`", CrmSchema, "Beside this key stand those of [the CRM](#keys-of-the-crms)."),
    (
        "The tables `[connections.NAME]`",
        ConnectionSchema,
        "Every connection has these keys, and beside them those of [its service](#keys-of-the-services).\n"
        "`NAME` is made of letters, digits, `-` and `_`. It becomes part of the opt-in fields and of the\n"
        "journal: choose one that can stay.",
    ),
    (
        "The tables `[connections.NAME.fields]`",
        FieldSchema,
        "On the left stands the key of a field of the service; on the right the key of a field of the CRM, or a\n"
        "table with the keys below. [Map fields](../how-to/map-fields.md) has examples,\n"
        "[Conversions](conversions.md) what becomes of the values.",
    ),
)
"""Title, schema, and what else there is to say."""

OBSERVERS = (
    "`NAME` is the name of a plugin that is told what runs did; all keys are its own.\n"
    "[Observe runs](../how-to/observe-runs.md) shows one."
)


def configuration() -> str:
    """Return a section for each table of the file, and for the keys of each installed plugin."""
    parts = []
    for title, schema, more in TABLES:
        parts += [f"## {title}", more, _keys(schema())]
    parts += ["## The tables `[observers.NAME]`", OBSERVERS, "## Keys of the CRMs"]
    parts += _of_plugins((one.info.title, one.info.settings) for one in map(load_crm, _names(CRM_GROUP)))
    parts.append("## Keys of the services")
    parts += _of_plugins((one.info.title, one.info.settings) for one in map(load_provider, _names()))
    return "\n\n".join(filter(None, parts))


def _names(*group: str) -> list[str]:
    return [one.name for one in installed(*group)]


def _of_plugins(plugins: Iterator[tuple[str, type[Schema]]]) -> Iterator[str]:
    for title, schema in plugins:
        yield f"### {title}"
        yield _keys(schema())


def _keys(schema: Schema) -> str:
    return table(
        ["Key", "Type", "Default", "Meaning"],
        (
            [f"`{one.data_key or name}`", _type(one), _default(one), one.metadata.get("description", "")]
            for name, one in schema.fields.items()
        ),
    )


def _type(field: fields.Field[Any]) -> str:
    choices = [one for check in field.validators if isinstance(check, validate.OneOf) for one in check.choices]
    match field:
        case _ if choices:
            return " or ".join(f'`"{one}"`' for one in choices)
        case fields.Enum(enum=enum):
            return " or ".join(f'`"{one.value}"`' for one in enum)
        case SecretField():
            return "[secret](#secrets)"
        case fields.Boolean():
            return "`true` or `false`"
        case fields.Integer():
            return f"whole number{_range(field)}"
        case fields.Float():
            return f"number{_range(field)}"
        case fields.Dict():
            return "table"
        case fields.String():
            return "text"
    raise AssertionError(f"there are no words for {type(field).__name__}")


def _range(field: fields.Field[Any]) -> str:
    for check in field.validators:
        if isinstance(check, validate.Range):
            least = f"from {check.min}" if check.min_inclusive else f"above {check.min}"
            return f", {least} to {check.max}"
    return ""


def _default(field: fields.Field[Any]) -> str:
    if field.required:
        return "**required**"
    default = field.load_default
    if default is missing or default is None or callable(default):
        return "none"
    return f"`{json.dumps(getattr(default, 'value', default))}`"
