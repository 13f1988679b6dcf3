"""A state that an earlier rundbrief left behind, with all it knew: it is brought up to date, and gone on with."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event

from rundbrief.database.migrating import mark_of
from rundbrief.engine.doctor import examine
from rundbrief.models import OptIn, SubscriberStatus
from rundbrief.store import MIGRATIONS, Store

SCRIPT = ScriptDirectory(import_module(MIGRATIONS).__path__[0])
REVISIONS = [one.revision for one in reversed(list(SCRIPT.walk_revisions()))]
OLD_NAMES = {("sent", "list_id"): "scope"}
"""Column of an older table -> what it is called now."""


def of_revision(path: Path, revision: str, rows_of: Path) -> None:
    """Make a state as it was at that revision, with the rows of a newer one, as far as it had a place for them."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        context = MigrationContext.configure(connection)
        with Operations.context(context):
            for step in reversed(list(SCRIPT.iterate_revisions(revision, "base"))):
                step.module.upgrade()
        context.stamp(SCRIPT, revision)
        connection.exec_driver_sql(f"PRAGMA application_id = {mark_of(MIGRATIONS)}")
    engine.dispose()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("ATTACH ? AS newer", [str(rows_of)])
        tables = connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            if table != "alembic_version" and not table.startswith("sqlite_"):
                old = [row[1] for row in connection.execute(f"PRAGMA main.table_info({table})")]
                new = [OLD_NAMES.get((table, name), name) for name in old]
                present = {row[1] for row in connection.execute(f"PRAGMA newer.table_info({table})")}
                both = [(one, other) for one, other in zip(old, new, strict=True) if other in present]
                if not both:
                    continue
                into, take = (", ".join(f'"{pair[place]}"' for pair in both) for place in (0, 1))
                connection.execute(f"INSERT INTO main.{table} ({into}) SELECT {take} FROM newer.{table}")


@pytest.fixture
def used(world: Any) -> Any:
    """A world in the middle of its life: some joined, some left, one for good, and an import was cut off."""
    for name in ("ann", "bob", "cid", "dora"):
        world.service.put(f"{name}@example.org")
    world.syncs()
    world.service.put("bob@example.org", SubscriberStatus.UNSUBSCRIBED)
    world.service.put("dora@example.org", SubscriberStatus.UNSUBSCRIBED)
    world.syncs()
    world.service.delete("dora@example.org")
    world.say(world.contact("dora@example.org").id, OptIn.YES)
    world.add("eve@example.org", OptIn.YES)
    world.say(world.contact("cid@example.org").id, OptIn.NO)
    return world


def statuses(world: Any) -> dict[str, Any]:
    return {one.address: one.status for one in world.service.members.values()}


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_state_of_each_earlier_revision_is_gone_on_with(used: Any, tmp_path: Path, revision: str) -> None:
    of_revision(tmp_path / "old.db", revision, used.workspace.store.path)
    entries = len(used.journal("bob@example.org"))
    used.workspace.close()
    for one in used.folder.glob("state.db*"):
        one.unlink()
    (tmp_path / "old.db").rename(used.folder / "state.db")
    (used.folder / "state.db").chmod(0o600)
    used.open()
    used.syncs(full=True)
    assert statuses(used) == {
        "ann@example.org": SubscriberStatus.SUBSCRIBED,
        "bob@example.org": SubscriberStatus.UNSUBSCRIBED,
        "cid@example.org": SubscriberStatus.UNSUBSCRIBED,
        "eve@example.org": SubscriberStatus.SUBSCRIBED,
    }
    assert len(used.journal("bob@example.org")) == entries
    found = examine(used.workspace.config, environ={}, now=used.clock())
    assert [one for one in found if one.exit_code] == []


@contextmanager
def noted(files: Path, snapshots: list[dict[str, bytes]]) -> Iterator[None]:
    """Copy the files of a folder before each statement that anything executes."""

    def note(*_: object) -> None:
        snapshots.append({one.name: one.read_bytes() for one in files.iterdir()})

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_an_upgrade_that_is_killed_leaves_the_old_or_the_new_and_nothing_in_between(
    used: Any, tmp_path: Path, make_folder: Callable[[str], Path]
) -> None:
    old = make_folder("old")
    of_revision(old / "state.db", "0001", used.workspace.store.path)
    snapshots: list[dict[str, bytes]] = []
    with noted(old, snapshots):
        Store.open(old / "state.db").close()
    assert len(snapshots) > 15
    for number, files in enumerate(snapshots[:: len(snapshots) // 6]):
        folder = make_folder(f"killed {number}")
        for name, content in files.items():
            if not name.endswith("-shm"):
                (folder / name).write_bytes(content)
        with closing(sqlite3.connect(folder / "state.db")) as connection:
            [(present,)] = connection.execute("SELECT version_num FROM alembic_version").fetchall()
            assert present in (REVISIONS[0], REVISIONS[-1])
        store = Store.open(folder / "state.db")
        with store.transaction() as transaction:
            [recipient] = transaction.recipients("news", "1").by_address(["bob@example.org"]).values()
            assert recipient.withdrawn
        store.close()


@pytest.fixture
def make_folder(tmp_path: Path) -> Callable[[str], Path]:
    def make(name: str) -> Path:
        (tmp_path / name).mkdir()
        return tmp_path / name

    return make
