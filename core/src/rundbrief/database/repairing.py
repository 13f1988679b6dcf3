"""Mending what can be mended without a loss: the rights of files, and parts of a schema that were taken out."""

from pathlib import Path

from sqlalchemy import Connection

from rundbrief.database.health import Shape, files_of, shape_of
from rundbrief.database.migrating import expected_schema

__all__ = ["close_to_others", "restore_schema"]


def close_to_others(path: Path) -> list[str]:
    """Give the files of a database to their owner alone. Return what was done, as sentences."""
    for one in files_of(path):
        one.chmod(0o600)
    return [f"{path.name} is for its owner alone."]


def restore_schema(connection: Connection, migrations: str) -> list[str]:
    """Put back indexes and triggers that are missing or changed. Return what was done, as sentences."""
    driver = connection.connection.driver_connection
    assert driver is not None
    missing = Shape.expected(migrations).lacking_in(shape_of(driver))
    done = []
    for kind, name, _, statement in expected_schema(migrations):
        if (kind, name) in missing and kind in ("index", "trigger"):
            connection.exec_driver_sql(f'DROP {kind.upper()} IF EXISTS "{name}"')
            connection.exec_driver_sql(statement)
            done.append(f"The {kind} {name} was put back.")
    return done
