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

SPEC = "mailchimp-marketing-newsletter-subset.json"
HOST = "https://us21.api.mailchimp.com"
NOT_THE_API = "/_archives/"
"""The storage of batch results: another host, which no description covers."""
LISTS = ("fields", "exclude_fields")
"""Query parameters that are comma lists on the wire. The description calls them arrays and leaves out how."""


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
        self._complain(asked, self._openapi.iter_response_errors(asked, _Answered(response)))
        return response(environ, start_response)

    def _complain(self, asked: "_Asked", errors: Iterable[Exception]) -> None:
        for error in errors:
            found = _schema_errors(error)
            causes = [f"{'.'.join(map(str, one.path))}: {one.message}" for one in found if not _is_no_time(one)]
            if causes or not found:
                self.complaints.append(f"{asked.method.upper()} {asked.path}: {'; '.join(causes) or error}")


def _schema_errors(error: BaseException | None) -> list[Any]:
    while error is not None:
        if errors := getattr(error, "schema_errors", None):
            return list(errors)
        error = error.__cause__
    return []


def _is_no_time(error: Any) -> bool:
    """Recognise an empty text for a time that is not known: the description has no word for it."""
    return error.validator == "format" and error.validator_value == "date-time" and error.instance == ""


class _Asked:
    """A request in the words of openapi-core, as if it went to the vendor's host."""

    host_url = HOST

    def __init__(self, request: Request) -> None:
        from openapi_core.datatypes import RequestParameters

        query = [
            (name, part)
            for name, value in request.args.items(multi=True)
            for part in (value.split(",") if name in LISTS else [value])
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
def mailchimp_api() -> Any:
    """The vendor's description. Loading it takes seconds, so it is loaded once."""
    folder = os.environ.get("RUNDBRIEF_API_SPECS")
    if not folder:
        pytest.skip("RUNDBRIEF_API_SPECS does not name the folder of the vendors' API descriptions")
    openapi_core = pytest.importorskip("openapi_core")
    config = openapi_core.Config(extra_media_type_deserializers={"application/problem+json": json.loads})
    return openapi_core.OpenAPI.from_file_path(str(Path(folder) / SPEC), config=config)


@pytest.fixture
def validated(mailchimp_api: Any) -> Iterator[Callable[[Any], Checked]]:
    """Put a gate before a sandbox (or any WSGI application): at the test's end it must have had no complaint."""
    gates: list[Checked] = []

    def gate(app: Any) -> Checked:
        gates.append(Checked(app, mailchimp_api))
        return gates[-1]

    yield gate
    assert [complaint for one in gates for complaint in one.complaints] == []
