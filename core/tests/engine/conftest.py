"""A workspace with the embedded CRM and a newsletter service in memory, found as an installed plugin is found."""

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from rundbrief.config import Config, ConnectionConfig
from rundbrief.crm.local import LocalCrm
from rundbrief.engine import (
    RunOptions,
    RunReport,
    StopSignal,
    Workspace,
    export_list,
    import_list,
    sync_list,
)
from rundbrief.models import (
    Contact,
    MailingList,
    NewContact,
    OptIn,
    OptInChange,
    Reason,
    Result,
    Selection,
    SubscriberStatus,
    WriteKind,
)
from rundbrief.store import JournalEntry, OutcomeLine, Recipient

KEY = "news/1"
"""The opt-in field of connection `news` and list `1`."""


@dataclass
class Clock:
    """Time that moves when a test says so, and a second with each look."""

    at: datetime = datetime(2026, 6, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at

    def pass_days(self, days: float) -> None:
        self.at += timedelta(days=days)


@dataclass
class World:
    """Everything a test needs: the service, the CRM, the runs, and what became of them."""

    folder: Path
    service: Any
    """`paperboy.Paperboy`"""
    clock: Clock
    settings: dict[str, Any] = field(default_factory=dict)
    """Settings of the connection, for the next time it is opened."""
    workspace: Workspace = field(init=False)

    def __post_init__(self) -> None:
        self.open()

    def open(self, **settings: Any) -> None:
        """Open the workspace, or open it again as a new process would."""
        if hasattr(self, "workspace"):
            self.workspace.close()
        self.settings |= settings
        self.workspace = self.another()

    def another(self) -> Workspace:
        """Return a second workspace on the same files, as a second process would have."""
        connections = {
            name: ConnectionConfig(name, "paperboy", {"account": self.folder.name}, **self.settings)
            for name in ("news", "other")
        }
        config = Config(None, self.folder, self.folder / "state.db", connections=connections)
        workspace = Workspace(config, environ={}, now=self.clock, wait=lambda seconds: None, stop=StopSignal())
        assert isinstance(workspace.crm, LocalCrm)
        workspace.crm.now = self.clock
        return workspace

    @property
    def crm(self) -> LocalCrm:
        crm = self.workspace.crm
        assert isinstance(crm, LocalCrm)
        return crm

    # --- what a user does -----------------------------------------------------------------------------------

    def add(self, email: str | None, opt_in: OptIn = OptIn.UNKNOWN, **fields: str) -> str:
        """Add a contact to the CRM, with an opt-in; return its id."""
        contact = self.crm.add(email=email, fields=fields)
        if opt_in is not OptIn.UNKNOWN:
            self.say(contact.id, opt_in)
        return contact.id

    def say(self, contact_id: str, opt_in: OptIn) -> None:
        if KEY not in {one.key for one in self.crm.opt_in_fields()}:
            self.pull()
        self.crm.set_opt_in(contact_id, KEY, opt_in, "by hand")

    def pull(self) -> None:
        from rundbrief.engine import pull_lists

        pull_lists(self.workspace, self.workspace.connection("news"))

    def imports(self, **options: Any) -> RunReport:
        return import_list(self.workspace, "news", "1", RunOptions(**options))

    def exports(self, selection: Selection | None = None, **options: Any) -> RunReport:
        return export_list(self.workspace, "news", "1", selection, RunOptions(**options))

    def syncs(self, **options: Any) -> RunReport:
        return sync_list(self.workspace, "news", "1", RunOptions(**options))

    # --- what a test looks at -------------------------------------------------------------------------------

    def contact(self, email: str) -> Contact:
        return self.crm.find(email)

    def opt_in(self, email: str) -> OptIn:
        return self.contact(email).opt_in(KEY).value

    def everybody(self) -> dict[str, OptIn]:
        """Return address -> opt-in for all contacts of the CRM."""
        return {one.email or one.id: one.opt_in(KEY).value for one in self.crm.contacts(Selection())}

    def recipient(self, email: str) -> Recipient | None:
        with self.workspace.store.transaction() as transaction:
            return transaction.recipients("news", "1").by_address([email]).get(email)

    def journal(self, email: str) -> list[JournalEntry]:
        with self.workspace.store.transaction() as transaction:
            return list(transaction.journal.of(email))

    def changes(self, email: str) -> list[tuple[str, str, str, str]]:
        """Return the journal of an address as (place, actor, was, became)."""
        return [(one.place, one.actor, one.was, one.became) for one in self.journal(email)]

    def lines(self, report: RunReport) -> list[OutcomeLine]:
        with self.workspace.store.transaction() as transaction:
            return list(transaction.runs.outcomes(report.run_id))

    def outcomes(self, report: RunReport) -> dict[str, tuple[Result, Reason]]:
        return {one.address: (one.result, one.reason) for one in self.lines(report)}

    def files(self) -> dict[str, list[Any]]:
        """Return everything that stands in the state and in the CRM, table by table."""
        found = {}
        for engine in (self.workspace.store._engine, self.crm._engine):
            with engine.begin() as connection:
                tables = connection.exec_driver_sql(
                    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
                ).scalars()
                for table in list(tables):
                    rows = connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY rowid").all()
                    found[f"{engine.url.database}: {table}"] = [tuple(row) for row in rows]
        return found


@pytest.fixture(scope="session")
def paperboy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """Install the provider: its module on the path, and the metadata an installer would have written."""
    site = tmp_path_factory.mktemp("site")
    metadata = site / "rundbrief_paperboy-1.0.dist-info"
    metadata.mkdir()
    metadata.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: rundbrief-paperboy\nVersion: 1.0\n")
    metadata.joinpath("entry_points.txt").write_text("[rundbrief.providers]\npaperboy = paperboy\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(site))
        patch.syspath_prepend(str(Path(__file__).parent / "providers"))
        yield importlib.import_module("paperboy")


@pytest.fixture
def make_world(paperboy: ModuleType, tmp_path: Path) -> Iterator[Callable[..., World]]:
    worlds: list[World] = []

    def make(*, service: Any = None, files: Mapping[str, bytes] | None = None, **settings: Any) -> World:
        """Make a new world, or one of a service and files that were there before."""
        folder = tmp_path / f"world-{len(worlds)}"
        folder.mkdir()
        for name, content in (files or {}).items():
            (folder / name).touch(mode=0o600)
            (folder / name).write_bytes(content)
        service = paperboy.ACCOUNTS[folder.name] = service or paperboy.Paperboy()
        service.lists["1"] = MailingList("1", "Customers")
        worlds.append(World(folder, service, Clock(), settings))
        return worlds[-1]

    yield make
    for world in worlds:
        world.workspace.close()


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world()


# --- runs that are killed -----------------------------------------------------------------------------------


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def kill_at_the_crm() -> Callable[[World, Callable[[], object]], None]:
    """Return what runs something that dies right after the CRM was written; what would be saved then is lost."""

    def kill(world: World, run: Callable[[], object]) -> None:
        class Dying(type(world.crm)):  # type: ignore[misc]
            def set_opt_ins(self, changes: Sequence[OptInChange]) -> Sequence[OptInChange]:
                undone = super().set_opt_ins(changes)
                if changes:
                    raise Killed
                return undone

            def create_contacts(self, new: Sequence[NewContact]) -> Sequence[str]:
                ids = super().create_contacts(new)
                if new:
                    raise Killed
                return ids

        world.crm.__class__ = Dying
        with pytest.raises(Killed):
            run()
        world.open()

    return kill


@pytest.fixture
def kill(paperboy: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what exports until the service has carried out a write of a kind, and dies before the answer."""

    def kill(world: World, kind: WriteKind) -> None:
        writer = paperboy._WRITERS[kind]

        def last(*args: Any) -> Any:
            writer(*args)
            raise Killed

        with monkeypatch.context() as patch:
            patch.setitem(paperboy._WRITERS, kind, last)
            with pytest.raises(Killed):
                world.exports()
        world.open()

    return kill


ANN = "ann@example.org"


def _joining(world: World) -> None:
    world.imports()
    world.add(ANN, OptIn.YES, first_name="Ann")


def _leaving(world: World) -> None:
    world.service.put(ANN, first_name="Ann")
    world.imports()
    world.say(world.contact(ANN).id, OptIn.NO)


def _moving(world: World) -> None:
    world.service.put("old@example.org")
    world.imports()
    world.crm.edit(world.contact("old@example.org").id, email=ANN)


def _coming_back(world: World) -> None:
    world.open(reconsent="confirm")
    world.service.put(ANN)
    world.imports()
    world.service.put(ANN, SubscriberStatus.UNSUBSCRIBED)
    world.imports()
    world.say(world.contact(ANN).id, OptIn.YES)


_STORIES = {
    WriteKind.CREATE: _joining,
    WriteKind.WITHDRAW: _leaving,
    WriteKind.UPDATE: _moving,
    WriteKind.CONFIRM: _coming_back,
}


@pytest.fixture
def begin() -> Callable[[World, WriteKind], None]:
    """Return what lives a world up to an export that has to do a write of a kind, for Ann."""
    return lambda world, kind: _STORIES[kind](world)
