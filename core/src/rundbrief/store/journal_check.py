"""Checking the journal's chain."""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rundbrief.store.journal_chain import ERASED_PREFIX, NOTHING_YET, link, seal

__all__ = ["Fault", "Row", "Verdict", "check"]

Row = Mapping[str, Any]
"""A row of the journal as it is kept."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The first entry that is not as it was written."""

    number: int
    what: str
    """What is wrong with it, in a sentence without personal data."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the chain tells of the journal."""

    entries: int
    """How many were looked at: all of them, or those before the fault and the faulty one."""
    erased: int
    """How many of them belong to persons who were erased; their data cannot be checked, all else can."""
    head: str
    """The last link, 64 hexadecimal digits: noted elsewhere, it proves later that nothing up to it has changed."""
    fault: Fault | None = None
    missing_heads: tuple[str, ...] = ()
    """Those of the heads noted earlier that are not in the chain."""

    @property
    def holds(self) -> bool:
        """Tell whether nothing is wrong."""
        return self.fault is None and not self.missing_heads


def check(rows: Iterable[Row], last_number: int, heads: Iterable[str] = ()) -> Verdict:
    """Go through the journal up to the first fault.

    Args:
        rows: all of it, in the order of `seq`.
        last_number: the highest number that the database has given out.
        heads: see `Journal.verify`.
    """
    missing = {one.lower(): one for one in heads}
    before, number, entries, erased = NOTHING_YET, 0, 0, 0
    missing.pop(before.hex(), None)
    for row in rows:
        entries += 1
        erased += row["salt"] is None
        try:
            what = _what_is_wrong(row, before, number + 1)
        except TypeError:
            what = f"Entry {row['seq']} holds values of another kind than it was written with."
        if what:
            fault = Fault(number + 1 if row["seq"] > number + 1 else row["seq"], what)
            return Verdict(entries, erased, before.hex(), fault, tuple(missing.values()))
        before, number = row["chain"], row["seq"]
        missing.pop(before.hex(), None)
    return Verdict(entries, erased, before.hex(), _cut_off(number, last_number), tuple(missing.values()))


def _cut_off(number: int, last_number: int) -> Fault | None:
    """Return what is wrong with the end, or nothing. A number that was given out is never given out again."""
    if number == last_number:
        return None
    return Fault(number + 1, f"The entries from {number + 1} to {last_number} are missing at the end.")


def _what_is_wrong(row: Row, before: bytes, expected: int) -> str:
    """Return what is wrong with an entry, or nothing."""
    number = row["seq"]
    if number > expected:
        return f"Entry {expected} is missing."
    if row["salt"] is None and not _is_erased(row):
        return f"Entry {number} names a person, and its seal cannot be checked."
    if row["salt"] is not None and not hmac.compare_digest(seal(row["salt"], row), row["sealed"]):
        return f"Entry {number} has another address, contact or evidence than it was written with."
    if link(before, row, row["sealed"]) != row["chain"]:
        return f"Entry {number} was edited, inserted, or put into another place."
    return ""


def _is_erased(row: Row) -> bool:
    is_empty = row["contact_id"] is None and row["other_address"] is None and row["evidence"] == ""
    return is_empty and str(row["address"]).startswith(ERASED_PREFIX)
