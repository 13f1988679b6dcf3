"""A request as the endpoints see it: decoded, checked for types, and free of HTTP."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from rundbrief_brevo.testing.problems import invalid, json_expected, missing, out_of_range

__all__ = ["Answer", "Call", "decoded", "flag", "numbers", "object_in"]

Answer = tuple[int, Any]
"""Status and payload; None for no body."""


@dataclass(frozen=True, slots=True)
class Call:
    query: "MultiDict[str, str]"
    body: Any = None
    size: int = 0
    """Bytes of the body."""
    base_url: str = ""
    """Where the sandbox is reached, for the links it gives out."""

    def object(self) -> Mapping[str, Any]:
        """Return the body, which has to be an object.

        Raises:
            Problem: it is none.
        """
        if not isinstance(self.body, dict):
            raise json_expected()
        return self.body

    def page(self, default: int, most: int) -> tuple[int, int]:
        """Return limit and offset.

        Raises:
            Problem: one is no number, or the limit is above `most`.
        """
        limit, offset = self._number("limit", default), self._number("offset", 0)
        if limit > most:
            raise out_of_range(f"Limit exceeds max value {most}")
        return limit, offset

    @property
    def newest_first(self) -> bool:
        """Whether rows come in the descending order of creation. Trap: that is the default.

        Raises:
            Problem: `sort` is neither asc nor desc.
        """
        sort = self.query.get("sort", "desc")
        if sort not in ("asc", "desc"):
            raise invalid("sort should be asc or desc")
        return sort == "desc"

    def integers(self, name: str) -> list[int]:
        """Return a parameter of several numbers, repeated or with commas.

        Raises:
            Problem: one of them is none.
        """
        parts = [part for value in self.query.getlist(name) for part in value.split(",")]
        if not all(part.isascii() and part.isdigit() for part in parts):
            raise invalid(f"{name} should be an array of integers")
        return [int(part) for part in parts]

    def _number(self, name: str, default: int) -> int:
        text = self.query.get(name, str(default))
        if not (text.isascii() and text.isdigit()):
            raise invalid(f"{name} should be a positive integer")
        return int(text)


def decoded(data: bytes) -> Any:
    """Return the value of a JSON text; None for no text.

    Raises:
        Problem: it is not JSON.
    """
    try:
        return json.loads(data) if data else None
    except ValueError:
        raise json_expected() from None


def flag(body: Mapping[str, Any], name: str) -> bool | None:
    """Return a switch of a body; None when it was left out.

    Raises:
        Problem: it is neither true nor false.
    """
    value = body.get(name)
    if name in body and not isinstance(value, bool):
        raise invalid(f"{name} should be boolean")
    return value


def numbers(body: Mapping[str, Any], name: str, *, needed: bool = False) -> list[int]:
    """Return a list of numbers of a body, empty when it was left out.

    Raises:
        Problem: it is something else, or `needed` and left out.
    """
    value = body.get(name, [])
    if needed and not value:
        raise missing(name)
    if not isinstance(value, list) or not all(isinstance(one, int) and not isinstance(one, bool) for one in value):
        raise invalid(f"{name} should be an array of integers")
    return value


def object_in(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an object inside a body, empty when it was left out.

    Raises:
        Problem: it is something else.
    """
    value = body.get(name, {})
    if not isinstance(value, dict):
        raise invalid(f"{name} should be an object")
    return value
