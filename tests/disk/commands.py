"""Commands in processes of their own, at a tenth of the cost: each is a fork of one that has imported it all."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Commands", "Done"]

# Runs one job for each line of stdin. Without threads, so that a fork is a whole process. What a command says goes
# into pipes, which have no limit of size; they hold more than these commands say.
_SERVER = """
import json, os, resource, sys
import alembic.operations, alembic.runtime.migration, alembic.script, rundbrief.engine, rundbrief_mailchimp
from rundbrief.cli.app import cli

def perform(job, out, err):
    os.chdir(job["folder"])
    os.environ.update(job["environ"])
    os.dup2(out, 1)
    os.dup2(err, 2)
    if job["limit"] is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (job["limit"], job["limit"]))
    cli(job["arguments"])

def everything(pipe):
    with open(pipe, encoding="utf-8") as file:
        return file.read()

for line in sys.stdin:
    pipes = [os.pipe(), os.pipe()]
    child = os.fork()
    if not child:
        code = 1
        try:
            perform(json.loads(line), pipes[0][1], pipes[1][1])
        except SystemExit as ended:
            code = ended.code or 0
        finally:
            sys.stdout.flush(), sys.stderr.flush()
            os._exit(code)
    for _, end in pipes:
        os.close(end)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(json.dumps([code, *(everything(begin) for begin, _ in pipes)]), flush=True)
"""


@dataclass(frozen=True, slots=True)
class Done:
    code: int
    out: str
    err: str


class Commands:
    """Starts `rundbrief` again and again."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    @classmethod
    @contextmanager
    def ready(cls) -> "Iterator[Commands]":
        command = [sys.executable, "-c", _SERVER]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            try:
                yield cls(process)
            finally:
                process.kill()

    def run(
        self, folder: Path, *arguments: str, environ: Mapping[str, str], largest_file: int | None = None
    ) -> Done:
        """Run a command and wait for its end.

        Args:
            largest_file: so many bytes at most may any file have that it writes. A full disk differs from that by
                no more than the number of the error.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        job = {
            "folder": str(folder),
            "arguments": arguments,
            "environ": dict(environ),
            "limit": largest_file,
        }
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        return Done(*json.loads(self._process.stdout.readline()))
