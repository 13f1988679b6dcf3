"""A new database is what the migrations would have made of it."""

import sqlite3
from contextlib import closing
from importlib import import_module
from pathlib import Path

import pytest

from rundbrief.database import SNAPSHOT, open_database
from schema_snapshots import MIGRATIONS, folder_of, snapshot_of

every_database = pytest.mark.parametrize("migrations", MIGRATIONS)


@every_database
def test_a_snapshot_is_what_the_migrations_make(migrations: str) -> None:
    taken = folder_of(migrations).joinpath(SNAPSHOT).read_text(encoding="utf-8")
    assert taken == snapshot_of(migrations), "run `make schema`"


@every_database
def test_a_new_database_has_the_newest_revision(migrations: str, tmp_path: Path) -> None:
    open_database(tmp_path / "new.db", migrations=migrations).dispose()
    with closing(sqlite3.connect(tmp_path / "new.db")) as connection:
        revisions = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    assert revisions == [(import_module(migrations).HEAD,)]
