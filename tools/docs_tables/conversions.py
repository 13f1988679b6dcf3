"""Conversions: every CRM type against every kind of field that a service has."""

from docs_tables.markdown import table
from rundbrief.fields import FieldType, Quality, cell
from rundbrief.plugins import installed, load_provider

__all__ = ["conversions"]


def conversions() -> str:
    """Return a table for each provider: every CRM type against every kind of field that the service has."""
    notes: dict[str, int] = {}
    tables = []
    for one in installed():
        info = load_provider(one.name).info
        rows = (
            [kind.value, *(_conversion(kind, there.type, notes) for there in info.field_kinds)]
            for kind in FieldType
        )
        header = ["CRM", *(f"`{there.name}`" for there in info.field_kinds)]
        tables.append(f"## {info.title}\n\n{table(header, rows)}")
    lost = "\n".join(f"{number}. {text[:1].upper()}{text[1:]}." for text, number in notes.items())
    return "\n\n".join([*tables, "## What is lost", lost])


def _conversion(source: FieldType, target: FieldType, notes: dict[str, int]) -> str:
    found = cell(source, target)
    match found.quality:
        case Quality.EXACT:
            return "exact"
        case Quality.REFUSED:
            return "-"
        case Quality.LOSSY:
            return f"lossy ({notes.setdefault(found.lost, len(notes) + 1)})"
