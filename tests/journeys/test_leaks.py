"""A full cycle, with all that can go wrong in it: no key shows anywhere, and no address where it may not be.

Every output and every file is searched, as bytes, for each key by its value. The keys of this test come from all
three places: the environment, files and the keyring.
"""

import hashlib
import json
import logging
import os
import stat
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from rundbrief.cli.app import cli
from rundbrief.cli.toml import connection_table, crm_table
from rundbrief.testing import faults

Desk = Any  # conftest.Desk: test modules cannot import each other

GRETA = "greta.garbled@leaky.example"
LENA = "lena.leaked@leaky.example"
WRONG = "swordfish-and-chips"
"""A key that the service refuses, and does not look like one."""


KEYRING = "import os\ndef get_password(service, user): return os.environ['UNLOCKED']\n"


@pytest.fixture
def service_name() -> str:
    return "cleverreach"


@pytest.fixture
def crm_name() -> str:
    return "weclapp"


@dataclass
class Office:
    """A folder with a configuration, what was printed there, and every key there is."""

    desk: Desk
    folder: Path
    environ: dict[str, str]
    secrets: list[str]
    answers: list[str] = field(default_factory=list)
    """What was printed on stdout, as tables and lines."""
    asides: list[str] = field(default_factory=list)
    """What was printed on stderr, which is what cron mails and services log."""

    def run(self, *args: str, **environ: str) -> Result:
        result = CliRunner().invoke(cli, list(args), env={**self.environ, **environ})
        self.answers.append(result.stdout)
        self.asides.append(result.stderr)
        return result

    def ok(self, *args: str) -> str:
        result = self.run(*args)
        assert result.exit_code == 0, f"{args}: {result.output}"
        return str(result.stdout)

    def fails(self, *args: str, code: int, **environ: str) -> None:
        result = self.run(*args, **environ)
        assert result.exit_code == code, f"{args}: {result.output}"

    def files(self) -> dict[str, bytes]:
        return {
            str(one.relative_to(self.folder)): one.read_bytes() for one in self.folder.rglob("*") if one.is_file()
        }


@pytest.fixture
def office(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """Have the client's id in the environment, its secret and refresh token in files, the CRM's in the keyring."""
    settings = {"provider": "cleverreach", **connection_of(tmp_path)}
    keys = {**desk.service.environ(), **desk.crm.environ()}
    client_id, client_secret = desk.service.environ().values()
    (crm_token,) = desk.crm.environ().values()
    refresh_token = desk.service.tokens.pair()["refresh_token"]
    for name, key in {"app.secret": client_secret, "refresh.secret": refresh_token}.items():
        Path(name).touch(0o600)
        Path(name).write_text(f"{key}\n", encoding="utf-8")
    Path("site").mkdir()
    Path("site", "keyring.py").write_text(KEYRING, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setenv("UNLOCKED", crm_token)
    settings |= {"client_secret": {"file": "app.secret"}, "refresh_token": {"file": "refresh.secret"}}
    crm = {**crm_of(tmp_path), "token": {"keyring": "weclapp/token"}}
    text = crm_table(crm) + "\n" + connection_table("news", settings)
    Path("rundbrief.toml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "tmp").mkdir()
    mask = os.umask(0)
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield Office(desk, tmp_path, {next(iter(keys)): client_id}, every_key(client_secret, crm_token, refresh_token))
    root.handlers, root.level = handlers, level
    os.umask(mask)


def connection_of(folder: Path) -> dict[str, Any]:
    return dict(parsed(folder)["connections"]["news"])


def crm_of(folder: Path) -> dict[str, Any]:
    return dict(parsed(folder)["crm"])


def parsed(folder: Path) -> dict[str, Any]:
    import tomllib

    return tomllib.loads((folder / "rundbrief.toml").read_text(encoding="utf-8"))


def every_key(*configured: str) -> list[str]:
    """Return the configured ones, in the form of a header as well, and every token that the sandbox hands out."""
    handed_out = [
        hashlib.sha256(f"{kind} {number}".encode()).hexdigest()
        for kind in ("access", "refresh")
        for number in range(1, 100)
    ]
    return [WRONG, *configured, *(b64encode(one.encode()).decode().rstrip("=") for one in configured), *handed_out]


def test_nothing_that_is_printed_or_written_holds_a_key_or_tells_a_log_who_it_is_about(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = office.desk
    for name in ("Öz", "Ax"):
        desk.crm.add_field(f"Field {name}")
    desk.sign_up(GRETA, first_name="Greta")

    office.ok("--config", "begun.toml", "init")
    office.ok("connections", "check", "news", "-v")
    office.ok("connections", "list", "--json")
    office.ok("lists", "news", "--pull", "-v")
    office.ok("fields", "news", "Letter", "--push", "--write-config", "-v")
    office.ok("import", "news", "-v")
    for address in (LENA, "not an address"):
        number = desk.crm.add_contact(address, {"first_name": "Lena"})
        desk.crm.set_opt_in(number, desk.key(), desk.contact(GRETA).opt_ins[desk.key()])
    office.ok("export", "news", "--list", "Letter", "--dry-run", "-v")
    office.ok("export", "news", "--list", "Letter", "-v", "--json")
    desk.unsubscribe(GRETA)
    office.ok("sync", "news", "-v")
    office.ok("opt-ins", GRETA, "--json")
    office.ok("runs", "1")

    office.fails("connections", "check", "news", "-v", code=20, **dict.fromkeys(office.environ, WRONG))
    desk.service.faults.add(echo(office.secrets), times=1)
    office.run("import", "news", "-v")
    desk.service.faults.add(faults.truncated, path="receivers", times=9)
    office.run("import", "news", "--full", "-v")
    desk.service.faults.clear()
    message = f"{office.secrets} {GRETA}"
    with monkeypatch.context() as patch:
        patch.setattr("rundbrief.engine.runs.stage", bug(message))
        office.fails("export", "news", "--list", "Letter", "-v", code=1)
        office.fails("sync", "news", "-v", "--json", code=1)
    killed(office)

    told = "".join(office.asides)
    logs = {name: text.decode() for name, text in office.files().items() if name.startswith("error-")}
    assert "POST /v3/groups" in told, "the log was on"
    assert len(logs) >= 1
    for key in office.secrets:
        assert key not in told + "".join(office.answers)
        assert key not in "".join(logs.values())
        holders = {name for name, content in office.files().items() if key.encode() in content}
        assert holders <= {"app.secret", "refresh.secret", "rundbrief.db.news.tokens"}
    for address in (GRETA, LENA):
        assert address not in told
        assert address not in "".join(logs.values())
    assert "g…@l….example" in "".join(logs.values()), "and yet one sees that it is about somebody"
    assert modes(office) == {0o600}


def modes(office: Office) -> set[int]:
    """Return the rights of all that was made, where the system would have made it for everybody."""
    ours = ("rundbrief.db", "weclapp.db", "error-", "begun.toml")
    made = [office.folder / name for name in office.files() if name.startswith(ours)]
    assert len(made) >= 6, made
    return {stat.S_IMODE(one.stat().st_mode) for one in made}


def echo(words: list[str]) -> faults.Fault:
    """Refuse with a text that repeats all that a client could have sent, and begins a line of its own."""

    def answered(answer: faults.Answer) -> Any:
        response = answer()
        response.status_code = 400
        said = f"Bad: {' '.join(words[:4])}\n{GRETA}\x1b[2J"
        response.set_data(json.dumps({"error": {"code": 400, "message": said}}))
        return response

    return answered


def bug(message: str) -> Any:
    def broken(*_: Any) -> None:
        raise LookupError(message)

    return broken


def killed(office: Office) -> None:
    """Kill a run in a process of its own while it waits for the service."""
    waits = threading.Event()

    def slow(answer: faults.Answer) -> Any:
        waits.set()
        return answer()

    office.desk.service.faults.add(slow, path="receivers")
    with subprocess.Popen(
        [sys.executable, "-m", "rundbrief", "import", "news", "--full", "-v"],
        cwd=office.folder,
        env={**os.environ, **office.environ, "PYTHONPATH": "site"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert waits.wait(60)
        command_line = Path(f"/proc/{process.pid}/cmdline")
        process.kill()
        office.asides.append(command_line.read_text(encoding="utf-8") if command_line.exists() else "")
        office.answers.append(process.stdout.read() if process.stdout else "")
        office.asides.append(process.stderr.read() if process.stderr else "")
