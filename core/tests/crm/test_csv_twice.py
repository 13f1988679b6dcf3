"""Whatever stands in a file, and in whatever order: importing it again changes nothing, and a no stays a no."""

import csv
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rundbrief.crm.local import LocalCrm
from rundbrief.models import Contact, OptIn, OptInField, Selection

HEADINGS = (
    "rundbrief id",
    "Kundennummer",
    "Vorname",
    "Nachname",
    "Firma",
    "E-Mail",
    "Ort",
    "Geburtstag",
    "Art",
    "opt-in news/1",
)
CELLS: Sequence[st.SearchStrategy[str]] = (
    st.sampled_from(["", "", "K1", "k1", "K2"]),
    st.sampled_from(["", "Ann", "ann ", "Bob"]),
    st.sampled_from(["", "Lee"]),
    st.sampled_from(["", "", "Lee AG"]),
    st.sampled_from(["", "a@example.org", "A@example.org", "b@example.org", "nonsense"]),
    st.sampled_from(["", "Bonn", "Köln"]),
    st.sampled_from(["", "", "31.12.1990", "soon"]),
    st.sampled_from(["", "Kunde", "Freund"]),
    st.sampled_from(["", "", "ja", "nein", "1", "vielleicht"]),
)
IDS = (st.just(""), st.sampled_from(["1", "2", "7", "x"]))
"""A file has ids, as an export does, or none. Where only some rows had them, a row without could not tell whether
a later one with an id is about the same person."""
ROWS = st.one_of([st.lists(st.tuples(ids, *CELLS), max_size=6) for ids in IDS])


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCrm]:
    """Opened once, as each example only needs it to be empty."""
    folder = tmp_path_factory.mktemp("twice")
    crm = LocalCrm(folder / "contacts.db", now=lambda: datetime(2026, 3, 2, 12, tzinfo=UTC))
    crm.ensure_opt_in_fields([OptInField("news/1", "Customers")])
    yield crm
    crm.close()


def write(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows([HEADINGS, *rows])
    return path


def state(crm: LocalCrm) -> list[Contact]:
    return list(crm.contacts(Selection()))


def empty(crm: LocalCrm) -> None:
    """Delete everybody, and let ids begin at 1 again, so that those in the files mean somebody."""
    with crm.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM contacts")
        connection.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = 'contacts'")


def import_all(crm: LocalCrm, rows: Sequence[Sequence[str]]) -> Path:
    """Import into an empty CRM what can be imported; return a file without the bad rows.

    They are taken out as a person would, because a bad row may fit somebody whom a later row has added.
    """
    while True:
        empty(crm)
        file = write(crm.path.with_name("people.csv"), rows)
        bad_lines = {one.line for one in crm.import_csv(file).bad_rows}
        if not bad_lines:
            return file
        rows = [row for line, row in enumerate(rows, 2) if line not in bad_lines]


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_the_same_file_again_changes_nothing(crm: LocalCrm, rows: list[tuple[str, ...]]) -> None:
    file = import_all(crm, rows)
    before = state(crm)
    again = crm.import_csv(file)
    assert state(crm) == before
    assert (again.created, again.changed) == (0, 0)


@settings(max_examples=45, deadline=None)
@given(ROWS, ROWS)
def test_no_file_turns_a_no_into_a_yes(
    crm: LocalCrm, first: list[tuple[str, ...]], second: list[tuple[str, ...]]
) -> None:
    """None of these files has dates, and a yes without one is never younger than a no."""
    empty(crm)
    crm.import_csv(write(crm.path.with_name("first.csv"), first))
    withdrawn = {one.id for one in state(crm) if one.opt_in("news/1").value is OptIn.NO}
    crm.import_csv(write(crm.path.with_name("second.csv"), second))
    assert all(one.opt_in("news/1").value is OptIn.NO for one in crm.by_ids(sorted(withdrawn)).values())
