"""The tokens that an earlier rundbrief kept in the state are gone, from the pages of the file as well."""

import sqlite3
from contextlib import closing
from importlib import import_module
from pathlib import Path

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from rundbrief.store import Store

BEFORE = ("0001_first", "0002_account_wide", "0003_field_maps", "0004_observations")
FILLED = "INSERT INTO tokens VALUES ('news', 'access-in-clear', '2026-06-01T00:00:00', 'refresh-in-clear', 'f')"


def test_no_token_is_left_in_an_upgraded_state(path: Path) -> None:
    Store.open(path).close()
    with closing(sqlite3.connect(path)) as connection:
        mark = connection.execute("PRAGMA application_id").fetchone()[0]
    path.unlink()
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        for name in BEFORE:
            import_module(f"rundbrief.store.migrations.versions.{name}").upgrade()
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('0004')")
        connection.exec_driver_sql(FILLED)
        connection.exec_driver_sql(f"PRAGMA application_id = {mark}")
    engine.dispose()
    assert b"in-clear" in path.read_bytes()

    Store.open(path).close()
    assert b"in-clear" not in b"".join(one.read_bytes() for one in path.parent.iterdir())
