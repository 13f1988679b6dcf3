"""The journal as evidence: what is edited, removed, inserted or reordered is found; an erasure breaks nothing."""

import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rundbrief.store import JournalEntry, Store, Verdict
from rundbrief.store.journal_check import Row, check

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TRIGGERS = ("journal_is_not_edited", "journal_is_not_cut", "journal_is_not_replaced")

ENTRIES = st.builds(
    JournalEntry,
    connection=st.sampled_from(["news", "shop"]),
    scope=st.sampled_from(["1", "*"]),
    address=st.sampled_from(["ann@example.org", "bob@example.org", "zoë@example.org"]),
    place=st.sampled_from(["crm", "service"]),
    actor=st.sampled_from(["crm", "service", "rundbrief"]),
    was=st.sampled_from(["yes", "no", "subscribed"]),
    became=st.sampled_from(["yes", "no", "unsubscribed"]),
    evidence=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
    run_id=st.integers(1, 9),
    stated_at=st.none() | st.just(NOON - timedelta(days=3)),
    contact_id=st.none() | st.sampled_from(["c1", "c2"]),
    other_address=st.none() | st.just("new@example.org"),
)


def verify(store: Store, *heads: str) -> Verdict:
    with store.snapshot() as transaction:
        return transaction.journal.verify(heads)


def note(store: Store, *entries: JournalEntry) -> None:
    with store.transaction() as transaction:
        transaction.journal.add(entries, NOON)


def entry(number: int = 1) -> JournalEntry:
    return JournalEntry("news", "1", f"p{number}@example.org", "crm", "rundbrief", "unknown", "yes", "a form", 1)


def tamper(path: Path, *statements: str) -> None:
    """Do what somebody does who can write to the file: take the triggers out of the way, then change it."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for name in TRIGGERS:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)


class TestChain:
    def test_an_empty_journal_holds(self, store: Store) -> None:
        verdict = verify(store)
        assert (verdict.holds, verdict.entries, verdict.head) == (True, 0, "0" * 64)

    def test_a_head_noted_earlier_is_found_again_as_long_as_nothing_before_it_changes(self, store: Store) -> None:
        note(store, entry(1), entry(2))
        noted = verify(store).head
        note(store, entry(3))
        assert verify(store, noted, noted.upper()).holds
        assert verify(store, noted, "0" * 64).missing_heads == ()

    def test_a_head_of_another_journal_is_missed(self, store: Store) -> None:
        note(store, entry())
        verdict = verify(store, "ab" * 32)
        assert (verdict.holds, verdict.fault, verdict.missing_heads) == (False, None, ("ab" * 32,))

    def test_a_chain_made_anew_is_told_by_the_head_noted_earlier_only(self, store: Store, path: Path) -> None:
        note(store, entry(1), entry(2))
        noted = verify(store).head
        tamper(path, "DELETE FROM journal", "DELETE FROM sqlite_sequence WHERE name = 'journal'")
        note(store, entry(1))
        assert verify(store).holds
        assert verify(store, noted).missing_heads == (noted,)

    def test_the_same_entry_twice_has_two_links(self, store: Store) -> None:
        note(store, entry(), entry())
        assert verify(store).holds

    @given(st.lists(ENTRIES, min_size=1, max_size=4))
    @settings(max_examples=12, deadline=None)
    def test_whatever_an_entry_holds_it_is_chained(self, growing: Store, entries: list[JournalEntry]) -> None:
        before = verify(growing)
        note(growing, *entries)
        after = verify(growing, before.head)
        assert after.holds
        assert after.entries == before.entries + len(entries)

    @given(st.data())
    @settings(max_examples=150)
    def test_whatever_is_edited_is_found(self, rows: list[Row], data: st.DataObject) -> None:
        position = data.draw(st.integers(0, len(rows) - 1))
        column = data.draw(st.sampled_from([name for name in rows[0] if name != "seq"]))
        was = rows[position][column]
        value = data.draw(VALUES.filter(lambda value: value != was))
        edited = [*rows[:position], {**rows[position], column: value}, *rows[position + 1 :]]
        fault = check(edited, len(rows)).fault
        assert fault is not None
        assert fault.number == position + 1

    @given(st.data())
    @settings(max_examples=100)
    def test_whatever_is_removed_is_found(self, rows: list[Row], data: st.DataObject) -> None:
        gone = data.draw(st.sets(st.sampled_from(range(len(rows))), min_size=1))
        left = [row for position, row in enumerate(rows) if position not in gone]
        fault = check(left, len(rows)).fault
        assert fault is not None
        assert fault.number == min(gone) + 1
        # Numbered anew, so that there is no gap, it is found as well, unless nothing came behind it.
        numbered = [{**row, "seq": number} for number, row in enumerate(left, start=1)]
        is_tail = min(gone) == len(left)
        assert (check(numbered, len(left)).fault is None) == is_tail
        assert check(numbered, len(left), [rows[-1]["chain"].hex()]).missing_heads

    @given(st.data())
    @settings(max_examples=100)
    def test_whatever_is_inserted_or_put_elsewhere_is_found(self, rows: list[Row], data: st.DataObject) -> None:
        order = data.draw(st.lists(st.sampled_from(range(len(rows))), min_size=len(rows), max_size=len(rows) + 3))
        shuffled = [{**rows[position], "seq": number} for number, position in enumerate(order, start=1)]
        first = next((n for n, position in enumerate(order) if n != position), None)
        fault = check(shuffled, len(shuffled)).fault
        if first is None:
            assert fault is None
        else:
            assert fault is not None
            assert fault.number == first + 1

    @pytest.mark.parametrize(
        ("statement", "number"),
        [
            ("UPDATE journal SET became = 'no' WHERE seq = 2", 2),
            ("UPDATE journal SET address = 'x@example.org' WHERE seq = 3", 3),
            ("UPDATE journal SET recorded_at = '2026-03-02T13:00:00.000000+01:00' WHERE seq = 1", 1),
            ("DELETE FROM journal WHERE seq = 2", 2),
            ("DELETE FROM journal WHERE seq > 2", 3),
            (
                "INSERT INTO journal SELECT seq + 9, recorded_at, connection, scope, address, contact_id, place,"
                " actor, was, became, stated_at, evidence, run_id, other_address, salt, sealed, chain FROM journal"
                " WHERE seq = 1",
                5,
            ),
        ],
    )
    def test_somebody_who_can_write_to_the_file_is_found_out(
        self, store: Store, path: Path, statement: str, number: int
    ) -> None:
        note(store, *(entry(number) for number in range(4)))
        tamper(path, statement)
        fault = verify(store).fault
        assert fault is not None
        assert fault.number == number


VALUES = st.none() | st.text(max_size=5) | st.integers() | st.binary(max_size=32) | st.just("erased:1")


@pytest.fixture(scope="module")
def growing() -> Iterator[Store]:
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder) / "state.db")
        yield store
        store.close()


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """Return a journal as it is kept, to be tampered with; a file for each try would cost too much."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        store = Store.open(path)
        note(store, *(entry(number) for number in range(3)), entry(1))
        note(store, replace(entry(1), stated_at=NOON, contact_id="c1", other_address="new@example.org"))
        store.close()
        with closing(sqlite3.connect(path)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute("SELECT * FROM journal ORDER BY seq")]


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from rundbrief.store import JournalEntry, Store

store = Store.open(Path(sys.argv[1]))
for number in range(40):
    with store.transaction() as transaction:
        transaction.journal.add(
            [JournalEntry("news", "1", f"{sys.argv[2]}{number}{one}@example.org", "crm", "crm", "yes", "no", "", 1)
             for one in range(3)],
            datetime(2026, 3, 2, tzinfo=UTC),
        )
store.close()
"""


def test_several_processes_add_to_one_chain(store: Store, path: Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), name]) for name in ("a", "b")]
    for writer in writers:
        assert writer.wait() == 0
    verdict = verify(store)
    assert (verdict.holds, verdict.entries) == (True, 240)


class TestErasure:
    """The one change that the database allows."""

    ERASE = (
        "UPDATE journal SET address = 'erased:1', contact_id = NULL, evidence = '', other_address = NULL,"
        " salt = NULL"
    )

    def change(self, path: Path, statement: str) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(statement)

    def test_the_chain_holds_without_the_person(self, store: Store, path: Path) -> None:
        note(store, entry(1), entry(2), entry(3))
        noted = verify(store).head
        self.change(path, f"{self.ERASE} WHERE seq = 2")
        verdict = verify(store, noted)
        assert (verdict.holds, verdict.erased, verdict.head) == (True, 1, noted)

    @pytest.mark.parametrize(
        "statement",
        [
            f"{ERASE}, became = 'no'",
            f"{ERASE}, sealed = x''",
            f"{ERASE}, chain = x''",
            f"{ERASE}, seq = 7",
            "UPDATE journal SET salt = NULL",
            ERASE.replace("erased:1", "bob@example.org"),
            ERASE.replace("erased:1", "erased:"),
            ERASE.replace("salt = NULL", "salt = salt"),
            ERASE.replace("evidence = ''", "evidence = 'x'"),
            ERASE.replace("contact_id = NULL", "contact_id = 'c2'"),
        ],
    )
    def test_anything_else_is_refused(self, store: Store, path: Path, statement: str) -> None:
        note(store, entry())
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            self.change(path, statement)
        assert verify(store).erased == 0

    def test_an_erased_entry_is_not_changed_again(self, store: Store, path: Path) -> None:
        note(store, entry())
        self.change(path, self.ERASE)
        for statement in (self.ERASE, "UPDATE journal SET address = 'erased:2'", "DELETE FROM journal"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                self.change(path, statement)

    @pytest.mark.parametrize("column", ["address", "evidence", "contact_id", "other_address"])
    def test_nobody_is_put_into_an_erased_entry(self, store: Store, path: Path, column: str) -> None:
        note(store, entry())
        self.change(path, self.ERASE)
        tamper(path, f"UPDATE journal SET {column} = 'ann@example.org'")
        assert verify(store).fault is not None


def test_a_large_journal_is_read_as_a_stream(store: Store) -> None:
    note(store, *(entry(number) for number in range(2500)))
    assert verify(store).entries == 2500
