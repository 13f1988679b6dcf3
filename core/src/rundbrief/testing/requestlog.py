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
    status: int = 0
    """0 while it is under way, or when its answer was lost."""

    @property
    def is_read(self) -> bool:
        return self.method in _READS


class RequestLog:
    """All requests since the last `reset`, in the order they came."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: list[RequestRecord] = []
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
        with self._lock:
            self._records = []
            self.most_at_once = self._under_way

    @contextmanager
    def entry(self, record: RequestRecord) -> Iterator[None]:
        """Log a request for as long as it is under way."""
        with self._lock:
            self._records.append(record)
            self._under_way += 1
            self.most_at_once = max(self.most_at_once, self._under_way)
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1
