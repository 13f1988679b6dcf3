"""Column types: times that are always aware, JSON that keeps the type of a field's value, sets of names."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect, String
from sqlalchemy.types import TypeDecorator

from rundbrief.models import FieldValue, PostalAddress

__all__ = ["FieldValues", "Moment", "Names", "moment_text"]


@lru_cache(maxsize=4096)
def moment_text(value: datetime) -> str:
    """Return a time as it is kept. Most are kept in several tables one after the other."""
    return value.astimezone(UTC).isoformat(timespec="microseconds")


class Moment(TypeDecorator[datetime]):
    """An aware time, kept as ISO 8601 text in UTC, so that its order is the text's and a person can read it."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else moment_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else datetime.fromisoformat(value)


class FieldValues(TypeDecorator[Mapping[str, FieldValue]]):
    """The values of a contact's fields as JSON; what JSON has no word for is tagged with its type."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, FieldValue] | None, dialect: Dialect) -> str:  # noqa: ARG002
        return _encode(value) if value else "{}"

    def process_result_value(self, value: str | None, dialect: Dialect) -> Mapping[str, FieldValue]:  # noqa: ARG002
        if not value or value == "{}":
            return {}
        return {key: _untag(item) for key, item in json.loads(value).items()}


class Names(TypeDecorator[frozenset[str]]):
    """A set of names or ids, as a JSON list in order."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: frozenset[str] | None, dialect: Dialect) -> str:  # noqa: ARG002
        return _encode(sorted(value)) if value else "[]"

    def process_result_value(self, value: str | None, dialect: Dialect) -> frozenset[str]:  # noqa: ARG002
        return frozenset(json.loads(value)) if value and value != "[]" else frozenset()


def _tag(value: object) -> dict[str, str]:
    match value:
        case datetime():
            return {"datetime": value.isoformat()}
        case date():
            return {"date": value.isoformat()}
        case Decimal():
            return {"decimal": str(value)}
        case PostalAddress():
            return asdict(value)
    raise TypeError(f"a field cannot hold {type(value).__name__}")


# Made once: `json.dumps` with options makes one for each call.
_encode = json.JSONEncoder(default=_tag, ensure_ascii=False).encode


def _untag(value: Any) -> FieldValue:
    if isinstance(value, str):  # nearly all are, and patterns take their time
        return value
    match value:
        case {"datetime": text}:
            return datetime.fromisoformat(text)
        case {"date": text}:
            return date.fromisoformat(text)
        case {"decimal": text}:
            return Decimal(text)
        case {"street": _}:
            return PostalAddress(**value)
        case list():
            return tuple(value)
    return value  # type: ignore[no-any-return]
