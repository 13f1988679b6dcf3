"""A real Mailman, on a port of this machine, with its data in a temporary folder."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

USER, PASSWORD = "restadmin", "a-password-for-tests"
UNPRIVILEGED = "nobody"
"""Who runs Mailman where the tests are root's: it refuses to be run by root."""
PATIENCE = 60.0

IDLE = (
    "archive",
    "bounces",
    "command",
    "digest",
    "in",
    "lmtp",
    "out",
    "pipeline",
    "retry",
    "task",
    "virgin",
)
"""Runners that are left out. So every mail stays in the queue, where a test can count it."""


@dataclass(frozen=True, slots=True)
class RealServer:
    root: str
    """`http://127.0.0.1:PORT`."""
    folder: Path
    client: httpx.Client
    """Without credentials; for absolute URLs."""

    @property
    def url(self) -> str:
        return f"{self.root}/3.1"

    def queued_mails(self) -> list[bytes]:
        queue = self.folder / "var/queue/virgin"
        return [one.read_bytes() for one in sorted(queue.glob("*.pck"))]


@contextmanager
def running(environment: Path) -> Iterator[RealServer]:
    """Run the server of a virtual environment, as a user other than root."""
    folder = Path(tempfile.mkdtemp(prefix="mailman-"))
    try:
        with httpx.Client(timeout=PATIENCE) as client:
            server = RealServer(f"http://127.0.0.1:{_free_port()}", folder, client)
            (folder / "mailman.cfg").write_text(_configuration(server, environment), encoding="utf-8")
            _hand_over(folder)
            with (folder / "master.log").open("wb") as log, _process(environment, folder, log) as process:
                _wait_for(server, process)
                yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _configuration(server: RealServer, environment: Path) -> str:
    port = server.root.rpartition(":")[2]
    idle = "\n".join(f"[runner.{name}]\nstart: no" for name in IDLE)
    return f"""\
[mailman]
layout: local
site_owner: owner@example.org

[paths.local]
var_dir: {server.folder}/var
bin_dir: {environment}/bin

[mta]
incoming: mailman.mta.null.NullMTA

[webservice]
hostname: 127.0.0.1
port: {port}
admin_user: {USER}
admin_pass: {PASSWORD}
workers: 1
show_tracebacks: no

{idle}
"""


def _hand_over(folder: Path) -> None:
    if os.geteuid() == 0:
        account = pwd.getpwnam(UNPRIVILEGED)
        for one in (folder, *folder.iterdir()):
            os.chown(one, account.pw_uid, account.pw_gid)


@contextmanager
def _process(environment: Path, folder: Path, log) -> Iterator[subprocess.Popen[bytes]]:
    who = {}
    if os.geteuid() == 0:
        account = pwd.getpwnam(UNPRIVILEGED)
        who = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    process = subprocess.Popen(
        [environment / "bin/master", "-C", folder / "mailman.cfg"],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        **who,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _wait_for(server: RealServer, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        assert process.poll() is None, (server.folder / "master.log").read_text(encoding="utf-8")
        try:
            answer = server.client.get(f"{server.url}/system/versions", auth=(USER, PASSWORD))
        except httpx.TransportError:
            time.sleep(0.1)
            continue
        assert answer.status_code == 200, answer.text
        return
    raise AssertionError(f"Mailman did not answer within {PATIENCE:.0f} seconds.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
