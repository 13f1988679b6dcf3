"""Erasing contacts: deleting them, in all lists of the account at once.

A blocklisting goes with its contact: by the vendor's own word somebody who is deleted and imported again can be
mailed. That the host keeps her *no* is the only guard.
"""

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from rundbrief.models import ContactWrite, Outcome, Reason, Result, address_key
from rundbrief.session import Session
from rundbrief_brevo.batches import refusal_in
from rundbrief_brevo.refusals import Refusal
from rundbrief_brevo.schemas import ContactSchema, read

__all__ = ["erase"]


def erase(session: Session, batch: Sequence[ContactWrite]) -> Iterator[Outcome]:
    """Erase contacts one by one: the service has no call for many."""
    for write in batch:
        yield _erase(session, write)


def _erase(session: Session, write: ContactWrite) -> Outcome:
    """Erase whoever has the address, then look whether the contact we know is still there under another one.

    In that order, so that nobody moves between our look and what cannot be taken back.
    """
    path = f"/contacts/{quote(address_key(write.address), safe='')}"
    refusal = refusal_in(session.http.request("DELETE", path, params={"identifierType": "email_id"}))
    if refusal and not refusal.is_not_found:
        return refusal.outcome(write)
    if write.remote_id and _is_there(session, write.remote_id):
        return Outcome(write.key, Result.REFUSED, Reason.HAS_MOVED)
    return Outcome(write.key, Result.DONE, Reason.NOT_FOUND if refusal else Reason.ERASED)


def _is_there(session: Session, remote_id: str) -> bool:
    response = session.http.get(f"/contacts/{remote_id}", params={"identifierType": "contact_id"})
    if response.status == 404 and Refusal.of(response).is_not_found:
        return False
    read(response, ContactSchema)
    return True
