"""Serving a sandbox on a port of this machine."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.task import WSGITask

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

__all__ = ["served"]

THREADS = 24
"""More than any service allows at once, so that a sandbox can see a client that oversteps."""


class _Task(WSGITask):  # type: ignore[misc]  # waitress is untyped
    """Sends head and body of an answer together, where waitress would make two packets of them."""

    wrote_header: bool
    content_bytes_written: int

    def write(self, data: bytes) -> None:
        if self.wrote_header or not data or not self.has_body or self.content_length != len(data):
            super().write(data)
            return
        self.channel.write_soon(self.build_response_header() + data)
        self.wrote_header = True
        self.content_bytes_written = len(data)


class _Channel(HTTPChannel):  # type: ignore[misc]  # waitress is untyped
    task_class = _Task


@contextmanager
def served(app: "WSGIApplication", port: int = 0) -> Iterator[str]:
    """Serve an application on 127.0.0.1, and yield its base URL. Port 0 takes a free one.

    A connection error or timeout out of the application closes the connection without a byte, as a real loss does.

    Raises:
        OSError: the port cannot be used.
    """
    # Bound here, as waitress would leave its threads behind when it cannot.
    listener = socket.create_server(("127.0.0.1", port))
    sockets: dict[int, Any] = {}
    server = create_server(
        app,
        map=sockets,
        sockets=[listener],
        threads=THREADS,
        ident=None,
        log_socket_errors=False,  # what a fault raises is meant to
    )
    server.channel_class = _Channel
    stopping = threading.Event()

    def loop() -> None:
        while not stopping.is_set():
            wasyncore.loop(timeout=1.0, use_poll=True, map=sockets, count=1)

    thread = threading.Thread(target=loop, name="sandbox", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        # Answers end before the loop, and the loop before its sockets close: nobody wakes a loop that is gone.
        server.task_dispatcher.shutdown()
        stopping.set()
        server.pull_trigger()
        thread.join()
        wasyncore.close_all(sockets, ignore_all=True)
