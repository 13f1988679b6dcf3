"""What one account may do at once: requests side by side, and requests per window of time."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from pyrate_limiter import InMemoryBucket, RateItem
from pyrate_limiter import Rate as Window

from rundbrief.session import Rate

__all__ = ["AccountLimits"]

TICK = 0.05
"""Seconds between two looks at a full window."""


class AccountLimits:
    """The limits of one account, shared by all who use it in this process.

    Args:
        concurrency: requests that may be under way at once. A semaphore rules, since httpx's own pool limit turns
            waiting into an error under load.
        rates: windows that hold all at once, such as 10 per second and 36,000 per hour.
        clock: seconds that never go back.
    """

    def __init__(
        self, concurrency: int = 1, rates: Sequence[Rate] = (), *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.concurrency = concurrency
        self._places = threading.BoundedSemaphore(concurrency)
        windows = [Window(rate.limit, int(rate.seconds * 1000)) for rate in _binding(rates)]
        # The bucket alone: a `Limiter` around it would start a thread that nobody ends.
        self._bucket = InMemoryBucket(windows) if windows else None
        self._bucket_lock = threading.Lock()
        self._clock = clock

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold one of the account's places for the length of a request."""
        with self._places:
            yield

    def spend(self, wait: Callable[[float], None]) -> None:
        """Take one request out of every window's budget; `wait` (interruptible) until each has room."""
        while not self._has_room():
            wait(TICK)

    def _has_room(self) -> bool:
        if self._bucket is None:
            return True
        with self._bucket_lock:  # the bucket expects its times in order
            now = int(self._clock() * 1000)
            self._bucket.leak(now)
            return self._bucket.put(RateItem("request", now))


def _binding(rates: Sequence[Rate]) -> list[Rate]:
    """Return the windows that can make a request wait, shortest first; the bucket takes no others.

    A short window is implied by a longer one that allows no more in all; a long one, by a shorter one that is no
    quicker.
    """
    kept: list[Rate] = []
    for rate in sorted(rates, key=lambda one: (one.seconds, one.limit)):
        if kept and rate.limit / rate.seconds >= kept[-1].limit / kept[-1].seconds:
            continue
        while kept and kept[-1].limit >= rate.limit:
            kept.pop()
        kept.append(rate)
    return kept
