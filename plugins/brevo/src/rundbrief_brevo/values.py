"""Values: how the CRM's go into attributes.

The service ignores a value that does not fit its attribute, without a word. So what would not fit is not sent,
and told in the outcome.
"""

import math
from collections.abc import Container, Mapping
from datetime import date
from typing import Any

from rundbrief.fields import FieldMap, FieldType
from rundbrief.models import FieldValue

__all__ = ["left_out", "shown", "wire"]


def wire(fields: Mapping[str, FieldValue], field_map: FieldMap) -> dict[str, Any]:
    """Return the values that fit their attributes, as the service takes them."""
    types = {link.remote.key: link.remote.type for link in field_map.links}
    values = {name: _fitted(value, types.get(name, FieldType.TEXT)) for name, value in fields.items()}
    return {name: value for name, value in values.items() if value is not None}


def shown(values: Mapping[str, Any], field_map: FieldMap) -> dict[str, Any]:
    """Return what was sent as the service shows it: the number of a category's label."""
    codes = {
        link.remote.key: dict(zip(link.remote.choices, link.remote.codes, strict=True))
        for link in field_map.links
        if link.remote.codes
    }
    return {name: codes[name].get(value, value) if name in codes else value for name, value in values.items()}


def left_out(fields: Mapping[str, FieldValue], values: Container[str]) -> str:
    """Return in words which fields are not among the values that are sent; empty when all are."""
    names = [name for name in fields if name not in values]
    return f"left out, as the value does not fit: {', '.join(names)}" if names else ""


def _fitted(value: FieldValue, remote: FieldType) -> Any:
    if value == "":
        return ""  # empties it
    try:
        match remote:
            case FieldType.NUMBER:
                number = float(str(value))
                return number if math.isfinite(number) else None
            case FieldType.DATE:
                return date.fromisoformat(str(value)).isoformat()
            case FieldType.BOOLEAN:
                return value if isinstance(value, bool) else None
            case FieldType.CHOICES:
                return list(value) if isinstance(value, tuple) else None
            case _:
                return str(value)
    except ValueError:
        return None
