"""Asynchronous batches: operations that are carried out later, and whose results lie in an archive.

Docs: batch-operations.
"""

import gzip
import hashlib
import io
import json
import random
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rundbrief_mailchimp.testing.problems import (
    invalid_resource,
    invalid_value,
    not_found,
    required,
    too_many_requests,
)
from rundbrief_mailchimp.testing.times import stamp

__all__ = ["Batch", "Batches", "Operation", "Perform"]

MAX_PENDING = 500
"""Batches of one account that are not finished."""
RUNS_BY_ITSELF_AFTER = timedelta(minutes=10)
"""A batch that nobody asks after for so long has run all the same."""
URL_VALID_FOR = timedelta(minutes=10)
RESULTS_KEPT_FOR = timedelta(days=7)
FILES = 3
"""The archive holds several files; a client has to walk all of them."""

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_UNDER_WAY = ("preprocessing", "started", "finalizing")


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    path: str
    operation_id: str
    params: Mapping[str, Any]
    body: str
    """JSON as a text."""

    @classmethod
    def of(cls, row: Any) -> "Operation":
        """Read one operation of a submission.

        Raises:
            Problem: method or path is missing or not allowed, or the body is not a text.
        """
        if not isinstance(row, dict) or row.get("method") not in _METHODS:
            raise invalid_value("operations.method", f"Value must be one of: {', '.join(_METHODS)}")
        path, body = row.get("path"), row.get("body", "")
        if not isinstance(path, str) or not path:
            raise required("operations.path")
        if path.lstrip("/").startswith("batches"):
            raise invalid_resource("A batch operation cannot act on batches.")
        if not isinstance(body, str):
            raise invalid_value("operations.body", "Schema describes string, object found instead")
        return cls(row["method"], path, str(row.get("operation_id", "")), row.get("params") or {}, body)


Perform = Callable[[Operation], tuple[int, Any]]
"""Carries out one operation: status and payload of its answer."""


@dataclass(slots=True)
class Batch:
    id: str
    operations: Sequence[Operation]
    submitted_at: datetime
    polls: int
    """How many status requests find it unfinished."""
    asked_after_at: datetime
    """When somebody last asked for its status, or handed it in."""
    asked_after: int = 0
    """How often somebody asked for its status."""
    stalled: bool = False
    """It never runs."""
    results: list[dict[str, Any]] = field(default_factory=list)
    completed_at: datetime | None = None

    @property
    def status(self) -> str:
        """Return the step it is at; who asks often enough before the end sees all of them."""
        if self.completed_at is not None:
            return "finished"
        if not self.asked_after:
            return "pending"
        return _UNDER_WAY[min((self.asked_after - 1) * len(_UNDER_WAY) // max(self.polls, 1), len(_UNDER_WAY) - 1)]

    def run(self, perform: Perform, now: datetime, seed: int) -> None:
        """Carry out the operations. "Order is not guaranteed", so nobody shall come to rely on one."""
        for operation in random.Random(seed).sample(self.operations, len(self.operations)):  # noqa: S311  # nosec B311  # any order will do
            status, payload = perform(operation)
            self.results.append(
                {
                    "status_code": status,
                    "operation_id": operation.operation_id,
                    "response": payload if isinstance(payload, str) else json.dumps(payload),
                }
            )
        self.completed_at = now

    def archive(self) -> bytes:
        """Return the results as a gzipped tar of JSON files."""
        out = io.BytesIO()
        with (
            gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1) as packed,
            tarfile.open(fileobj=packed, mode="w|") as tar,
        ):
            folder = tarfile.TarInfo(f"./{self.id}")
            folder.type = tarfile.DIRTYPE
            tar.addfile(folder)
            for number in range(FILES):
                content = json.dumps(self.results[number::FILES]).encode()
                member = tarfile.TarInfo(f"./{self.id}/{number}.json")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        return out.getvalue()


class Batches:
    """The batches of an account.

    Args:
        clock: tells the time.
        perform: carries out one operation.
    """

    def __init__(self, clock: Callable[[], datetime], perform: Perform) -> None:
        self.stall = False
        """Let every batch that is submitted from now on never finish."""
        self._clock = clock
        self._perform = perform
        self.by_id: dict[str, Batch] = {}
        self._count = 0

    def __iter__(self) -> Iterator[Batch]:
        return iter(list(self.by_id.values()))

    def submit(self, operations: Any, *, polls: int) -> Batch:
        """Take operations in; they are carried out later.

        Args:
            polls: how many status requests find the batch unfinished.

        Raises:
            Problem: an operation is not well-formed, or too many batches wait.
        """
        if not isinstance(operations, list) or not operations:
            raise required("operations")
        if sum(one.completed_at is None for one in self) >= MAX_PENDING:
            raise too_many_requests(f"You may have at most {MAX_PENDING} pending batches.")
        read = [Operation.of(row) for row in operations]
        self._count += 1
        batch = Batch(f"{self._count:010x}", read, self._clock(), polls, self._clock(), stalled=self.stall)
        self.by_id[batch.id] = batch
        return batch

    def get(self, batch_id: str) -> Batch:
        """Return a batch.

        Raises:
            Problem: 404.
        """
        if batch_id not in self.by_id:
            raise not_found()
        return self.by_id[batch_id]

    def poll(self, batch_id: str) -> Batch:
        """Return a batch that somebody asks after: it takes a step, and at last it runs."""
        batch = self.get(batch_id)
        batch.asked_after_at = self._clock()
        batch.asked_after += 1
        if batch.asked_after > batch.polls:
            self._run(batch)
        return batch

    def drop(self, batch_id: str) -> None:
        """Delete a batch: what it has not carried out is not carried out any more.

        Raises:
            Problem: 404.
        """
        self.get(batch_id)
        del self.by_id[batch_id]

    def run_waiting(self, unasked_for: timedelta = timedelta(0)) -> None:
        """Run the batches that nobody has asked after for so long."""
        for batch in self:
            if self._clock() - batch.asked_after_at >= unasked_for:
                self._run(batch)

    def _run(self, batch: Batch) -> None:
        if batch.completed_at is None and not batch.stalled:
            batch.run(self._perform, self._clock(), seed=int(batch.id, 16))

    # --- results ---------------------------------------------------------------------------------------------

    def to_json(self, batch: Batch, archive_base: str) -> dict[str, Any]:
        """Return a batch as an answer shows it, with a fresh link to its results."""
        return {
            "id": batch.id,
            "status": batch.status,
            "total_operations": len(batch.operations),
            "finished_operations": len(batch.results),
            "errored_operations": sum(result["status_code"] >= 400 for result in batch.results),
            "submitted_at": stamp(batch.submitted_at),
            "completed_at": stamp(batch.completed_at) if batch.completed_at else "",
            "response_body_url": self._link(batch, archive_base),
            "_links": [],
        }

    def archive(self, batch_id: str, expires: str, signature: str) -> bytes | None:
        """Return the archive behind a link, None when the link is wrong or no longer valid."""
        batch = self.by_id.get(batch_id)
        if batch is None or signature != _signature(batch_id, expires) or not self._are_results_kept(batch):
            return None
        return batch.archive() if self._clock().timestamp() <= int(expires) else None

    def _link(self, batch: Batch, archive_base: str) -> str:
        if not self._are_results_kept(batch):
            return ""
        expires = str(int((self._clock() + URL_VALID_FOR).timestamp()))
        signature = _signature(batch.id, expires)
        return f"{archive_base}/{batch.id}-response.tar.gz?Expires={expires}&Signature={signature}"

    def _are_results_kept(self, batch: Batch) -> bool:
        return batch.completed_at is not None and self._clock() - batch.completed_at <= RESULTS_KEPT_FOR


def _signature(batch_id: str, expires: str) -> str:
    return hashlib.sha256(f"sandbox {batch_id} {expires}".encode()).hexdigest()[:32]
