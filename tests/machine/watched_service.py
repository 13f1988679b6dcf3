"""A sandbox with a witness: the oracle hears of every answer to us, and of every effect."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.wrappers import Response

from machine.oracle import Broken, Oracle
from machine.services import Service
from rundbrief.models import address_key
from rundbrief.testing.sandbox import Held, Sandbox, SandboxRequest

__all__ = ["Killed", "Witness"]


class Killed(BaseException):
    """The process ends here, as by SIGKILL: nothing after this may have an effect."""


class Witness:
    """Stands between a sandbox and whoever asks it."""

    def __init__(self, service: Service, sandbox: Sandbox, oracle: Oracle, scope_of: Callable[[str], str]) -> None:
        self.service = service
        self.sandbox = sandbox
        self.oracle = oracle
        self.lists: list[str] = []
        self.instant: Callable[[str], None] = lambda _: None
        """Called before and after each request is applied: a place to kill the run."""
        self.broken: list[Broken] = []
        """What the oracle said; a run might swallow an exception, this list does not."""
        self._scope_of = scope_of
        self._respond = sandbox.respond
        sandbox.respond = self.respond  # type: ignore[method-assign]

    def respond(self, request: SandboxRequest) -> Response:
        self.instant("before the request")
        attempt = self.service.read(request)
        if attempt.forbidden:
            self.broken.append(Broken(f"R2: {attempt.forbidden}"))
        scope = self._scope_of(attempt.list_id)
        for address in attempt.offers:
            self.judge(lambda a=address: self.oracle.we_offer(scope, address_key(a)))
        with self.watching(attempt.how):
            response = self._respond(request)
        self._witness_answer(response)
        self.instant("after the request")
        return response

    def work_off(self) -> None:
        """What was handed in is carried out, though nobody asks about it."""
        with self.sandbox.lock, self.watching("a batch"):
            self.service.work_off(self.sandbox)

    def judge(self, judgement: Callable[[], None]) -> None:
        try:
            judgement()
        except Broken as broken:
            self.broken.append(broken)

    @contextmanager
    def watching(self, how: str) -> Iterator[None]:
        """Compare everybody before and after."""
        before, members = self._everybody(), self._members()
        yield
        after = self._everybody()
        for list_id, address in self._members() - members:
            self.judge(lambda a=list_id, b=address: self.oracle.we_put_on(a, b))
        for key in before.keys() | after.keys():
            was, became = before.get(key), after.get(key)
            if was != became:
                self.judge(lambda a=key[0], b=was, c=became: self.oracle.we_wrote(a, b, c, how))

    def _everybody(self) -> dict[tuple[str, str], tuple[str, str]]:
        """Return scope and remote id -> address and status."""
        return {
            (self._scope_of(list_id), held.remote_id): (address, held.status.value)
            for list_id, address, held in self._held()
        }

    def _members(self) -> set[tuple[str, str]]:
        """Return list id and address of who is on which list, where that is not what consent is about."""
        if not self.service.account_wide:
            return set()
        return {
            (list_id, address)
            for list_id in self.lists
            for address, held in self.sandbox.recipients(list_id).items()
            if held.is_member
        }

    def _held(self) -> Iterator[tuple[str, str, Held]]:
        for list_id in self.lists[:1] if self.service.account_wide else self.lists:
            for address, held in self.sandbox.recipients(list_id).items():
                yield list_id, address, held

    def _witness_answer(self, response: Response) -> None:
        """Whoever is named in an answer was shown to us as they are."""
        if response.status_code >= 300 or not response.is_json:
            return
        named = set(_addresses(response.get_json()))
        for list_id, address, held in self._held():
            if address in named:
                self.oracle.service_showed(self._scope_of(list_id), address, held.status.value)


def _addresses(document: Any) -> Iterator[str]:
    match document:
        case dict():
            for value in document.values():
                yield from _addresses(value)
        case list():
            for value in document:
                yield from _addresses(value)
        case str() if "@" in document:
            yield address_key(document)
