"""Listening in: everything that a provider lets out about keys and people."""

import json
import logging
import traceback
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from types import TracebackType
from typing import Self
from urllib.parse import quote

from rundbrief.errors import RundbriefError
from rundbrief.models import Evidence, WriteKind
from rundbrief.session import BasicAuth
from rundbrief.testing.contract.bench import Bench
from rundbrief.testing.contract.trouble import FOREVER, Plan, kinds, plan
from rundbrief.testing.faults import Fault, answer_with, html_error, lost_before, truncated

__all__ = ["Overheard"]


class Overheard(logging.Handler):
    """Keeps every log line, error, repr and detail of what is done within its context."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(logging.DEBUG)
        self._bench = bench
        self._texts: list[str] = []
        self._addresses: set[str] = set()
        self._reading = bench.add_list("Overheard")
        self._addresses.update(bench.signed_up(self._reading, 3))
        self._root = logging.getLogger()
        self._level = self._root.level

    def __enter__(self) -> Self:
        self._root.addHandler(self)
        self._root.setLevel(logging.DEBUG)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._root.setLevel(self._level)
        self._root.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self._texts.append(logging.Formatter().format(record))

    # --- what is done ----------------------------------------------------------------------------------------

    def read(self) -> None:
        self._listen(self._bench.try_reading(self._reading).error)

    def write(self, kind: WriteKind, *more: str) -> None:
        """Write a batch, with more addresses that the service will not have."""
        self._write(plan(self._bench, kind), *more)

    def meet_every_trouble(self) -> None:
        """Let reads and writes fail in every way in which a service might repeat what it was sent."""
        for fault in (html_error(500), truncated, lost_before, answer_with(200, body="{}")):
            self._meet(fault)
        for status in (400, 401, 403, 404, 409, 422):
            self._meet(None, status)
        wrong = {name: f"wrong{secret[5:]}" for name, secret in self._bench.sandbox.environ().items()}
        session = self._bench.connect(environ=wrong)
        self._texts.append(repr(session.settings))
        self._listen(self._bench.try_reading(self._reading, session=session).error)

    def _meet(self, fault: Fault | None, status: int = 400) -> None:
        faults = self._bench.sandbox.faults
        faults.add(fault or _repeating(status, self._addresses), times=FOREVER)
        self.read()
        faults.clear()
        for kind in kinds(self._bench):
            doomed = plan(self._bench, kind)
            addresses = {one.address for one in doomed.writes}
            faults.add(fault or _repeating(status, addresses), times=FOREVER)
            self._write(doomed)
            faults.clear()

    def _write(self, doomed: Plan, *more: str) -> None:
        extra = self._bench.writes(more, doomed.mailing_list, evidence=Evidence(self._bench.clock(), "CRM"))
        self._addresses.update(one.address for one in (*doomed.writes, *extra))
        batch = [*doomed.writes, *(replace(one, key=f"extra {one.key}") for one in extra)]
        outcomes, error = self._bench.try_export(doomed.mailing_list, doomed.kind, batch)
        self._texts += [one.detail for one in outcomes.values()]
        self._listen(error)

    def _listen(self, error: RundbriefError | None) -> None:
        if error is not None:
            self._texts += [str(error), repr(error), "".join(traceback.format_exception(error))]

    # --- what was let out ------------------------------------------------------------------------------------

    def given_away(self) -> str:
        """Return in words what could be overheard; empty when nothing could."""
        session = self._bench.session
        heard = "\n".join(
            [*self._texts, *map(repr, (session, session.settings, session.http, self._bench.endpoint()))]
        ).casefold()
        if any(secret.casefold() in heard for secret in self._secrets()):
            return "A secret"
        spellings = (spelling for one in self._addresses for spelling in (one, quote(one, safe="")))
        if any(spelling.casefold() in heard for spelling in spellings):
            return "A full address"
        return ""

    def _secrets(self) -> Iterator[str]:
        yield from self._bench.sandbox.environ().values()
        auth = self._bench.endpoint().auth
        if isinstance(auth, BasicAuth):
            yield b64encode(f"{auth.user}:{auth.password.reveal()}".encode()).decode()
        if tokens := self._bench.tokens.load():
            yield tokens.access_token.reveal()


def _repeating(status: int, addresses: set[str]) -> Fault:
    """Refuse a request as services do: in JSON, with the address in every text."""
    words = f"The contacts {', '.join(sorted(addresses))} are not wanted."
    said = dict.fromkeys(("message", "detail", "title", "error", "code", "error_description"), words)
    return answer_with(status, body=json.dumps(said), content_type="application/json")
