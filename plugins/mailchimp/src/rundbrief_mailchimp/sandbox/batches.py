"""Asynchronous batches: operations carried out later, with an archive of results (docs: batch-operations)."""

import gzip
import io
import json
import random
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rundbrief_mailchimp.sandbox.problems import invalid_resource

__all__ = ["Batch", "Operation"]

Perform = Callable[[str, str, Mapping[str, Any], Any], tuple[int, Any]]
"""Method, path, query and decoded body -> status and payload."""

URL_VALID_FOR = timedelta(minutes=10)
RESULTS_KEPT_FOR = timedelta(days=7)
FILES = 3
"""The archive holds several files; a client has to walk all of them."""


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    path: str
    operation_id: str
    params: Mapping[str, Any]
    body: str

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Operation":
        """Read one operation of a submission.

        Raises:
            Problem: method or path is missing, or the body is not a text.
        """
        method, path, body = row.get("method"), row.get("path"), row.get("body", "")
        if method not in ("GET", "POST", "PUT", "PATCH", "DELETE") or not path:
            raise invalid_resource("An operation needs a method and a path.")
        if not isinstance(body, str):
            raise invalid_resource(
                "The resource submitted could not be validated.",
                [{"field": "operations.body", "message": "Schema describes string, object found instead"}],
            )
        return cls(method, path, row.get("operation_id", ""), row.get("params") or {}, body)


@dataclass(slots=True)
class Batch:
    """One submission. It runs when it has been asked for its status often enough."""

    id: str
    operations: Sequence[Operation]
    submitted_at: datetime
    polls_left: int
    """How many more status requests find it unfinished."""
    seed: int
    results: list[dict[str, Any]] = field(default_factory=list)
    completed_at: datetime | None = None
    url_issued_at: datetime | None = None

    @property
    def status(self) -> str:
        if self.completed_at is not None:
            return "finished"
        return "pending" if not self.results and self.polls_left > 1 else "started"

    def poll(self, perform: Perform, now: datetime) -> None:
        """Take a step: run the operations once nobody has to wait any longer."""
        if self.completed_at is not None:
            return
        if self.polls_left > 0:
            self.polls_left -= 1
            return
        # "The order of operations is not guaranteed", so nobody shall come to rely on one.
        for operation in random.Random(self.seed).sample(self.operations, len(self.operations)):  # noqa: S311
            body = json.loads(operation.body) if operation.body else None
            status, payload = perform(operation.method, operation.path, operation.params, body)
            self.results.append(
                {
                    "status_code": status,
                    "operation_id": operation.operation_id,
                    "response": json.dumps(payload),
                }
            )
        self.completed_at = now

    def to_json(self, archive_url: str, now: datetime) -> dict[str, Any]:
        finished = self.completed_at is not None
        if finished:
            self.url_issued_at = now
        return {
            "id": self.id,
            "status": self.status,
            "total_operations": len(self.operations),
            "finished_operations": len(self.results),
            "errored_operations": sum(result["status_code"] >= 400 for result in self.results),
            "submitted_at": self.submitted_at.isoformat(timespec="seconds"),
            "completed_at": self.completed_at.isoformat(timespec="seconds") if self.completed_at else "",
            "response_body_url": archive_url if finished else "",
            "_links": [],
        }

    def archive_is_open(self, now: datetime) -> bool:
        """Tell whether the URL that was last given out still works."""
        if self.completed_at is None or self.url_issued_at is None:
            return False
        return now - self.url_issued_at <= URL_VALID_FOR and now - self.completed_at <= RESULTS_KEPT_FOR

    def archive(self) -> bytes:
        """Return the results as a gzipped tar of JSON files."""
        out = io.BytesIO()
        with gzip.GzipFile(fileobj=out, mode="wb") as packed, tarfile.open(fileobj=packed, mode="w|") as tar:
            folder = tarfile.TarInfo(f"./{self.id}")
            folder.type = tarfile.DIRTYPE
            tar.addfile(folder)
            for number in range(FILES):
                content = json.dumps(self.results[number::FILES]).encode()
                member = tarfile.TarInfo(f"./{self.id}/{number}.json")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        return out.getvalue()
