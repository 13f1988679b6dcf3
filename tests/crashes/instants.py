"""The instants at which a client can be killed."""

import os
import random
import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug.wrappers import Response

from rundbrief.testing.application import SandboxApplication, SandboxRequest

__all__ = ["DATABASE_INSTANTS", "REQUEST_INSTANTS", "Guillotine", "Instant", "choose"]

REQUEST_INSTANTS = ("asked", "applied", "answered")
"""Of a request: before it is applied; once it is, and not answered; and a few milliseconds after its answer."""

DATABASE_INSTANTS = ("statement", "commit", "committed")
"""Of the client's databases: before a statement that writes, before a commit, and after it."""

AFTER_AN_ANSWER = 0.02
"""Seconds within which a client dies that was answered."""


@dataclass(frozen=True, slots=True)
class Instant:
    kind: str
    number: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.number}"


def choose(dice: random.Random, counts: Mapping[str, int]) -> Instant:
    """Choose an instant of a run, whose undisturbed like has so many of each kind. Each kind is as likely."""
    kind = dice.choice((*REQUEST_INSTANTS, *DATABASE_INSTANTS))
    return Instant(kind, dice.randint(1, counts[kind]))


class Guillotine:
    """Counts the requests to all sandboxes, and kills the client at the chosen one."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        """Seconds between an answer and the death that follows it."""
        self.requests = 0
        """Those of the present client, or of the last one."""
        self._lock = threading.Lock()
        self._chosen: Instant | None = None
        self._pid = 0

    def set(self, pid: int, chosen: Instant | None) -> None:
        """Begin to count for a new client."""
        with self._lock:
            self._pid, self._chosen, self.requests = pid, chosen, 0

    def rest(self) -> None:
        """The client has ended: whoever gets its process id is safe."""
        with self._lock:
            self._pid, self._chosen = 0, None

    def watch(self, sandbox: SandboxApplication) -> None:
        respond = sandbox.respond

        def watched(request: SandboxRequest) -> Response:
            with self._lock:
                self.requests += 1
                chosen = self._chosen if self._chosen and self._chosen.number == self.requests else None
            kind = chosen.kind if chosen else ""
            if kind == "asked":
                raise self._kill()
            response = respond(request)
            if kind == "applied":
                raise self._kill()
            if kind == "answered":
                threading.Timer(self.delay, self._kill).start()
            return response

        sandbox.respond = watched  # type: ignore[method-assign]

    def _kill(self) -> ConnectionError:
        with self._lock:
            if self._pid:
                os.kill(self._pid, signal.SIGKILL)
        return ConnectionResetError("the client is gone")
