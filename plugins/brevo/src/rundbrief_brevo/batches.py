"""Batches: changes of contacts that the account has, up to a hundred by one request.

The service carries out a batch as a whole or not at all, and gives no results: 204, or a refusal.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rundbrief.errors import ProtocolError
from rundbrief.models import ContactWrite, Outcome, Reason, Result, address_key
from rundbrief.session import Response, Session
from rundbrief_brevo.refusals import Refusal

__all__ = ["MOST", "Change", "refusal_in", "send"]

MOST = 100
"""Contacts of one request. No limit is documented; this is what people keep to."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be done to one contact."""

    write: ContactWrite
    body: Mapping[str, Any]
    detail: str = ""
    """What to tell when it is done."""

    @property
    def row(self) -> dict[str, Any]:
        """Return it as the service takes it. An address has to be spelt as it is kept, in lower case."""
        remote_id = self.write.remote_id
        who = {"id": int(remote_id)} if remote_id else {"email": address_key(self.write.address)}
        return {**who, **self.body}

    def done(self, reason: Reason) -> Outcome:
        return Outcome(self.write.key, Result.DONE, reason, self.detail, remote_id=self.write.remote_id)

    def not_found(self) -> Outcome:
        return Outcome(self.write.key, Result.REFUSED, Reason.NOT_FOUND)


def send(session: Session, changes: Sequence[Change], done: Reason) -> Iterator[Outcome]:
    """Carry out changes, of which each may be carried out twice."""
    for start in range(0, len(changes), MOST):
        yield from _send(session, changes[start : start + MOST], done)


def refusal_in(response: Response) -> Refusal | None:
    """Return the refusal of a change; None when it was carried out.

    Raises:
        ProtocolError: neither: an answer that says nothing of what was done.
    """
    if response.status == 204:
        return None
    if response.status < 300:
        raise ProtocolError(f"Brevo answered {response.status} to a change, which does not say that it was made.")
    return Refusal.of(response)


def _send(session: Session, changes: Sequence[Change], done: Reason) -> Iterator[Outcome]:
    """Carry out one batch, without those for whose sake it is refused.

    Contacts that are not there are named by their indexes, and left out the second time. Only if that goes well
    they were the right ones. Any other refusal names nobody: the batch is halved until each culprit stands alone.
    """
    refusal = _post(session, changes)
    if refusal is None:
        yield from (one.done(done) for one in changes)
        return
    unknown = [one for index, one in enumerate(changes) if index in refusal.indexes]
    others = [one for index, one in enumerate(changes) if index not in refusal.indexes]
    if unknown and not (others and _post(session, others)):
        yield from (one.done(done) for one in others)
        yield from (one.not_found() for one in unknown)
    elif len(changes) > 1:
        middle = len(changes) // 2
        yield from _send(session, changes[:middle], done)
        yield from _send(session, changes[middle:], done)
    else:
        yield refusal.outcome(changes[0].write)


def _post(session: Session, changes: Sequence[Change]) -> Refusal | None:
    rows = [one.row for one in changes]
    return refusal_in(session.http.post("/contacts/batch", json={"contacts": rows}, idempotent=True))
