"""A desk to work at: a folder with a rundbrief.toml, and a service that listens on a port."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from rundbrief.cli.app import cli
from rundbrief.cli.toml import connection_table
from rundbrief.testing.sandbox import Sandbox


@dataclass
class Desk:
    """What a user has in front of them."""

    folder: Path
    service: Sandbox
    base_url: str
    list_id: str

    def run(self, *args: str, stdin: str = "") -> Result:
        """Run a command in this process."""
        return CliRunner().invoke(cli, list(args), env=dict(self.service.environ()), input=stdin)

    def ok(self, *args: str) -> str:
        """Run a command that has to go well, and return what it printed."""
        result = self.run(*args)
        assert result.exit_code == 0, f"{args}: {result.exit_code}\n{result.output}"
        return result.stdout

    def json(self, *args: str) -> Any:
        """Run a command with --json, and return its one document."""
        return json.loads(self.ok(*args, "--json"))

    @contextmanager
    def process(self, *args: str) -> "Iterator[subprocess.Popen[str]]":
        """Run a command in a process of its own, which does not outlive the block."""
        with subprocess.Popen(
            [sys.executable, "-m", "rundbrief", *args],
            cwd=self.folder,
            env={**os.environ, **self.service.environ()},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def configure(self, extra: str = "", **settings: Any) -> None:
        """Write rundbrief.toml anew."""
        table = connection_table("news", {**self.service.settings(self.base_url), **settings})
        (self.folder / "rundbrief.toml").write_text(f"{table}\n{extra}", encoding="utf-8")


def _new_service() -> Sandbox:
    sandbox = pytest.importorskip("rundbrief_mailchimp.testing").MailchimpSandbox()
    assert isinstance(sandbox, Sandbox)
    return sandbox


@pytest.fixture
def service() -> Sandbox:
    return _new_service()


@contextmanager
def _new_desk(folder: Path, patch: pytest.MonkeyPatch, service: Sandbox | None = None) -> Iterator[Desk]:
    patch.chdir(folder)
    service = service or _new_service()
    with service.serve() as base_url:
        desk = Desk(folder, service, base_url, service.add_list("Kundenbrief"))
        desk.configure()
        yield desk


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service: Sandbox) -> Iterator[Desk]:
    """A configured connection `news` with one list, Kundenbrief, without subscribers."""
    with _new_desk(tmp_path, monkeypatch, service) as desk:
        yield desk


@dataclass
class Used:
    """The folder of a desk that was used. Its service is out of reach, and its key is not known."""

    folder: Path

    def run(self, *args: str) -> Result:
        return CliRunner().invoke(cli, list(args))

    def json(self, *args: str) -> Any:
        result = self.run(*args, "--json")
        assert result.exit_code == 0, f"{args}: {result.exit_code}\n{result.output}"
        return json.loads(result.stdout)


def _use(desk: Desk) -> None:
    """Let thirty subscribers and one more be imported, of whom that one has left."""
    desk.service.seed(desk.list_id, 30)
    desk.service.subscribe(desk.list_id, "nora@example.org")
    desk.ok("import", "news")
    desk.service.unsubscribe(desk.list_id, "nora@example.org")
    desk.ok("import", "news")
    (desk.folder / "rundbrief.toml").chmod(0o600)


@pytest.fixture(scope="session")
def use() -> Callable[[Desk], None]:
    return _use


@pytest.fixture(scope="session")
def once_used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch, _new_desk(tmp_path_factory.mktemp("used"), patch) as desk:
        _use(desk)
        return desk.folder


@pytest.fixture
def used(once_used: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Used:
    """A copy of one folder that was used: cheaper than to use a new one for each test."""
    shutil.copytree(once_used, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return Used(tmp_path)


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without a configuration, out of reach of the user's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("RUNDBRIEF_CONFIG", raising=False)
    return tmp_path
