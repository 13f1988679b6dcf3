"""Conversions: every CRM type against every kind of field that a service has."""

from collections.abc import Sequence

from docs_tables.markdown import table
from rundbrief.fields import Cell, FieldKind, FieldType, Quality, cell
from rundbrief.plugins import installed, load_provider

__all__ = ["conversions"]


def conversions() -> str:
    """Return a table for each provider: every CRM type against every kind of field that the service has."""
    notes: dict[str, int] = {}
    tables = []
    for one in installed():
        info = load_provider(one.name).info
        rows = (
            [kind.value, *(_conversion(kind, there, notes) for there in info.field_kinds)] for kind in FieldType
        )
        header = ["CRM", *(f"`{there.name}`" for there in info.field_kinds)]
        tables.append(f"## {info.title}\n\n{table(header, rows)}{_longest(info.field_kinds)}")
    lost = "\n".join(f"{number}. {text[:1].upper()}{text[1:]}." for text, number in notes.items())
    return "\n\n".join([*tables, "## What arrives, and what does not", lost])


def _longest(kinds: Sequence[FieldKind]) -> str:
    """Return a sentence for each length at which texts are cut; nothing where they may have any."""
    limits: dict[int, list[str]] = {}
    for one in kinds:
        if one.max_bytes:
            limits.setdefault(one.max_bytes, []).append(f"`{one.name}`")
    sentences = (f"Texts in {' and '.join(names)} are cut to {limit} bytes." for limit, names in limits.items())
    return "".join(f"\n\n{one}" for one in sentences)


def _conversion(source: FieldType, there: FieldKind, notes: dict[str, int]) -> str:
    found = cell(source, there.type)
    if there.takes and found.quality is not Quality.REFUSED:
        found = Cell(Quality.LOSSY, f"{there.takes} arrive; any other text stays here")
    match found.quality:
        case Quality.EXACT:
            return "exact"
        case Quality.REFUSED:
            return "-"
        case Quality.LOSSY:
            return f"lossy ({notes.setdefault(found.lost, len(notes) + 1)})"
