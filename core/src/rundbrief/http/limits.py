"""What one account may do at once: requests side by side, and requests per window of time."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rundbrief.http.windows import TICK, Budget
from rundbrief.session import Rate

__all__ = ["AccountLimits"]


class AccountLimits:
    """The limits of one account, shared by all who use it in this process.

    Args:
        concurrency: requests that may be under way at once. A semaphore rules, since httpx's own pool limit turns
            waiting into an error under load.
        rates: windows such as 10 per second and 36,000 per hour. Those of one budget hold all at once.
        clock: seconds that never go back.
    """

    def __init__(
        self, concurrency: int = 1, rates: Sequence[Rate] = (), *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.concurrency = concurrency
        self._places = threading.BoundedSemaphore(concurrency)
        self._clock = clock
        self._budgets = {
            name: Budget([rate for rate in rates if rate.budget == name], clock)
            for name in {rate.budget for rate in rates}
        }
        self._budgets_lock = threading.Lock()

    @contextmanager
    def place(self, wait: Callable[[float], None]) -> Iterator[None]:
        """Hold one of the account's places for the length of a request; `wait` may interrupt the queue for it."""
        while not self._places.acquire(timeout=TICK):
            wait(0.0)
        try:
            yield
        finally:
            self._places.release()

    def budget(self, name: str = "") -> Budget:
        """Return the budget of that name; one without rates is bounded by what the service says alone."""
        with self._budgets_lock:
            return self._budgets.setdefault(name, Budget((), self._clock))
