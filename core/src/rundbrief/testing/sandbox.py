"""The base of every service's sandbox: a stateful imitation of the service, as a WSGI application.

A sandbox is used in two ways. In-process, `rundbrief.http.wsgi_transport(sandbox)` calls it without a socket; on
a port, `serve` (and `rundbrief sandbox NAME --port N`) offers it to any client. Both go through the same layers: what
was asked (`requests`), what goes wrong (`faults`), how slow the line is (`latency`).
"""

import abc
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from waitress import wasyncore
from waitress.server import create_server
from werkzeug.wrappers import Request, Response

from rundbrief.models import SubscriberStatus
from rundbrief.testing.faults import Faults
from rundbrief.testing.requestlog import RequestLog, RequestRecord

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

__all__ = ["ManualClock", "Sandbox"]

THREADS = 24
"""More than any service allows at once, so that a sandbox can see a client that oversteps."""

_SERVED = "rundbrief.served"


class ManualClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, start: datetime | None = None) -> None:
        self.time = start or datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Sandbox(abc.ABC):
    """A service in a box. A subclass answers requests in `respond`, and keeps the state.

    Args:
        clock: tells the service's time; it is in every answer's `Date`.
    """

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        self.clock = clock or (lambda: datetime.now(UTC))
        self.requests = RequestLog()
        self.faults = Faults()
        self.latency = 0.0
        """Seconds each request takes longer."""
        self.lock = threading.RLock()
        """Held while a request is applied; actions of persons and administrators take it too."""

    # --- a subclass's ----------------------------------------------------------------------------------------

    @abc.abstractmethod
    def respond(self, request: Request) -> Response:
        """Apply one request to the state, and answer it. Called with the lock held."""

    @abc.abstractmethod
    def settings(self, base_url: str) -> Mapping[str, Any]:
        """Return the connection's table in rundbrief.toml, `provider` included, that reaches this sandbox."""

    @abc.abstractmethod
    def environ(self) -> Mapping[str, str]:
        """Return the environment variables that those settings refer to."""

    @abc.abstractmethod
    def add_list(self, name: str, *, double_opt_in: bool = False) -> str:
        """Make a list, and return its id."""

    @abc.abstractmethod
    def subscribe(self, list_id: str, address: str, fields: Mapping[str, str] | None = None) -> None:
        """A person signs up through a form; on a double opt-in list she still has to `confirm`."""

    @abc.abstractmethod
    def confirm(self, list_id: str, address: str) -> None:
        """A person clicks the link in the confirmation mail."""

    @abc.abstractmethod
    def unsubscribe(self, list_id: str, address: str) -> None:
        """A person clicks the unsubscribe link."""

    @abc.abstractmethod
    def complain(self, list_id: str, address: str) -> None:
        """A person marks a mail as spam."""

    @abc.abstractmethod
    def delete(self, list_id: str, address: str) -> None:
        """An administrator deletes a recipient for good."""

    @abc.abstractmethod
    def change_address(self, list_id: str, old: str, new: str) -> None:
        """A person, or an administrator, changes the address at the service."""

    @abc.abstractmethod
    def status(self, list_id: str, address: str) -> SubscriberStatus:
        """Return the true status of an address; ABSENT when the list does not have it."""

    @abc.abstractmethod
    def seed(self, list_id: str, count: int) -> None:
        """Add so many subscribers at once, who signed up in the past; for benchmarks."""

    # --- the layers ------------------------------------------------------------------------------------------

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        record = RequestRecord(request.method, request.path, request.query_string.decode(), request.get_data())
        try:
            with self.requests.entry(record):
                if self.latency:
                    time.sleep(self.latency)
                response = self._answer(request, record)
        except (ConnectionError, TimeoutError):
            if _SERVED not in environ:
                raise
            # Promising a byte and sending none makes the server drop the connection, as a real loss would.
            start_response("200 OK", [("Content-Length", "1")])
            return []
        return response(environ, start_response)

    def _answer(self, request: Request, record: RequestRecord) -> Response:
        fault = self.faults.for_request(record)

        def answer() -> Response:
            with self.lock:
                return self.respond(request)

        response = fault(answer) if fault else answer()
        response.headers["Date"] = format_datetime(self.clock().replace(microsecond=0), usegmt=True)
        record.status = response.status_code
        return response

    @contextmanager
    def serve(self, port: int = 0) -> Iterator[str]:
        """Serve on this machine, and yield the base URL. Port 0 takes a free one."""

        def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            environ[_SERVED] = True
            return self(environ, start_response)

        # It warns of every connection that a fault makes it drop.
        logging.getLogger("waitress").setLevel(logging.ERROR)
        sockets: dict[int, Any] = {}
        server = create_server(app, map=sockets, host="127.0.0.1", port=port, threads=THREADS, ident=None)
        thread = threading.Thread(target=server.run, name="sandbox", daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.effective_port}"
        finally:
            server.trigger.pull_trigger(lambda: wasyncore.close_all(sockets, ignore_all=True))
            thread.join()
            server.task_dispatcher.shutdown()
