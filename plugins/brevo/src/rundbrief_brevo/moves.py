"""Moves: giving a contact another address without losing its "no".

At this service a new address lifts a blocklisting, unless the flag comes in the same call (its own client's notes
on `update_contact`). Whoever is blocklisted when we look gets the flag along. But somebody may opt out between
that look and the write, and is then made mailable by the write. So the write takes her off her lists as well:

1. look at her;
2. give her the new address, and take her off all lists, in one call;
3. look again: the service keeps every opt-out in her statistics, so one that was not there before is a new one;
4. put her on her lists again, and set the flag if there is a new opt-out, in one call.

A list does not lift the flag, so an opt-out after the third step stands. A program that is killed before the
fourth leaves her on no list: nobody mails her, and the next import says that she has no opt-in. The other order,
to blocklist everybody first, would need the *false* that is never sent.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from rundbrief.errors import ProtocolError, ServiceUnavailable
from rundbrief.models import Outcome, Reason, SubscriberStatus, address_key
from rundbrief.session import Session
from rundbrief_brevo.batches import Change, refusal_in
from rundbrief_brevo.refusals import Refusal, refused_as_a_whole
from rundbrief_brevo.schemas import ContactSchema, read

__all__ = ["move"]

BLOCKLISTED = {"emailBlacklisted": True}


def move(session: Session, change: Change, new_address: str) -> Outcome:
    """Carry out a change that has a new address. It takes four requests; moves are rare."""
    write = change.write
    response = session.http.get(f"/contacts/{write.remote_id or quote(address_key(write.address), safe='')}")
    if response.status == 404:
        return Refusal.of(response).outcome(write)
    before = read(response, ContactSchema)
    path = f"/contacts/{before['id']}"
    lists = _lists(before)
    safely = BLOCKLISTED if before["blocklisted"] else {"unlinkListIds": sorted(lists)} if lists else {}
    attributes = {**change.body["attributes"], "EMAIL": address_key(new_address)}
    try:
        refusal = refusal_in(session.http.put(path, json={"attributes": attributes, **safely}))
    except (ProtocolError, ServiceUnavailable):
        if not _has_moved(session, path, new_address):
            raise
        refusal = None  # only the answer was lost, and she has to come back onto her lists
    if refusal:
        return refusal.outcome(write)
    after = read(session.http.get(path), ContactSchema)
    is_out = before["blocklisted"] or after["blocklisted"] or bool(_opt_outs(after) - _opt_outs(before))
    lists = lists.union(change.body.get("listIds", ())).difference(after["left"] or ())
    _restore(session, path, lists, is_out=is_out)
    done = replace(change, write=replace(write, remote_id=str(before["id"]))).done(Reason.MOVED)
    return replace(done, status=SubscriberStatus.UNSUBSCRIBED) if is_out else done


def _has_moved(session: Session, path: str, new_address: str) -> bool:
    contact = read(session.http.get(path), ContactSchema)
    return address_key(contact["email"] or "") == address_key(new_address)


def _restore(session: Session, path: str, lists: Iterable[int], *, is_out: bool) -> None:
    body: dict[str, Any] = {"listIds": sorted(lists)} if lists else {}
    body |= BLOCKLISTED if is_out else {}
    if not body:
        return
    response = session.http.put(path, json=body)
    if response.status != 204:
        raise refused_as_a_whole(response)


def _lists(contact: Mapping[str, Any]) -> set[int]:
    """Return the lists that a contact is on; who unsubscribed from one may still be shown there."""
    return set(contact["lists"]).difference(contact["left"] or ())


def _opt_outs(contact: Mapping[str, Any]) -> set[str]:
    """Return the opt-outs and complaints that the service keeps of a contact, each as a text."""
    statistics = contact["statistics"]
    found = [*_events(statistics.get("unsubscriptions")), *_events(statistics.get("complaints"))]
    return {json.dumps(event, sort_keys=True) for event in found}


def _events(found: Any) -> Iterator[Any]:
    """Yield the events of one kind: a list, or an object of lists by whoever did it."""
    groups: Iterable[Any] = found.values() if isinstance(found, dict) else [found]
    for group in groups:
        yield from group if isinstance(group, list) else ()
