"""What a user is told when a database's file cannot be used: which file, what is wrong, and the way out."""

import errno
import shutil
import sqlite3
from pathlib import Path

from rundbrief.errors import (
    StateBusy,
    StateCorrupt,
    StateError,
    StateForeign,
    StateFull,
    StateTooNew,
    StateUnwritable,
)

__all__ = ["OUT_OF_ROOM", "damaged", "explained", "explained_of_system", "foreign", "too_new"]

NO_ROOM = 1024 * 1024
"""With fewer free bytes a disk counts as full."""

_FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE}
"""Result codes of a write that found no room, https://www.sqlite.org/rescode.html. A reached quota or size limit
comes as one of the latter two, as the system tells it apart from a full disk."""
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_UNUSABLE = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_NO_TEXT = "Could not decode to UTF-8"
"""How the driver, which has no code for it, begins its word on bytes that are no text. It goes on with them."""
_NO_SCHEMA = ("no such table", "no such column")
"""How SQLite, which has no code of its own for it, begins its word on a table that is gone."""

OUT_OF_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""The system's numbers for a full disk, a reached quota, and a file that may not grow any more."""


def explained(path: Path, error: BaseException) -> StateError | None:
    """Return what a user can be told about an error of the driver; None when it is not about the file."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK)
    primary = code & 0xFF
    if code in _FULL:
        return _full(path, f"{error}")
    if primary in _BUSY:
        return _busy(path, f"{error}")
    if primary in _UNUSABLE:
        return _full(path, f"{error}") if _has_no_room(path) else _unusable(path, f"{error}")
    if primary in _DAMAGED:
        return damaged(path, "it is no database" if primary == sqlite3.SQLITE_NOTADB else f"{error}")
    if isinstance(error, sqlite3.OperationalError):
        return _misshapen(path, f"{error}")
    return None


def _misshapen(path: Path, why: str) -> StateCorrupt | None:
    if why.startswith(_NO_TEXT):
        return damaged(path, "it holds bytes that are no text")
    return damaged(path, why) if why.startswith(_NO_SCHEMA) else None


def explained_of_system(path: Path, error: OSError) -> StateUnwritable:
    """Return what a user can be told when the system refuses a file, before SQLite sees it."""
    why = error.strerror or type(error).__name__
    return _full(path, why) if error.errno in OUT_OF_ROOM else _unusable(path, why)


def damaged(path: Path, why: str) -> StateCorrupt:
    return StateCorrupt(
        f"The file {path} is not the rundbrief database it should be, or it is damaged: {why}.",
        hint="Leave it as it is, and run: rundbrief doctor. It says what is wrong, and what to do.",
    )


def foreign(path: Path) -> StateForeign:
    return StateForeign(
        f"The file {path} is a database, but its tables serve something else than they should.",
        hint="Correct the path in rundbrief.toml. Nothing was changed in the file.",
    )


def too_new(path: Path, revision: str) -> StateTooNew:
    return StateTooNew(
        f"The database {path} was written by a newer rundbrief (schema {revision}).",
        hint="Upgrade: pip install --upgrade rundbrief",
    )


def _full(path: Path, why: str) -> StateFull:
    return StateFull(
        f"There is no room left for the database {path}: {why}.",
        hint="Make room on the disk, or raise the quota. What was saved is safe; the next run goes on from there.",
    )


def _busy(path: Path, why: str) -> StateBusy:
    return StateBusy(
        f"Another process has been writing to the database {path} for too long: {why}.",
        hint="End the program that holds the file, such as a database browser, then run again.",
    )


def _unusable(path: Path, why: str) -> StateUnwritable:
    return StateUnwritable(
        f"The database {path} cannot be written: {why}.",
        hint="Let the user who runs rundbrief write to the file and its folder, or set another path in "
        "rundbrief.toml. If the disk is at fault, save a copy of the files first.",
    )


def _has_no_room(path: Path) -> bool:
    """Tell whether the disk is full: what could not be made for want of room counts as *cannot be opened*."""
    try:
        return shutil.disk_usage(path.parent).free < NO_ROOM
    except OSError:
        return False
