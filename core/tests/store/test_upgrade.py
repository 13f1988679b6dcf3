"""A state database of an earlier rundbrief keeps what it knows."""

import sqlite3
from contextlib import closing
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from rundbrief.store import Store

FILLED = """
    INSERT INTO sent VALUES ('news', '7', 'ann@example.org', 'f1', 'done', 'changed', NULL);
    INSERT INTO recipients
        VALUES ('news', '7', 'ann@example.org', 'Ann@example.org', 'r1', 'unsubscribed', NULL, '', 'no', 1);
    INSERT INTO journal VALUES
        (1, '2026-06-01T00:00:00.000000+00:00', 'news', '7', 'ann@example.org', 'c1', 'service', 'rundbrief',
         'subscribed', 'moved', NULL, 'News, list 7: the CRM changed the address to anna@example.org', 1),
        (2, '2026-06-01T00:00:00.000000+00:00', 'news', '7', 'anna@example.org', NULL, 'service', 'service',
         'subscribed', 'unsubscribed', '2026-05-01T00:00:00.000000+00:00',
         'News, list 7: unsubscribed; the address was changed from ann@example.org', 1);
    INSERT INTO runs
        VALUES (1, 'import', 'news', '7', '2026-06-01T00:00:00.000000+00:00', NULL, 'running', '{}', '');
"""


@pytest.fixture
def first() -> ModuleType:
    return import_module("rundbrief.store.migrations.versions.0001_first")


def test_what_the_first_version_knew_is_still_known(path: Path, first: ModuleType) -> None:
    # The store marks its files as its own, so it has to have made this one.
    Store.open(path).close()
    with closing(sqlite3.connect(path)) as connection:
        mark = connection.execute("PRAGMA application_id").fetchone()[0]
    path.unlink()
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        context = MigrationContext.configure(connection)
        with Operations.context(context):
            first.upgrade()
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('0001')")
    engine.dispose()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"PRAGMA application_id = {mark}; {FILLED}")

    store = Store.open(path)
    with store.transaction() as transaction:
        (recipient,) = transaction.recipients("news", "7").by_address(["ann@example.org"]).values()
        (sent,) = transaction.sent("news", "7").by_address(["ann@example.org"]).values()
        (run,) = transaction.runs.latest(1)
        (left,) = transaction.journal.of("ann@example.org")
        (came,) = transaction.journal.of("anna@example.org")
        verdict = transaction.journal.verify()
    store.close()
    assert (recipient.withdrawn, recipient.lists, recipient.left) == (True, frozenset(), frozenset())
    assert sent.fingerprint == "f1"
    assert (run.list_id, run.scope) == ("7", "7")
    assert (left.seq, left.other_address) == (1, "anna@example.org")
    assert left.grounds == "News, list 7: the CRM changed the address; new address: anna@example.org"
    assert came.grounds == "News, list 7: unsubscribed; the address was changed; earlier address: ann@example.org"
    assert (verdict.entries, verdict.holds) == (2, True)
