"""The layers between the client and the wire, each with one job: retry, rate budget, concurrency."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from tenacity import RetryCallState, Retrying

from rundbrief.http.limits import AccountLimits

__all__ = ["IDEMPOTENT", "LimitTransport", "RetryPolicy", "RetryTransport", "retry_after"]

IDEMPOTENT = "rundbrief.idempotent"
"""The request extension that says whether a request may be sent again when its answer was lost."""

_NOT_NOW = frozenset({408, 425, 429, 503})
"""The service says that it did not act: every request may be repeated."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How patient a client is."""

    total_seconds: float = 300.0
    """Upper bound of all waiting for one request."""
    longest_wait: float = 60.0
    first_wait: float = 1.0
    """The first backoff's upper bound, doubled with each attempt."""


class RetryTransport(httpx.BaseTransport):
    """Repeats what may be repeated, until it works or the time is used up.

    Connect errors and *not now* answers are repeated always: the service did not act. A lost answer, or a 5xx
    that may have come after the effect, only when the request is idempotent. The wait is what `Retry-After` asks
    for (seconds or a date), else full-jitter exponential backoff.
    """

    def __init__(
        self,
        inner: httpx.BaseTransport,
        policy: RetryPolicy,
        *,
        wait: Callable[[float], None],
        now: Callable[[], datetime],
        is_throttled: Callable[[httpx.Response], bool],
    ) -> None:
        self._inner = inner
        self._policy = policy
        self._wait = wait
        self._now = now
        self._is_throttled = is_throttled

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        retrying = Retrying(
            retry=self._may_repeat,
            wait=self._pause,
            stop=self._is_used_up,
            sleep=self._wait,
            retry_error_callback=_last_answer,
        )
        return retrying(self._attempt, request)

    def close(self) -> None:
        self._inner.close()

    def _attempt(self, request: httpx.Request) -> httpx.Response:
        return self._inner.handle_request(request)

    def _may_repeat(self, state: RetryCallState) -> bool:
        assert state.outcome is not None
        idempotent = bool(state.args[0].extensions.get(IDEMPOTENT))
        error = state.outcome.exception()
        if error is not None:
            return _nothing_was_sent(error) or (idempotent and isinstance(error, httpx.TransportError))
        response: httpx.Response = state.outcome.result()
        if response.status_code in _NOT_NOW or self._is_throttled(response):
            return True
        return idempotent and response.status_code >= 500

    def _pause(self, state: RetryCallState) -> float:
        assert state.outcome is not None
        backoff = min(self._policy.longest_wait, self._policy.first_wait * 2.0 ** (state.attempt_number - 1))
        jittered = random.uniform(0, backoff)  # noqa: S311 - spreads retries, guards no secret
        if state.outcome.failed:
            return jittered
        asked = retry_after(state.outcome.result().headers, self._now())
        return jittered if asked is None else asked

    def _is_used_up(self, state: RetryCallState) -> bool:
        return state.idle_for + state.upcoming_sleep > self._policy.total_seconds


class LimitTransport(httpx.BaseTransport):
    """Waits for room in the rate windows and for a free place, and reads the answer while it holds the place."""

    def __init__(
        self,
        inner: httpx.BaseTransport,
        limits: AccountLimits,
        *,
        wait: Callable[[float], None],
        count: Callable[[], None],
        max_bytes: int,
    ) -> None:
        self._inner = inner
        self._limits = limits
        self._wait = wait
        self._count = count
        self._max_bytes = max_bytes

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._limits.spend(self._wait)
        with self._limits.place():
            self._count()
            response = self._inner.handle_request(request)
            try:
                return _read(request, response, self._max_bytes)
            finally:
                response.close()

    def close(self) -> None:
        self._inner.close()


def _read(request: httpx.Request, response: httpx.Response, max_bytes: int) -> httpx.Response:
    """Return a copy of the response with its whole body, refusing one that never ends."""
    response.request = request
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > max_bytes:
            raise httpx.DecodingError(f"the answer is larger than {max_bytes} bytes")
    headers = [
        (name, value)
        for name, value in response.headers.multi_items()
        if name.lower() not in ("content-encoding", "content-length", "transfer-encoding")
    ]
    return httpx.Response(
        response.status_code, headers=headers, content=bytes(body), request=request, extensions=response.extensions
    )


def retry_after(headers: httpx.Headers, now: datetime) -> float | None:
    """Return the seconds a `Retry-After` header asks for; None without one, or with one that makes no sense."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def _nothing_was_sent(error: BaseException) -> bool:
    return isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)


def _last_answer(state: RetryCallState) -> httpx.Response:
    assert state.outcome is not None
    answer: httpx.Response = state.outcome.result()
    return answer
