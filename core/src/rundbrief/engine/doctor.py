"""The doctor: looks at everything that a run stands on, says what is wrong and what to do, and changes nothing.

It works on a state that is damaged, too new, locked, read-only or missing, and needs no network.
"""

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from glob import escape
from pathlib import Path
from sqlite3 import Connection

from rundbrief.config import Config
from rundbrief.database import looking_at
from rundbrief.database.health import look_at_file
from rundbrief.database.looking import log_of
from rundbrief.engine.backup import crm_files, newest_backup
from rundbrief.engine.locks import connections_locked_once, is_under_way
from rundbrief.errors import (
    ErasureKeyLost,
    FixSettings,
    PluginMissing,
    RundbriefError,
    StateCorrupt,
    StateError,
    StateInconsistent,
)
from rundbrief.findings import Finding, Level, Repair
from rundbrief.hookspecs import CRM_GROUP, OBSERVER_GROUP, PROVIDER_GROUP
from rundbrief.plugins.discovery import find
from rundbrief.store import MIGRATIONS
from rundbrief.store.erasure_key import KeyFile, key_path
from rundbrief.store.health import CHECKS, STATE

__all__ = ["examine"]

CONFIGURATION = "configuration"
PATIENCE = timedelta(minutes=5)
"""How far ahead of the clock a run may have begun; beyond, one of the two clocks was wrong."""
OVERDUE = 2
"""A full read counts as overdue after so many times the days that the connection says."""


def examine(config: Config, *, environ: Mapping[str, str], now: datetime) -> list[Finding]:
    """Look at the configuration, at the files of the state and the CRM, and at what stands in the state."""
    was_idle = not log_of(config.state_path).exists()
    found = _examined(config, environ, now)
    has_problems = any(one.level is Level.PROBLEM for one in found)
    if has_problems and was_idle and log_of(config.state_path).exists():
        # A run has begun while we read: what was read may be half of the old and half of the new.
        return _examined(config, environ, now)
    return found


def _examined(config: Config, environ: Mapping[str, str], now: datetime) -> list[Finding]:
    found = [*_configuration(config), *_state_file(config)]
    if _is_readable(found):
        found += _in_the_state(config, now)
    return [*found, *_crm_files(config, environ), *_left_behind(config)]


# --- around the files -------------------------------------------------------------------------------------


def _configuration(config: Config) -> Iterator[Finding]:
    named = [
        (CRM_GROUP, config.crm.plugin),
        *((PROVIDER_GROUP, one.provider) for one in config.connections.values()),
        *((OBSERVER_GROUP, name) for name in config.observers),
    ]
    missing = [*_missing_plugins(named)]
    yield from missing
    if not missing:
        yield Finding(CONFIGURATION, "plugins", Level.OK, "Every plugin that it names is installed.")
    if config.path is not None and os.name != "nt":
        yield from _rights_of_configuration(config.path)


def _missing_plugins(named: Sequence[tuple[str, str]]) -> Iterator[Finding]:
    for group, name in dict.fromkeys(named):
        try:
            find(group, name)
        except RundbriefError as error:
            yield Finding.of(CONFIGURATION, "plugins", error)


def _rights_of_configuration(path: Path) -> Iterator[Finding]:
    mode = path.stat().st_mode
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        yield Finding(
            CONFIGURATION,
            "rights",
            Level.PROBLEM,
            f"Other users may write {path}, and so send your keys elsewhere.",
            f"chmod go-w {path}",
            FixSettings.exit_code,
        )
    elif mode & (stat.S_IRGRP | stat.S_IROTH):
        yield Finding(
            CONFIGURATION,
            "rights",
            Level.NOTE,
            f"Other users may read {path}. It holds no key, but says where they are.",
            f"chmod 600 {path}",
        )


# --- the files --------------------------------------------------------------------------------------------


def _state_file(config: Config) -> Iterator[Finding]:
    found = look_at_file(config.state_path, migrations=MIGRATIONS)
    yield from (_with_a_way_out(config, one) for one in found)
    tokens = config.state_path.parent.glob(f"{escape(config.state_path.name)}.*.tokens")
    for secret in (key_path(config.state_path), *tokens):
        if secret.exists() and os.name != "nt" and secret.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            sentence = f"Other users may read {secret}."
            code = StateInconsistent.exit_code
            yield Finding(secret.name, "rights", Level.PROBLEM, sentence, f"chmod 600 {secret}", code)


def _with_a_way_out(config: Config, finding: Finding) -> Finding:
    if finding.exit_code != StateCorrupt.exit_code:
        return finding
    backup = newest_backup(config)
    path = config.state_path
    where = f"the newest here is {backup / path.name}" if backup else f"there is none in {path.parent / 'backups'}"
    return replace(
        finding,
        remedy=(
            f"Let nothing run. Move {path.name}, {log_of(path).name} and {path.name}-shm away, and keep them."
            f" Copy a backup of the state and the CRM in their place ({where}), then run:"
            " rundbrief import CONNECTION --full. Without a backup begin with that import, too: opt-outs come back"
            " from the services, but the journal, and the no of whoever was deleted there, are lost with it."
        ),
    )


def _crm_files(config: Config, environ: Mapping[str, str]) -> Iterator[Finding]:
    try:
        files = crm_files(config, environ)
    except PluginMissing:
        return  # the look at the configuration has told of it
    except RundbriefError as error:
        yield Finding.of("CRM", "files", error)
        return
    for one in files:
        for finding in look_at_file(one.path, migrations=one.migrations):
            yield _made_anew(one.path, finding) if one.is_copy else _with_a_backup(config, one.path, finding)


def _made_anew(path: Path, finding: Finding) -> Finding:
    if finding.exit_code != StateCorrupt.exit_code:
        return finding
    return replace(finding, remedy=f"Delete {path} and {log_of(path)}: the next run makes it anew.")


def _with_a_backup(config: Config, path: Path, finding: Finding) -> Finding:
    if finding.exit_code != StateCorrupt.exit_code:
        return finding
    backup = newest_backup(config)
    where = f" (the newest here is {backup})" if backup else ""
    return replace(
        finding,
        remedy=(
            f"Let nothing run. Move {path.name} and its -wal and -shm away, and keep them. Copy a backup of the"
            f" state and the CRM in their place{where}, both of the same moment."
        ),
    )


# --- in the state -----------------------------------------------------------------------------------------


def _is_readable(found: Sequence[Finding]) -> bool:
    """Tell whether the state is there, sound, and has the schema that the checks look at."""
    return any((one.check, one.level) == ("schema", Level.OK) or one.repair is Repair.SCHEMA for one in found)


def _in_the_state(config: Config, now: datetime) -> list[Finding]:
    try:
        with looking_at(config.state_path) as connection:
            found = [finding for check in CHECKS for finding in check(connection)]
            found += _erasure_key(config, connection)
            return [*found, *_runs(config, connection, now), *_scopes(config, connection, now)]
    except StateError as error:
        return [Finding.of(STATE, "reading", error)]


def _erasure_key(config: Config, connection: Connection) -> Iterator[Finding]:
    kept_under = {key for (key,) in connection.execute("SELECT DISTINCT key_id FROM erased").fetchall()}
    if not kept_under:
        return
    path = key_path(config.state_path)
    key = KeyFile(path).load()  # one that cannot be read is told of as whatever else is wrong with the state
    if key is None or kept_under != {key.id}:
        yield Finding(
            path.name,
            "key",
            Level.PROBLEM,
            f"The key to who was erased is missing, or is another one: {path}. Nothing can run without it.",
            "Put it back: each backup of the state has it.",
            ErasureKeyLost.exit_code,
        )


def _runs(config: Config, connection: Connection, now: datetime) -> Iterator[Finding]:
    for name, run_id in connection.execute(
        "SELECT connection, max(id) FROM runs WHERE state = 'running' GROUP BY connection"
    ).fetchall():
        if is_under_way(config.state_path, name):
            yield Finding(STATE, "runs", Level.NOTE, f"Run {run_id} of connection {name} is under way.")
        else:
            yield Finding(
                STATE,
                "runs",
                Level.NOTE,
                f"Run {run_id} of connection {name} was cut off.",
                "The next run of the connection goes on where it ended.",
                repair=Repair.RUNS,
            )
    (latest,) = connection.execute("SELECT max(max(started_at), max(coalesce(ended_at, ''))) FROM runs").fetchone()
    if latest and datetime.fromisoformat(latest) > now + PATIENCE:
        yield Finding(
            STATE,
            "clock",
            Level.PROBLEM,
            f"The last run was at {latest[:16]}, which is in the future: the clock is wrong now, or was then.",
            "Set the clock. Times in the journal of that run stay as they are.",
            StateInconsistent.exit_code,
        )


def _scopes(config: Config, connection: Connection, now: datetime) -> Iterator[Finding]:
    lists = set(connection.execute("SELECT connection, list_id FROM lists").fetchall())
    known = connection.execute("SELECT connection, scope, full_read_at FROM cursors ORDER BY 1, 2").fetchall()
    for name in sorted({name for name, _, _ in known} - set(config.connections)):
        yield Finding(
            STATE,
            "connections",
            Level.NOTE,
            f"It knows a connection {name}, which is not configured.",
            "Withdrawals under that name guard no other. If it was renamed, give it its name back.",
        )
    for name, scope, read_at in known:
        if name not in config.connections:
            continue
        if scope != "*" and (name, scope) not in lists:
            sentence = f"List {scope} of connection {name} is not among the lists that were pulled."
            yield Finding(STATE, "lists", Level.NOTE, sentence, f"Look at them: rundbrief lists {name}")
        yield from _age_of_reading(name, scope, read_at, config.connections[name].full_import_days, now)


def _age_of_reading(name: str, scope: str, read_at: str | None, days: int, now: datetime) -> Iterator[Finding]:
    what = "the account" if scope == "*" else f"list {scope}"
    remedy = f"rundbrief import {name} --full"
    if read_at is None:
        yield Finding(
            STATE, "reading", Level.NOTE, f"{name}: {what} was never read to its end.", f"rundbrief import {name}"
        )
    elif days and (age := now - datetime.fromisoformat(read_at)) > timedelta(days=OVERDUE * days):
        sentence = f"{name}: {what} was read as a whole {age.days} days ago. Who was deleted since, is not known."
        yield Finding(STATE, "reading", Level.NOTE, sentence, remedy)


# --- what was left behind ---------------------------------------------------------------------------------


def _left_behind(config: Config) -> Iterator[Finding]:
    for name in sorted(connections_locked_once(config.state_path) - set(config.connections)):
        sentence = f"Files of locks are there of a connection that is not configured: {name}."
        remedy = f"They are harmless, and may be deleted: {config.state_path.name}.{name}.*lock"
        yield Finding("files", "locks", Level.NOTE, sentence, remedy)
