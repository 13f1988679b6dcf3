"""What a client sends about one receiver."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rundbrief_cleverreach.testing.problems import bad_request, invalid_address

__all__ = ["Row", "checked_address"]

_PLAUSIBLE = re.compile(r"[^@\s,;]+@[^@\s.,;]+(\.[^@\s.,;]+)+")


@dataclass(frozen=True, slots=True)
class Row:
    """The writable part. None is *not sent*, as null is. Anything else that was sent is ignored in silence."""

    id: str
    """Pool id, empty if not sent."""
    email: str
    """As it was sent, which need not be an address."""
    registered: int | None
    activated: int | None
    deactivated: int | None
    source: str | None
    attributes: Mapping[str, Any]
    global_attributes: Mapping[str, Any]
    tags: list[Any]
    orders: list[Any]

    @classmethod
    def of(cls, sent: Mapping[str, Any]) -> "Row":
        """Read a row.

        Raises:
            Problem: 400, one of its values is of another type.
        """
        source = sent.get("source")
        return cls(
            str(sent.get("id") or ""),
            str(sent.get("email") or "").strip(),
            _time(sent, "registered"),
            _time(sent, "activated"),
            _time(sent, "deactivated"),
            None if source is None else str(source),
            _values(sent, "attributes"),
            _values(sent, "global_attributes"),
            _items(sent, "tags"),
            _items(sent, "orders"),
        )


def checked_address(address: object) -> str:
    """Return an address, trimmed.

    Raises:
        Problem: 400, it is none.
    """
    text = address.strip() if isinstance(address, str) else ""
    if not _PLAUSIBLE.fullmatch(text):
        raise invalid_address(address)
    return text


def _time(sent: Mapping[str, Any], name: str) -> int | None:
    """Return Unix seconds, which may come as text too."""
    value = sent.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,12}", str(value)):
        raise bad_request(f"invalid value for '{name}'")
    return int(value)


def _values(sent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an object of plain values; an empty list is an empty object, as everywhere in PHP."""
    values = sent.get(name) or {}
    if not isinstance(values, dict) or any(isinstance(value, dict | list) for value in values.values()):
        raise bad_request(f"invalid value for '{name}'")
    return values


def _items(sent: Mapping[str, Any], name: str) -> list[Any]:
    items = sent.get(name) or []
    if not isinstance(items, list):
        raise bad_request(f"invalid value for '{name}'")
    return items
