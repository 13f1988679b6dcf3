"""The layer that keeps an account within its rate windows, and within what the service says is left."""

from collections.abc import Callable

import httpx

from rundbrief.http.limits import AccountLimits
from rundbrief.http.terms import Terms

__all__ = ["RateBudgetTransport"]


class RateBudgetTransport(httpx.BaseTransport):
    """Waits until the request's budget has room for it, and learns from the answer what is left there."""

    def __init__(
        self, inner: httpx.BaseTransport, limits: AccountLimits, *, wait: Callable[[float], None]
    ) -> None:
        self._inner = inner
        self._limits = limits
        self._wait = wait

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        terms = Terms.of(request)
        budget = self._limits.budget(terms.budget)
        budget.spend(self._wait)
        response = self._inner.handle_request(request)
        budget.learn(terms.allowance(response))
        return response

    def close(self) -> None:
        self._inner.close()
