"""The base of every service's sandbox: a stateful imitation of the service, as a WSGI application.

A sandbox is used in two ways. In-process, `rundbrief.http.wsgi_transport(sandbox)` calls it without a socket; on
a port, `serve` (and `rundbrief sandbox NAME --port N`) offers it to any client. Both go through the same layers:
what was asked (`requests`), what goes wrong (`faults`), how slow the line is (`latency`).
"""

import abc
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from rundbrief.models import Evidence, SubscriberStatus, address_key
from rundbrief.testing.faults import Faults
from rundbrief.testing.requestlog import RequestLog, RequestRecord
from rundbrief.testing.serving import served

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

__all__ = ["Held", "ManualClock", "NotOffered", "Sandbox", "SandboxRequest"]


class NotOffered(Exception):
    """The service has no such thing, for example no archive. The text says so in a sentence."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a service holds about one recipient of a list."""

    status: SubscriberStatus
    """The true one, hidden recipients included."""
    fields: Mapping[str, Any]
    """Remote field key -> value, as the service keeps it."""
    evidence: Evidence
    """Of the last sign-up; empty where the service keeps none."""
    remote_id: str
    is_member: bool = True
    """On the list. False for a recipient of the account who is not; only where consent is account-wide."""


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
    def respond(self, request: SandboxRequest) -> Response:
        """Apply one request to the state, and answer it. Called with the lock held."""

    @abc.abstractmethod
    def settings(self, base_url: str) -> Mapping[str, Any]:
        """Return the connection's table in rundbrief.toml, `provider` included, that reaches this sandbox."""

    @abc.abstractmethod
    def environ(self) -> Mapping[str, str]:
        """Return the environment variables that those settings refer to."""

    @abc.abstractmethod
    def add_list(self, name: str, *, double_opt_in: bool = False) -> str:
        """Make a list, and return its id.

        Raises:
            NotOffered: lists of the service cannot ask for confirmation.
        """

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
    def bounce(self, list_id: str, address: str) -> None:
        """Mails to the address come back for good."""

    @abc.abstractmethod
    def block(self, list_id: str, address: str) -> None:
        """An administrator takes a recipient out of the mailings, by whatever the service calls it."""

    @abc.abstractmethod
    def archive(self, list_id: str, address: str) -> None:
        """An administrator hides a recipient without deleting it.

        Raises:
            NotOffered: the service cannot hide anybody.
        """

    @abc.abstractmethod
    def delete(self, list_id: str, address: str) -> None:
        """An administrator deletes a recipient for good."""

    @abc.abstractmethod
    def change_address(self, list_id: str, old: str, new: str) -> None:
        """A person, or an administrator, changes the address at the service."""

    @abc.abstractmethod
    def recipients(self, list_id: str) -> Mapping[str, Held]:
        """Return everybody whom a complete read of the list would have to tell of, hidden ones included.

        Where consent is account-wide that is the whole account. The keys are `address_key` of the addresses.
        """

    def status(self, list_id: str, address: str) -> SubscriberStatus:
        """Return the true status of an address; ABSENT when the service does not have it."""
        held = self.recipients(list_id).get(address_key(address))
        return held.status if held else SubscriberStatus.ABSENT

    @property
    @abc.abstractmethod
    def confirmation_mails(self) -> Sequence[str]:
        """The addresses that were asked to confirm, in the order of the mails; once for each mail."""

    @abc.abstractmethod
    def seed(self, list_id: str, people: int | Iterable[str]) -> None:
        """Add subscribers at once who signed up in the past: so many, or these addresses. For benchmarks."""

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
