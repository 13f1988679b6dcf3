"""What `rundbrief doctor --repair` does: only what takes nothing away, after a backup, and while nothing runs."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from rundbrief.config import Config
from rundbrief.database import open_database
from rundbrief.database.repairing import close_to_others, restore_schema
from rundbrief.engine.backup import crm_files, make_backup
from rundbrief.engine.locks import connections_locked_once, only_run
from rundbrief.errors import StateCorrupt, StateTooNew
from rundbrief.findings import Finding, Repair
from rundbrief.store import MIGRATIONS
from rundbrief.store.repairing import end_cut_off_runs, pull_observations_back, restore_withdrawals

__all__ = ["Repaired", "repair"]

_IN_THE_STATE: Mapping[Repair, Callable[[Connection], list[str]]] = {
    Repair.WITHDRAWALS: restore_withdrawals,
    Repair.OBSERVATIONS: pull_observations_back,
    Repair.RUNS: end_cut_off_runs,
}


@dataclass(slots=True)
class Repaired:
    """What was done."""

    backup: Path | None = None
    sentences: list[str] = field(default_factory=list)


def repair(config: Config, findings: Sequence[Finding], *, environ: Mapping[str, str], now: datetime) -> Repaired:
    """Mend what the findings call mendable. Each file is changed as a whole or not at all.

    Raises:
        RunLocked: a run is under way.
        StateCorrupt, StateTooNew: it has to become usable by other means first.
        StateUnwritable: the backup or the repair cannot be written.
    """
    wanted = {(one.subject, one.repair) for one in findings if one.repair is not None}
    done = Repaired()
    if not wanted:
        return done
    for one in findings:
        _refuse(one)
    migrations = {config.state_path: MIGRATIONS} | {one.path: one.migrations for one in crm_files(config, environ)}
    with ExitStack() as locks:
        for name in sorted(connections_locked_once(config.state_path) | set(config.connections)):
            locks.enter_context(only_run(config.state_path, name))
        done.backup = make_backup(config, None, environ=environ, now=now).folder
        for path, package in migrations.items():
            mendings = [repair for subject, repair in wanted if subject == path.name]
            if Repair.RIGHTS in mendings:
                done.sentences += close_to_others(path)
            if Repair.SCHEMA in mendings:
                done.sentences += _mend(path, package, [partial(restore_schema, migrations=package)])
        in_the_state = [mend for kind, mend in _IN_THE_STATE.items() if kind in {kind for _, kind in wanted}]
        if in_the_state:
            done.sentences += _mend(config.state_path, MIGRATIONS, in_the_state)
    return done


def _refuse(finding: Finding) -> None:
    """A damaged file is not mended, and a newer one is a newer rundbrief's to look after."""
    for error in (StateCorrupt, StateTooNew):
        if finding.exit_code == error.exit_code:
            raise error(f"Nothing was repaired: {finding.sentence}", hint=finding.remedy)


def _mend(path: Path, migrations: str, mendings: Sequence[Callable[[Connection], list[str]]]) -> list[str]:
    engine = open_database(path, migrations=migrations)
    try:
        with engine.begin() as connection:
            return [sentence for mend in mendings for sentence in mend(connection)]
    finally:
        engine.dispose()
