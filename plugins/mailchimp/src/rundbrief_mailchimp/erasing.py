"""Erasing members: the service's *delete permanently*, which lets go of all that it knows about a person.

It cannot be taken back, and in that audience the API never takes the address again; a form of Mailchimp's own
does.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from rundbrief.errors import ProtocolError
from rundbrief.models import ContactWrite, MailingList, Outcome, Reason, Result, address_key
from rundbrief.session import Response, Session
from rundbrief_mailchimp.refusals import Refusal
from rundbrief_mailchimp.schemas import WrittenMemberSchema, read
from rundbrief_mailchimp.writes import subscriber_hash

__all__ = ["erase"]

GONE, NOT_FOUND = 204, 404


def erase(session: Session, mailing_list: MailingList, batch: Sequence[ContactWrite]) -> Iterator[Outcome]:
    """Erase members one by one: the service has no call for many."""
    for write in batch:
        yield _erase(session, mailing_list, write)


def _erase(session: Session, mailing_list: MailingList, write: ContactWrite) -> Outcome:
    """Erase whoever has the address, then look whether the member we know is still there under another one.

    In that order, so that nobody moves between our look and what cannot be taken back.
    """
    outcome = _delete(session, mailing_list, write, subscriber_hash(write.address))
    left = _look(session, mailing_list, write)
    if left is None:
        return outcome
    if address_key(left["email_address"]) != address_key(write.address):
        return Outcome(write.key, Result.REFUSED, Reason.HAS_MOVED)
    # Some members' id is not the hash of their address: then the service's own word for it counts.
    return _delete(session, mailing_list, write, left["id"])


def _delete(session: Session, mailing_list: MailingList, write: ContactWrite, member_id: str) -> Outcome:
    """Delete a member permanently. May be repeated: whoever is gone is not found."""
    path = f"/lists/{mailing_list.id}/members/{member_id}/actions/delete-permanent"
    response = session.http.post(path, idempotent=True)
    if response.status == GONE:
        return Outcome(write.key, Result.DONE, Reason.ERASED)
    if _says_not_found(response):
        return Outcome(write.key, Result.DONE, Reason.NOT_FOUND)
    if response.status < 400:
        raise ProtocolError(
            f"Mailchimp answered an erasure with {response.status}: nobody knows whether it was done."
        )
    return Refusal.of_problem(response.status, response.json()).outcome(write)


def _look(session: Session, mailing_list: MailingList, write: ContactWrite) -> Mapping[str, Any] | None:
    """Return what is there of the member by the id that we know, else by the address; None where nobody is."""
    name = write.remote_id or quote(address_key(write.address), safe="")
    response = session.http.get(f"/lists/{mailing_list.id}/members/{name}", params={"fields": "id,email_address"})
    member: Mapping[str, Any] | None = None if _says_not_found(response) else read(response, WrittenMemberSchema)
    return member


def _says_not_found(response: Response) -> bool:
    """Tell the service's own *not found* from a 404 that somebody on the way has made up.

    Raises:
        ProtocolError: the latter.
    """
    if response.status != NOT_FOUND:
        return False
    problem = response.json()
    if not isinstance(problem, dict) or problem.get("status") != NOT_FOUND:
        raise ProtocolError("A 404 that is not Mailchimp's own says nothing of who is there.")
    return True
