"""The layer on the wire: sends a request, and reads its answer to the end."""

from collections.abc import Callable

import httpx

from rundbrief.errors import ProtocolError
from rundbrief.http.terms import Terms

__all__ = ["ReadingTransport"]

_NO_LONGER_TRUE = frozenset({"content-encoding", "content-length", "transfer-encoding"})
"""Headers about the bytes on the wire, which the unpacked body is not."""


class ReadingTransport(httpx.BaseTransport):
    """Returns whole answers, so that nothing above can leave one open, or be cut off in the middle of it."""

    def __init__(self, wire: httpx.BaseTransport, *, count: Callable[[], None]) -> None:
        self._wire = wire
        self._count = count

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._count()
        response = self._wire.handle_request(request)
        response.request = request  # names the request in what reading may raise
        try:
            body = _body(response, Terms.of(request).max_bytes)
        finally:
            response.close()
        headers = [pair for pair in response.headers.multi_items() if pair[0].lower() not in _NO_LONGER_TRUE]
        return httpx.Response(response.status_code, headers=headers, content=body, request=request)

    def close(self) -> None:
        self._wire.close()


def _body(response: httpx.Response, max_bytes: int) -> bytes:
    """Return the unpacked body, refusing one that never ends."""
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > max_bytes:
            raise ProtocolError(f"{response.request.url.host} sent an answer larger than {max_bytes:,} bytes.")
    return bytes(body)
