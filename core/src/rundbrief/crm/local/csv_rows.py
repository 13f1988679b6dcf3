"""One row of a CSV file, sorted by what its columns mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from rundbrief.crm.local.csv_cells import unprotect
from rundbrief.crm.local.csv_columns import ROLES, Column, Part
from rundbrief.crm.local.csv_file import Record
from rundbrief.crm.local.identity import Identity, identity_of
from rundbrief.fields import FieldType
from rundbrief.fields.spelling import parse
from rundbrief.models import ContactKind, FieldValue, OptIn, PartyType

__all__ = ["FieldCell", "OptInCell", "OptInUnreadable", "Row", "RowProblem", "row_of"]

_EVIDENCE = {Part.OPT_IN, Part.OPT_IN_SINCE, Part.OPT_IN_SOURCE}
_OPT_IN_WORDS = {
    **dict.fromkeys(("yes", "ja", "true", "wahr", "1"), OptIn.YES),
    **dict.fromkeys(("no", "nein", "false", "falsch", "0"), OptIn.NO),
}
"""Narrower than a yes-or-no field: a mere cross or letter proves nothing."""


class RowProblem(Exception):
    """A sentence that says why a row cannot be taken in; without what stands in its cells."""


class OptInUnreadable(RowProblem):
    """Where yes or no should be, there is something else."""

    def __init__(self, key: str) -> None:
        super().__init__(f"The opt-in {key} is neither yes nor no; leave it empty when nothing is known.")
        self.key = key


@dataclass(frozen=True, slots=True)
class FieldCell:
    """What stands in the row for one field, not yet read as a value."""

    text: str
    column: Column

    def value(self) -> FieldValue:
        """Read the text as the field's type.

        Raises:
            RowProblem: it cannot be read so.
        """
        try:
            return parse(self.text, self.column.type)
        except ValueError as error:
            raise RowProblem(f"The column {self.column.heading!r} {error}.") from None


@dataclass(frozen=True, slots=True)
class OptInCell:
    """A yes or no in the row, with the evidence that the file has for it."""

    value: OptIn
    has_since: bool
    """The file has a column for the date, so that an empty cell says: not known."""
    since: datetime | None
    source: str | None
    """None when the file has no column for it."""


@dataclass
class Row:
    """A row's filled cells."""

    line: int
    id: str = ""
    email: str = ""
    kind: ContactKind | None = None
    party: PartyType | None = None
    fields: dict[str, FieldCell] = field(default_factory=dict)
    opt_ins: dict[str, OptInCell] = field(default_factory=dict)

    @cached_property
    def identity(self) -> Identity:
        return identity_of({key: cell.text for key, cell in self.fields.items()}, self.email)


def row_of(record: Record, columns: Sequence[Column]) -> Row:
    """Sort a record's cells.

    Raises:
        RowProblem: it has no cells, or not as many as there are headings, or a role, an opt-in or its date
            cannot be read.
    """
    if record.problem:
        raise RowProblem(record.problem)
    if len(record.cells) != len(columns):
        raise RowProblem(f"It has {len(record.cells)} cells, but there are {len(columns)} headings.")
    row = Row(record.line)
    evidence: dict[tuple[Part, str], str] = {}
    for column, cell in zip(columns, record.cells, strict=True):
        text = unprotect(cell.strip())
        if column.part in _EVIDENCE:
            evidence[column.part, column.key] = text
        elif text:
            _put(row, column, text)
    for (part, key), word in evidence.items():
        if part is Part.OPT_IN and word:
            row.opt_ins[key] = _opt_in_cell(key, word, evidence)
    return row


def _put(row: Row, column: Column, text: str) -> None:
    match column.part:
        case Part.ID:
            row.id = text
        case Part.EMAIL:
            row.email = text
        case Part.ROLE:
            _put_role(row, column, text)
        case Part.FIELD:
            row.fields[column.key] = FieldCell(text, column)
        case Part.NOTHING:
            raise RowProblem("A column without a heading holds something.")


def _put_role(row: Row, column: Column, text: str) -> None:
    match ROLES.get(text.casefold()):
        case ContactKind() as kind:
            row.kind = kind
        case PartyType() as party:
            row.party = party
        case None:
            roles = "contact, customer, lead, person or organisation"
            raise RowProblem(f"The column {column.heading!r} holds no role; write {roles}.")


def _opt_in_cell(key: str, word: str, evidence: Mapping[tuple[Part, str], str]) -> OptInCell:
    value = _OPT_IN_WORDS.get(word.casefold())
    if value is None:
        raise OptInUnreadable(key)
    since = evidence.get((Part.OPT_IN_SINCE, key))
    try:
        moment = parse(since, FieldType.DATETIME) if since else None
    except ValueError as error:
        raise RowProblem(f"The date of the opt-in {key} {error}.") from None
    assert moment is None or isinstance(moment, datetime)
    return OptInCell(value, since is not None, moment, evidence.get((Part.OPT_IN_SOURCE, key)))
