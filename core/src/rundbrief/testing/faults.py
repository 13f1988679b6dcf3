"""Faults: what can go wrong on the way to a service and back, and what others do meanwhile.

A fault is a function that gets the true answer as a function, and gives an answer or raises. So it can act before
the request is applied, after it, or instead.
"""

import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from itertools import repeat
from typing import Any

from werkzeug.wrappers import Response

from rundbrief.testing.requestlog import RequestRecord

__all__ = [
    "Fault",
    "Faults",
    "afterwards",
    "answer_with",
    "dripping",
    "edited",
    "gigantic",
    "html_error",
    "lost_after",
    "lost_before",
    "meanwhile",
    "redirected",
    "refused",
    "retry_after",
    "retry_at",
    "timeout_after",
    "truncated",
    "untrusted",
    "wrong_typed",
]

Answer = Callable[[], Response]
Fault = Callable[[Answer], Response]


@dataclass(slots=True)
class _Planned:
    fault: Fault
    method: str
    path: re.Pattern[str]
    query: re.Pattern[str]
    skip: int
    times: int
    is_met: bool = False

    def waits_for(self, record: RequestRecord) -> bool:
        return (
            self.method in ("", record.method)
            and self.path.search(record.path) is not None
            and self.query.search(record.query) is not None
        )


class Faults:
    """Faults that wait for their requests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: list[_Planned] = []

    def add(
        self,
        fault: Fault,
        *,
        method: str = "",
        path: str = "",
        query: str = "",
        skip: int = 0,
        times: int = 1,
    ) -> None:
        """Let `times` requests meet a fault, after `skip` matching ones went well.

        Args:
            method: empty for any.
            path: a pattern that is searched in the path.
            query: a pattern that is searched in the query, as it stands in the URL.
            skip: how many matching requests go well before.
            times: how many then meet the fault.
        """
        with self._lock:
            self._planned.append(_Planned(fault, method, re.compile(path), re.compile(query), skip, times))

    def clear(self) -> bool:
        """Forget what is planned; tell whether all of it was met by some request.

        A plugin that sends requests side by side may take one more or less from time to time.
        """
        with self._lock:
            are_met = all(planned.is_met for planned in self._planned)
            self._planned = []
        return are_met

    def for_request(self, record: RequestRecord) -> Fault | None:
        """Return the fault that this request meets, if any, and count it."""
        with self._lock:
            for planned in self._planned:
                if not planned.waits_for(record):
                    continue
                if planned.skip:
                    planned.skip -= 1
                    continue
                planned.is_met = True
                planned.times -= 1
                if not planned.times:
                    self._planned.remove(planned)
                return planned.fault
        return None


def answer_with(
    status: int,
    *,
    body: str = "",
    headers: Mapping[str, str] | None = None,
    content_type: str = "text/plain",
    applied: bool = False,
) -> Fault:
    """Answer with something else than the truth: an error, an empty body, a text that is no JSON.

    Args:
        applied: let the request take effect first, and spoil only its answer.
    """

    def fault(answer: Answer) -> Response:
        if applied:
            answer()
        return Response(body, status, dict(headers or {}), content_type=content_type)

    return fault


def retry_after(seconds: int, status: int = 429) -> Fault:
    """Ask for patience, for so many seconds."""
    return answer_with(status, headers={"Retry-After": str(seconds)})


def retry_at(moment: datetime, status: int = 429) -> Fault:
    """Ask for patience until a moment, as an HTTP date."""
    return answer_with(status, headers={"Retry-After": format_datetime(moment, usegmt=True)})


def html_error(status: int = 502) -> Fault:
    """Answer as a proxy in front of the service does: in HTML."""
    return answer_with(status, body="<html><body>Bad Gateway</body></html>", content_type="text/html")


def refused(_: Answer) -> Response:
    """Nobody listens."""
    raise ConnectionRefusedError("connection refused")


def lost_before(_: Answer) -> Response:
    """The connection breaks before the request was applied."""
    raise ConnectionResetError("connection reset")


def lost_after(answer: Answer) -> Response:
    """The connection breaks after the request was applied."""
    answer()
    raise ConnectionResetError("connection reset")


def timeout_after(answer: Answer) -> Response:
    """The request was applied, and its answer does not come in time."""
    answer()
    raise TimeoutError("timed out")


def truncated(answer: Answer) -> Response:
    """The answer ends in its middle."""
    response = answer()
    response.set_data(response.get_data()[: len(response.get_data()) // 2])
    return response


def edited(change: Callable[[Any], Any]) -> Fault:
    """The request is applied, and the JSON of its answer comes otherwise than the service meant it.

    Args:
        change: true document -> what comes in its place. An answer without JSON comes as it is.
    """

    def fault(answer: Answer) -> Response:
        response = answer()
        try:
            document = json.loads(response.get_data())
        except ValueError:
            return response
        response.set_data(json.dumps(change(document)))
        return response

    return fault


def wrong_typed(answer: Answer) -> Response:
    """The answer has the right shape and the wrong types: texts for numbers, numbers for texts, no lists."""
    return edited(_with_wrong_types)(answer)


def _with_wrong_types(value: Any) -> Any:
    match value:
        case dict():
            return {name: _with_wrong_types(one) for name, one in value.items()}
        case list() if value:
            return {"0": _with_wrong_types(value[0])}
        case str():
            return 4711
        case bool() | int() | float():
            return "a text"
    return value


def gigantic(size: int) -> Fault:
    """The request is applied, and its answer has so many bytes, as fast as they can be sent."""
    chunk = b" " * 1024 * 1024

    def fault(answer: Answer) -> Response:
        return _in_pieces(answer(), repeat(chunk, size // len(chunk) + 1))

    return fault


def dripping(wait: Callable[[float], object], seconds: float = 20.0) -> Fault:
    """The request is applied, and its answer comes byte by byte, without an end.

    Args:
        wait: passes the time between two bytes.
        seconds: how long that is: less than a client waits for a sign of life.
    """

    def drops() -> Iterator[bytes]:
        while True:
            wait(seconds)
            yield b" "

    def fault(answer: Answer) -> Response:
        return _in_pieces(answer(), drops())

    return fault


def _in_pieces(truth: Response, body: Iterator[bytes]) -> Response:
    return Response(body, truth.status_code, content_type=truth.content_type or "application/json")


def redirected(location: str, status: int = 302) -> Fault:
    """The service sends the client to another address, and has not applied the request."""
    return answer_with(status, headers={"Location": location})


def untrusted(_: Answer) -> Response:
    """The service cannot prove who it is. For a client in this process: on a port there is no certificate."""
    raise ssl.SSLCertVerificationError("self-signed certificate")


def meanwhile(act: Callable[[], object]) -> Fault:
    """Somebody acts just before the request is applied."""

    def fault(answer: Answer) -> Response:
        act()
        return answer()

    return fault


def afterwards(act: Callable[[], object]) -> Fault:
    """Somebody acts just after the request was applied."""

    def fault(answer: Answer) -> Response:
        response = answer()
        act()
        return response

    return fault
