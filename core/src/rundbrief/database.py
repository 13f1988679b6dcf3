"""Opening SQLite databases: safely, privately, and with a schema of the right age.

Revisions are alembic's. Importing alembic costs half a second, so it happens only when an older schema is brought
up to date: a new database is made from a snapshot of the newest one, which `make schema` takes.
"""

import os
import sqlite3
import time
import zlib
from contextlib import closing
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import cast

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext

from rundbrief.errors import StateCorrupt, StateError, StateTooNew, StateUnwritable

__all__ = ["SNAPSHOT", "copy_database", "open_database", "read_only", "wipe_deleted"]

BUSY_TIMEOUT = 30.0
"""Seconds to wait for another process that is writing."""

SNAPSHOT = "schema.sql"
"""The newest schema: statements with empty lines between them."""

_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_UNUSABLE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
}
"""Primary result codes, https://www.sqlite.org/rescode.html. Any other error is a bug of ours, and stays one."""


def open_database(path: Path, *, migrations: str) -> Engine:
    """Open or create a database, and bring its schema up to date.

    Every error of the file that a later statement meets is raised as one of those below, too.

    Args:
        path: the file; its folder is made when missing.
        migrations: a package with alembic revisions in `versions/`, the newest one's name in `HEAD`, and what they
            make of an empty database in `schema.sql`.

    Raises:
        StateTooNew: a newer rundbrief has written it.
        StateUnwritable: the file or its folder cannot be written, or another process holds it for too long.
        StateCorrupt: the file is damaged, or not a database of this kind.
    """
    _make_private(path)
    engine = _engine(path)
    try:
        _upgrade(engine, path, migrations)
    except BaseException:
        engine.dispose()
        raise
    return engine


def read_only(engine: Engine) -> Engine:
    """Return the same database for transactions that only read: they wait for no writer and hold none up."""
    return engine.execution_options(read_only=True)


def copy_database(engine: Engine, target: Path) -> None:
    """Write a consistent copy, even while somebody else writes to the original.

    Raises:
        StateUnwritable: the copy cannot be written.
    """
    _make_private(target)
    source = engine.raw_connection()
    try:
        with closing(sqlite3.connect(target)) as copy:
            cast(sqlite3.Connection, source.driver_connection).backup(copy)
    except sqlite3.Error as error:
        raise _explained(target, error) or error from None
    finally:
        source.close()


def wipe_deleted(engine: Engine, path: Path) -> None:
    """Write the file anew without what was deleted, and empty the write-ahead log.

    Takes as much room again as the file has, and waits for others who read or write.

    Raises:
        StateUnwritable: that cannot be done now.
    """
    connection = engine.raw_connection()
    try:
        driver = cast(sqlite3.Connection, connection.driver_connection)
        driver.execute("VACUUM")
        (is_busy, *_) = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error as error:
        raise _explained(path, error) or error from None
    finally:
        connection.close()
    if is_busy:
        raise StateUnwritable(
            f"Another program reads the database {path}, so its log cannot be emptied.",
            hint="Close it, and run the same command again.",
        )


def _make_private(path: Path) -> None:
    """Create the file for its owner alone before SQLite does; its journal files take over the mode."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StateUnwritable(
            f"The database {path} cannot be written: {error.strerror}.",
            hint="Check the folder and its rights, or set another path in rundbrief.toml.",
        ) from None


def _engine(path: Path) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": BUSY_TIMEOUT},
        hide_parameters=True,  # they hold addresses, which no error message may show
    )
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    event.listen(engine, "handle_error", partial(_on_error, path))
    return engine


def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
    # The driver would open transactions by its own rules; SQLAlchemy's documentation shows this way out.
    connection.isolation_level = None
    _keep_a_write_ahead_log(connection)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")


def _keep_a_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Switch a new database to WAL. SQLite does not wait when two do so at once, so we have to."""
    deadline = time.monotonic() + BUSY_TIMEOUT
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
    return _explained(path, context.original_exception)


def _explained(path: Path, error: BaseException) -> StateError | None:
    """Return what a user can be told about an error of the driver; None when it is not about the file."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF  # the low byte is the primary code
    if code in _UNUSABLE:
        return StateUnwritable(
            f"The database {path} cannot be used: {error}.",
            hint="Check that its folder can be written and has room, and that no other program holds the file.",
        )
    if code in _DAMAGED:
        return _wrong_file(path, f"{error}")
    return None


def _wrong_file(path: Path, why: str) -> StateCorrupt:
    return StateCorrupt(
        f"The file {path} is not the rundbrief database it should be, or it is damaged: {why}.",
        hint="Correct the path in rundbrief.toml, or move the file away, or restore a backup.",
    )


def _upgrade(engine: Engine, path: Path, migrations: str) -> None:
    head: str = import_module(migrations).HEAD
    with engine.begin() as connection:
        _claim(connection, path, migrations)
        present = _revision(connection) or _made_from_snapshot(connection, migrations)
        if present != head:
            _run_migrations(connection, present, path, migrations)


def _claim(connection: Connection, path: Path, migrations: str) -> None:
    """Mark an empty database as ours, and refuse one of another program, or of another part of rundbrief."""
    mark = zlib.crc32(migrations.encode()) & 0x7FFFFFFF
    present = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
    if present == mark:
        return
    if connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one():
        raise _wrong_file(path, "its tables serve something else")
    connection.exec_driver_sql(f"PRAGMA application_id = {mark}")


def _revision(connection: Connection) -> str | None:
    if not connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").first():
        return None
    revision: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return revision


def _made_from_snapshot(connection: Connection, migrations: str) -> str | None:
    """Make the tables of an empty database, and return their revision. Without a snapshot, nothing is made."""
    (folder,) = import_module(migrations).__path__
    try:
        snapshot = Path(folder, SNAPSHOT).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    # One by one: the driver's executescript would end our transaction.
    for statement in snapshot.split("\n\n"):
        connection.exec_driver_sql(statement)
    return _revision(connection)


def _run_migrations(connection: Connection, present: str | None, path: Path, migrations: str) -> None:
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    (folder,) = import_module(migrations).__path__
    script = ScriptDirectory(folder)
    if present is not None and present not in {one.revision for one in script.walk_revisions()}:
        raise StateTooNew(
            f"The database {path} was written by a newer rundbrief (schema {present}).",
            hint="Upgrade: pip install --upgrade rundbrief",
        )
    steps = list(script.iterate_revisions("head", present or "base"))
    context = MigrationContext.configure(connection)
    with Operations.context(context):
        for step in reversed(steps):
            step.module.upgrade()
    context.stamp(script, "head")
