"""Contacts from a CSV file."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, auto
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from rundbrief.crm.local import reading, writing
from rundbrief.crm.local.csv_columns import Column, Part, columns_of, say_who
from rundbrief.crm.local.csv_file import CsvFile, Record
from rundbrief.crm.local.csv_guard import Allowance, OptInCount, count_opted_in
from rundbrief.crm.local.csv_matching import Card, Cards, load_cards
from rundbrief.crm.local.csv_merging import merged
from rundbrief.crm.local.csv_rows import OptInUnreadable, Row, RowProblem, row_of
from rundbrief.crm.local.custom_fields import add_field, all_fields
from rundbrief.database import read_only
from rundbrief.errors import InputError
from rundbrief.fields import CrmField
from rundbrief.models import Contact, CrmOptIn, OptIn

__all__ = ["BadRow", "CsvReport", "import_csv"]

Numbered = TypeVar("Numbered", Record, Row)
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not taken in."""

    line: int
    """The line of the file on which it begins."""
    problem: str
    """A sentence; it shows nothing of what stands in the row."""


@dataclass(frozen=True, slots=True)
class CsvReport:
    created: int
    changed: int
    unchanged: int
    bad_rows: Sequence[BadRow]
    new_fields: Sequence[CrmField]
    """Custom fields that were made for columns that nobody knew."""


def import_csv(
    engine: Engine, path: Path, *, now: datetime, source: str, allowance: Allowance | None = None
) -> CsvReport:
    """Add and update contacts, a thousand rows at a time; each thousand is saved as a whole.

    `csv_matching` says which contact a row is about. Somebody new is added. For somebody known the filled cells
    are taken over; an empty cell leaves the CRM's value as it is. Importing a file twice changes nothing: where
    two rows are about the same contact the first counts, and a later one that says otherwise is a bad row, unless
    it only adds a "no". A bad row changes nothing, and the others go in; it may fit the second time, if it is
    about somebody whom a later row has added.

    An opt-in is set by yes or no, ja or nein, true or false, 1 or 0. A "no" in the CRM gives way only to a yes
    with a later date (in a column *opt-in ... since*): else an old file would undo every withdrawal since.

    Args:
        now: when new opt-ins without a date begin.
        source: where opt-ins come from, for columns that do not say.
        allowance: how far the guard rail is open.

    Raises:
        GuardRail: it would change unusually many opt-ins; nothing was changed.
        InputError: the file or its headings cannot be read, or none of them says who somebody is; nothing was
            changed.
    """
    file = CsvFile(path)
    with read_only(engine).begin() as connection:
        columns, new_fields = columns_of(file.headings, all_fields(connection), reading.opt_in_fields(connection))
        if not say_who(columns):
            raise InputError(
                f"No column of {path.name} says who somebody is.",
                hint="Its first line has to hold headings such as E-mail, Last name, Company or Customer number.",
            )
        highest = _highest_number(connection)
    if any(column.part is Part.OPT_IN for column in columns):
        _rehearse(_Import(columns, now, source, highest), engine, file, allowance or Allowance())
    with engine.begin() as connection:
        for one in new_fields:
            add_field(connection, one)
    run = _Import(columns, now, source, highest)
    for chunk in _chunks(file):
        with engine.begin() as connection:
            run.take(connection, chunk)
    return run.report(new_fields)


def _rehearse(run: "_Import", engine: Engine, file: CsvFile, allowance: Allowance) -> None:
    """Go through the file without saving, and let the guard rail look at what would become of the opt-ins."""
    count = OptInCount(unreadable=run.unreadable)
    for chunk in _chunks(file):
        rows = run.read(chunk)
        count.read(rows)
        with read_only(engine).begin() as connection:
            for step in run.settle(connection, rows):
                if step.effect is _Effect.CHANGED:
                    count.change(step.before, step.card.contact)
    with read_only(engine).begin() as connection:
        opted_in = count_opted_in(connection)
    count.judge(opted_in, allowance)


def _chunks(file: CsvFile) -> Iterator[list[Record]]:
    records = file.records()
    while chunk := list(islice(records, reading.CHUNK)):
        yield chunk


class _Effect(Enum):
    """What a row does."""

    CREATED = auto()
    CHANGED = auto()
    UNCHANGED = auto()


@dataclass(frozen=True, slots=True)
class _Step:
    """What a row does to whom."""

    effect: _Effect
    card: Card
    before: Contact


@dataclass
class _Import:
    """An import on its way through the file."""

    columns: Sequence[Column]
    now: datetime
    source: str
    highest: int
    """The highest id that any contact had before the import, deleted ones included."""
    counts: Counter[_Effect] = field(default_factory=Counter)
    bad_rows: list[BadRow] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    """Contact id -> the row that was about it."""

    unreadable: Counter[str] = field(default_factory=Counter)
    """Opt-in field -> rows that are bad because of its cell."""

    def take(self, connection: Connection, records: Sequence[Record]) -> None:
        """Read, match and save some rows."""
        steps = self.settle(connection, self.read(records))
        _save(connection, steps, self.now)
        self.counts.update(step.effect for step in steps)
        self._remember(steps)  # those who are new have ids by now

    def read(self, records: Sequence[Record]) -> "list[Row]":
        return self._attempt(records, lambda record: row_of(record, self.columns))

    def settle(self, connection: Connection, rows: Sequence[Row]) -> "list[_Step]":
        """Find out what some rows make of whom, without saving it."""
        cards = load_cards(connection, rows, self.lines)
        steps = self._attempt(rows, lambda row: self._settle(cards, row))
        self._remember(steps)
        return steps

    def report(self, new_fields: Sequence[CrmField]) -> CsvReport:
        created, changed, unchanged = (self.counts[effect] for effect in _Effect)
        bad_rows = tuple(sorted(self.bad_rows, key=lambda one: one.line))
        return CsvReport(created, changed, unchanged, bad_rows, tuple(new_fields))

    def _remember(self, steps: "Sequence[_Step]") -> None:
        """Note which contacts had a row already."""
        self.lines |= {step.card.contact.id: step.card.line for step in steps if step.card.line}

    def _attempt(self, items: Iterable[Numbered], action: Callable[[Numbered], Answer]) -> list[Answer]:
        """Do something with each row, and put those aside with which it cannot be done."""
        answers = []
        for item in items:
            try:
                answers.append(action(item))
            except RowProblem as problem:
                if isinstance(problem, OptInUnreadable):
                    self.unreadable[problem.key] += 1
                self.bad_rows.append(BadRow(item.line, str(problem)))
        return answers

    def _settle(self, cards: Cards, row: Row) -> _Step:
        """Find whom a row is about, and what it makes of them."""
        card = cards.find(row)
        if card is None:
            nobody = Contact(self._id_for_new(row), None)
            card = Card(merged(nobody, row, now=self.now, source=self.source), row.identity, row.line)
            cards.add(card)
            return _Step(_Effect.CREATED, card, nobody)
        before = card.contact
        after = merged(before, row, now=self.now, source=self.source)
        if after != before:
            if card.line is not None and not _only_withdraws(before, after):
                raise RowProblem(f"It is about the same contact as line {card.line}, and says something else.")
            cards.change(card, after)
        card.line = card.line or row.line
        return _Step(_Effect.UNCHANGED if after == before else _Effect.CHANGED, card, before)

    def _id_for_new(self, row: Row) -> str:
        """Return the id that a row brings along for a new contact; empty when the CRM shall give one.

        An id that somebody had here is never given again: a sync would take the new contact for the deleted one,
        and move that one's recipient to this one's address.
        """
        if row.id and int(row.id) <= self.highest:
            if not any(row.identity.signs()):
                raise RowProblem("Its id is a deleted contact's, and nothing else says who it is.")
            return ""
        return row.id


def _highest_number(connection: Connection) -> int:
    # What AUTOINCREMENT counts on from, https://www.sqlite.org/autoinc.html
    statement = "SELECT seq FROM sqlite_sequence WHERE name = 'contacts'"
    return int(connection.exec_driver_sql(statement).scalar() or 0)


def _only_withdraws(before: Contact, after: Contact) -> bool:
    """Tell whether opt-ins became a no, and nothing else changed."""
    changed = [one for key, one in after.opt_ins.items() if before.opt_ins.get(key) != one]
    return _data(before) == _data(after) and all(one.value is OptIn.NO for one in changed)


def _save(connection: Connection, steps: Sequence[_Step], now: datetime) -> None:
    new = [step.card for step in steps if step.effect is _Effect.CREATED]
    _add(connection, [card for card in new if card.contact.id], now)
    _add(connection, [card for card in new if not card.contact.id], now)
    edited = [
        step.card.contact
        for step in steps
        if step.effect is _Effect.CHANGED and _data(step.card.contact) != _data(step.before)
    ]
    writing.update_contacts(connection, {int(one.id): _row(one, now) for one in edited})
    writing.put_opt_ins(connection, [one for step in steps for one in _set_opt_ins(step)])


def _add(connection: Connection, cards: Sequence[Card], now: datetime) -> None:
    """Insert contacts, all with ids of their own or all without, and give them the ids they got."""
    rows = [_row(card.contact, now) for card in cards]
    for card, row in zip(cards, rows, strict=True):
        if card.contact.id:
            row["id"] = int(card.contact.id)
    for card, number in zip(cards, writing.add_contacts(connection, rows), strict=True):
        card.contact = replace(card.contact, id=str(number))


def _row(contact: Contact, now: datetime) -> dict[str, Any]:
    return writing.contact_row(contact.kind, contact.party, contact.email, contact.fields, now)


def _data(contact: Contact) -> tuple[object, ...]:
    return contact.kind, contact.party, contact.email, contact.fields


def _set_opt_ins(step: _Step) -> Iterator[tuple[int, str, CrmOptIn]]:
    if step.effect is not _Effect.UNCHANGED:
        for key, opt_in in step.card.contact.opt_ins.items():
            if step.before.opt_ins.get(key) != opt_in:
                yield int(step.card.contact.id), key, opt_in
