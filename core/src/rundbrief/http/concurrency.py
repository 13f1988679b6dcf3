"""The layer that keeps an account within its number of requests at once."""

from collections.abc import Callable

import httpx

from rundbrief.http.limits import AccountLimits

__all__ = ["ConcurrencyTransport"]


class ConcurrencyTransport(httpx.BaseTransport):
    """Holds one of the account's places until the whole answer is there: the layer below reads it."""

    def __init__(
        self, inner: httpx.BaseTransport, limits: AccountLimits, *, wait: Callable[[float], None]
    ) -> None:
        self._inner = inner
        self._limits = limits
        self._wait = wait

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self._limits.place(self._wait):
            return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()
