"""Starts clients: the command in a process of its own, in the world's folder, with the world's environment.

An interpreter that starts anew takes longer to import than many a run takes to die. So by default a client is a
fork of a process that has imported everything, and has neither threads nor files open: the *nursery*.
"""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from crashes.launcher import launch

__all__ = ["Call", "Clients", "cold_clients", "preload", "warm_clients"]

LAUNCHER = Path(__file__).with_name("launcher.py")
PATIENCE = 180
"""Seconds after which a client counts as one that hangs, and is ended by SIGALRM."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a client is to do."""

    arguments: Sequence[str]
    folder: Path
    environ: Mapping[str, str]

    @property
    def errors(self) -> Path:
        """Return the file that holds what it said on stderr."""
        return self.folder / "stderr.txt"


Clients = Callable[[Call, Callable[[int], None]], int]
"""Run a client, tell its process id at once, and return the exit code: negative for the signal that ended it."""


def preload() -> None:
    """Import what a client would, so that its forks need not."""
    import alembic.operations
    import alembic.runtime.migration
    import alembic.script  # noqa: F401

    import rundbrief.cli.commands.erase
    import rundbrief.cli.commands.exporting
    import rundbrief.cli.commands.importing
    import rundbrief.cli.commands.syncing  # noqa: F401


@contextmanager
def cold_clients() -> Iterator[Clients]:
    """Yield what makes each client an interpreter of its own."""

    def run(call: Call, begun: Callable[[int], None]) -> int:
        with (
            call.errors.open("wb") as errors,
            subprocess.Popen(
                [sys.executable, str(LAUNCHER), *call.arguments],
                cwd=call.folder,
                env=dict(call.environ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                preexec_fn=_alarm,
            ) as process,
        ):
            begun(process.pid)
            return process.wait()

    yield run


@contextmanager
def warm_clients() -> Iterator[Clients]:
    """Yield what makes each client a fork. To be entered before there is any thread."""
    (calls, to), (back, answers) = os.pipe(), os.pipe()
    nursery = os.fork()
    if not nursery:
        os.close(to)
        os.close(back)
        try:
            _serve(os.fdopen(calls, "rb"), os.fdopen(answers, "wb"))
        finally:
            os._exit(0)
    os.close(calls)
    os.close(answers)
    with os.fdopen(to, "wb") as asked, os.fdopen(back, "rb") as told:

        def run(call: Call, begun: Callable[[int], None]) -> int:
            _put(asked, call)
            begun(pickle.load(told))
            code: int = pickle.load(told)
            return code

        yield run
    os.waitpid(nursery, 0)


def _serve(calls: BinaryIO, answers: BinaryIO) -> None:
    while True:
        try:
            call = pickle.load(calls)
        except EOFError:
            return
        client = os.fork()
        if not client:
            calls.close()
            answers.close()
            _be(call)
        _put(answers, client)
        _, status = os.waitpid(client, 0)
        _put(answers, os.waitstatus_to_exitcode(status))


def _put(pipe: BinaryIO, thing: Any) -> None:
    pickle.dump(thing, pipe)
    pipe.flush()


def _be(call: Call) -> None:
    """Become a client; never returns."""
    code = 1
    try:
        _alarm()
        os.environ.clear()
        os.environ.update(call.environ)
        os.chdir(call.folder)
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        os.dup2(os.open(call.errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        sys.argv = ["rundbrief", *call.arguments]
        launch()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _alarm() -> None:
    signal.alarm(PATIENCE)
