"""A sandbox with a witness: the oracle hears of every answer to us, and of every effect."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from werkzeug.wrappers import Response

from machine.oracle import Oracle
from machine.services import Service
from machine.statements import Broken
from rundbrief.models import address_key
from rundbrief.testing.sandbox import Held, Sandbox, SandboxRequest

__all__ = ["Killed", "Witness"]


Row = Mapping[str, Any]
"""An object in an answer."""


class Killed(BaseException):
    """The process ends here, as by SIGKILL: nothing after this may have an effect."""


class Witness:
    """Stands between a sandbox and whoever asks it."""

    def __init__(
        self,
        service: Service,
        sandbox: Sandbox,
        oracle: Oracle,
        scope_of: Callable[[str], str],
        instant: Callable[[str], None],
        tally: Counter[str],
    ) -> None:
        self.service = service
        self.sandbox = sandbox
        self.oracle = oracle
        self.lists: list[str] = []
        self._instant = instant
        self._tally = tally
        self.broken: list[Broken] = []
        """What the oracle said; a run might swallow an exception, this list does not."""
        self._told_out: set[tuple[str, str]] = set()
        """List id and address of who was out when the service told of that."""
        self._is_told_on = False
        """It was the last thing that the service told: it may take several answers."""
        self._scope_of = scope_of
        self._respond = sandbox.respond
        sandbox.respond = self.respond  # type: ignore[method-assign]

    def respond(self, request: SandboxRequest) -> Response:
        attempt = self.service.read(request)
        is_read = request.method == "GET" or attempt.how == "a read"
        kind = "service read" if is_read else "service written"
        self._instant(kind)
        if attempt.forbidden:
            self.broken.append(Broken(f"R2: {attempt.forbidden}"))
        self._tally["requests"] += 1
        scope = self._scope_of(attempt.list_id)
        for address in attempt.offers:
            self.judge(lambda a=address: self.oracle.we_offer(scope, address_key(a)))
        with self.watching(attempt.how):
            response = self._respond(request)
        self._witness_answer(request, response)
        self._instant(kind)
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
            self.judge(lambda a=list_id, b=address: self.oracle.we_put_on(self._scope_of(a), a, b))
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

    def _witness_answer(self, request: SandboxRequest, response: Response) -> None:
        """Whoever is named in an answer was shown to us as they are, or as this answer and one before it say."""
        if response.status_code >= 300 or not response.is_json:
            return
        if self.service.tells_who_is_out(request):
            out = {(a, b) for a, b, held in self._held() if held.status.value == "unsubscribed"}
            self._told_out = out & self._told_out if self._is_told_on else out
        self._is_told_on = self.service.tells_who_is_out(request)
        named = dict(_named(response.get_json()))
        for list_id, address, held in self._held():
            if address not in named:
                continue
            status = held.status.value
            if self.service.is_in(named[address]) and (list_id, address) not in self._told_out:
                status = "subscribed"
            self.oracle.service_showed(self._scope_of(list_id), address, status)


def _named(
    document: Any, row: Mapping[str, Any] = MappingProxyType({})
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each address in an answer, with the object that it stands in."""
    match document:
        case dict():
            for value in document.values():
                yield from _named(value, document)
        case list():
            for value in document:
                yield from _named(value, row)
        case str() if "@" in document:
            yield address_key(document), row
