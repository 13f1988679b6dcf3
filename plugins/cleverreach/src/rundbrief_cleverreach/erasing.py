"""Erasing receivers: deleting them in one group.

A group's receivers are its own, so somebody who is in two groups is erased in each. What stays is an entry of a
blacklist: it is the person's *no*, or somebody's for her, and without it the next import by anybody would mail
her.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from rundbrief.errors import ProtocolError
from rundbrief.models import ContactWrite, MailingList, Outcome, Reason, Result, address_key
from rundbrief.session import Session
from rundbrief_cleverreach.blacklists import read_blacklists
from rundbrief_cleverreach.schemas import ReceiverSchema, payload, read, says_not_found

__all__ = ["erase"]

STAYS = "The address stays on a blacklist of CleverReach, which keeps mail away from it."


def erase(session: Session, mailing_list: MailingList, batch: Sequence[ContactWrite]) -> Iterator[Outcome]:
    """Erase receivers one by one: the answers of the bulk call are hardly known."""
    blacklist = read_blacklists(session, mailing_list)
    for write in batch:
        outcome = _erase(session, mailing_list, write)
        is_listed = address_key(write.address) in blacklist.since
        yield replace(outcome, detail=STAYS) if is_listed and outcome.result is Result.DONE else outcome


def _erase(session: Session, mailing_list: MailingList, write: ContactWrite) -> Outcome:
    """Erase whoever has the address, then look whether the receiver we know is still there under another one.

    In that order, so that nobody moves between our look and what cannot be taken back.
    """
    receivers = f"/groups/{mailing_list.id}/receivers"
    was_there = _delete(session, f"{receivers}/{quote(address_key(write.address), safe='@')}")
    if _look(session, receivers, write) is not None:
        return Outcome(write.key, Result.REFUSED, Reason.HAS_MOVED)
    return Outcome(write.key, Result.DONE, Reason.ERASED if was_there else Reason.NOT_FOUND)


def _delete(session: Session, path: str) -> bool:
    """Delete a receiver, and tell whether there was one. May be repeated."""
    response = session.http.delete(path)
    if says_not_found(response):
        return False
    if payload(response) is not True:
        raise ProtocolError("CleverReach's answer to an erasure does not say that it was done.")
    return True


def _look(session: Session, receivers: str, write: ContactWrite) -> Mapping[str, Any] | None:
    """Return what is there under the id that we know; whom a blacklist alone has told of has none."""
    if not (write.remote_id and write.remote_id.isdigit()):
        return None
    response = session.http.get(f"{receivers}/{write.remote_id}")
    receiver: Mapping[str, Any] | None = None if says_not_found(response) else read(response, ReceiverSchema())
    return receiver
