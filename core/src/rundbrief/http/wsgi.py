"""A transport that calls a WSGI application in this process."""

import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

__all__ = ["Transport", "wsgi_transport"]

Transport = httpx.BaseTransport
"""What a client sends its requests through; opaque to everybody but this package."""


def wsgi_transport(app: Any) -> Transport:
    """Return a transport to a WSGI application, such as a sandbox.

    A lost connection is an exception out of the application: `ConnectionRefusedError` before the request was
    seen, `ConnectionResetError` or `TimeoutError` when its answer was lost, also in the middle of the body;
    `ssl.SSLCertVerificationError` when the service cannot prove who it is.
    """
    return _WsgiTransport(app)


class _WsgiTransport(httpx.BaseTransport):
    def __init__(self, app: Any) -> None:
        self._app = app
        self._inner = httpx.WSGITransport(app=self._call)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with _as_on_the_wire(request):
            response = self._inner.handle_request(request)
        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream = _Body(response.stream, request)
        return response

    def _call(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Hand on a path as WSGI wants it, each byte a letter (PEP 3333); httpx has it in letters already."""
        environ["PATH_INFO"] = environ["PATH_INFO"].encode().decode("latin-1")
        answer: Iterable[bytes] = self._app(environ, start_response)
        return answer


class _Body(httpx.SyncByteStream):
    """A body as it comes, piece by piece: whoever reads it may stop in its middle."""

    def __init__(self, stream: httpx.SyncByteStream, request: httpx.Request) -> None:
        self._stream = stream
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        with _as_on_the_wire(self._request):
            yield from self._stream

    def close(self) -> None:
        self._stream.close()


@contextmanager
def _as_on_the_wire(request: httpx.Request) -> Iterator[None]:
    """Raise what a real line would raise, in the place of what an application does."""
    try:
        yield
    except (ConnectionRefusedError, ssl.SSLCertVerificationError) as error:
        raise httpx.ConnectError(str(error), request=request) from error
    except ConnectionError as error:
        raise httpx.ReadError(str(error), request=request) from error
    except TimeoutError as error:
        raise httpx.ReadTimeout(str(error), request=request) from error
