"""The innermost layer: connections to services, kept open for the next request."""

import ssl
import threading
from functools import cache

import httpx

__all__ = ["NetworkTransport"]

ROOM = 4
"""Connections beyond the account's places: those rule, and never turn waiting into an error."""


class NetworkTransport(httpx.BaseTransport):
    """A pool of connections for each scheme, opened by its first request.

    Reading the certificates that this machine trusts takes longer than all else that a short command does, so they
    are read for the first https request, once for all clients.
    """

    def __init__(self, concurrency: int) -> None:
        self._limits = httpx.Limits(max_connections=concurrency + ROOM)
        self._pools: dict[str, httpx.HTTPTransport] = {}
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._pool(request.url.scheme).handle_request(request)

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()

    def _pool(self, scheme: str) -> httpx.HTTPTransport:
        with self._lock:
            if scheme not in self._pools:
                trusted = _trusted() if scheme == "https" else _nobody()
                self._pools[scheme] = httpx.HTTPTransport(verify=trusted, limits=self._limits)
            return self._pools[scheme]


@cache
def _trusted() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _nobody() -> ssl.SSLContext:
    """Return a context that lets no certificate pass."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
