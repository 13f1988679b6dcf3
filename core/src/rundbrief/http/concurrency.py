"""The layer that keeps an account within its number of requests at once."""

import httpx

from rundbrief.http.limits import AccountLimits

__all__ = ["ConcurrencyTransport"]


class ConcurrencyTransport(httpx.BaseTransport):
    """Holds one of the account's places until the whole answer is there: the layer below reads it."""

    def __init__(self, inner: httpx.BaseTransport, limits: AccountLimits) -> None:
        self._inner = inner
        self._limits = limits

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self._limits.place():
            return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()
