"""What becomes of a job that meets a fault: a table for each service and family of faults, from the record."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from docs_tables.markdown import table

__all__ = ["fault_meanings", "fault_tables"]

ON_RECORD = Path(__file__).parents[2] / "tests/faults/on_record"

TITLES = {"mailchimp": "Mailchimp", "cleverreach": "CleverReach", "brevo": "Brevo", "weclapp": "weclapp"}

Record = Mapping[str, Mapping[str, Sequence[str]]]
"""Kind of request -> fault -> what comes of it once, and for ever."""


def fault_meanings() -> str:
    """Return a table of all faults."""
    families = _families()
    return table(
        ["Fault", "What happens"],
        ([f"**{name}**", meaning] for family in families.values() for name, meaning in family.items()),
    )


def fault_tables() -> str:
    """Return the tables of all services, and that of the clocks."""
    parts = [part for service in TITLES for part in _of_service(service)]
    clocks = _record_of("clocks")
    faults = list(dict.fromkeys(name for row in clocks.values() for name in row))
    rows = ([place, *(clocks[place][one][1] for one in faults)] for place in clocks)
    return "\n\n".join([*parts, "## Clocks that are wrong", table(["Job", *faults], rows)])


def _of_service(service: str) -> Iterator[str]:
    record = _record_of(service)
    yield f"## {TITLES[service]}"
    for title, family in _families().items():
        names = [name for name in family if any(name in row for row in record.values())]
        yield f"### {title}: {TITLES[service]}"
        yield table(
            ["Request", *names],
            ([place, *(_cell(row.get(name, ("", ""))) for name in names)] for place, row in record.items()),
        )


def _cell(words: Sequence[str]) -> str:
    once, for_ever = words
    return once if once == for_ever else f"{once} / {for_ever}"


def _families() -> Mapping[str, Mapping[str, str]]:
    """Return family -> fault -> what it means."""
    found: Mapping[str, Mapping[str, str]] = _read("faults")
    return found


def _record_of(service: str) -> Record:
    found: Record = _read(service)
    return found


def _read(name: str) -> Any:
    return json.loads((ON_RECORD / f"{name}.json").read_text(encoding="utf-8"))
