"""A service in a box: a WSGI application with the layers that every imitation of a service has.

It is used in two ways. In-process, `rundbrief.http.wsgi_transport(sandbox)` calls it without a socket; on a port,
`serve` (and `rundbrief sandbox NAME --port N`) offers it to any client. Both go through the same layers: what was
asked (`requests`), what goes wrong (`faults`), how slow the line is (`latency`).
"""

import abc
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from rundbrief.testing.faults import Faults
from rundbrief.testing.requestlog import RequestLog, RequestRecord
from rundbrief.testing.serving import served

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

__all__ = ["ManualClock", "SandboxApplication", "SandboxRequest"]


class ManualClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, start: datetime | None = None) -> None:
        self.time = start or datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class SandboxRequest(Request):
    """A request as a sandbox sees it."""

    at_once = 1
    """How many requests were under way when it came, itself included."""


class SandboxApplication(abc.ABC):
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
    def respond(self, request: SandboxRequest) -> Response:
        """Apply one request to the state, and answer it. Called with the lock held."""

    @abc.abstractmethod
    def settings(self, base_url: str) -> Mapping[str, Any]:
        """Return the table in rundbrief.toml that reaches this sandbox, with `provider` (a CRM's: `plugin`)."""

    @abc.abstractmethod
    def environ(self) -> Mapping[str, str]:
        """Return the environment variables that those settings refer to."""

    def is_search(self, method: str, path: str) -> bool:  # noqa: ARG002  # for a subclass to tell
        """Tell whether a request changes nothing though its method could: a search by POST, or a new token."""
        return False

    # --- the layers ------------------------------------------------------------------------------------------

    def serve(self, port: int = 0) -> AbstractContextManager[str]:
        """Serve on this machine for as long as the context lasts; it is the base URL. Port 0 takes a free one.

        Raises:
            OSError: the port cannot be used.
        """
        return served(self, port)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = SandboxRequest(environ)
        record = RequestRecord(request.method, request.path, request.query_string.decode(), request.get_data())
        record.is_search = self.is_search(record.method, record.path)
        with self.requests.entry(record):
            request.at_once = record.at_once
            if self.latency:
                time.sleep(self.latency)
            response = self._answer(request, record)
        return response(environ, start_response)

    def _answer(self, request: SandboxRequest, record: RequestRecord) -> Response:
        fault = self.faults.for_request(record)

        def answer() -> Response:
            with self.lock:
                return self.respond(request)

        response = fault(answer) if fault else answer()
        response.headers["Date"] = format_datetime(self.clock().replace(microsecond=0), usegmt=True)
        record.status = response.status_code
        return response
