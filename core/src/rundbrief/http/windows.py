"""One budget of requests: the windows it is measured in, and what the service says is left of it."""

import math
import threading
from collections.abc import Callable, Sequence

from pyrate_limiter import InMemoryBucket, RateItem
from pyrate_limiter import Rate as Window

from rundbrief.http.pacing import until_refilled
from rundbrief.session import Allowance, Rate

__all__ = ["TICK", "Budget", "binding"]

TICK = 0.05
"""Seconds between two looks at what is taken, and the shortest wait for what is full."""

LONGEST_HOLD = 3600.0
"""Seconds that requests are held back at most, whatever the service says: then one of them may ask again."""


class Budget:
    """What requests of one kind are paid from. Threads may share it.

    The windows count what this process sends. Somebody else may use the same account, and only the service knows:
    when it says that nothing is left, the next request waits until it is full again, whatever the windows hold.
    """

    def __init__(self, rates: Sequence[Rate], clock: Callable[[], float]) -> None:
        windows = [Window(rate.limit, int(rate.seconds * 1000)) for rate in binding(rates)]
        # The bucket alone: a `Limiter` around it would start a thread that nobody ends.
        self._bucket = InMemoryBucket(windows) if windows else None
        self._clock = clock
        self._held_until = -math.inf
        self._ahead = 0.0
        """By how many seconds our waits were shorter than the clock says."""
        self._lock = threading.Lock()

    def spend(self, wait: Callable[[float], None]) -> None:
        """Take one request out of every window; `wait` (interruptible) until the service and each has room."""
        self._sit_out(wait)
        while seconds := self._until_room():
            began = self._clock()
            wait(seconds)
            with self._lock:  # the time is over, even for a wait on another clock than ours
                self._ahead += max(0.0, seconds - (self._clock() - began))
            self._sit_out(wait)

    def learn(self, left: Allowance | None) -> None:
        """Note what an answer says is left. One that was under way at the same time never shortens a wait."""
        seconds = min(until_refilled(left), LONGEST_HOLD)
        with self._lock:
            self._held_until = max(self._held_until, self._clock() + seconds)

    def _sit_out(self, wait: Callable[[float], None]) -> None:
        while (seconds := (until := self._held_until) - self._clock()) > 0:
            wait(seconds)
            with self._lock:
                if self._held_until == until:  # the time is over, even for a wait on another clock than ours
                    self._held_until = -math.inf

    def _until_room(self) -> float:
        """Take a request out of every window and return 0; the seconds until that can be, where one is used up."""
        if self._bucket is None:
            return 0
        with self._lock:  # the bucket expects its times in order
            now = int((self._clock() + self._ahead) * 1000)
            self._bucket.leak(now)
            item = RateItem("request", now)
            if self._bucket.put(item):
                return 0
            milliseconds = self._bucket.waiting(item)
            assert isinstance(milliseconds, int)  # awaited by buckets elsewhere than in memory
            return max(TICK, milliseconds / 1000)


def binding(rates: Sequence[Rate]) -> list[Rate]:
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
