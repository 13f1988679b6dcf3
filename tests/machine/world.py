"""The world of one example: services, a CRM and a state on files, and runs that can be killed at any instant."""

import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Literal

from werkzeug.wrappers import Response

from machine.at_rest import AtRest, nothing_spread_is_left
from machine.crms import CRMS
from machine.files import copy_database, empty_database
from machine.journal import Journal
from machine.oracle import Oracle
from machine.services import Service
from machine.sides import MailingListThere, Side
from machine.statements import Broken, ServiceWord
from machine.troubles import FAULTS, Passing, Trouble
from machine.watched_crm import WATCHERS, Watcher
from machine.watched_service import Killed
from rundbrief.config import Config, ConnectionConfig, CrmConfig
from rundbrief.engine import RunOptions, RunReport, Workspace, export_list, import_list, sync_list
from rundbrief.errors import ImportFirst, PluginError, RundbriefError
from rundbrief.http import wsgi_transport
from rundbrief.models import OptInField
from rundbrief.testing.crm_sandbox import CrmSandbox
from rundbrief.testing.faults import Fault
from rundbrief.testing.sandbox import ManualClock

__all__ = ["GUARD_FLOOR", "RunKind", "World"]

RunKind = Literal["import", "export", "sync"]

GUARD_FLOOR = 1
"""Consents that a guarded run may take away: so few that four people are enough to meet the guard rail."""

RUNS = {"import": import_list, "sync": sync_list}

UNTIL_REST = 8
"""Runs of everything after which nothing may be left to write."""


class World:
    """Args:
    services: each is a connection of its own.
    policies: of each connection.
    guarded: nobody lifts the guard rail until everything comes to rest.
    tally: counts what happens.
    """

    def __init__(
        self,
        services: Sequence[Service],
        policies: Mapping[str, str],
        *,
        crm: str = "local",
        guarded: bool = False,
        tally: Counter[str] | None = None,
    ) -> None:
        self.guarded = guarded
        self.tally = Counter[str]() if tally is None else tally
        self.folder = Path(mkdtemp(prefix="consent-machine-"))
        self.clock = ManualClock(datetime(2026, 6, 1, tzinfo=UTC))
        withdrawals = policies.get("withdrawals")
        self.spreads = withdrawals == "everywhere"
        self.oracle = Oracle(confirms=policies.get("reconsent") == "confirm", reports=withdrawals == "report")
        self.sides = [Side(one.name, one, self.clock, self.oracle, self._instant, self.tally) for one in services]
        self.lists = [one for side in self.sides for one in side.lists]
        self.scopes = [scope for side in self.sides for scope in side.scopes]
        self.watcher = WATCHERS[str(self.folder)] = Watcher(self.oracle, self.scopes, self._instant)
        for name in ("state.db", "contacts.db"):
            self.folder.joinpath(name).write_bytes(empty_database(name))
        self.journal = Journal(self.folder / "state.db", self.oracle)
        self._passing = Passing(Trouble())
        self._dead = False
        self.crm = CRMS[crm](self.folder, self.watcher, self.clock)
        self.watcher.open = self.crm.open
        self.files = ("state.db", *self.crm.files)
        self._policies = {**policies, "max_withdrawals": 0.0}
        self.workspace = self._open()
        self.workspace.crm.ensure_opt_in_fields([OptInField(one, one) for one in self.scopes])

    @property
    def users(self) -> CrmSandbox:
        """The CRM's users."""
        return self.crm.users

    def close(self) -> None:
        self.workspace.close()
        self.crm.close()
        del WATCHERS[str(self.folder)]
        shutil.rmtree(self.folder)

    def tick(self, seconds: float = 1.0) -> None:
        self.clock.advance(seconds)

    # --- runs -----------------------------------------------------------------------------------------------

    def run(
        self,
        kind: RunKind,
        mailing_list: MailingListThere,
        trouble: Trouble,
        *,
        full: bool = False,
        at_rest: bool = False,
    ) -> RunReport | None:
        """Run; None when it failed or was killed."""
        self.oracle.cleared.clear()
        visible = self._visible_words(mailing_list)
        made_before = len(self.oracle.made_by_us)
        self._passing, self._dead = Passing(trouble), False
        self._lay_in_wait(mailing_list.side, trouble)
        report = None
        try:
            report = self._run(kind, mailing_list, RunOptions(full, allow_withdrawals=at_rest or not self.guarded))
        except Killed:
            self._bring_back()
        except ImportFirst:
            pass
        except PluginError:
            raise
        except RundbriefError:
            pass
        finally:
            mailing_list.side.sandbox.faults.clear()
            self._passing = Passing(Trouble())
        self.tally["runs"] += 1
        if report is not None:
            self.oracle.read_completely(visible, self._visible_words(mailing_list))
        self.journal.settle(self.oracle.made_by_us[made_before:], was_killed=self._dead)
        self._check_guard(kind, at_rest=at_rest)
        self.check()
        return report

    def _run(self, kind: RunKind, mailing_list: MailingListThere, options: RunOptions) -> RunReport:
        if kind == "export":
            return export_list(self.workspace, mailing_list.side.name, mailing_list.id, None, options)
        return RUNS[kind](self.workspace, mailing_list.side.name, mailing_list.id, options)

    def _visible_words(self, mailing_list: MailingListThere) -> list[ServiceWord]:
        return self.oracle.visible_words(mailing_list.scope, mailing_list.statuses())

    def _lay_in_wait(self, side: Side, trouble: Trouble) -> None:
        if trouble.fault is None:
            return
        fault: Fault = FAULTS[trouble.fault]

        def counted(answer: Callable[[], Response]) -> Response:
            self.tally["faults"] += 1
            return fault(answer)

        side.sandbox.faults.add(counted, skip=trouble.fault_skips, times=trouble.fault_times)

    def _open(self) -> Workspace:
        connections, environ = {}, {}
        for side in self.sides:
            settings: dict[str, Any] = dict(side.sandbox.settings("http://127.0.0.1"))
            provider = settings.pop("provider")
            connections[side.name] = ConnectionConfig(side.name, provider, settings, **self._policies)  # type: ignore[arg-type]
            environ |= side.sandbox.environ()
        config = Config(
            None, self.folder, self.folder / "state.db", crm=CrmConfig("watched"), connections=connections
        )
        return Workspace(
            config,
            environ=environ,
            transports={side.name: wsgi_transport(side.sandbox) for side in self.sides},
            now=self.clock,
            wait=lambda seconds: None,
        )

    def _instant(self, kind: str) -> None:
        if self._dead:
            raise Killed
        self.tally["instants"] += 1
        acts, dies = self._passing.pass_by(kind)
        for act in acts:
            self.tally["acts at an instant"] += 1
            self.tick()
            act(self)
        if dies:
            self.tally["kills"] += 1
            self._dead = True
            for name in self.files:
                copy_database(self.folder / name, self.folder / f"{name}.killed")
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
        seen = [broken for side in self.sides for broken in side.witness.broken]
        for broken in (*seen, *self.watcher.broken):
            raise broken
        self.journal.check_that_it_only_grew()

    def _check_guard(self, kind: RunKind, *, at_rest: bool) -> None:
        allowed = GUARD_FLOOR if kind == "import" else 2 * GUARD_FLOOR
        if self.guarded and not at_rest and len(self.oracle.cleared) > allowed:
            raise Broken(f"R7: one run took away {len(self.oracle.cleared)} consents")

    def come_to_rest(self) -> None:
        """R5: with nobody acting any more, a few runs reach a state that further runs leave alone."""
        for side in self.sides:
            side.witness.work_off()
        for _ in range(UNTIL_REST):
            self.tick(90)
            made = len(self.oracle.made_by_us)
            for side in self.sides:
                side.sandbox.requests.reset()
            reports = self._run_everything()
            if not any(side.sandbox.requests.writes for side in self.sides) and made == len(
                self.oracle.made_by_us
            ):
                break
        else:
            raise Broken("R5: there is always something left to write")
        members = {scope: side.statuses(scope) for side in self.sides for scope in side.scopes}
        for side in self.sides:
            for scope in side.scopes:
                AtRest(self.oracle, scope, members[scope], reports[scope]).agree()
                self.journal.check_statuses(side.service, scope, members[scope])
        if self.spreads:
            nothing_spread_is_left(self.oracle, members)
        self.journal.check_that_nothing_is_owed()

    def _run_everything(self) -> dict[str, dict[str, set[str]]]:
        """Return consent scope -> address -> results in the reports."""
        reports: dict[str, dict[str, set[str]]] = {scope: {} for scope in self.scopes}
        for one in self.lists:
            report = self.run("sync", one, Trouble(), full=True, at_rest=True)
            if report is None:
                raise Broken("R5: a run fails though nothing is in its way")
            for address, results in self.journal.reported(report.run_id).items():
                reports[one.scope].setdefault(address, set()).update(results)
        return reports
