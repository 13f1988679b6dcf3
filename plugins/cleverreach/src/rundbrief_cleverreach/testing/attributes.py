"""Attributes: the custom fields of an account, or of one group."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rundbrief_cleverreach.testing.problems import bad_request, conflict, not_found

__all__ = ["KINDS", "Attribute", "Attributes", "normalised"]

KINDS = ("text", "number", "gender", "date")
LABELS = ("description", "preview_value", "default_value")


def normalised(name: str) -> str:
    """Return the technical name: `Communication Key` becomes `communication_key`."""
    return re.sub(r"[^a-z0-9_]", "_", name.strip().lower())


@dataclass(slots=True)
class Attribute:
    id: int
    name: str
    """The technical one."""
    kind: str
    description: str = ""
    """The label: what was typed as name, unless something else was sent."""
    preview_value: str = ""
    default_value: str = ""


class Attributes:
    """Attributes by their technical names.

    Args:
        limit: how many there may be.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._by_name: dict[str, Attribute] = {}

    def __iter__(self) -> Iterator[Attribute]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    @property
    def names(self) -> Iterator[str]:
        return iter(self._by_name)

    def add(self, attribute_id: int, sent: Mapping[str, Any]) -> Attribute:
        """Define an attribute.

        Raises:
            Problem: 400 without a name or for an unknown type, 409 if there is one of that technical name.
        """
        typed = str(sent.get("name") or "").strip()
        if not typed:
            raise bad_request("name required")
        if sent.get("type") not in KINDS:
            raise bad_request("invalid type")
        name = normalised(typed)
        if name in self._by_name:
            raise conflict("duplicate data field found")
        if len(self) >= self.limit:
            raise bad_request("attribute limit reached")
        attribute = Attribute(attribute_id, name, sent["type"], typed)
        self._by_name[name] = attribute
        self.relabel(attribute, sent)
        return attribute

    def relabel(self, attribute: Attribute, sent: Mapping[str, Any]) -> None:
        """Change what is for people's eyes. Name and type stay as they are, whatever is sent."""
        for label in LABELS:
            if sent.get(label) is not None:
                setattr(attribute, label, str(sent[label]))

    def find(self, attribute_id: str) -> Attribute:
        """Return an attribute by its id.

        Raises:
            Problem: 404.
        """
        for attribute in self:
            if str(attribute.id) == attribute_id:
                return attribute
        raise not_found()

    def remove(self, attribute: Attribute) -> None:
        del self._by_name[attribute.name]

    def write(self, values: dict[str, str], sent: Mapping[str, Any]) -> None:
        """Take over values by name.

        Trap: a name that is not defined is ignored in silence. Null changes nothing, an empty text clears.
        """
        for name, value in sent.items():
            attribute = self._by_name.get(name)
            if attribute is None or value is None:
                continue
            text = _stored(attribute.kind, value)
            if text:
                values[name] = text
            else:
                values.pop(name, None)


def _stored(kind: str, value: Any) -> str:
    """Return the text that a value is kept as; empty for what does not fit its type, which nobody tells."""
    text = _cast(value)
    if kind == "number":
        return text if re.fullmatch(r"[+-]?\d+(\.\d+)?", text) else ""
    return _day(text) if kind == "date" else text


def _cast(value: Any) -> str:
    """Return a value as PHP's conversion to text has it: false is an empty text, so that it clears."""
    if isinstance(value, bool):
        return "1" if value else ""
    return str(value).strip()


def _day(text: str) -> str:
    """Return a day as YYYY-MM-DD. Clients send it so, or as Unix seconds; the vendor is silent."""
    try:
        if re.fullmatch(r"-?\d{5,}", text):
            return datetime.fromtimestamp(int(text), UTC).date().isoformat()
        return datetime.fromisoformat(text).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return ""
