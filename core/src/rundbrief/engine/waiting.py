"""Waiting: for a rate budget, between two attempts, for a job of the service. Whoever waits can be woken."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rundbrief.errors import Interrupted

__all__ = ["StopSignal", "Waits"]

BETWEEN_LOOKS = 0.25
"""Seconds between two looks at whether a wait was called off."""


class StopSignal:
    """Set from a signal handler or another thread; whoever waits wakes up with `Interrupted`."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        self._event.set()

    @property
    def is_set(self) -> bool:
        return self._event.is_set()

    def check(self) -> None:
        if self.is_set:
            raise Interrupted("Stopped.", hint="What was done is saved; the next run goes on from here.")

    def wait(self, seconds: float) -> None:
        self._event.wait(seconds)
        self.check()


class Waits:
    """The waits of one connection's requests, in whatever thread: for the rate budget, and between two attempts.

    Where one thread fails the run, the others need not sit out what may be an hour.

    Args:
        stop: ends every wait.
        sleep: sleeps so many seconds; None: until then, or until the stop.
    """

    def __init__(self, stop: StopSignal, sleep: Callable[[float], None] | None = None) -> None:
        self._stop = stop
        self._sleep = sleep or self._doze
        self._is_off = threading.Event()

    def __call__(self, seconds: float) -> None:
        """Sleep so many seconds.

        Raises:
            Interrupted: the program is to stop, or the waits were called off.
        """
        self._check()
        self._sleep(seconds)
        self._check()

    @contextmanager
    def together(self) -> Iterator[Callable[[], None]]:
        """Yield what calls off all waits, those to come as well, until the context ends."""
        try:
            yield self._is_off.set
        finally:
            self._is_off.clear()

    def _doze(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._stop.wait(min(left, BETWEEN_LOOKS))
            self._check()
        self._stop.check()

    def _check(self) -> None:
        if self._is_off.is_set():
            raise Interrupted("Called off, as the run ends for another reason.")
