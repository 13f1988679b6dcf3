"""SQLite databases: opened privately and with a schema of the right age; copied; looked at; mended."""

from rundbrief.database.copying import back_up, copy_database
from rundbrief.database.looking import looking_at
from rundbrief.database.migrating import SNAPSHOT
from rundbrief.database.opening import BUSY_TIMEOUT, open_database, read_only
from rundbrief.database.wiping import wipe_deleted

__all__ = [
    "BUSY_TIMEOUT",
    "SNAPSHOT",
    "back_up",
    "copy_database",
    "looking_at",
    "open_database",
    "read_only",
    "wipe_deleted",
]
