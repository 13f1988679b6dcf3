"""The schema's age.

Revisions are alembic's. Importing alembic costs half a second, so it happens only when an older schema is brought
up to date: a new database is made from a snapshot of the newest one, which `make schema` takes.
"""

import zlib
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pathlib import Path

from sqlalchemy import Connection, create_engine

from rundbrief.database.trouble import damaged, foreign, too_new

__all__ = ["SNAPSHOT", "expected_schema", "head_of", "mark_of", "upgrade"]

SNAPSHOT = "schema.sql"
"""The newest schema: statements with empty lines between them."""


def head_of(migrations: str) -> str:
    """Return the newest revision of a package of migrations."""
    head: str = import_module(migrations).HEAD
    return head


def mark_of(migrations: str) -> int:
    """Return the application id of databases that these migrations make."""
    return zlib.crc32(migrations.encode()) & 0x7FFFFFFF


def upgrade(connection: Connection, path: Path, migrations: str) -> None:
    """Claim an empty database, and bring an older one up to date.

    Raises:
        StateForeign: it belongs to another program, or to another part of rundbrief.
        StateCorrupt: it lacks its revision.
        StateTooNew: a newer rundbrief has written it.
    """
    _claim(connection, path, migrations)
    present = _revision(connection)
    if present is None:
        if connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one():
            raise damaged(path, "it does not say which schema it has")
        present = _made_from_snapshot(connection, migrations)
    if present != head_of(migrations):
        _run_migrations(connection, present, path, migrations)


@cache
def expected_schema(migrations: str) -> Sequence[tuple[str, str, str, str]]:
    """Return type, name, table and SQL of everything that the migrations make, as `sqlite_master` has them."""
    engine = create_engine("sqlite://")
    try:
        with engine.begin() as connection:
            upgrade(connection, Path(":memory:"), migrations)
            rows = connection.exec_driver_sql(
                "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql <> ''"
            )
            return [(kind, name, table, sql) for kind, name, table, sql in rows]
    finally:
        engine.dispose()


def _claim(connection: Connection, path: Path, migrations: str) -> None:
    mark = mark_of(migrations)
    present = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
    if present == mark:
        return
    if connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one():
        raise foreign(path)
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
        raise too_new(path, present)
    steps = list(script.iterate_revisions("head", present or "base"))
    context = MigrationContext.configure(connection)
    with Operations.context(context):
        for step in reversed(steps):
            step.module.upgrade()
    context.stamp(script, "head")
