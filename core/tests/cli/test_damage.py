"""Files that were damaged anywhere: no command shows a stack trace, and what SQLite notices is no success."""

import json
import os
import random
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from rundbrief.cli.app import cli

Desk = Any  # conftest.Desk: test modules cannot import each other
STATE, CRM = "rundbrief.db", "contacts.db"
PAGE = 4096

NEW = {"zeros": bytes(PAGE), "ones": b"\xff" * PAGE, "a byte": b"\x2a", "noise": random.Random(1).randbytes(64)}

damages = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True, width=16), st.sampled_from(sorted(NEW))), min_size=1, max_size=3
)
"""Where (as a share of the file), and what stands there now."""


@contextmanager
def damaged(folder: Path, name: str, damage: list[tuple[float, str]], cut: float) -> Iterator[Path]:
    """Yield a copy of a folder with one of its files damaged."""
    with tempfile.TemporaryDirectory() as place:
        for one in folder.iterdir():
            if one.is_file():
                (Path(place) / one.name).touch(mode=0o600)
                (Path(place) / one.name).write_bytes(one.read_bytes())
        content = bytearray((folder / name).read_bytes())
        for share, kind in damage:
            begin, new = int(share * len(content)), NEW[kind]
            content[begin : begin + len(new)] = new[: len(content) - begin]
        (Path(place) / name).write_bytes(content[: int(cut * len(content))])
        yield Path(place)


def notices(path: Path) -> bool:
    """Tell whether SQLite finds the file damaged when it is asked to look at all of it."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as connection:
            return bool(connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)])
    except sqlite3.DatabaseError:
        return True


def run(folder: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(cli, [*arguments, "--config", str(folder / "rundbrief.toml")])
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    return result


@settings(
    max_examples=int(os.environ.get("RUNDBRIEF_DISK_CASES", "6")),
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
)
@example(name=CRM, damage=[(0.75, "zeros")], cut=1.0)  # an index: a compact copy would be sound again
@given(name=st.sampled_from([STATE, CRM]), damage=damages, cut=st.sampled_from([1.0, 1.0, 0.9, 0.3]))
def test_damage_anywhere(once_used: Path, name: str, damage: Any, cut: float) -> None:
    with damaged(once_used, name, damage, cut) as folder:
        noticed = notices(folder / name)
        doctor = run(folder, "doctor", "--json")
        assert doctor.exit_code == json.loads(doctor.stdout)["exit_code"]
        assert not noticed or doctor.exit_code in (51, 53, 57), doctor.stdout
        backup = run(folder, "backup")
        assert (backup.exit_code in (53, 57)) == noticed, backup.output
        for arguments in [("runs",), ("contacts", "list")]:
            result = run(folder, *arguments)
            assert result.exit_code in (0, 51, 53, 57), result.output


@pytest.mark.parametrize("command", [("import", "news"), ("export", "news", "--list", "Kundenbrief")])
def test_a_run_on_a_damaged_page_ends_with_a_sentence_and_changes_nobody(
    desk: Desk, command: tuple[str, ...]
) -> None:
    desk.service.seed(desk.list_id, 300)
    desk.ok("import", "news")
    path = desk.folder / STATE
    content = bytearray(path.read_bytes())
    with closing(sqlite3.connect(path)) as connection:
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'recipients'").fetchone()[0]
    content[(root - 1) * PAGE : root * PAGE] = bytes(PAGE)
    path.write_bytes(content)
    desk.service.unsubscribe(desk.list_id, next(iter(desk.service.recipients(desk.list_id))))
    before = desk.service.recipients(desk.list_id)
    result = desk.run(*command)
    assert (result.exit_code, "rundbrief doctor" in result.stderr) == (53, True)
    assert "Traceback" not in result.output
    assert desk.service.recipients(desk.list_id) == before
