"""Listening in: everything that a provider lets out about keys and people."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rundbrief.models import ContactWrite, Evidence, WriteKind
from rundbrief.session import BasicAuth
from rundbrief.testing.contract.bench import Bench
from rundbrief.testing.contract.ears import Ears, repeating
from rundbrief.testing.contract.frame import can_erase
from rundbrief.testing.contract.trouble import FOREVER, Plan, kinds, plan
from rundbrief.testing.faults import Fault, answer_with, html_error, lost_before, truncated

__all__ = ["Overheard"]


class Overheard(Ears):
    """Keeps every log line, error, repr and detail of what is done within its context."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self._bench = bench
        self._reading = bench.add_list("Overheard")
        self.addresses.update(bench.signed_up(self._reading, 3))

    # --- what is done ----------------------------------------------------------------------------------------

    def read(self) -> None:
        self.listen(self._bench.try_reading(self._reading).error)

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
        self.texts.append(repr(session.settings))
        self.listen(self._bench.try_reading(self._reading, session=session).error)

    def _meet(self, fault: Fault | None, status: int = 400) -> None:
        faults = self._bench.sandbox.faults
        faults.add(fault or repeating(status, self.addresses), times=FOREVER)
        self.read()
        faults.clear()
        for kind in kinds(self._bench):
            doomed = plan(self._bench, kind)
            addresses = {one.address for one in doomed.writes}
            faults.add(fault or repeating(status, addresses), times=FOREVER)
            self._write(doomed)
            faults.clear()
        if can_erase(self._bench):
            writes = self._bench.writes(self._bench.signed_up(self._reading, 2), self._reading)
            faults.add(fault or repeating(status, {one.address for one in writes}), times=FOREVER)
            self._erase(writes)
            faults.clear()

    def _write(self, doomed: Plan, *more: str) -> None:
        extra = self._bench.writes(more, doomed.mailing_list, evidence=Evidence(self._bench.clock(), "CRM"))
        self.addresses.update(one.address for one in (*doomed.writes, *extra))
        batch = [*doomed.writes, *(replace(one, key=f"extra {one.key}") for one in extra)]
        outcomes, error = self._bench.try_export(doomed.mailing_list, doomed.kind, batch)
        self.texts += [one.detail for one in outcomes.values()]
        self.listen(error)

    def _erase(self, writes: Sequence[ContactWrite]) -> None:
        self.addresses.update(one.address for one in writes)
        outcomes, error = self._bench.try_erasing(self._reading, writes)
        self.texts += [one.detail for one in outcomes.values()]
        self.listen(error)

    # --- what was let out ------------------------------------------------------------------------------------

    def given_away(self) -> str:
        """Return in words what could be overheard; empty when nothing could."""
        session = self._bench.session
        shown = (session, session.settings, session.http, self._bench.endpoint())
        return self.heard_of(self._secrets(), shown)

    def _secrets(self) -> Iterator[str]:
        yield from self._bench.sandbox.environ().values()
        auth = self._bench.endpoint().auth
        if isinstance(auth, BasicAuth):
            yield b64encode(f"{auth.user}:{auth.password.reveal()}".encode()).decode()
        if tokens := self._bench.tokens.load():
            yield tokens.access_token.reveal()
