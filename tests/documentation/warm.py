"""The `rundbrief` command, started already: each call is a fork of one process that has imported everything.

The documentation has hundreds of commands, and a start takes most of the time of each. What a call does is the
same: arguments, folder, variables, standard streams and exit code are the caller's. A signal to the caller does
not reach it.

    python warm.py SOCKET        answer calls until killed
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

__all__ = ["warm_command"]

CALLER = """\
#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as line:
    line.connect({socket!r})
    socket.send_fds(line, [b"!"], [0, 1, 2])
    line.sendall(json.dumps([sys.argv, os.getcwd(), dict(os.environ)]).encode())
    line.shutdown(socket.SHUT_WR)
    sys.exit(int(line.recv(16)))
"""


@contextmanager
def warm_command(folder: Path, environ: Mapping[str, str]) -> Iterator[None]:
    """Put a `rundbrief` into a folder that answers sooner, for as long as the context lasts.

    Args:
        environ: the variables with which its modules are imported; a call has the caller's.
    """
    with tempfile.TemporaryDirectory(prefix="rundbrief-") as place:  # a socket's path may not be long
        path = f"{place}/socket"
        command = [sys.executable, __file__, path]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environ) as server:
            assert server.stdout is not None
            assert server.stdout.readline() == b"ready\n"
            caller = folder / "rundbrief"
            caller.write_text(CALLER.format(python=sys.executable, socket=path), encoding="utf-8")
            caller.chmod(0o755)
            try:
                yield
            finally:
                server.kill()


def serve(path: str) -> None:
    """Return in a process of its own for each call, which goes on as if it had just been started."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a call's keeper
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            line, _ = server.accept()
            with line:
                if not os.fork():
                    server.close()
                    return _keep(line)


def _keep(line: socket.socket) -> None:
    """Wait for the call, and tell its caller how it ended; in the call itself, return."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _, streams, _, _ = socket.recv_fds(line, 1, 3)
    with line.makefile("rb") as told:
        sys.argv, folder, environ = json.loads(told.read())
    if call := os.fork():
        _, status = os.waitpid(call, 0)
        code = os.waitstatus_to_exitcode(status)
        line.sendall(str(code if code >= 0 else 128 - code).encode())
        os._exit(0)
    line.close()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()


def _import_everything() -> None:
    from rundbrief.cli.app import SECTIONS
    from rundbrief.hookspecs import CRM_GROUP, PROVIDER_GROUP
    from rundbrief.plugins import installed, load_crm, load_provider

    for section in SECTIONS.values():
        for entry in section.values():
            import_module(entry.module)
    for name in ("rundbrief.engine", "rundbrief.http", "rundbrief.where", "httpcore", "rich.progress"):
        import_module(name)
    for plugin in installed(PROVIDER_GROUP):
        load_provider(plugin.name)
    for plugin in installed(CRM_GROUP):
        load_crm(plugin.name)


if __name__ == "__main__":
    from rundbrief.cli import main

    _import_everything()
    serve(sys.argv[1])
    main()
