"""The fields that the CRM's users add to the standard ones."""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches

from sqlalchemy import Connection, insert, select, text

from rundbrief.crm.local import schema
from rundbrief.errors import InputError
from rundbrief.fields import STANDARD_FIELDS, CrmField, FieldType
from rundbrief.fields.lettering import spell_out
from rundbrief.fields.spelling import parse
from rundbrief.models import FieldValue

__all__ = ["add_field", "adopt_fields", "all_fields", "field_key", "same_label", "typed"]

_RESERVED = {"id", "email", "kind", "party", "changed_at"}
"""Keys that would be mistaken for what every contact has beside its fields."""


def all_fields(connection: Connection) -> list[CrmField]:
    """Return the standard fields, then the custom ones in the order they were made."""
    columns = schema.custom_fields.c
    rows = connection.execute(select(columns.key, columns.label, columns.type).order_by(text("rowid"))).all()
    return [*STANDARD_FIELDS, *(CrmField(key, label, FieldType(kind)) for key, label, kind in rows)]


def add_field(connection: Connection, field: CrmField) -> None:
    connection.execute(
        insert(schema.custom_fields), {"key": field.key, "label": field.label, "type": field.type.value}
    )


def adopt_fields(connection: Connection, values: Iterable[Mapping[str, FieldValue]]) -> None:
    """Make a field of every key that contacts are about to get and the CRM does not know."""
    known = {one.key for one in all_fields(connection)}
    for key, value in (pair for one in values for pair in one.items()):
        if key not in known:
            known.add(key)
            add_field(connection, CrmField(key, key, _type_of(value)))


def _type_of(value: FieldValue) -> FieldType:
    match value:
        case bool():
            return FieldType.BOOLEAN
        case int() | Decimal():
            return FieldType.NUMBER
        case datetime():
            return FieldType.DATETIME
        case date():
            return FieldType.DATE
        case tuple():
            return FieldType.CHOICES
    return FieldType.TEXT


def field_key(label: str, taken: Collection[str]) -> str:
    """Return a key for a new field: the label in small ASCII letters, with a number when it is taken."""
    slug = re.sub(r"[^a-z0-9]+", "_", spell_out(label)).strip("_") or "field"
    key, number = slug, 1
    while key in taken or key in _RESERVED:
        number += 1
        key = f"{slug}_{number}"
    return key


def same_label(one: str, other: str) -> bool:
    """Tell whether people would read two labels as one."""
    return " ".join(one.casefold().split()) == " ".join(other.casefold().split())


def typed(values: Mapping[str, FieldValue | None], fields: Collection[CrmField]) -> dict[str, FieldValue | None]:
    """Return values in the types of their fields: what a person typed as text becomes a date or a number.

    Raises:
        InputError: there is no such field, or a text cannot be read as its type.
    """
    known = {one.key: one for one in fields}
    for key in values:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"It has: {', '.join(known)}."
            raise InputError(f"The CRM has no field {key!r}.", hint=hint)
    return {key: _typed(value, known[key]) for key, value in values.items()}


def _typed(value: FieldValue | None, field: CrmField) -> FieldValue | None:
    if not isinstance(value, str) or not value.strip():
        return value
    try:
        return parse(value.strip(), field.type)
    except ValueError as error:
        raise InputError(f"{field.label} {error}.") from None
