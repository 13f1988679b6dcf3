"""Leaving no trace of what was deleted."""

import sqlite3
from pathlib import Path
from typing import cast

from sqlalchemy import Engine

from rundbrief.database.trouble import explained
from rundbrief.errors import StateUnwritable

__all__ = ["wipe_deleted"]


def wipe_deleted(engine: Engine, path: Path) -> None:
    """Write the file anew without what was deleted, and empty the write-ahead log.

    Takes as much room again as the file has, and waits for others who read or write.

    Raises:
        StateUnwritable: that cannot be done now.
    """
    connection = engine.raw_connection()
    try:
        driver = cast(sqlite3.Connection, connection.driver_connection)
        driver.execute("VACUUM")
        (is_busy, *_) = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error as error:
        raise explained(path, error) or error from None
    finally:
        connection.close()
    if is_busy:
        raise StateUnwritable(
            f"Another program reads the database {path}, so its log cannot be emptied.",
            hint="Close it, and run the same command again.",
        )
