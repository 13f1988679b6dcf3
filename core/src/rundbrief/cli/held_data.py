"""Everything held about a person, as a file for that person: JSON for programs, CSV for a spreadsheet."""

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from typing import TYPE_CHECKING, Any

from rundbrief.cli.times import iso
from rundbrief.crm.local.csv_cells import protect

if TYPE_CHECKING:
    from rundbrief.engine import HeldData
    from rundbrief.models import Contact

__all__ = ["as_csv", "as_json", "held_document"]

_HEADINGS = ("Part", "Number", "What", "Value")


def held_document(held: "HeldData", lists: list[dict[str, Any]], journal: list[dict[str, Any]]) -> dict[str, Any]:
    """Return everything as one document.

    Args:
        lists: what `opt-ins` tells of each list.
        journal: what it tells of each entry.
    """
    person = held.person
    return {
        "address": person.address,
        "gathered_at": iso(held.gathered_at),
        "erased_at": iso(person.erased_at),
        "other_addresses": list(held.connected),
        "contacts": [_contact(one, held) for one in held.contacts],
        "lists": lists,
        "journal": journal,
        "state": {table: [_plain(row) for row in rows] for table, rows in held.rows.items()},
    }


def as_json(document: dict[str, Any]) -> str:
    """Return the document as text that people can read as well: letters stay letters."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def as_csv(document: dict[str, Any]) -> str:
    """Return the document as a table: one value a line, semicolons between, no cell that is read as a formula."""
    text = StringIO(newline="")
    writer = csv.writer(text, delimiter=";")
    writer.writerow(_HEADINGS)
    writer.writerows([protect(cell) for cell in line] for line in _lines(document))
    return text.getvalue()


def _lines(document: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Yield part, number in it, name and value, for each value there is."""
    for part, content in document.items():
        if isinstance(content, dict):
            for table, rows in content.items():
                yield from _numbered(f"{part}: {table}", rows)
        elif isinstance(content, list):
            yield from _numbered(part, content)
        elif content is not None:
            yield part, "", "", str(content)


def _numbered(part: str, rows: list[Any]) -> Iterator[tuple[str, str, str, str]]:
    for number, row in enumerate(rows, start=1):
        for name, value in _leaves("", row):
            yield part, str(number), name, value


def _leaves(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(f"{name}.{key}" if name else str(key), inner)
    elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
        for number, inner in enumerate(value, start=1):
            yield from _leaves(f"{name} {number}", inner)
    elif isinstance(value, list) and value:
        yield name, ", ".join(map(str, value))
    elif isinstance(value, bool):
        yield name, "yes" if value else "no"
    elif value not in (None, []):
        yield name, str(value)


def _contact(one: "Contact", held: "HeldData") -> dict[str, Any]:
    return {
        "id": one.id,
        "email": one.email,
        "kind": one.kind.value,
        "type": one.party.value,
        "changed_at": iso(one.changed_at),
        "fields": [
            {"key": key, "label": held.field_labels.get(key, key), "value": _plain(value)}
            for key, value in one.fields.items()
        ],
        "opt_ins": [
            {
                "key": key,
                "label": held.opt_in_labels.get(key, key),
                "value": opt_in.value.value,
                "since": iso(opt_in.since),
                "source": opt_in.source,
            }
            for key, opt_in in one.opt_ins.items()
        ],
    }


def _plain(value: Any) -> Any:
    """Return a value as JSON has it; times as ISO 8601."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, frozenset | set):
        return sorted(map(str, value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    return str(value)
