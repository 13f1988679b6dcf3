"""Opening a database to work with: created privately, durable, and with a schema of the right age."""

import os
import sqlite3
import time
from functools import partial
from glob import escape
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext

from rundbrief.database.looking import log_of
from rundbrief.database.migrating import upgrade
from rundbrief.database.trouble import damaged, explained, explained_of_system
from rundbrief.errors import StateError

__all__ = ["BUSY_TIMEOUT", "make_private", "open_database", "read_only", "sync_folder"]

BUSY_TIMEOUT = 30.0
"""Seconds to wait for another process that is writing."""

_LOCKED_BEFORE = (".tokens.lock", ".dry-run.lock")
"""How the names of locks end that are no sign of use: a connection is checked, and what a killed dry run left is
removed, before there is a state."""


def open_database(path: Path, *, migrations: str, patience: float = BUSY_TIMEOUT) -> Engine:
    """Open or create a database, and bring its schema up to date.

    Every error of the file that a later statement meets is raised as one of those below, too.

    Args:
        path: the file; its folder is made when missing.
        migrations: a package with alembic revisions in `versions/`, the newest one's name in `HEAD`, and what they
            make of an empty database in `schema.sql`.
        patience: seconds to wait for another process that is writing.

    Raises:
        StateTooNew: a newer rundbrief has written it.
        StateUnwritable: the file or its folder cannot be written; `StateFull` where there is no room, `StateBusy`
            where another process holds it for too long.
        StateCorrupt: the file is damaged or no database; `StateForeign` where it is one of another kind.
    """
    _refuse_emptied(path)
    make_private(path)
    engine = _engine(path, patience)
    try:
        with engine.begin() as connection:
            upgrade(connection, path, migrations)
    except BaseException:
        engine.dispose()
        raise
    return engine


def read_only(engine: Engine) -> Engine:
    """Return the same database for transactions that only read: they wait for no writer and hold none up."""
    return engine.execution_options(read_only=True)


def make_private(path: Path) -> None:
    """Create the file for its owner alone before SQLite does; its journal files take over the mode.

    Raises:
        StateUnwritable: it cannot be made, or cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not path.exists()
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        if is_new:
            sync_folder(path.parent)
    except OSError as error:
        raise explained_of_system(path, error) from None


def sync_folder(folder: Path) -> None:
    """Make sure that a file's name outlives a power cut, as its content does."""
    if os.name == "nt":
        return  # a folder cannot be opened there, and its entries are kept by the file system's own journal
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _refuse_emptied(path: Path) -> None:
    """Refuse an empty file if what stands beside it shows that it was a full one.

    SQLite would throw the write-ahead log of such a file away, and a run would begin anew without a word. A file
    that is not there was taken away by somebody, who wants to begin anew.
    """
    size, logged = _size(path), _size(log_of(path))
    if size:
        return
    locks = path.parent.glob(f"{escape(path.name)}.*.lock")
    was_used = size == 0 and any(not one.name.endswith(_LOCKED_BEFORE) for one in locks)
    if was_used or logged:
        raise damaged(path, "it is empty, although it was in use before")


def _size(path: Path) -> int | None:
    """Return the bytes of a file; None where there is none that can be looked at."""
    try:
        return path.stat().st_size
    except OSError:
        return None


def _engine(path: Path, patience: float) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": patience},
        hide_parameters=True,  # they hold addresses, which no error message may show
    )
    event.listen(engine, "connect", partial(_on_connect, patience))
    event.listen(engine, "begin", _on_begin)
    event.listen(engine, "handle_error", partial(_on_error, path))
    return engine


def _on_connect(patience: float, connection: sqlite3.Connection, _record: object) -> None:
    # The driver would open transactions by its own rules; SQLAlchemy's documentation shows this way out.
    connection.isolation_level = None
    _keep_a_write_ahead_log(connection, patience)
    # With NORMAL, a power cut may take the last transactions with it, while their effects in the CRM and at the
    # service stay. FULL waits for the disk at each commit, and there are few: one for a page or a batch.
    connection.execute("PRAGMA synchronous=FULL")
    # On macOS past the cache of the drive as well; no difference elsewhere.
    connection.execute("PRAGMA fullfsync=ON")
    connection.execute("PRAGMA foreign_keys=ON")


def _keep_a_write_ahead_log(connection: sqlite3.Connection, patience: float) -> None:
    """Switch a new database to WAL. SQLite does not wait when two do so at once, so we have to."""
    deadline = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _on_begin(connection: Connection) -> None:
    # IMMEDIATE takes the write lock at once; a later upgrade of a read lock would fail instead of waiting.
    reading = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _on_error(path: Path, context: ExceptionContext) -> StateError | None:
    return explained(path, context.original_exception)
