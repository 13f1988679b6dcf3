"""A WSGI application in this process gets what it would get on a port."""

from urllib.parse import quote

import pytest
from werkzeug.wrappers import Request, Response

from rundbrief.http import AccountLimits, open_client, wsgi_transport
from rundbrief.session import Endpoint


@Request.application
def repeats_the_path(request: Request) -> Response:
    return Response(request.path)


@pytest.mark.parametrize("name", ["jo+news%1", "jörg", "用户", "a b"])
def test_a_path_arrives_letter_by_letter(name: str) -> None:
    transport = wsgi_transport(repeats_the_path)
    with open_client(Endpoint("http://127.0.0.1:9"), limits=AccountLimits(), transport=transport) as client:
        assert client.get(f"/people/{quote(name)}").content.decode() == f"/people/{name}"
