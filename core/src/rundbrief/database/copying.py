"""Copies of a database that may be in use: one to work on, and one to keep."""

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import cast

from sqlalchemy import Engine

from rundbrief.database.looking import looking_at, shared
from rundbrief.database.opening import make_private
from rundbrief.database.trouble import damaged, explained

__all__ = ["back_up", "copy_database"]


def copy_database(engine: Engine, target: Path) -> None:
    """Write a consistent copy, even while somebody else writes to the original.

    Raises:
        StateUnwritable: the copy cannot be written.
    """
    make_private(target)
    source = engine.raw_connection()
    try:
        with _told_of(target), closing(sqlite3.connect(target)) as copy:
            cast(sqlite3.Connection, source.driver_connection).backup(copy)
    finally:
        source.close()


def back_up(source: Path, target: Path, *, emptied: Sequence[str] = ()) -> Mapping[str, int]:
    """Write a consistent, verified copy of a file to keep, even while somebody else writes to the original.

    The copy is one file, without the pages of deleted rows, and on the disk when this returns.

    Args:
        target: where the copy is made; for its owner alone.
        emptied: tables whose rows are left out.

    Returns:
        Table -> number of its rows in the copy.

    Raises:
        StateUnwritable: the copy cannot be written.
        StateCorrupt: the original is damaged, so a copy of it is no backup.
    """
    make_private(target)
    with shared(source) as original, _told_of(target), closing(sqlite3.connect(target)) as copy:
        with _told_of(source):
            original.execute("BEGIN")
            counts = row_counts(original)
        original.backup(copy)
        _refuse_damaged(source, copy)  # before the copy is made compact, which would heal a damaged index unseen
        _make_compact(copy, [table for table in emptied if table in counts])
    with open(target, "rb+") as file:
        os.fsync(file.fileno())
    expected = counts | dict.fromkeys(set(emptied) & set(counts), 0)
    _verify(target, expected)
    return expected


def row_counts(connection: sqlite3.Connection) -> dict[str, int]:
    """Return table -> number of rows, for all tables but SQLite's own."""
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    )
    return {
        name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608  # names from the schema
        for (name,) in names.fetchall()
    }


def _refuse_damaged(path: Path, copy: sqlite3.Connection) -> None:
    found = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise damaged(path, " ".join(found.split()))


def _make_compact(copy: sqlite3.Connection, emptied: Sequence[str]) -> None:
    copy.isolation_level = None
    copy.execute("PRAGMA journal_mode=DELETE")  # one file, complete in itself
    for table in emptied:
        copy.execute(f'DELETE FROM "{table}"')  # noqa: S608  # names from the schema
    copy.execute("VACUUM")  # what was deleted, now or earlier, stands in unused pages until then


def _verify(target: Path, expected: Mapping[str, int]) -> None:
    with looking_at(target) as copy:
        _refuse_damaged(target, copy)
        if row_counts(copy) != expected:
            raise damaged(target, "it lacks rows that the original has")


@contextmanager
def _told_of(path: Path) -> Iterator[None]:
    """Turn an error of the driver into a sentence about this file."""
    try:
        yield
    except sqlite3.Error as error:
        raise explained(path, error) or error from None
