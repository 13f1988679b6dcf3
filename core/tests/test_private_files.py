"""Files for their owner alone, from the start."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from rundbrief.private_files import private_file, replacement


@pytest.fixture(autouse=True)
def nothing_is_masked() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_nobody_else_reads_a_new_file(tmp_path: Path) -> None:
    with private_file(tmp_path / "new") as file:
        assert mode(tmp_path / "new") == 0o600
        file.write("x")


def test_a_new_file_is_new(tmp_path: Path) -> None:
    (tmp_path / "theirs").symlink_to(tmp_path / "target")
    for name in ("theirs", "."):
        with pytest.raises(FileExistsError):
            private_file(tmp_path / name)
    assert not (tmp_path / "target").exists()


def test_a_replacement_is_private_while_it_is_written_and_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o666)
    with replacement(path) as file:
        file.write("new")
        (unfinished,) = (one for one in tmp_path.iterdir() if one != path)
        assert mode(unfinished) == 0o600
        assert path.read_text(encoding="utf-8") == "old"
    assert (path.read_text(encoding="utf-8"), mode(path)) == ("new", 0o600)
    assert list(tmp_path.iterdir()) == [path]


def test_a_replacement_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("old", encoding="utf-8")
    with suppress(LookupError), replacement(path) as file:
        file.write("half")
        raise LookupError
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]
