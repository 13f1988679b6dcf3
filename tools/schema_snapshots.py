"""Take a snapshot of what a package's migrations make of an empty database: `schema.sql` beside their `HEAD`.

New databases are made from it, without alembic. `make schema` writes it after a migration was added, and
`tests/test_schema_snapshots.py` fails when it is not what the migrations make.
"""

from importlib import import_module
from pathlib import Path

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from rundbrief.database import SNAPSHOT

MIGRATIONS = ("rundbrief.store.migrations", "rundbrief.crm.local.migrations")


def folder_of(migrations: str) -> Path:
    (folder,) = import_module(migrations).__path__
    return Path(folder)


def snapshot_of(migrations: str) -> str:
    """Return the statements that make an empty database what the migrations would, with empty lines between."""
    script = ScriptDirectory(str(folder_of(migrations)))
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        context = MigrationContext.configure(connection)
        with Operations.context(context):
            for step in reversed(list(script.iterate_revisions("head", "base"))):
                step.module.upgrade()
        context.stamp(script, "head")
        statements = connection.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'sqlite_sequence' ORDER BY rowid"
        ).scalars()
        stamp = f"INSERT INTO alembic_version VALUES ('{script.get_current_head()}')"  # noqa: S608 - our own name
        snapshot = "\n\n".join([*statements, stamp])
    engine.dispose()
    return f"{snapshot}\n"


def main() -> None:
    for migrations in MIGRATIONS:
        folder_of(migrations).joinpath(SNAPSHOT).write_text(snapshot_of(migrations), encoding="utf-8")


if __name__ == "__main__":
    main()
