"""The files of a world: made from a template, and copied while they are in use."""

import shutil
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from rundbrief.crm.local import LocalCrm
from rundbrief.store import Store

__all__ = ["copy_database", "empty_database"]


@cache
def empty_database(name: str) -> bytes:
    """Return a database with its schema and nothing in it, so that not every example has to migrate one."""
    folder = Path(mkdtemp(prefix="consent-machine-"))
    (Store.open(folder / name) if name == "state.db" else LocalCrm(folder / name)).close()
    with closing(sqlite3.connect(folder / name)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    content = folder.joinpath(name).read_bytes()
    shutil.rmtree(folder)
    return content


def copy_database(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    with closing(sqlite3.connect(source)) as present, closing(sqlite3.connect(target)) as copy:
        present.backup(copy)
