"""The guard rail before a CSV file: a column that has slipped would set or clear the opt-ins of many at once.

A file with opt-ins in it is gone through as a whole before its first row is taken in, and counted.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from rundbrief.crm.local import schema
from rundbrief.crm.local.csv_rows import Row
from rundbrief.errors import GuardRail, InputError
from rundbrief.models import Contact, OptIn
from rundbrief.rails import MAX_ADDITIONS, MAX_WITHDRAWALS, USUAL_ADDITIONS, USUAL_WITHDRAWALS, allowed

__all__ = ["Allowance", "OptInCount", "count_opted_in"]

_LOOK = "Look whether the columns have slipped"


@dataclass(frozen=True, slots=True)
class Allowance:
    """What somebody has looked at, and allows by hand."""

    withdrawals: bool = False
    additions: bool = False


@dataclass
class OptInCount:
    """What a file would do to the opt-ins of the contacts that the CRM has. Everything is per opt-in field."""

    readable: Counter[str] = field(default_factory=Counter)
    """Rows that say yes or no."""
    unreadable: Counter[str] = field(default_factory=Counter)
    """Rows that say something else."""
    cleared: Counter[str] = field(default_factory=Counter)
    given: Counter[str] = field(default_factory=Counter)

    def read(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self.readable.update(row.opt_ins.keys())

    def change(self, before: Contact, after: Contact) -> None:
        """Count what a row makes of a contact that the CRM has."""
        for key, opt_in in after.opt_ins.items():
            was = before.opt_in(key).value
            self.cleared[key] += was is OptIn.YES and opt_in.value is OptIn.NO
            self.given[key] += was is not OptIn.YES and opt_in.value is OptIn.YES

    def judge(self, opted_in: Mapping[str, int], allowance: Allowance) -> None:
        """Refuse the file, if it cannot be meant as it is.

        A field in which nobody has said yes yet may be filled: it is not known what is usual there.

        Args:
            opted_in: how many contacts of the CRM have a yes.

        Raises:
            InputError: a column of opt-ins holds something else.
            GuardRail: it would take away or give too many opt-ins, and nobody has allowed it.
        """
        for key, count in self.unreadable.items():
            rows = count + self.readable[key]
            if count > allowed(MAX_WITHDRAWALS, rows, USUAL_WITHDRAWALS):
                raise InputError(
                    f"The column for the opt-in {key} holds neither yes nor no in {count:,} of {rows:,} rows. "
                    "Nothing was taken in.",
                    hint=f"{_LOOK}; where nothing is known, leave the cell empty.",
                )
        for key, count in self.cleared.items():
            limit = allowed(MAX_WITHDRAWALS, opted_in.get(key, 0), USUAL_WITHDRAWALS)
            if count > limit and not allowance.withdrawals:
                raise _stopped("take away", key, count, opted_in.get(key, 0), limit, "--allow-withdrawals")
        for key, count in self.given.items():
            limit = allowed(MAX_ADDITIONS, opted_in.get(key, 0), USUAL_ADDITIONS)
            if opted_in.get(key) and count > limit and not allowance.additions:
                raise _stopped("add to known contacts", key, count, opted_in[key], limit, "--allow-additions")


def count_opted_in(connection: Connection) -> dict[str, int]:
    """Return opt-in field -> how many contacts have a yes."""
    columns = schema.opt_ins.c
    statement = select(columns.key, func.count()).where(columns.value == OptIn.YES).group_by(columns.key)
    return {key: count for key, count in connection.execute(statement)}  # noqa: C416 - rows, not pairs


def _stopped(verb: str, key: str, count: int, base: int, limit: int, option: str) -> GuardRail:
    return GuardRail(
        f"This file would {verb} {count:,} opt-ins for {key}, where {base:,} contacts have one; {limit:,} are "
        "allowed at once. Nothing was taken in.",
        hint=f"{_LOOK}. If the file is right, import it again with {option}.",
    )
