"""The mirror as a file: whatever is wrong with it is said, and nothing of it is trusted."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from rundbrief.errors import StateError
from rundbrief.models import CrmOptIn
from rundbrief_weclapp.mirror import Mirror


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "weclapp.db"


def filled(path: Path) -> Mirror:
    mirror = Mirror(path, "office")
    people = ((str(one), f"p{one}@example.org") for one in range(2000))
    mirror.put({"id": key, "version": "1", "email": email, "people": []} for key, email in people)
    return mirror


def test_a_file_that_is_no_database(path: Path) -> None:
    path.write_text("Buy milk. " * 500)
    with pytest.raises(StateError, match=r"weclapp\.db cannot be used"):
        Mirror(path, "office")


def test_damage_that_shows_in_a_run(path: Path) -> None:
    mirror = filled(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    mirror.close()
    mirror = Mirror(path, "office")
    with path.open("r+b") as file:
        file.seek(8 * 4096)
        file.write(b"\xff" * 4096 * 8)
    with pytest.raises(StateError, match="can be deleted"):
        mirror.after(0, 2000)
    mirror.close()


def test_somebody_who_keeps_it_locked(path: Path) -> None:
    mirror = filled(path)
    mirror._connection.execute("PRAGMA busy_timeout = 0")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StateError, match="locked"):
            mirror.say("1", "news/1", CrmOptIn())
        other.execute("ROLLBACK")
    mirror.say("1", "news/1", CrmOptIn())
    assert len(mirror.said(["1"])) == 1
    mirror.close()
