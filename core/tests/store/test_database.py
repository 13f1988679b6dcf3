"""The database as a file: its schema, its age, its copies, and the journal that nobody edits."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError

from rundbrief.engine.locks import only_run
from rundbrief.errors import StateCorrupt, StateTooNew
from rundbrief.models import MailingList
from rundbrief.store import JournalEntry, Store
from rundbrief.store.schema import metadata

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ENTRY = JournalEntry("news", "1", "a@example.org", "crm", "rundbrief", "unknown", "yes", "sign-up form", 1)


def note(store: Store, *entries: JournalEntry) -> None:
    with store.transaction() as transaction:
        transaction.journal.add(entries, NOON)


def journal(store: Store, address: str = "a@example.org") -> list[JournalEntry]:
    with store.transaction() as transaction:
        return list(transaction.journal.of(address))


class TestSchema:
    def test_the_migrations_make_what_the_code_expects(self, store: Store, path: Path) -> None:
        engine = create_engine(f"sqlite:///{path}")
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, metadata) == []
        engine.dispose()

    def test_a_newer_schema_is_refused_and_left_alone(self, store: Store, path: Path) -> None:
        store.close()
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(StateTooNew, match="newer rundbrief"):
            Store.open(path)
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]

    def test_opening_again_finds_what_was_saved(self, store: Store, path: Path) -> None:
        note(store, ENTRY)
        store.close()
        again = Store.open(path)
        assert [entry.became for entry in journal(again)] == ["yes"]
        again.close()


class TestFilesThatAreGone:
    """Locks stay beside a state: by them an emptied file is told from a new one."""

    @pytest.fixture
    def used(self, store: Store, path: Path) -> Path:
        note(store, ENTRY)
        with only_run(path, "news"):
            store.close()
        return path

    def test_one_that_was_deleted_is_made_anew(self, used: Path) -> None:
        used.unlink()
        again = Store.open(used)
        assert journal(again) == []
        again.close()

    def test_one_that_was_emptied_is_refused(self, used: Path) -> None:
        used.write_bytes(b"")
        with pytest.raises(StateCorrupt, match="although it was in use"):
            Store.open(used)

    def test_a_log_without_its_file_is_refused_and_left_alone(self, used: Path) -> None:
        log = used.with_name(f"{used.name}-wal")
        used.rename(log)
        with pytest.raises(StateCorrupt, match="although it was in use"):
            Store.open(used)
        assert log.stat().st_size
        assert not used.exists()


class TestTransaction:
    def test_an_exception_undoes_everything_in_the_block(self, store: Store) -> None:
        def fails() -> None:
            with store.transaction() as transaction:
                transaction.lists("news").put([MailingList("1", "News")], NOON)
                transaction.journal.add([ENTRY], NOON)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fails()
        with store.transaction() as transaction:
            assert transaction.lists("news").all() == []
            assert transaction.journal.count() == 0


class TestJournal:
    @pytest.mark.parametrize(
        "statement",
        ["UPDATE journal SET became = 'no'", "DELETE FROM journal", "DELETE FROM journal WHERE seq = 1"],
    )
    def test_an_entry_is_neither_edited_nor_removed(self, store: Store, path: Path, statement: str) -> None:
        note(store, ENTRY)
        with (
            closing(sqlite3.connect(path)) as connection,
            pytest.raises(sqlite3.IntegrityError, match="append-only"),
            connection,
        ):
            connection.execute(statement)
        assert [entry.became for entry in journal(store)] == ["yes"]

    def test_an_entry_is_not_replaced_either(self, store: Store, path: Path) -> None:
        """REPLACE deletes without telling delete triggers, unless they are recursive."""
        note(store, ENTRY)
        with closing(sqlite3.connect(path)) as connection, pytest.raises(sqlite3.IntegrityError), connection:
            connection.execute(
                "INSERT OR REPLACE INTO journal SELECT seq, recorded_at, connection, scope, address, contact_id,"
                " place, actor, was, 'no', stated_at, evidence, run_id, other_address, salt, sealed, chain"
                " FROM journal"
            )
        assert [entry.became for entry in journal(store)] == ["yes"]

    def test_entries_come_back_in_order_with_all_they_hold(self, store: Store) -> None:
        full = JournalEntry(
            "news", "1", "a@example.org", "service", "service", "subscribed", "unsubscribed", "link", 2, NOON, "c7"
        )
        note(store, ENTRY)
        note(store, full)
        first, second = journal(store)
        assert (first.seq, second.seq) == (1, 2)
        assert (second.stated_at, second.contact_id, second.recorded_at) == (NOON, "c7", NOON)

    def test_an_entry_without_evidence_is_refused(self, store: Store) -> None:
        broken = JournalEntry("news", "1", "a@example.org", "crm", "crm", "yes", "no", None, 1)  # type: ignore[arg-type]
        with pytest.raises(IntegrityError):
            note(store, broken)


class TestCopy:
    def test_a_copy_has_everything_and_goes_its_own_way(self, store: Store, tmp_path: Path) -> None:
        note(store, ENTRY)
        copy = store.copy(tmp_path / "copy.db")
        assert len(journal(copy)) == 1
        note(copy, ENTRY)
        assert (len(journal(copy)), len(journal(store))) == (2, 1)
        copy.close()
