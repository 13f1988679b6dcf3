"""A tenant with a CRM opened on it, and the vendor's own description as a gate before both.

The description is the vendor's and no part of this repository: RUNDBRIEF_API_SPECS names the folder where it is.
"""

import io
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from werkzeug.datastructures import Headers, ImmutableMultiDict
from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Request, Response

from rundbrief.config import load_settings
from rundbrief.http import AccountLimits, Client, RetryPolicy, open_client, wsgi_transport
from rundbrief.models import Contact, OptIn, OptInField, Selection
from rundbrief.plugins import load_crm
from rundbrief.testing.application import ManualClock
from rundbrief_weclapp.crm import WeclappCrm
from rundbrief_weclapp.testing import WeclappSandbox

SPEC = "weclapp-v2-newsletter-subset.json"
HOST = "https://TENANT.weclapp.com"
UNDESCRIBED_PARAMETERS = re.compile(
    r"ignoreMissingProperties|(or\w*-)?\w+-(eq|ne|lt|gt|le|ge|null|notnull|i?like|noti?like|in|notin)"
)
"""Filters and the switch of partial updates stand in the prose alone."""

KEY = "news/1001"
"""The opt-in field of a list."""


class Checked:
    """A sandbox behind a gate that compares everything that passes with the description.

    It is a WSGI application, and passes on what it finds fault with: `complaints` holds the findings.
    """

    def __init__(self, app: Any, openapi: Any) -> None:
        self._app = app
        self._openapi = openapi
        self.complaints: list[str] = []

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        asked = _Asked(request)
        environ["wsgi.input"] = io.BytesIO(asked.body or b"")  # it can be read only once
        self._complain(asked, self._openapi.iter_request_errors(asked))
        content, status, headers = run_wsgi_app(self._app, environ, buffered=True)
        response = Response(b"".join(content), status, headers)
        self._complain(asked, self._openapi.iter_response_errors(asked, _Answered(response)))
        return response(environ, start_response)

    def _complain(self, asked: "_Asked", errors: Iterable[Exception]) -> None:
        for error in errors:
            found = _schema_errors(error)
            causes = [f"{'.'.join(map(str, one.path))}: {one.message}" for one in found]
            self.complaints.append(f"{asked.method.upper()} {asked.path}: {'; '.join(causes) or repr(error)}")


def _schema_errors(error: BaseException | None) -> list[Any]:
    while error is not None:
        if errors := getattr(error, "schema_errors", None):
            return list(errors)
        error = error.__cause__
    return []


class _Asked:
    """A request in the words of openapi-core, as if it went to the vendor's host."""

    host_url = HOST

    def __init__(self, request: Request) -> None:
        from openapi_core.datatypes import RequestParameters

        self.path = request.path
        self.method = request.method.lower()
        self.body = request.get_data() or None
        self.content_type = request.content_type or "application/json"
        query = [
            (name, value)
            for name, value in request.args.items(multi=True)
            if not UNDESCRIBED_PARAMETERS.fullmatch(name)
        ]
        self.parameters = RequestParameters(query=ImmutableMultiDict(query), header=Headers(request.headers))


class _Answered:
    """An answer in the words of openapi-core."""

    def __init__(self, response: Response) -> None:
        self.data = response.get_data()
        self.status_code = response.status_code
        self.content_type = str(response.mimetype)
        self.headers = Headers(response.headers)


@pytest.fixture(scope="session")
def weclapp_api() -> Any:
    """The description."""
    folder = os.environ.get("RUNDBRIEF_API_SPECS")
    if not folder:
        pytest.skip("RUNDBRIEF_API_SPECS does not name the folder of the vendors' API descriptions")
    openapi_core = pytest.importorskip("openapi_core")
    return openapi_core.OpenAPI.from_file_path(str(Path(folder) / SPEC))


@pytest.fixture
def validated(weclapp_api: Any) -> Iterator[Callable[[Any], Checked]]:
    """Put a gate before a sandbox (or any WSGI application): at the test's end it must have had no complaint."""
    gates: list[Checked] = []

    def gate(app: Any) -> Checked:
        gates.append(Checked(app, weclapp_api))
        return gates[-1]

    yield gate
    assert [complaint for one in gates for complaint in one.complaints] == []


@dataclass
class Office:
    """A tenant, and the CRM plugin at work on it. Waits take no time."""

    box: WeclappSandbox
    folder: Path
    gate: Callable[[Any], Any] = lambda app: app
    settings: dict[str, Any] = field(default_factory=dict)
    pauses: list[float] = field(default_factory=list)
    _clients: list[Client] = field(default_factory=list)

    def open(self) -> WeclappCrm:
        """Open the CRM, as a new process would."""
        plugin = load_crm("weclapp")
        raw = {key: value for key, value in self.box.settings("http://127.0.0.1:9").items() if key != "plugin"}
        settings = load_settings(
            plugin.info.settings, raw | self.settings, where="crm", folder=self.folder, environ=self.box.environ()
        )
        assert plugin.info.endpoint is not None
        client = open_client(
            plugin.info.endpoint(settings),
            limits=AccountLimits(plugin.info.concurrency, plugin.info.rates),
            transport=wsgi_transport(self.gate(self.box)),
            wait=self.wait,
            now=self.box.clock,
            retry=RetryPolicy(total_seconds=60),
        )
        self._clients.append(client)
        crm = plugin.open(settings, client, self.folder)
        assert isinstance(crm, WeclappCrm)
        return crm

    def wait(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.clock.advance(seconds)

    @property
    def clock(self) -> ManualClock:
        assert isinstance(self.box.clock, ManualClock)
        return self.box.clock

    def close(self) -> None:
        for client in self._clients:
            client.close()

    def add(self, email: str | None, opt_in: OptIn = OptIn.UNKNOWN, **fields: Any) -> str:
        contact_id = self.box.add_contact(email, fields)
        if opt_in is not OptIn.UNKNOWN:
            self.box.set_opt_in(contact_id, KEY, opt_in)
        return contact_id


@pytest.fixture
def make_office(tmp_path: Path) -> Iterator[Callable[..., Office]]:
    offices: list[Office] = []

    def make(gate: Callable[[Any], Any] = lambda app: app, box: Any = None, **settings: Any) -> Office:
        box = box or WeclappSandbox()
        box.clock = ManualClock(datetime(2026, 11, 23, 12, tzinfo=UTC))
        folder = tmp_path / str(len(offices))
        folder.mkdir()
        offices.append(Office(box, folder, gate, settings))
        return offices[-1]

    yield make
    for office in offices:
        office.close()


@pytest.fixture
def office(make_office: Callable[..., Office]) -> Office:
    """A tenant that knows one list."""
    made = make_office()
    made.open().ensure_opt_in_fields([OptInField(KEY, "Kundenbrief")])
    made.box.requests.reset()
    return made


@pytest.fixture
def everybody() -> Callable[[WeclappCrm], dict[str, Contact]]:
    return lambda crm: {one.id: one for one in crm.contacts(Selection())}
