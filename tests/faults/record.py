"""The record of all cells: what the documentation shows, and the tests compare with."""

import json
import random
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from faults.catalogue import FAMILIES
from faults.matrix import SERVICES, Cell, Stages, cells, outcomes_with_wrong_clocks

__all__ = ["CLOCKS_ARE_WRONG", "FOLDER", "Entry", "Record", "entries", "recorded", "save"]

CLOCKS_ARE_WRONG = "clocks"
"""Stands for a service where the fault is not one of a request."""

FOLDER = Path(__file__).parent / "on_record"

Record = dict[str, dict[str, list[str]]]
"""Of one service: kind of request -> fault -> what comes of it once, and for ever."""


@dataclass(frozen=True)
class Entry:
    """What came of one cell."""

    service: str
    place: str
    fault: str
    is_lasting: bool
    word: str
    message: str
    complaints: tuple[str, ...]

    @property
    def name(self) -> str:
        return _name(self.service, self.place, self.fault, is_lasting=self.is_lasting)

    @property
    def on_record(self) -> str:
        return recorded(self.service).get(self.place, {}).get(self.fault, ["", ""])[self.is_lasting]

    def complain(self) -> None:
        """Print what may not be so."""
        if self.complaints:
            lines = (f"{self.name}: {self.word} {self.message}", *self.complaints)
            sys.stdout.write("\n    ".join(lines) + "\n")
            sys.stdout.flush()


def entries(service: str, *, sample: int | None, seed: int, only: str) -> list[Entry]:
    """Run cells of one service, or every job with wrong clocks.

    Args:
        service: its name, or `CLOCKS_ARE_WRONG`.
        sample: about so many of them; None: all.
        only: those whose name holds this text.
    """
    if service == CLOCKS_ARE_WRONG:
        return [one for one in _with_wrong_clocks() if only in one.name]
    stages = Stages()
    found = []
    try:
        chosen = list(cells(stages.places(service)))
        if sample is not None:
            chosen = random.Random(f"{service} {seed}").sample(chosen, min(sample, len(chosen)))
        for cell in chosen:
            if only in _name_of(cell) and (entry := _entry(stages, cell)):
                entry.complain()
                found.append(entry)
    finally:
        stages.close()
    return found


def _entry(stages: Stages, cell: Cell) -> Entry | None:
    outcome = stages.outcome(cell)
    if outcome is None:
        return None
    place, fault = cell.place, cell.trouble.name
    words = outcome.word, outcome.message, outcome.complaints
    return Entry(place.service, place.name, fault, cell.is_lasting, *words)


def _with_wrong_clocks() -> Iterator[Entry]:
    for service in SERVICES:
        for job, clock, outcome in outcomes_with_wrong_clocks(service):
            words = outcome.word, outcome.message, outcome.complaints
            entry = Entry(CLOCKS_ARE_WRONG, f"{service}: {job}", clock, True, *words)
            entry.complain()
            yield entry


def _name_of(cell: Cell) -> str:
    return _name(cell.place.service, cell.place.name, cell.trouble.name, is_lasting=cell.is_lasting)


def _name(service: str, place: str, fault: str, *, is_lasting: bool) -> str:
    return f"{service}, {place}, {fault}, {'for ever' if is_lasting else 'once'}"


def recorded(service: str) -> Record:
    """Return what is on record of a service."""
    path = FOLDER / f"{service}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def save(service: str, found: Iterable[Entry], *, as_a_whole: bool) -> None:
    """Put entries on record: in the place of all that were there of a service, or beside them."""
    record = {} if as_a_whole else recorded(service)
    for one in found:
        pair = record.setdefault(one.place, {}).setdefault(one.fault, ["", ""])
        pair[one.is_lasting] = one.word
    FOLDER.mkdir(exist_ok=True)
    _write(service, record)
    _write("faults", {title: {one.name: one.meaning for one in family} for title, family in FAMILIES.items()})


def _write(name: str, document: object) -> None:
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")
