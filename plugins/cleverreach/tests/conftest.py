"""Checking requests and answers against a description of the API.

The vendor's own could not be had. The one that is meant is derived from clients, and no part of this repository:
RUNDBRIEF_API_SPECS names the folder where it is.
"""

import io
import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.datastructures import Headers, ImmutableMultiDict
from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Request, Response

SPEC = "cleverreach-v3-derived.json"
HOST = "https://rest.cleverreach.com"
API = "/v3/"


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
        if not request.path.startswith(API):  # the token endpoint, which no description covers
            return self._app(environ, start_response)
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
            causes = [
                f"{'.'.join(map(str, one.path))}: {one.message}" for one in found if not _is_told_in_words(one)
            ]
            if causes or not found:
                self.complaints.append(f"{asked.method.upper()} {asked.path}: {'; '.join(causes) or error}")


def _schema_errors(error: BaseException | None) -> list[Any]:
    while error is not None:
        if errors := getattr(error, "schema_errors", None):
            return list(errors)
        error = error.__cause__
    return []


def _is_told_in_words(error: Any) -> bool:
    """Recognise what the description allows in a sentence beside the type: PHP's ways to mix up types."""
    words = error.schema.get("description", "")
    if error.validator != "type":
        return False
    return ("may be []" in words and error.instance == []) or (
        "numeric string" in words and isinstance(error.instance, int)
    )


class _Asked:
    """A request in the words of openapi-core, as if it went to the vendor's host, in the newer spelling."""

    host_url = HOST

    def __init__(self, request: Request) -> None:
        from openapi_core.datatypes import RequestParameters

        self.path = re.sub(r"^(/v3/\w+|/v3/receivers/filter)\.json(?=/|$)", r"\1", request.path)
        self.method = request.method.lower()
        self.body = request.get_data() or None
        self.content_type = request.content_type or "application/json"
        query = ImmutableMultiDict(request.args.items(multi=True))
        self.parameters = RequestParameters(query=query, header=Headers(request.headers))


class _Answered:
    """An answer in the words of openapi-core."""

    def __init__(self, response: Response) -> None:
        self.data = response.get_data()
        self.status_code = response.status_code
        self.content_type = str(response.mimetype)
        self.headers = Headers(response.headers)


@pytest.fixture(scope="session")
def cleverreach_api() -> Any:
    """The description."""
    folder = os.environ.get("RUNDBRIEF_API_SPECS")
    if not folder:
        pytest.skip("RUNDBRIEF_API_SPECS does not name the folder of the API descriptions")
    openapi_core = pytest.importorskip("openapi_core")
    return openapi_core.OpenAPI.from_file_path(str(Path(folder) / SPEC))


@pytest.fixture
def validated(cleverreach_api: Any) -> Iterator[Callable[[Any], Checked]]:
    """Put a gate before a sandbox (or any WSGI application): at the test's end it must have had no complaint."""
    gates: list[Checked] = []

    def gate(app: Any) -> Checked:
        gates.append(Checked(app, cleverreach_api))
        return gates[-1]

    yield gate
    assert [complaint for one in gates for complaint in one.complaints] == []
