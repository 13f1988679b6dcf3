"""Looking at a database without working with it: no schema is changed, nothing is created, nobody is held up."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from rundbrief.database.trouble import explained

__all__ = ["log_of", "looking_at", "shared"]

PATIENCE = 1.0
"""Seconds. Those who write keep no reader out; who does, does so for long."""


def log_of(path: Path) -> Path:
    """Return the write-ahead log of a database: what was saved, and is not in the main file yet."""
    return path.with_name(f"{path.name}-wal")


@contextmanager
def looking_at(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a file for reading, and leave no trace of it.

    A file that nobody has open is read as it lies there. Should a run begin meanwhile, what is read may not fit
    together: look again while there is a log.

    Raises:
        StateError: the file cannot be used, as far as that shows in the block.
    """
    with _opened(path, "mode=ro" if log_of(path).exists() else "mode=ro&immutable=1") as connection:
        yield connection


@contextmanager
def shared(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a file for reading beside those who write to it; where it lies on a read-only disk, as it lies there.

    Raises:
        StateError: the file cannot be used, as far as that shows in the block.
    """
    mode = "mode=rw"  # what SQLite keeps beside the file while it is open is removed at the end only with this
    try:
        with closing(_connect(path, mode)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        if (error.sqlite_errorcode & 0xFF) not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            raise explained(path, error) or error from None
        mode = "mode=ro&immutable=1"
    except sqlite3.DatabaseError as error:
        raise explained(path, error) or error from None
    with _opened(path, mode) as connection:
        yield connection


@contextmanager
def _opened(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    try:
        with closing(_connect(path, mode)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise explained(path, error) or error from None


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?{mode}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=PATIENCE)
