"""The layer that keeps an account within its rate windows."""

from collections.abc import Callable

import httpx

from rundbrief.http.limits import AccountLimits

__all__ = ["RateBudgetTransport"]


class RateBudgetTransport(httpx.BaseTransport):
    """Waits until every window of the account has room for one more request."""

    def __init__(
        self, inner: httpx.BaseTransport, limits: AccountLimits, *, wait: Callable[[float], None]
    ) -> None:
        self._inner = inner
        self._limits = limits
        self._wait = wait

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._limits.spend(self._wait)
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()
