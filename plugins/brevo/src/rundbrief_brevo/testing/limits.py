"""Requests per window of time, and what the headers say of them."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

__all__ = ["Budget", "Window"]


class Window:
    """At most `limit` requests in `seconds`; it opens with the first one and is full again when they are over."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self.remaining = limit
        self._opened: datetime | None = None

    def roll(self, now: datetime) -> None:
        """Open anew when the time is over."""
        if self._opened is None or not 0 <= (now - self._opened).total_seconds() < self.seconds:
            self._opened = now
            self.remaining = self.limit

    def reset(self, now: datetime) -> int:
        """Return the seconds until it is full again, rounded up."""
        assert self._opened is not None
        return math.ceil(self.seconds - (now - self._opened).total_seconds())


class Budget:
    """What one kind of request is paid from: windows that hold all at once."""

    def __init__(self, clock: Callable[[], datetime], windows: Sequence[Window]) -> None:
        self._clock = clock
        self._windows = windows

    def spend(self) -> bool:
        """Take one request out of every window, if each has room; one that is refused costs nothing."""
        now = self._clock()
        for window in self._windows:
            window.roll(now)
        has_room = all(window.remaining for window in self._windows)
        if has_room:
            for window in self._windows:
                window.remaining -= 1
        return has_room

    def headers(self) -> Mapping[str, str]:
        """Return the headers after `spend`, about the window that will be empty first (which one is undocumented).

        Trap: `reset` is in seconds from now, not a time, and a 429 has no Retry-After.
        """
        now = self._clock()
        tightest = min(self._windows, key=lambda one: (one.remaining, -one.reset(now)))
        return {
            "x-sib-ratelimit-limit": str(tightest.limit),
            "x-sib-ratelimit-remaining": str(tightest.remaining),
            "x-sib-ratelimit-reset": str(tightest.reset(now)),
        }
