"""Staging: the chosen contacts of the CRM, laid side by side, so that a shared address is seen as one."""

import re
from collections.abc import Iterable, Iterator, Sequence

from rundbrief.engine.lookups import CHUNK, batched
from rundbrief.engine.run import RunContext
from rundbrief.models import Contact, OptIn, Reason, Result, Selection, address_key
from rundbrief.store import Candidate, OutcomeLine

__all__ = ["stage"]

_BLANK = re.compile(r"\s")


def stage(context: RunContext, selection: Selection) -> None:
    """Copy the chosen contacts into the state, streaming.

    One who has no usable address but an opt-in is reported. With a selection that leaves contacts out, those who
    share an address with a chosen one are staged as well: their "no" counts too.
    """
    context.progress.phase("Looking at the CRM's contacts", context.crm.count(selection))
    for chunk in batched(context.crm.contacts(selection), CHUNK):
        context.stop.check()
        reachable = [one for one in chunk if _is_address(one.email)]
        with context.store.transaction() as transaction:
            context.report(transaction, _unreachable(context, chunk))
            transaction.candidates(context.run_id).put(
                _candidate(context, one, selected=True) for one in reachable
            )
        if not selection.is_everything:
            _stage_sharers(context, reachable)
        context.counts["looked at"] += len(chunk)
        context.progress.advance(len(chunk))


def _stage_sharers(context: RunContext, chosen: Sequence[Contact]) -> None:
    sharers = context.crm.by_addresses(list({address_key(one.email or "") for one in chosen}))
    with context.store.transaction() as transaction:
        transaction.candidates(context.run_id).put(
            _candidate(context, one, selected=False) for contacts in sharers.values() for one in contacts
        )


def _is_address(email: str | None) -> bool:
    """Tell an address from a slip of the pen. Whether it is deliverable is for the service to say."""
    local, at, domain = (email or "").strip().rpartition("@")
    return bool(at and local and "." in domain.strip(".")) and _BLANK.search(local + domain) is None


def _unreachable(context: RunContext, contacts: Iterable[Contact]) -> Iterator[OutcomeLine]:
    for one in contacts:
        if not _is_address(one.email) and one.opt_in(context.opt_in_key).value is OptIn.YES:
            reason = Reason.INVALID_ADDRESS if one.email else Reason.NO_ADDRESS
            yield OutcomeLine(address_key(one.email or ""), Result.HELD, reason, one.id)


def _candidate(context: RunContext, one: Contact, *, selected: bool) -> Candidate:
    email = one.email or ""
    return Candidate(
        contact_id=one.id,
        address=address_key(email),
        spelling=email.strip(),
        opt_in=one.opt_in(context.opt_in_key),
        changed_at=one.changed_at,
        selected=selected,
        fields=one.fields,
    )
