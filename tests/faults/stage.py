"""The stage: a service, a CRM and a state. Something has happened on either side, and jobs follow."""

import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from rundbrief.config import Config, ConnectionConfig, CrmConfig
from rundbrief.crm.local import LocalCrm
from rundbrief.engine import Connection, RunOptions, RunReport, Workspace, export_list, import_list, pull_lists
from rundbrief.engine.fields import push_fields, view_fields
from rundbrief.fields import CrmField, FieldType
from rundbrief.hookspecs import ConsentScope
from rundbrief.http import wsgi_transport
from rundbrief.models import OptIn, address_key
from rundbrief.plugins import load_crm, load_provider
from rundbrief.testing.application import SandboxApplication
from rundbrief.testing.crm_sandbox import CrmSandbox
from rundbrief.testing.local_crm import LocalCrmSandbox
from rundbrief.testing.sandbox import ManualClock, Sandbox

__all__ = ["JOBS", "LEAVES_NOW", "LEFT", "Job", "Stage"]

CONNECTION = "news"

A_WHILE = 31 * 24 * 3600
"""Seconds until people act: longer than an access token lives."""

FIELDS = {
    "mailchimp": {"FNAME": "first_name"},
    "cleverreach": {"firstname": "first_name"},
    "brevo": {"FIRSTNAME": "first_name"},
}

CHANGED = [f"changed{number}@example.org" for number in range(5)]
MOVED, MOVED_TO = "before@example.org", "after@example.org"
CLEARED = "cleared@example.org"
"""The CRM's user takes back her opt-in."""
LEFT = "left@example.org"
"""She has unsubscribed at the service since the last run."""
LEAVES_NOW = CHANGED[-1]
"""She unsubscribes at the service just before the request that meets the fault."""
BLOCKED = "blocked@example.org"
"""An administrator of the service has put her on a blacklist, or what is nearest to it."""
RETURNS = "returns@example.org"
"""She had left; the CRM says *yes* again, so that a service that can will ask her."""
NEWCOMER = "newcomer@example.org"
"""She has signed up at the service, and the CRM does not know her."""
ADDED = [*(f"added{number}@example.org" for number in range(2)), "two@signs@example.org"]
"""They opted in in the CRM. No service takes the last one."""


@dataclass(frozen=True)
class Job:
    """What somebody asks rundbrief to do."""

    name: str
    run: Callable[["Stage"], RunReport | Sequence[str]]
    """Returns a run's report, or what else was said."""


class Stage:
    """One connection between a service and a CRM, both in this process.

    Everything is in step; then people and users act. Nothing of it has been seen by a run yet.

    Args:
        skew: by how much the clocks of service and CRM are ahead of ours.
    """

    def __init__(self, service: str, crm: str = "local", *, skew: timedelta = timedelta()) -> None:
        self.names = (service, crm)
        self.folder = Path(mkdtemp(prefix="fault-matrix-"))
        self.ours = ManualClock(datetime.now(UTC))
        self.theirs = ManualClock(self.ours() + skew)
        sandbox = load_provider(service).sandbox()
        assert sandbox is not None
        self.service: Sandbox = sandbox
        self.service.clock = self.theirs
        self.is_account_wide = load_provider(service).info.scope is ConsentScope.ACCOUNT
        self.asks_for_confirmation = service == "mailchimp"
        self.list_id = self.service.add_list("Letter", double_opt_in=self.asks_for_confirmation)
        self.users = self._users()
        self.workspace = self._workspace()
        self._has_left = False

    def close(self) -> None:
        self.pause()
        shutil.rmtree(self.folder, ignore_errors=True)

    def pause(self) -> None:
        """Let go of the files; whatever asks for them opens them again."""
        self.workspace.close()
        if isinstance(self.users, LocalCrmSandbox):
            self.users.crm.close()

    def move_to_a_copy(self) -> None:
        """Go on with files of its own: for a process that was forked off."""
        folder = Path(mkdtemp(prefix="fault-matrix-"))
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        self.folder = folder
        if isinstance(self.users, LocalCrmSandbox):
            self.users = self._users()
        self.workspace = self._workspace()

    @property
    def connection(self) -> Connection:
        return self.workspace.connection(CONNECTION)

    def _users(self) -> CrmSandbox:
        if self.names[1] == "local":
            return LocalCrmSandbox(LocalCrm(self.folder / "contacts.db"))
        users = load_crm(self.names[1]).sandbox()
        assert users is not None
        assert users.application is not None
        users.application.clock = self.theirs
        return users

    def wait(self, seconds: float) -> None:
        """Pass the time, for everybody."""
        self.ours.advance(seconds)
        self.theirs.advance(seconds)

    @property
    def applications(self) -> Mapping[str, SandboxApplication]:
        """Whom requests go to: service and, where it has an API, CRM."""
        crm = self.users.application
        return {"service": self.service, **({"crm": crm} if crm else {})}

    def _workspace(self) -> Workspace:
        service, crm = self.names
        settings = dict(self.service.settings("http://127.0.0.1:9"))
        settings.pop("provider")
        crm_settings = dict(self.users.settings("http://127.0.0.1:9"))
        crm_settings.pop("plugin")
        connection = ConnectionConfig(
            CONNECTION,
            service,
            settings,
            FIELDS[service],
            reconsent="confirm",
            max_withdrawals=1.0,
            full_import_days=0,
        )
        config = Config(
            None,
            self.folder,
            self.folder / "state.db",
            crm=CrmConfig(crm, crm_settings),
            connections={CONNECTION: connection},
        )
        transports = {CONNECTION: wsgi_transport(self.service)}
        if self.users.application is not None:
            transports["crm"] = wsgi_transport(self.users.application)
        return Workspace(
            config,
            environ={**self.service.environ(), **self.users.environ()},
            transports=transports,
            now=self.ours,
            wait=self.wait,
        )

    # --- what has happened -----------------------------------------------------------------------------------

    @property
    def key(self) -> str:
        return CONNECTION if self.is_account_wide else f"{CONNECTION}/{self.list_id}"

    def come_into_step(self) -> None:
        """Let people sign up whom the CRM knows, and run until both sides agree."""
        first_name = next(iter(self.connection.config.fields))
        for one in (*CHANGED, MOVED, CLEARED, LEFT, BLOCKED, RETURNS):
            self.users.add_contact(one, {"first_name": "Jo", "last_name": "Doe"})
            self.service.subscribe(self.list_id, one, {first_name: "Jo"})
            self._confirm(one)
        self._import(full=True)
        self.wait(3600)
        self.service.unsubscribe(self.list_id, RETURNS)
        self.wait(3600)
        self._export()
        self.wait(A_WHILE)

    def _confirm(self, address: str) -> None:
        if self.asks_for_confirmation:
            self.service.confirm(self.list_id, address)

    def let_things_happen(self) -> None:
        """Let people and users act."""
        contacts = {one.email: contact_id for contact_id, one in self.users.contacts().items()}
        for one in CHANGED:
            self.users.edit_contact(contacts[one], fields={"first_name": "Joanna"})
        self.users.edit_contact(contacts[MOVED], email=MOVED_TO)
        self.users.set_opt_in(contacts[CLEARED], self.key, OptIn.NO)
        self.users.set_opt_in(contacts[RETURNS], self.key, OptIn.YES)
        for one in ADDED:
            added = self.users.add_contact(one, {"first_name": "Kim", "last_name": "Doe"})
            self.users.set_opt_in(added, self.key, OptIn.YES)
        self.service.unsubscribe(self.list_id, LEFT)
        self.service.subscribe(self.list_id, NEWCOMER, {next(iter(self.connection.config.fields)): "Nina"})
        self._confirm(NEWCOMER)
        self.users.add_field("Loyalty", FieldType.TEXT)
        if self.names[1] == "weclapp":
            self.workspace.close()
            (self.folder / "weclapp.db").unlink()  # so that everybody is read again
            self.users.add_external_connection(self.names[0].upper())  # type: ignore[attr-defined]
        self.service.block(self.list_id, BLOCKED)
        self.service.add_list("Events")
        self.wait(60)

    def let_fields_differ(self) -> None:
        """Let the service have a field that lacks one of the CRM's choices. For a CRM that has choices."""
        self.users.add_field("Plan", FieldType.CHOICE, ("basic", "gold"))
        known = CrmField("plan", "Plan", FieldType.CHOICE, ("basic",))
        [mailing_list] = [one for one in pull_lists(self.workspace, self.connection) if one.id == self.list_id]
        self.connection.provider.create_fields(self.connection.session, mailing_list, [known])

    def leave_now(self) -> None:
        """Let somebody unsubscribe, when this is first called."""
        if not self._has_left:
            self._has_left = True
            self.service.unsubscribe(self.list_id, LEAVES_NOW)

    # --- jobs ------------------------------------------------------------------------------------------------

    def _check(self) -> list[str]:
        account = self.connection.provider.check_connection(self.connection.session)
        return [str(account), self.workspace.crm.check()]

    def _lists(self) -> list[str]:
        return [one.name for one in pull_lists(self.workspace, self.connection)]

    def _fields(self) -> list[str]:
        view = view_fields(self.workspace, CONNECTION, self.list_id)
        push_fields(view)
        return view.problems

    def _import(self, *, full: bool = False) -> RunReport:
        return import_list(self.workspace, CONNECTION, self.list_id, RunOptions(full=full))

    def _export(self) -> RunReport:
        return export_list(self.workspace, CONNECTION, self.list_id)

    # --- what there is to see --------------------------------------------------------------------------------

    def at_service(self) -> dict[str, Any]:
        """Return address -> status, membership, and the field that the map names.

        Whether somebody's data were sent before she left is a matter of the moment.
        """
        first_name = next(iter(self.connection.config.fields))
        return {
            address: (
                held.status.value,
                held.is_member,
                held.fields.get(first_name) if address != LEAVES_NOW else None,
            )
            for address, held in self.service.recipients(self.list_id).items()
        }

    def at_crm(self) -> Counter[tuple[str, str, str]]:
        """Return each contact, with address, opt-in and first name; somebody who was made twice counts twice."""
        return Counter(
            (
                address_key(one.email or ""),
                one.opt_ins.get(self.key, OptIn.UNKNOWN).value,
                str(one.fields.get("first_name")),
            )
            for one in self.users.contacts().values()
        )

    def fields_there(self) -> dict[str, Any]:
        """Return the CRM's fields that have a place at the service, with its choices."""
        rows = view_fields(self.workspace, CONNECTION, self.list_id).rows
        return {row.crm.label: (row.remote.label, row.remote.choices) for row in rows if row.remote}

    def on_record(self) -> dict[str, Any]:
        """Return what the state says: recipients, the last words of the journal, and that nothing is left open."""
        with closing(sqlite3.connect(self.folder / "state.db")) as state:
            # Of somebody unconfirmed there may be no agreement yet: it comes with her confirmation.
            recipients = state.execute(
                "SELECT address, status, CASE status WHEN 'pending' THEN '' ELSE agreed END, withdrawn"
                " FROM recipients ORDER BY address"
            )
            journal = state.execute("SELECT address, place, became FROM journal ORDER BY seq")
            return {
                "recipients": recipients.fetchall(),
                "journal": {(address, place): became for address, place, became in journal},
                "open": [
                    state.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                    for table in ("inbox", "intents", "outbox", "candidates")
                ],
            }

    def lines_of(self, run_id: int) -> set[tuple[str, str, str]]:
        """Return a run's lines about contacts that something was not done for."""
        with closing(sqlite3.connect(self.folder / "state.db")) as state:
            rows = state.execute(
                "SELECT address, result, reason FROM outcomes WHERE run_id = ? AND result <> 'done'", (run_id,)
            )
            return set(rows.fetchall())


JOBS = {
    one.name: one
    for one in (
        Job("check", Stage._check),
        Job("lists", Stage._lists),
        Job("fields", Stage._fields),
        Job("full import", lambda stage: stage._import(full=True)),
        Job("import", Stage._import),
        Job("export", Stage._export),
    )
}
