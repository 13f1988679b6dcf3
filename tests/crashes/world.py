"""Where a case takes place: services and a CRM in boxes, and a folder with the client's configuration and files.

A world is prepared once. Each case goes on in a fork of that process, with a copy of the files: the sandboxes are
then as they were, and nothing has to be built again. So a world that is to be forked must have neither threads nor
open files.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from machine.services import SERVICES, Service

from crashes.people import People, change_crm, change_service, sign_up
from rundbrief.cli.toml import connection_table, crm_table
from rundbrief.config import load_config
from rundbrief.crm.local import LocalCrm
from rundbrief.engine import Workspace, export_list, import_list, lists_to_import, lists_to_sync
from rundbrief.engine.scopes import opt_in_key
from rundbrief.http import wsgi_transport
from rundbrief.store import ACCOUNT_SCOPE
from rundbrief.testing.application import SandboxApplication
from rundbrief.testing.crm_sandbox import CrmSandbox
from rundbrief.testing.local_crm import LocalCrmSandbox
from rundbrief.testing.sandbox import Sandbox
from rundbrief_weclapp.testing import WeclappSandbox

__all__ = ["Box", "World"]

NOWHERE = "http://127.0.0.1:9"

FIELDS = {
    "mailchimp": {"FNAME": "first_name", "LNAME": "last_name"},
    "cleverreach": {"firstname": "first_name", "lastname": "last_name"},
    "brevo": {"FIRSTNAME": "first_name", "LASTNAME": "last_name"},
}


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Box:
    """One service with its lists. The connection to it has the service's name."""

    service: Service
    sandbox: Sandbox
    lists: Sequence[str]

    @classmethod
    def of(cls, name: str) -> "Box":
        """Make a service: with one list, and where a list can ask for confirmation, a second one that does."""
        service = SERVICES[name]
        sandbox = service.make(now)
        lists = [sandbox.add_list("Letter")]
        if service.double_opt_in:
            lists.append(sandbox.add_list("Press", double_opt_in=True))
        return cls(service, sandbox, lists)

    @property
    def name(self) -> str:
        return self.service.name

    @property
    def keys(self) -> Sequence[str]:
        """Return the opt-in fields of its lists."""
        scopes = [ACCOUNT_SCOPE] if self.service.account_wide else self.lists
        return [opt_in_key(self.name, one) for one in scopes]


@dataclass
class World:
    """Args:
    folder: where the client's files are; a fork works on a copy.
    crm: `local`, or `weclapp` for one with an API.
    """

    folder: Path
    boxes: Sequence[Box]
    crm: str
    people: People
    weclapp: WeclappSandbox | None = field(init=False)

    def __post_init__(self) -> None:
        self.weclapp = WeclappSandbox(now) if self.crm == "weclapp" else None
        self.configure({})

    def prepare(self, *, in_step: bool) -> None:
        """Fill CRM and services.

        Args:
            in_step: both sides have been synced, and then there were changes at either side. Else nothing has run.
        """
        with self.users() as users:
            users.seed(self.people.addresses)
        for box in self.boxes:
            for list_id in box.lists:
                sign_up(self.people, box.sandbox, list_id, box.name)
        if not in_step:
            return
        self._bring_in_step()
        with self.users() as users:
            change_crm(self.people, users, [key for box in self.boxes for key in box.keys])
        for box in self.boxes:
            for list_id in box.lists if not box.service.account_wide else box.lists[:1]:
                change_service(self.people, box.sandbox, list_id, box.name)

    def _bring_in_step(self) -> None:
        applications = {name: wsgi_transport(one) for name, one in self.applications().items()}
        config = load_config(self.folder / "rundbrief.toml", environ={})
        with Workspace(config, environ=self.environ(), transports=applications, wait=lambda _: None) as workspace:
            for box in self.boxes:
                for one in lists_to_import(workspace, box.name):
                    import_list(workspace, box.name, one)
                for one in lists_to_sync(workspace, box.name):
                    export_list(workspace, box.name, one)

    # --- what a case needs -----------------------------------------------------------------------------------

    def applications(self) -> Mapping[str, SandboxApplication]:
        """Return whatever is asked over HTTP, by the name that the configuration has for it."""
        found: dict[str, SandboxApplication] = {box.name: box.sandbox for box in self.boxes}
        return {**found, "crm": self.weclapp} if self.weclapp else found

    @contextmanager
    def moved_to(self, folder: Path) -> Iterator[None]:
        """Go on in a copy of the files, with the sandboxes on ports."""
        shutil.copytree(self.folder, folder)
        self.folder = folder
        with ExitStack() as served:
            urls = {name: served.enter_context(one.serve()) for name, one in self.applications().items()}
            self.configure(urls)
            yield

    def configure(self, urls: Mapping[str, str]) -> None:
        """Write rundbrief.toml."""
        crm: Mapping[str, Any] = {"plugin": "local", "path": "contacts.db"}
        if self.weclapp:
            crm = self.weclapp.settings(urls.get("crm", NOWHERE))
        tables = [crm_table(crm)]
        for box in self.boxes:
            settings = {
                **box.sandbox.settings(urls.get(box.name, NOWHERE)),
                "fields": FIELDS[box.name],
                "max_withdrawals": 1.0,
                "max_additions": 1.0,
                **({"reconsent": "confirm"} if box.service.double_opt_in else {}),
            }
            tables.append(connection_table(box.name, settings))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.joinpath("rundbrief.toml").write_text("\n".join(tables), encoding="utf-8")

    def environ(self) -> dict[str, str]:
        return {key: text for one in self.applications().values() for key, text in one.environ().items()}

    @contextmanager
    def users(self) -> Iterator[CrmSandbox]:
        """Let the CRM's users at it."""
        if self.weclapp:
            yield self.weclapp
            return
        crm = LocalCrm(self.folder / "contacts.db")
        try:
            yield LocalCrmSandbox(crm)
        finally:
            crm.close()

    @property
    def state(self) -> Path:
        return self.folder / "rundbrief.db"
