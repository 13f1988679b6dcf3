"""Contacts as a CSV file that a spreadsheet opens well, and that `csv_in` reads back without a change."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from rundbrief.crm.local import reading
from rundbrief.crm.local.csv_cells import protect
from rundbrief.crm.local.csv_columns import EMAIL_HEADING, ID_HEADING, Part, opt_in_heading
from rundbrief.crm.local.custom_fields import all_fields
from rundbrief.errors import InputError
from rundbrief.fields import CrmField
from rundbrief.fields.spelling import spell
from rundbrief.models import Contact, CrmOptIn, OptIn, OptInField, Selection
from rundbrief.private_files import replacement

if TYPE_CHECKING:
    from _csv import Writer

__all__ = ["export_csv"]

_OPT_IN_WORDS = {OptIn.YES: "yes", OptIn.NO: "no", OptIn.UNKNOWN: ""}


def export_csv(engine: Engine, path: Path, selection: Selection, *, delimiter: str, bom: bool) -> int:
    """Write contacts with all their fields and opt-ins, and return how many.

    The file is UTF-8, for its owner alone, and takes the place of an older one at the end, as a whole. Semicolons
    and a byte order mark are what a German Excel needs; for other programs both can be changed. Cells that begin
    like a formula are protected (`csv_cells`).

    Raises:
        InputError: the file cannot be written, or the selection names what does not exist.
    """
    with engine.begin() as connection:
        fields, opt_in_fields = all_fields(connection), reading.opt_in_fields(connection)
    rows = (_cells(one, fields, opt_in_fields) for one in reading.stream(engine, selection))
    try:
        with replacement(path, encoding="utf-8-sig" if bom else "utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=delimiter)
            writer.writerow(_headings(fields, opt_in_fields))
            count = _write(writer, rows)
    except OSError as error:
        raise InputError(f"The file {path} cannot be written: {error.strerror}.") from None
    return count


def _write(writer: "Writer", rows: Iterable[Sequence[str]]) -> int:
    count = 0
    for row in rows:
        writer.writerow(row)
        count += 1
    return count


def _headings(fields: Sequence[CrmField], opt_in_fields: Sequence[OptInField]) -> list[str]:
    opt_ins = (
        opt_in_heading(one.key, part)
        for one in opt_in_fields
        for part in (Part.OPT_IN, Part.OPT_IN_SINCE, Part.OPT_IN_SOURCE)
    )
    own = (ID_HEADING, "Kind", "Type", EMAIL_HEADING)
    return [protect(heading) for heading in (*own, *(one.label for one in fields), *opt_ins)]


def _cells(contact: Contact, fields: Sequence[CrmField], opt_in_fields: Sequence[OptInField]) -> list[str]:
    values = (spell(contact.fields.get(one.key, "")) for one in fields)
    opt_ins = (cell for one in opt_in_fields for cell in _opt_in_cells(contact.opt_in(one.key)))
    own = (contact.id, contact.kind.value, contact.party.value, contact.email or "")
    return [protect(cell) for cell in (*own, *values, *opt_ins)]


def _opt_in_cells(opt_in: CrmOptIn) -> tuple[str, str, str]:
    return (_OPT_IN_WORDS[opt_in.value], opt_in.since.isoformat() if opt_in.since else "", opt_in.source)
