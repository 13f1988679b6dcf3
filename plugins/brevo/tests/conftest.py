"""Checking requests and answers against the vendor's own description of its API.

The description is the vendor's and no part of this repository: RUNDBRIEF_API_SPECS names the folder where it is.
"""

import io
import json
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.datastructures import Headers, ImmutableMultiDict
from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Request, Response

SPEC = "brevo-v3-newsletter-subset.json"
HOST = "https://api.brevo.com"
NOT_THE_API = "/_reports/"
"""The storage of import reports: another host, which no description covers."""
UNDESCRIBED = (401, 403, 405)
"""Refusals that any operation may answer with; the description names them for all in a table alone."""
UNKNOWN_IN_BATCH = ("/v3/contacts/batch", 404)
"""Met by everybody, and not described (sendinblue/APIv3-php-library #257)."""


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
        if request.path.startswith(NOT_THE_API):
            return self._app(environ, start_response)
        asked = _Asked(request)
        environ["wsgi.input"] = io.BytesIO(asked.body or b"")  # it can be read only once
        self._complain(asked, self._openapi.iter_request_errors(asked))
        content, status, headers = run_wsgi_app(self._app, environ, buffered=True)
        response = Response(b"".join(content), status, headers)
        if _is_undescribed(asked, response):
            self._complain_of_refusal(asked, response)
        else:
            self._complain(asked, self._openapi.iter_response_errors(asked, _Answered(response)))
        return response(environ, start_response)

    def _complain(self, asked: "_Asked", errors: Iterable[Exception]) -> None:
        for error in errors:
            found = _schema_errors(error)
            causes = [f"{'.'.join(map(str, one.path))}: {one.message}" for one in found if not _is_outdated(one)]
            if causes or not found:
                self.complaints.append(f"{asked.method.upper()} {asked.path}: {'; '.join(causes) or error}")

    def _complain_of_refusal(self, asked: "_Asked", response: Response) -> None:
        if set(json.loads(response.get_data())) != {"code", "message"}:
            self.complaints.append(f"{asked.method.upper()} {asked.path}: a refusal without code and message")


def _is_undescribed(asked: "_Asked", response: Response) -> bool:
    status = response.status_code
    return status in UNDESCRIBED or (asked.path, status) == UNKNOWN_IN_BATCH


def _schema_errors(error: BaseException | None) -> list[Any]:
    while error is not None:
        if errors := getattr(error, "schema_errors", None):
            return list(errors)
        error = error.__cause__
    return []


def _is_outdated(error: Any) -> bool:
    """Recognise what the description is known to be wrong about.

    Codes are an open set in practice; multiple-choice attributes came later; and where "exactly one of" is asked
    for, several fit: an empty list is one of addresses and of ids, and nothing says that `emails` must be there.
    """
    path = list(error.path)
    if error.validator == "enum":
        return path == ["code"] or (
            path[-1] == "type" and error.instance in ("category", "multiple-choice", "user")
        )
    return error.validator == "oneOf" and not error.context


class _Asked:
    """A request in the words of openapi-core, as if it went to the vendor's host."""

    host_url = HOST
    _LISTS = ("listIds", "ids")
    """Query parameters that may come as comma lists."""

    def __init__(self, request: Request) -> None:
        from openapi_core.datatypes import RequestParameters

        query = [
            (name, part)
            for name, value in request.args.items(multi=True)
            for part in (value.split(",") if name in self._LISTS else [value])
        ]
        self.path = request.path
        self.method = request.method.lower()
        self.body = request.get_data() or None
        self.content_type = request.content_type or "application/json"
        self.parameters = RequestParameters(query=ImmutableMultiDict(query), header=Headers(request.headers))


class _Answered:
    """An answer in the words of openapi-core."""

    def __init__(self, response: Response) -> None:
        self.data = response.get_data()
        self.status_code = response.status_code
        self.content_type = str(response.mimetype)
        self.headers = Headers(response.headers)


@pytest.fixture(scope="session")
def brevo_api() -> Any:
    """The vendor's description. Loading it takes seconds, so it is loaded once."""
    folder = os.environ.get("RUNDBRIEF_API_SPECS")
    if not folder:
        pytest.skip("RUNDBRIEF_API_SPECS does not name the folder of the vendors' API descriptions")
    openapi_core = pytest.importorskip("openapi_core")
    return openapi_core.OpenAPI.from_dict(_without_empty_content(json.loads((Path(folder) / SPEC).read_text())))


def _without_empty_content(node: Any) -> Any:
    """Return the description without `content: {}`: it means that there is none, and reads as none that fits."""
    if isinstance(node, list):
        return [_without_empty_content(one) for one in node]
    if not isinstance(node, dict):
        return node
    return {name: _without_empty_content(one) for name, one in node.items() if (name, one) != ("content", {})}


@pytest.fixture
def validated(brevo_api: Any) -> Iterator[Callable[[Any], Checked]]:
    """Put a gate before a sandbox (or any WSGI application): at the test's end it must have had no complaint."""
    gates: list[Checked] = []

    def gate(app: Any) -> Checked:
        gates.append(Checked(app, brevo_api))
        return gates[-1]

    yield gate
    assert [complaint for one in gates for complaint in one.complaints] == []
