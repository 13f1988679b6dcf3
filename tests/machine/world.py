"""The world of one example: a service, a CRM and a state on files, and runs that can be killed at any instant."""

import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Literal

from machine.crms import CRMS
from machine.oracle import Broken, Oracle
from machine.services import Service
from machine.watched_crm import CONNECTION, WATCHERS, Watcher
from machine.watched_service import Killed, Witness
from rundbrief.config import Config, ConnectionConfig, CrmConfig
from rundbrief.crm.local import LocalCrm
from rundbrief.engine import RunOptions, RunReport, Workspace, export_list, import_list, sync_list
from rundbrief.engine.scopes import opt_in_key
from rundbrief.errors import ImportFirst, PluginError, RundbriefError
from rundbrief.http import wsgi_transport
from rundbrief.models import OptInField
from rundbrief.store import ACCOUNT_SCOPE, Store
from rundbrief.testing.crm_sandbox import CrmSandbox
from rundbrief.testing.faults import (
    Fault,
    answer_with,
    html_error,
    lost_after,
    lost_before,
    refused,
    timeout_after,
    truncated,
)
from rundbrief.testing.sandbox import ManualClock

__all__ = ["FAULTS", "GUARD_FLOOR", "Kind", "Trouble", "World"]

Kind = Literal["import", "export", "sync"]

FAULTS: dict[str, Fault] = {
    "429": answer_with(429),
    "429 without JSON": answer_with(403),
    "503": answer_with(503),
    "HTML 502": html_error(),
    "refused": refused,
    "lost before": lost_before,
    "lost after": lost_after,
    "timeout after": timeout_after,
    "truncated": truncated,
}

GUARD_FLOOR = 1
"""Consents that a guarded run may take away: so few that four people are enough to meet the guard rail."""

RUNS = {"import": import_list, "sync": sync_list}


@dataclass(frozen=True)
class Trouble:
    """What comes in the way of a run. Instants are counted: before and after each request and each CRM write."""

    kill_at: int | None = None
    act_at: int | None = None
    act: Callable[["World"], None] | None = None
    fault: str | None = None
    fault_skips: int = 0
    fault_times: int = 1

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in vars(self).items() if value is not None)
        return f"Trouble({shown})"


class World:
    def __init__(
        self, service: Service, policies: Mapping[str, str], *, crm: str = "local", guarded: bool = False
    ) -> None:
        self.service = service
        self.guarded = guarded
        """Nobody lifts the guard rail until everything comes to rest."""
        self.folder = Path(mkdtemp(prefix="consent-machine-"))
        self.clock = ManualClock(datetime(2026, 6, 1, tzinfo=UTC))
        self.oracle = Oracle(
            confirms=policies.get("reconsent") == "confirm", reports=policies.get("withdrawals") == "report"
        )
        self.sandbox = service.make(self.clock)
        self.witness = Witness(service, self.sandbox, self.oracle, self.scope)
        self.lists = [
            self.sandbox.add_list("Customers"),
            self.sandbox.add_list("Press", double_opt_in=service.double_opt_in),
        ]
        self.double_opt_in = set(self.lists[1:]) if service.double_opt_in else set()
        self.witness.lists = self.lists
        self.scopes = list(dict.fromkeys(self.scope(one) for one in self.lists))
        self.watcher = WATCHERS[str(self.folder)] = Watcher(self.oracle, self.scopes)
        for name in _TEMPLATES:
            self.folder.joinpath(name).write_bytes(_empty(name))
        self.crm = CRMS[crm](self.folder, self.watcher, self.clock)
        self.watcher.open = self.crm.open
        self.files = ("state.db", *self.crm.files)
        self._settings = {**policies, "max_withdrawals": 0.0}
        self._journal: list[tuple[Any, ...]] = []
        self._owed: list[tuple[tuple[str, str, str], int]] = []
        """What killed runs had set in the CRM, and how often users had set that field by then: later runs have to
        record it, unless a user was quicker."""
        self._instants = 0
        self._trouble = Trouble()
        self._dead = False
        self.witness.instant = self.watcher.instant = self._instant
        self.workspace = self._open()
        self.workspace.crm.ensure_opt_in_fields(
            [OptInField(opt_in_key(CONNECTION, one), one) for one in self.scopes]
        )

    @property
    def users(self) -> CrmSandbox:
        """The CRM's users."""
        return self.crm.users

    def close(self) -> None:
        self.workspace.close()
        self.crm.close()
        del WATCHERS[str(self.folder)]
        shutil.rmtree(self.folder)

    def scope(self, list_id: str) -> str:
        return ACCOUNT_SCOPE if self.service.account_wide else list_id

    def key(self, list_id: str) -> str:
        return opt_in_key(CONNECTION, self.scope(list_id))

    def statuses(self, list_id: str) -> dict[str, str]:
        """Return address -> status of everybody whom the service has."""
        return {address: held.status.value for address, held in self.sandbox.recipients(list_id).items()}

    def tick(self, seconds: float = 1.0) -> None:
        self.clock.advance(seconds)

    # --- runs -----------------------------------------------------------------------------------------------

    def run(
        self, kind: Kind, list_id: str, trouble: Trouble, *, full: bool = False, at_rest: bool = False
    ) -> RunReport | None:
        """Run; None when it failed or was killed."""
        self.oracle.cleared.clear()
        self._trouble, self._instants, self._dead = trouble, 0, False
        visible = self.oracle.visible_words(self.scope(list_id), self.statuses(list_id))
        owed_before = len(self.oracle.made_by_us)
        if trouble.fault:
            fault = FAULTS[trouble.fault]
            self.sandbox.faults.add(fault, skip=trouble.fault_skips, times=trouble.fault_times)
        report = None
        try:
            report = self._run(kind, list_id, RunOptions(full=full, allow_withdrawals=at_rest or not self.guarded))
        except Killed:
            self._bring_back()
        except ImportFirst:
            pass
        except PluginError:
            raise
        except RundbriefError:
            pass
        finally:
            self.sandbox.faults.clear()
            self._trouble = Trouble()
        if report is not None:
            for word in visible:
                word.seen = True
        made = self.oracle.made_by_us[owed_before:]
        if self._dead:
            self._owed += [(one, self._set_by_users(one)) for one in made]
        else:
            self._check_owed(made)
        allowed = GUARD_FLOOR if kind == "import" else 2 * GUARD_FLOOR
        if self.guarded and not at_rest and len(self.oracle.cleared) > allowed:
            raise Broken(f"R7: one run took away {len(self.oracle.cleared)} consents")
        self.check()
        return report

    def _run(self, kind: Kind, list_id: str, options: RunOptions) -> RunReport:
        if kind == "export":
            return export_list(self.workspace, CONNECTION, list_id, None, options)
        return RUNS[kind](self.workspace, CONNECTION, list_id, options)

    def _open(self) -> Workspace:
        settings = dict(self.sandbox.settings("http://127.0.0.1"))
        provider = settings.pop("provider")
        connection = ConnectionConfig(CONNECTION, provider, settings, **self._settings)  # type: ignore[arg-type]
        config = Config(
            None,
            self.folder,
            self.folder / "state.db",
            crm=CrmConfig("watched"),
            connections={CONNECTION: connection},
        )
        return Workspace(
            config,
            environ=self.sandbox.environ(),
            transports={CONNECTION: wsgi_transport(self.sandbox)},
            now=self.clock,
            wait=lambda seconds: None,
        )

    def _instant(self, _: str) -> None:
        if self._dead:
            raise Killed
        self._instants += 1
        if self._instants == self._trouble.act_at and self._trouble.act:
            self.tick()
            self._trouble.act(self)
        if self._instants == self._trouble.kill_at:
            self._dead = True
            for name in self.files:
                _copy(self.folder / name, self.folder / f"{name}.killed")
            raise Killed

    def _bring_back(self) -> None:
        """Put the files back as they were when the run was killed: what came later never happened."""
        self.workspace.close()
        self.crm.close()
        for name in self.files:
            for left in self.folder.glob(f"{name}-*"):
                left.unlink()
            self.folder.joinpath(f"{name}.killed").replace(self.folder / name)
        self.crm.come_back()
        self.workspace = self._open()

    # --- the rules ------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Raise what the witnesses have seen, and compare the journal with what it was."""
        for broken in (*self.witness.broken, *self.watcher.broken):
            raise broken
        journal = self.journal()
        if journal[: len(self._journal)] != self._journal:
            raise Broken("R6: a journal entry was altered or lost")
        self._journal = journal

    def journal(self) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / "state.db")) as connection:
            return connection.execute(
                "SELECT seq, scope, address, contact_id, place, actor, was, became, recorded_at, stated_at,"
                " evidence, run_id FROM journal ORDER BY seq"
            ).fetchall()

    def _check_owed(self, made: list[tuple[str, str, str]]) -> None:
        entries = {(row[3], row[1], row[7]) for row in self.journal() if row[4] == "crm"}
        for one in made:
            if one not in entries:
                raise Broken(f"R6: the journal does not know that we set contact {one[0]} to {one[2]}")

    def come_to_rest(self) -> None:
        """R5: with nobody acting any more, a few runs reach a state that further runs leave alone."""
        self.witness.work_off()
        for _ in range(8):
            self.tick(90)
            self.sandbox.requests.reset()
            made = len(self.oracle.made_by_us)
            reports: dict[str, dict[str, set[str]]] = {scope: {} for scope in self.scopes}
            for list_id in self.lists:
                report = self.run("sync", list_id, Trouble(), full=True, at_rest=True)
                if report is None:
                    raise Broken("R5: a run fails though nothing is in its way")
                for address, results in self._reported(report).items():
                    reports[self.scope(list_id)].setdefault(address, set()).update(results)
            if not self.sandbox.requests.writes and len(self.oracle.made_by_us) == made:
                break
        else:
            raise Broken("R5: there is always something left to write")
        for list_id in self.lists[: len(self.scopes)]:
            statuses = self.statuses(list_id)
            self.oracle.agree(self.scope(list_id), statuses, reports[self.scope(list_id)])
            self._check_statuses_on_record(self.scope(list_id), statuses)
        self._check_owed([one for one, sets in self._owed if self._set_by_users(one) == sets])

    def _set_by_users(self, made: tuple[str, str, str]) -> int:
        """Return how often users have set a field that we had set; -1 once the contact is gone."""
        contact_id, scope, _ = made
        return self.oracle.fields[contact_id, scope].set_by_users if contact_id in self.oracle.addresses else -1

    def _check_statuses_on_record(self, scope: str, statuses: dict[str, str]) -> None:
        """R6: the journal ends, for each recipient, with the status that the service has now."""
        last = {row[2]: row[7] for row in self.journal() if row[1] == scope and row[4] == "service"}
        for address, status in statuses.items():
            if (
                self.service.hides_archived
                and status == "archived"
                and last.get(address) in (None, "gone", "moved")
            ):
                continue  # the default read does not show it, so for us it has gone, or was never there
            if last.get(address) != self.service.read_as.get(status, status):
                raise Broken(f"R6: {address} is {status}, and the journal ends with {last.get(address)}")

    def _reported(self, report: RunReport) -> dict[str, set[str]]:
        with closing(sqlite3.connect(self.folder / "state.db")) as connection:
            rows = connection.execute("SELECT address, result FROM outcomes WHERE run_id = ?", (report.run_id,))
            found: dict[str, set[str]] = {}
            for address, result in rows:
                found.setdefault(address, set()).add(result)
        return found


_TEMPLATES = ("state.db", "contacts.db")


@cache
def _empty(name: str) -> bytes:
    """Return a database with its schema and nothing in it, so that not every example has to migrate one."""
    folder = Path(mkdtemp(prefix="consent-machine-"))
    (Store.open(folder / name) if name == "state.db" else LocalCrm(folder / name)).close()
    with closing(sqlite3.connect(folder / name)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    content = folder.joinpath(name).read_bytes()
    shutil.rmtree(folder)
    return content


def _copy(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    with closing(sqlite3.connect(source)) as present, closing(sqlite3.connect(target)) as copy:
        present.backup(copy)
