"""What a sandbox was asked, counted."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

__all__ = ["RequestLog", "RequestRecord"]

_READS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(slots=True)
class RequestRecord:
    method: str
    path: str
    query: str
    body: bytes
    """Empty also when the log had to let go of it; see `RequestLog`."""
    status: int = 0
    """0 while it is under way, or when its answer was lost."""
    at_once: int = 1
    """How many requests were under way when it came, itself included."""
    is_search: bool = False
    """It only asks, whatever its method; see `SandboxApplication.is_search`."""

    @property
    def is_read(self) -> bool:
        return self.is_search or self.method in _READS


class RequestLog:
    """All requests since the last `reset`, in the order they came.

    Args:
        body_budget: bytes of request bodies to keep; beyond it the oldest bodies are dropped, so that a long run
            does not fill the memory. The records themselves stay.
    """

    def __init__(self, body_budget: int = 64 * 1024 * 1024) -> None:
        self._lock = threading.Lock()
        self._budget = body_budget
        self._records: list[RequestRecord] = []
        self._with_body = 0  # index of the oldest record whose body is still there
        self._body_bytes = 0
        self._under_way = 0
        self.most_at_once = 0
        """The highest number of requests that were under way together."""

    def __iter__(self) -> Iterator[RequestRecord]:
        with self._lock:
            return iter(list(self._records))

    def __len__(self) -> int:
        with self._lock:
            return len(self._records)

    @property
    def reads(self) -> int:
        return sum(record.is_read for record in self)

    @property
    def writes(self) -> int:
        return sum(not record.is_read for record in self)

    @property
    def under_way(self) -> int:
        return self._under_way

    def count(self, method: str = "", path: str = "") -> int:
        """Return how many requests had this method (empty: any) and a path in which the pattern is found."""
        return sum(
            (not method or record.method == method) and bool(re.search(path, record.path)) for record in self
        )

    def reset(self) -> None:
        """Forget what was asked so far."""
        with self._lock:
            self._records = []
            self._with_body = self._body_bytes = 0
            self.most_at_once = self._under_way

    @contextmanager
    def entry(self, record: RequestRecord) -> Iterator[None]:
        """Log a request for as long as it is under way."""
        with self._lock:
            self._under_way += 1
            record.at_once = self._under_way
            self.most_at_once = max(self.most_at_once, self._under_way)
            self._keep(record)
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1

    def _keep(self, record: RequestRecord) -> None:
        self._records.append(record)
        self._body_bytes += len(record.body)
        while self._body_bytes > self._budget:
            oldest = self._records[self._with_body]
            self._body_bytes -= len(oldest.body)
            oldest.body = b""
            self._with_body += 1
