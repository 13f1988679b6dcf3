"""How many requests a job takes, per service: counted by each installed provider's own sandbox."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rundbrief.config import Config, ConnectionConfig
from rundbrief.crm.local import LocalCrm
from rundbrief.engine import RunReport, Workspace, export_list, import_list, pull_lists
from rundbrief.http import wsgi_transport
from rundbrief.models import CrmOptIn, NewContact, OptIn, Result
from rundbrief.plugins import load_provider
from rundbrief.testing.sandbox import Sandbox

__all__ = ["Counted", "count_jobs"]

READ = 5_000
WRITTEN = 1_000


@dataclass(frozen=True, slots=True)
class Counted:
    job: str
    reads: int
    """GET requests; asking after a batch or an import is among them."""
    writes: int
    """All others: also a search or a token, where those are POST requests."""


class _Desk:
    """A service with subscribers, and a CRM beside it."""

    def __init__(self, sandbox: Sandbox, workspace: Workspace, list_id: str) -> None:
        self.sandbox = sandbox
        self.workspace = workspace
        self.list_id = list_id
        connection = workspace.connection("bench")
        (mailing_list,) = pull_lists(workspace, connection)
        self.key = connection.opt_in_field(mailing_list).key
        assert isinstance(workspace.crm, LocalCrm)
        self.crm = workspace.crm

    def count(self, job: str, run: Callable[[], RunReport], done: int) -> Counted:
        """Run, and count; a job that did something else than it is called has no figures."""
        self.sandbox.requests.reset()
        report = run()
        written = sum(count for (result, _), count in report.tally.items() if result is Result.DONE)
        if written != done:
            raise SystemExit(f"{job}: {written} contacts were written, not {done}")
        return Counted(job, self.sandbox.requests.reads, self.sandbox.requests.writes)

    def imports(self) -> RunReport:
        return import_list(self.workspace, "bench", self.list_id)

    def exports(self) -> RunReport:
        return export_list(self.workspace, "bench", self.list_id)

    def add_contacts(self) -> list[str]:
        opt_in = CrmOptIn(OptIn.YES, source="benchmark")
        fields = {"first_name": "Jördis", "last_name": "Müller"}
        new = [
            NewContact(f"new{number}@example.org", fields, self.key, opt_in, "benchmark")
            for number in range(WRITTEN)
        ]
        return list(self.crm.create_contacts(new))


def count_jobs(provider: str) -> Iterator[Counted]:
    """Do every job once, each on what the one before has left behind."""
    with _desk(provider) as desk:
        yield desk.count(f"import {READ:,}", desk.imports, READ)
        yield desk.count("import, nothing changed", desk.imports, 0)
        created = desk.add_contacts()
        yield desk.count(f"create {WRITTEN:,}", desk.exports, WRITTEN)
        for contact_id in created:
            desk.crm.edit(contact_id, fields={"last_name": "Meier"})
        yield desk.count(f"change {WRITTEN:,}", desk.exports, WRITTEN)
        for contact_id in created:
            desk.crm.set_opt_in(contact_id, desk.key, OptIn.NO, "benchmark")
        yield desk.count(f"withdraw {WRITTEN:,}", desk.exports, WRITTEN)
        yield desk.count("export, nothing changed", desk.exports, 0)


@contextmanager
def _desk(provider: str) -> Iterator[_Desk]:
    sandbox = load_provider(provider).sandbox()
    if sandbox is None:
        raise SystemExit(f"the provider {provider} ships no sandbox")
    list_id = sandbox.add_list("Benchmark")
    sandbox.seed(list_id, READ)
    settings = dict(sandbox.settings("http://127.0.0.1"))
    connection = ConnectionConfig("bench", settings.pop("provider"), settings, max_withdrawals=1.0)
    with tempfile.TemporaryDirectory(prefix="rundbrief-bench-") as folder:
        config = Config(None, Path(folder), Path(folder) / "state.db", connections={"bench": connection})
        transports = {"bench": wsgi_transport(sandbox)}
        with Workspace(config, environ=sandbox.environ(), transports=transports) as workspace:
            yield _Desk(sandbox, workspace, list_id)
