"""The layer that sends again what may be sent again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import httpx
from tenacity import RetryCallState, Retrying, wait_random_exponential

from rundbrief.http.failures import nothing_was_sent, the_answer_was_lost
from rundbrief.http.pacing import retry_after, until_refilled
from rundbrief.http.redaction import log, masked
from rundbrief.http.terms import Terms

__all__ = ["RetryPolicy", "RetryTransport"]

_NOT_NOW = frozenset({408, 425, 429, 503})
"""The service says that it did not act: every request may be repeated."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How patient a client is. All in seconds."""

    total_seconds: float = 300.0
    """From the first failure of a request on, no attempt begins later than this."""
    longest_wait: float = 60.0
    """The upper bound of one backoff. What a service asks for is obeyed up to the total."""
    first_wait: float = 1.0
    """The first backoff's upper bound, doubled with each attempt."""


class RetryTransport(httpx.BaseTransport):
    """Repeats what may be repeated, until it works or the time is used up.

    Connect errors and *not now* answers are repeated always: the service did not act. A lost answer, or a 5xx
    that may have come after the effect, only when the request is idempotent. The wait is full-jitter exponential
    backoff, and at least what `Retry-After` asks for (seconds or a date). Without one, it comes on top of the time
    that the service needs, as its answer says, to fill up a budget that was too small.
    """

    def __init__(
        self,
        inner: httpx.BaseTransport,
        policy: RetryPolicy,
        *,
        wait: Callable[[float], None],
        now: Callable[[], datetime],
    ) -> None:
        self._inner = inner
        self._policy = policy
        self._wait = wait
        self._now = now
        self._backoff = wait_random_exponential(multiplier=policy.first_wait, max=policy.longest_wait)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        retrying = Retrying(
            retry=_may_repeat,
            wait=self._pause,
            stop=_Patience(self._policy.total_seconds, self._now),
            sleep=self._wait,
            before_sleep=_announce,
            retry_error_callback=_last_answer,
        )
        return retrying(self._attempt, request)

    def close(self) -> None:
        self._inner.close()

    def _attempt(self, request: httpx.Request) -> httpx.Response:
        return self._inner.handle_request(request)

    def _pause(self, state: RetryCallState) -> float:
        assert state.outcome is not None
        backoff = self._backoff(state)
        if state.outcome.failed:
            return backoff
        response: httpx.Response = state.outcome.result()
        asked = retry_after(response.headers, self._now())
        if asked is not None:
            # A service that asks for no wait at all, over and over, is not to be hammered.
            return max(backoff, asked)
        terms = Terms.of(state.args[0])
        refill = until_refilled(terms.allowance(response)) if terms.is_throttled(response) else 0.0
        return refill + backoff


class _Patience:
    """Tells when the next wait would end too late.

    The time counts from the first failure on, attempts included; waiting for the rate budget before that does not.
    """

    def __init__(self, seconds: float, now: Callable[[], datetime]) -> None:
        self._seconds = seconds
        self._now = now
        self._first_failure: datetime | None = None

    def __call__(self, state: RetryCallState) -> bool:
        now = self._now()
        self._first_failure = self._first_failure or now
        # The waits are a lower bound that holds even when somebody sets the clock back.
        spent = max(state.idle_for, (now - self._first_failure).total_seconds())
        return spent + state.upcoming_sleep > self._seconds


def _may_repeat(state: RetryCallState) -> bool:
    assert state.outcome is not None
    terms = Terms.of(state.args[0])
    error = state.outcome.exception()
    if error is not None:
        return nothing_was_sent(error) or (terms.idempotent and the_answer_was_lost(error))
    response: httpx.Response = state.outcome.result()
    if response.status_code in _NOT_NOW or terms.is_throttled(response):
        return True
    return terms.idempotent and response.status_code >= 500


def _announce(state: RetryCallState) -> None:
    assert state.outcome is not None
    request: httpx.Request = state.args[0]
    error = state.outcome.exception()
    what = type(error).__name__ if error else state.outcome.result().status_code
    place = masked(request.url.path)
    log.debug("%s %s: %s, again in %.1f s", request.method, place, what, state.upcoming_sleep)


def _last_answer(state: RetryCallState) -> httpx.Response:
    assert state.outcome is not None
    answer: httpx.Response = state.outcome.result()
    return answer
