"""A disk that is full at whatever point of a run: a sentence, an exit code, and nothing lost.

The system lets no file grow beyond a limit, for the real command line in a process of its own. A few limits are
tried, the same every time; RUNDBRIEF_DISK_CASES=200 tries so many more.
"""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from disk import Commands, Stage, Standing

resource = pytest.importorskip("resource", reason="limits of a process are Unix's")

MORE = int(os.environ.get("RUNDBRIEF_DISK_CASES", "0"))
LARGEST = 500_000
"""More than any file of these runs."""
LIMITS = [5_000, 60_000, 110_000]
RANDOM = random.Random(20261128)
LIMITS += [RANDOM.randrange(LARGEST) for _ in range(MORE)]


@dataclass
class Theatre:
    commands: Commands
    imported: Path
    """A folder after the first import, and after what the CRM's users did then."""
    undisturbed: Standing


@pytest.fixture(scope="module")
def commands() -> Iterator[Commands]:
    with Commands.ready() as commands:
        yield commands


@pytest.fixture(scope="module")
def theatre(commands: Commands, tmp_path_factory: pytest.TempPathFactory) -> Theatre:
    folder = tmp_path_factory.mktemp("imported")
    with Stage.set(folder) as stage:
        assert commands.run(folder, "import", "news", environ=stage.environ).code == 0
        stage.users_act()
    with Stage.set(tmp_path_factory.mktemp("undisturbed"), folder) as stage:
        stage.people_act()
        assert commands.run(stage.folder, "sync", "news", environ=stage.environ).code == 0
        return Theatre(commands, folder, stage.standing())


@pytest.mark.parametrize("limit", LIMITS)
def test_a_sync_without_room(theatre: Theatre, tmp_path: Path, limit: int) -> None:
    with Stage.set(tmp_path, theatre.imported) as stage:
        stage.people_act()
        stopped = theatre.commands.run(tmp_path, "sync", "news", environ=stage.environ, largest_file=limit)
        if stopped.code:
            assert stopped.code == 55, stopped.err
            assert "There is no room left for" in stopped.err + stopped.out
            assert "Traceback" not in stopped.err
            assert not list(tmp_path.glob("error-*"))
        goes_on = theatre.commands.run(tmp_path, "sync", "news", environ=stage.environ)
        assert goes_on.code == 0, goes_on.err
        assert stage.standing() == theatre.undisturbed


def test_a_first_import_without_room(commands: Commands, tmp_path: Path) -> None:
    with Stage.set(tmp_path) as stage:
        stopped = commands.run(tmp_path, "import", "news", environ=stage.environ, largest_file=50_000)
        assert (stopped.code, "no room left" in stopped.err) == (55, True)
        assert commands.run(tmp_path, "import", "news", environ=stage.environ).code == 0
        assert len(stage.standing().crm) == len(stage.service.recipients(stage.list_id))


@pytest.mark.parametrize("arguments", [["backup"], ["sync", "news", "--dry-run"]])
def test_copies_without_room(theatre: Theatre, tmp_path: Path, arguments: list[str]) -> None:
    with Stage.set(tmp_path, theatre.imported) as stage:
        stopped = theatre.commands.run(tmp_path, *arguments, environ=stage.environ, largest_file=20_000)
        assert (stopped.code, "no room left" in stopped.err) == (55, True)
        assert not [*tmp_path.glob("backups/*"), *tmp_path.glob("backups/.*")]
