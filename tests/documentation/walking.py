"""A reader who does what a page says, in an empty folder."""

import os
import re
import signal
import socket
import subprocess
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from installing import ROOT

from documentation.editing import put_into
from documentation.pages import Block, blocks_of

__all__ = ["VARIABLES", "Reader", "WrongPage"]

VARIABLES = {
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "COLUMNS": "200",
    "NO_COLOR": "1",
    "PYTHONUNBUFFERED": "1",
}

FIRST_PORT, PORTS = 8025, 4
PATIENCE = 30.0
"""Seconds that a server may take to answer."""


class WrongPage(AssertionError):
    """A page says what is not so."""


class Reader:
    """Args:
    folder: where everything happens; the reader's home as well.
    path: where the commands are, before the system's own.
    environ: variables, beside those that every reader has.
    warm: where commands are that answer sooner; a server, which is ended by a signal, is not among them.
    """

    def __init__(
        self, folder: Path, path: Path, environ: Mapping[str, str] | None = None, *, warm: Path | None = None
    ) -> None:
        self.folder = folder
        self.commands = 0
        self._environ = {**VARIABLES, "PATH": f"{path}:/usr/bin:/bin", "HOME": str(folder), **(environ or {})}
        self._warm = warm
        self._ports = {str(FIRST_PORT + one): str(port) for one, port in enumerate(_free_ports())}

    def follow(self, page: Path) -> None:
        """Do what a page says, block by block.

        Raises:
            WrongPage: something is not as the page says; page, line, command and both outputs are named.
        """
        with ExitStack() as servers:
            for block in blocks_of(page):
                self._try(block, servers)

    def _try(self, block: Block, servers: ExitStack) -> None:
        match block.mark, block.language:
            case "not run", _:
                return
            case "file", _:
                target = self.folder / block.value
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(self._with_ports(block.text), encoding="utf-8")
            case "put into", _:
                target = self.folder / block.value
                code = put_into(target.read_text(encoding="utf-8"), block.text)
                target.write_text(code, encoding="utf-8")
            case "copy of", _:
                if block.text != (ROOT / block.value).read_text(encoding="utf-8"):
                    raise WrongPage(f"{block}: it is not what stands in {block.value}.")
            case "background", _:
                servers.callback(_stop, self._serve(block))
            case mark, "console":
                self._run_all(block, int(block.value) if mark == "exit" else 0)
            case _, "toml":
                tomllib.loads(block.text)
            case _, "python":
                compile(block.text, str(block), "exec")

    def _run_all(self, block: Block, last_code: int) -> None:
        commands = list(_commands(block.text))
        if not commands:
            raise WrongPage(f"{block}: a console block without a command; a command begins with `$ `.")
        for number, (command, expected) in enumerate(commands, 1):
            self._run(block, command, expected, last_code if number == len(commands) else 0)

    def _run(self, block: Block, command: str, expected: list[str], code: int) -> None:
        self.commands += 1
        if found := re.fullmatch(r"export (\w+)=(\S*)", command):
            self._environ[found[1]] = found[2].strip("'\"")
            return
        done = subprocess.run(
            ["bash", "-c", self._with_ports(command)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            cwd=self.folder,
            env=self._environ | self._warm_path(),
            check=False,
        )
        said = self._without_ports(done.stdout)
        if done.returncode != code:
            raise WrongPage(f"{block}: $ {command}\nended with {done.returncode}, not with {code}:\n{said}")
        if expected and not _matches(expected, said):
            wanted = "\n".join(expected)
            raise WrongPage(f"{block}: $ {command}\n--- the page says\n{wanted}\n--- it printed\n{said}")

    def _serve(self, block: Block) -> subprocess.Popen[bytes]:
        [(command, _)] = _commands(block.text)
        self.commands += 1
        [port] = re.findall(r"--port (\d+)", self._with_ports(command))
        server = subprocess.Popen(
            ["bash", "-c", f"exec {self._with_ports(command)}"],
            cwd=self.folder,
            env=self._environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and server.poll() is None:
            with socket.socket() as line:
                if line.connect_ex(("127.0.0.1", int(port))) == 0:
                    return server
            time.sleep(0.05)
        _stop(server)
        raise WrongPage(f"{block}: $ {command}\nserves nothing.")

    def _warm_path(self) -> dict[str, str]:
        return {"PATH": f"{self._warm}:{self._environ['PATH']}"} if self._warm else {}

    def _with_ports(self, text: str) -> str:
        return re.sub(r"\b80\d\d\b", lambda found: self._ports.get(found[0], found[0]), text)

    def _without_ports(self, text: str) -> str:
        for shown, real in self._ports.items():
            text = text.replace(real, shown)
        return text


def _commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command of a console block, and the lines that it is said to print."""
    command, said = "", list[str]()
    for line in text.splitlines():
        if line.startswith("$ "):
            if command:
                yield command, said
            command, said = line[2:], []
        elif line.startswith("> ") and not said:
            command += f"\n{line[2:]}"
        elif command:
            said.append(line)
    if command:
        yield command, said


def _matches(expected: list[str], said: str) -> bool:
    """Tell whether lines are as expected; how many blanks stand in a row does not matter."""
    parts = []
    for line in expected:
        if line.strip() == "…":
            parts.append(r"(?:[^\n]*\n)*?")
        else:
            words = re.escape(_plain(line)).replace("…", "[^\n]*")
            parts.append(f"{words}\n")
    text = "".join(f"{_plain(line)}\n" for line in said.splitlines())
    return re.fullmatch("".join(parts), text) is not None


def _plain(line: str) -> str:
    return re.sub(r"\s+", " ", line).strip()


def _free_ports() -> list[int]:
    with ExitStack() as sockets:
        opened = [sockets.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(PORTS)]
        return [one.getsockname()[1] for one in opened]


def _stop(server: subprocess.Popen[bytes]) -> None:
    for patience, sent in ((10.0, signal.SIGTERM), (10.0, signal.SIGKILL)):
        if server.poll() is None:
            os.killpg(server.pid, sent)
            try:
                server.wait(patience)
            except subprocess.TimeoutExpired:
                continue
