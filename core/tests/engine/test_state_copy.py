"""The copy of the state that a dry run works on."""

from pathlib import Path
from typing import Any

import pytest

from rundbrief.engine import import_list
from rundbrief.engine.state_copy import copy_for
from rundbrief.errors import RunLocked
from rundbrief.store import Store


def copies(folder: Path) -> list[Path]:
    return list(folder.glob("*.dry-run"))


@pytest.fixture
def abandoned(world: Any) -> Path:
    """Return a copy that a killed dry run has left behind."""
    folder: Path = world.folder / "state.db.news.dry-run"
    folder.mkdir()
    folder.joinpath("state.db").write_bytes(b"what it was in the middle of")
    return folder


@pytest.mark.parametrize("run", ["imports", "syncs"])
@pytest.mark.parametrize("dry_run", [False, True])
def test_what_a_killed_dry_run_left_is_removed_by_the_next_run(
    world: Any, abandoned: Path, run: str, dry_run: bool
) -> None:
    getattr(world, run)(dry_run=dry_run)
    assert copies(world.folder) == []


def test_another_connections_run_removes_it_too(world: Any, abandoned: Path) -> None:
    import_list(world.workspace, "other", "1")
    assert copies(world.folder) == []


def test_the_copy_of_a_dry_run_under_way_stays(world: Any) -> None:
    seen: list[bool] = []

    def look(call: str) -> None:
        if call == "page" and not seen:
            (copy,) = copies(world.folder)
            with world.another() as other:
                world.service.before = lambda call: None
                import_list(other, "news", "1")
            seen.append(copy.exists())

    world.service.before = look
    world.imports(dry_run=True)
    assert seen == [True]
    assert copies(world.folder) == []


def test_a_second_dry_run_of_the_connection_has_to_wait(world: Any) -> None:
    store = world.workspace.store
    with copy_for(store, "news"), pytest.raises(RunLocked, match="dry run of connection 'news'"):
        world.imports(dry_run=True)
    world.imports(dry_run=True)


def test_it_is_for_its_owner_alone(world: Any) -> None:
    with copy_for(world.workspace.store, "news") as copy:
        assert copy.path.parent.stat().st_mode & 0o777 == 0o700
        assert {one.stat().st_mode & 0o077 for one in copy.path.parent.iterdir()} == {0}


def test_it_lies_beside_the_state(world: Any) -> None:
    store: Store = world.workspace.store
    with copy_for(store, "news") as copy:
        assert copy.path.parent.parent == store.path.parent
