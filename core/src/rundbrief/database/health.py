"""Looking at a database's file: whether it is there, for its owner alone, sound, and of the right kind and age.

Nothing is changed by that, and nothing has to be in order for it.
"""

import os
import shutil
import sqlite3
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rundbrief.database.looking import log_of, looking_at
from rundbrief.database.migrating import expected_schema, head_of, mark_of
from rundbrief.database.trouble import foreign, too_new
from rundbrief.errors import StateCorrupt, StateError, StateFull, StateInconsistent, StateUnwritable
from rundbrief.findings import Finding, Level, Repair

__all__ = ["Shape", "files_of", "look_at_file", "shape_of"]

SCARCE = 64 * 1024 * 1024
"""With fewer free bytes a run may not get through."""
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_DAMAGES = 3
"""How many sentences of SQLite's about damages are shown."""


def files_of(path: Path) -> list[Path]:
    """Return the files of a database that are there: the main one, and what SQLite keeps beside it."""
    names = (path.name, f"{path.name}-wal", f"{path.name}-shm")
    return [one for one in (path.with_name(name) for name in names) if one.exists()]


def look_at_file(path: Path, *, migrations: str = "") -> Iterator[Finding]:
    """Yield what is found, up to the first problem that makes the rest pointless.

    Args:
        migrations: the package whose schema it should have; empty where only the plugin knows.
    """
    if not path.exists():
        yield from _missing(path)
        return
    yield from _rights(path)
    yield from _room(path)
    if not path.stat().st_size:
        yield _damaged(path, f"{path.name} is empty.")
        return
    try:
        with looking_at(path) as connection:
            problems = [*_soundness(path, connection)]
            yield from problems
            if migrations and not any(one.level is Level.PROBLEM for one in problems):
                yield from _schema(path, connection, migrations)
    except StateError as error:
        yield Finding.of(path.name, "integrity", error)


def _missing(path: Path) -> Iterator[Finding]:
    if log_of(path).exists():
        yield Finding(
            path.name,
            "file",
            Level.PROBLEM,
            f"{path} is gone, and what belongs to it is still there ({log_of(path).name}).",
            "Put the file back from where it was moved to, or go back to a backup with both.",
            StateCorrupt.exit_code,
        )
        return
    yield Finding(
        path.name,
        "file",
        Level.NOTE,
        f"There is no {path}: nothing has run yet, or it was moved.",
        "If there should be one, put it back before anything runs; otherwise the first command makes it.",
    )


def _rights(path: Path) -> Iterator[Finding]:
    if os.name == "nt":
        return
    open_to_others = [one.name for one in files_of(path) if one.stat().st_mode & _OTHERS]
    if open_to_others:
        yield Finding(
            path.name,
            "rights",
            Level.PROBLEM,
            f"Other users may read or write {', '.join(open_to_others)}.",
            f"chmod 600 {' '.join(str(one) for one in files_of(path))}",
            StateInconsistent.exit_code,
            Repair.RIGHTS,
        )
    if path.parent.stat().st_mode & _OTHERS_WRITE and not path.parent.stat().st_mode & stat.S_ISVTX:
        yield Finding(
            path.name,
            "folder",
            Level.NOTE,
            f"Other users may write to the folder {path.parent}, and so put another file in its place.",
            f"chmod go-w {path.parent}",
        )
    for place in (path.parent, path):
        if not os.access(place, os.W_OK):
            yield Finding(
                path.name,
                "writing",
                Level.PROBLEM,
                f"{place} cannot be written by this user.",
                "Give the user who runs rundbrief the right to write, or mount the disk for writing.",
                StateUnwritable.exit_code,
            )


def _room(path: Path) -> Iterator[Finding]:
    free, size = shutil.disk_usage(path.parent).free, sum(one.stat().st_size for one in files_of(path))
    if free < SCARCE:
        yield Finding(
            path.name,
            "room",
            Level.PROBLEM,
            f"Only {megabytes(free)} are free where {path.name} lies.",
            "Make room: a run that finds none stops, and goes on when there is some.",
            StateFull.exit_code,
        )
    elif free < 2 * size:
        yield Finding(
            path.name,
            "room",
            Level.NOTE,
            f"{megabytes(free)} are free where {path.name} ({megabytes(size)}) lies: a backup may not fit.",
            "Make room, or back up to another disk.",
        )


def megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _soundness(path: Path, connection: sqlite3.Connection) -> Iterator[Finding]:
    told = [text for (text,) in connection.execute(f"PRAGMA integrity_check({_DAMAGES})").fetchall()]
    if told != ["ok"]:
        damages = "; ".join(" ".join(one.split()) for one in told[:_DAMAGES])
        yield _damaged(path, f"{path.name} is damaged: {damages}.")
        return
    orphans = len(connection.execute("PRAGMA foreign_key_check").fetchall())
    if orphans:
        yield _damaged(path, f"{orphans:,} rows of {path.name} belong to rows that are not there.")
        return
    size = sum(one.stat().st_size for one in files_of(path))
    yield Finding(path.name, "integrity", Level.OK, f"The file is sound ({megabytes(size)}).")


def _damaged(path: Path, sentence: str) -> Finding:
    return Finding(path.name, "integrity", Level.PROBLEM, sentence, "", StateCorrupt.exit_code)


def _schema(path: Path, connection: sqlite3.Connection, migrations: str) -> Iterator[Finding]:
    if connection.execute("PRAGMA application_id").fetchone()[0] != mark_of(migrations):
        yield Finding.of(path.name, "kind", foreign(path))
        return
    revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    if revision is None:
        yield _damaged(path, f"{path.name} does not say which schema it has.")
        return
    present, head = revision[0], head_of(migrations)
    if present > head:
        yield Finding.of(path.name, "age", too_new(path, present))
    elif present < head:
        yield Finding(
            path.name,
            "age",
            Level.NOTE,
            f"Its schema {present} is older than this rundbrief's {head}.",
            "The next run brings it up to date. Back it up before: there is no way back.",
        )
    else:
        yield from _completeness(path, connection, migrations)


def _completeness(path: Path, connection: sqlite3.Connection, migrations: str) -> Iterator[Finding]:
    missing = Shape.expected(migrations).lacking_in(shape_of(connection))
    if not missing:
        yield Finding(path.name, "schema", Level.OK, "All its tables, indexes and triggers are there.")
        return
    tables = [name for kind, name in missing if kind == "table"]
    if tables:
        lost = f"{path.name} lacks what should be in it, or has it otherwise: table {', table '.join(tables)}."
        yield Finding(path.name, "schema", Level.PROBLEM, lost, "", StateCorrupt.exit_code)
        return
    named = ", ".join(f"{kind} {name}" for kind, name in missing)
    yield Finding(
        path.name,
        "schema",
        Level.PROBLEM,
        f"{path.name} lacks what should be in it, or has it otherwise: {named}.",
        "Somebody has removed it; ask who, and why. To put it back: rundbrief doctor --repair",
        StateInconsistent.exit_code,
        Repair.SCHEMA,
    )


@dataclass(frozen=True, slots=True)
class Shape:
    """What a schema is made of: (type, name) -> what it has to be like.

    Of tables the columns count, not the words by which they were made.
    """

    parts: dict[tuple[str, str], object] = field(default_factory=dict)

    @classmethod
    def expected(cls, migrations: str) -> "Shape":
        """Return what the migrations make."""
        connection = sqlite3.connect(":memory:")
        try:
            for *_, statement in _tables_first(expected_schema(migrations)):
                connection.execute(statement)
            return shape_of(connection)
        finally:
            connection.close()

    def lacking_in(self, present: "Shape") -> list[tuple[str, str]]:
        """Return what the other has not, or has otherwise. More than it should have is no fault."""
        return sorted(part for part, like in self.parts.items() if present.parts.get(part) != like)


def shape_of(connection: sqlite3.Connection) -> Shape:
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql <> ''").fetchall()
    parts: dict[tuple[str, str], object] = {}
    for kind, name, table, statement in rows:
        if kind == "table":
            parts[kind, name] = _columns(connection, name)
        elif kind == "index":
            listed = connection.execute(f'PRAGMA index_info("{name}")').fetchall()
            unique = [one[2] for one in connection.execute(f'PRAGMA index_list("{table}")') if one[1] == name]
            parts[kind, name] = (table, [one[2] for one in listed], unique)
        else:
            parts[kind, name] = " ".join(statement.split())
    return Shape({part: like for part, like in parts.items() if not part[1].startswith("sqlite_")})


def _columns(connection: sqlite3.Connection, table: str) -> dict[str, tuple[str, int]]:
    """Return column -> (type, place in the key). A column more is no fault, so its number does not count."""
    rows = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
    return {name: (kind.upper(), key) for _, name, kind, _, _, key in rows}


def _tables_first(schema: Iterable[tuple[str, str, str, str]]) -> list[tuple[str, str, str, str]]:
    return sorted((one for one in schema if not one[1].startswith("sqlite_")), key=lambda one: one[0] != "table")
