"""Moves: giving a contact another address without losing its "no".

At this service a new address lifts a blocklisting, unless the flag comes in the same call (its own client's notes
on `update_contact`). Whoever is blocklisted when we look gets the flag along. Who opts out between that look and
the write is made mailable by the write. But the service keeps every opt-out in the contact's statistics: one that
was not there before the write is set again after it.

The other order, to blocklist everybody first, would need the *false* that is never sent. What remains is the
moment between the write and the second look: a process that is killed there does not see such an opt-out.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from rundbrief.models import Outcome, Reason, SubscriberStatus, address_key
from rundbrief.session import Session
from rundbrief_brevo.batches import Change, refusal_in
from rundbrief_brevo.refusals import Refusal, refused_as_a_whole
from rundbrief_brevo.schemas import ContactSchema, read

__all__ = ["move"]

FLAG = {"emailBlacklisted": True}


def move(session: Session, change: Change, new_address: str) -> Outcome:
    """Carry out a change that has a new address. It takes three requests; moves are rare."""
    write = change.write
    response = session.http.get(f"/contacts/{write.remote_id or quote(address_key(write.address), safe='')}")
    if response.status == 404:
        return Refusal.of(response).outcome(write)
    before = read(response, ContactSchema)
    path = f"/contacts/{before['id']}"
    body = {**change.body, "attributes": {**change.body["attributes"], "EMAIL": address_key(new_address)}}
    refusal = refusal_in(session.http.put(path, json=body | FLAG if before["blocklisted"] else body))
    if refusal:
        return refusal.outcome(write)
    after = read(session.http.get(path), ContactSchema)
    is_out = before["blocklisted"] or after["blocklisted"] or bool(_opt_outs(after) - _opt_outs(before))
    if is_out and not after["blocklisted"]:
        _blocklist(session, path)
    done = replace(change, write=replace(write, remote_id=str(before["id"]))).done(Reason.MOVED)
    return replace(done, status=SubscriberStatus.UNSUBSCRIBED) if is_out else done


def _blocklist(session: Session, path: str) -> None:
    response = session.http.put(path, json=FLAG)
    if response.status != 204:
        raise refused_as_a_whole(response)


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
