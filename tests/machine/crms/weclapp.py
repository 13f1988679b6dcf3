"""weclapp: its users are at its sandbox, and the oracle hears of every effect of a request of ours."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from werkzeug.wrappers import Response

from machine.crms.crm import MachineCrm
from machine.watched_crm import WatchedCrm, Watcher
from rundbrief.config import load_settings
from rundbrief.crm import Crm
from rundbrief.http import AccountLimits, Client, open_client, wsgi_transport
from rundbrief.models import Contact, CrmOptIn, OptIn, OptInChange
from rundbrief.plugins import load_crm
from rundbrief.testing.application import SandboxRequest
from rundbrief.testing.crm_sandbox import HeldContact
from rundbrief_weclapp.testing import WeclappSandbox

__all__ = ["WeclappMachineCrm"]


class WeclappMachineCrm(MachineCrm):
    files = ("weclapp.db",)
    users: WeclappSandbox

    def __init__(self, folder: Path, watcher: Watcher, now: Callable[[], datetime]) -> None:
        super().__init__(folder, watcher, now)
        self.users = WeclappSandbox(now)
        self._respond = self.users.respond
        self.users.respond = self._watched  # type: ignore[method-assign]
        self._clients: list[Client] = []

    def open(self) -> Crm:
        plugin = load_crm("weclapp")
        raw = {
            name: value for name, value in self.users.settings("http://127.0.0.1:9").items() if name != "plugin"
        }
        environ = self.users.environ()
        settings = load_settings(plugin.info.settings, raw, where="crm", folder=self.folder, environ=environ)
        assert plugin.info.endpoint is not None
        client = open_client(
            plugin.info.endpoint(settings),
            limits=AccountLimits(plugin.info.concurrency),
            transport=wsgi_transport(self.users),
            wait=lambda seconds: None,
        )
        self._clients.append(client)
        return WatchedCrm(plugin.open(settings, client, self.folder), self.watcher, by_request=True)

    def close(self) -> None:
        for client in self._clients:
            client.close()

    def come_back(self) -> None:
        """The tenant lives elsewhere: nothing of it is put back."""

    def _watched(self, request: SandboxRequest) -> Response:
        kind = "CRM read" if request.method == "GET" else "CRM written"
        self.watcher.instant(kind)
        before = self.users.contacts() if request.method != "GET" else {}
        response = self._respond(request)
        self.watcher.answered()
        if request.method != "GET":
            self._judge(before, self.users.contacts())
        self.watcher.instant(kind)
        return response

    def _judge(self, before: Mapping[str, HeldContact], after: Mapping[str, HeldContact]) -> None:
        oracle = self.watcher.oracle
        for contact_id, held in after.items():
            known = before.get(contact_id)
            for key, value in held.opt_ins.items():
                if known is None:
                    contact = Contact(contact_id, held.email)
                    self.watcher.judge(lambda a=contact, b=key: oracle.we_created(a, b))
                elif (was := known.opt_ins.get(key, OptIn.UNKNOWN)) is not value:
                    change = OptInChange(contact_id, key, was, CrmOptIn(value))
                    self.watcher.judge(lambda a=change: oracle.we_set(a.key, a))
