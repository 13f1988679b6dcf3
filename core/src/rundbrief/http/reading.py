"""The layer on the wire: sends a request, and reads its answer to the end."""

from collections.abc import Callable, Iterator
from datetime import datetime

import httpx

from rundbrief.errors import ProtocolError
from rundbrief.http.terms import Terms

__all__ = ["LONGEST_ANSWER", "ReadingTransport"]

LONGEST_ANSWER = 300.0
"""Seconds in which an answer has to be there as a whole, from its head on. One that comes byte by byte never
breaks the timeout, which is about the silence between two of them."""

_NO_LONGER_TRUE = frozenset({"content-encoding", "content-length", "transfer-encoding"})
"""Headers about the bytes on the wire, which the unpacked body is not."""


class ReadingTransport(httpx.BaseTransport):
    """Returns whole answers, so that nothing above can leave one open, or be cut off in the middle of it."""

    def __init__(
        self, wire: httpx.BaseTransport, *, count: Callable[[], None], now: Callable[[], datetime]
    ) -> None:
        self._wire = wire
        self._count = count
        self._now = now

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._count()
        response = self._wire.handle_request(request)
        response.request = request  # names the request in what reading may raise
        try:
            body = _body(response, Terms.of(request).max_bytes, self._now)
        finally:
            response.close()
        headers = [pair for pair in response.headers.multi_items() if pair[0].lower() not in _NO_LONGER_TRUE]
        return httpx.Response(response.status_code, headers=headers, content=body, request=request)

    def close(self) -> None:
        self._wire.close()


class _Bounded(httpx.SyncByteStream):
    """The bytes on the wire, as long as they are not too many and do not take too long.

    Bounded here as well as unpacked: a packed body may go on for ever without a byte of content.
    """

    def __init__(self, response: httpx.Response, max_bytes: int, now: Callable[[], datetime]) -> None:
        assert isinstance(response.stream, httpx.SyncByteStream)
        self._stream = response.stream
        self._request = response.request
        self._max_bytes = max_bytes
        self._now = now

    def __iter__(self) -> Iterator[bytes]:
        began, received = self._now(), 0
        for chunk in self._stream:
            received += len(chunk)
            if received > self._max_bytes:
                raise _too_large(self._request, self._max_bytes)
            if (self._now() - began).total_seconds() > LONGEST_ANSWER:
                raise httpx.ReadTimeout("The answer takes too long.", request=self._request)
            yield chunk

    def close(self) -> None:
        self._stream.close()


def _body(response: httpx.Response, max_bytes: int, now: Callable[[], datetime]) -> bytes:
    """Return the unpacked body, refusing one that never ends."""
    response.stream = _Bounded(response, max_bytes, now)
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > max_bytes:
            raise _too_large(response.request, max_bytes)
    return bytes(body)


def _too_large(request: httpx.Request, max_bytes: int) -> ProtocolError:
    return ProtocolError(f"{request.url.host} sent an answer larger than {max_bytes:,} bytes.")
