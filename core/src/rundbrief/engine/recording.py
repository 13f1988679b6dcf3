"""Recording: what a finished step means for the baseline, the journal and the report, saved in one go."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from rundbrief.engine.run import RunContext
from rundbrief.models import (
    OptIn,
    OptInChange,
    Outcome,
    Reason,
    Result,
    SubscriberStatus,
    WriteKind,
)
from rundbrief.store import MOVED, JournalEntry, OutcomeLine, Planned, Recipient, Sent

__all__ = ["STATUS_AFTER", "entries_of_write", "record_outcomes", "record_settled", "why"]

SIGNUP_PAUSE = timedelta(hours=12)
"""How long an address that had *too many signups* is left alone."""

STATUS_AFTER = {
    WriteKind.CREATE: SubscriberStatus.SUBSCRIBED,
    WriteKind.WITHDRAW: SubscriberStatus.UNSUBSCRIBED,
    WriteKind.CONFIRM: SubscriberStatus.PENDING,
}
"""What a write makes of a recipient, unless the service tells otherwise."""

_STATUS_TOLD = {
    Reason.ALREADY_EXISTS: SubscriberStatus.ARCHIVED,
    Reason.ADDRESS_TAKEN: SubscriberStatus.ARCHIVED,
    Reason.ARCHIVED: SubscriberStatus.ARCHIVED,
    Reason.COMPLIANCE: SubscriberStatus.UNSUBSCRIBED,
    Reason.FORGOTTEN: SubscriberStatus.GONE,
    Reason.NOT_FOUND: SubscriberStatus.GONE,
    Reason.BOUNCED: SubscriberStatus.BOUNCED,
}
"""What a refusal tells about a recipient. One that exists though no read shows it is hidden, and may hide a *no*;
a forgotten one was deleted for good. The next read that shows more has the last word."""

_STAYS_REFUSED = (Reason.FAKE_OR_INVALID, Reason.INVALID_FIELDS, Reason.UNKNOWN_REFUSAL)
"""Refusals that the same data would meet again."""


@dataclass(slots=True)
class _Records:
    """Everything that one transaction saves."""

    recipients: dict[str, Recipient] = field(default_factory=dict)
    links: list[tuple[str, str, str]] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    entries: list[JournalEntry] = field(default_factory=list)
    lines: list[OutcomeLine] = field(default_factory=list)
    done: list[int] = field(default_factory=list)


def why(context: RunContext, step: Planned) -> str:
    """Return a step's reason in words, as the CRM's opt-in and the journal give it."""
    return f"{context.place}: {step.reason.value.replace('_', ' ')}"


def record_settled(
    context: RunContext,
    steps: Sequence[Planned],
    changes: Mapping[int, Sequence[OptInChange]],
    undone: Collection[OptInChange],
) -> None:
    """Save the steps that concerned the CRM and the baseline only.

    Args:
        changes: step number -> the opt-ins it wanted to set.
        undone: those that the CRM did not set, as somebody edited the contact in between. Their step is not
            settled, so the next run decides again; what was set all the same goes on record.
    """
    known = _known(context, steps)
    records = _Records()
    for step in steps:
        for change in changes[step.seq]:
            if change not in undone:
                _record_change(context, step, change, records)
        records.done.append(step.seq)
        if any(change in undone for change in changes[step.seq]):
            records.lines.append(_missed(step))
            continue
        before = known.get(step.address) or Recipient(step.address, step.spelling)
        records.recipients[step.address] = replace(before, agreed=step.agreed, withdrawn=step.withdrawn)
        records.links += [(one, step.crm_address, step.address) for one in step.contact_ids]
        if step.moved_from and step.moved_from in known:
            records.recipients[step.moved_from] = replace(known[step.moved_from], agreed=OptIn.NO, withdrawn=True)
        if step.withdrawn and not before.withdrawn:
            entry = _crm_withdrew if step.reason is Reason.WITHDRAWN_IN_CRM else _inherited
            records.entries.append(entry(context, step))
    _save(context, records)


def _record_change(context: RunContext, step: Planned, change: OptInChange, records: _Records) -> None:
    records.entries.append(
        context.entry(
            step.address,
            "crm",
            "rundbrief",
            change.expected.value,
            change.opt_in.value.value,
            change.opt_in.source,
            stated_at=change.opt_in.since,
            contact_id=change.contact_id,
        )
    )
    reason = Reason.OPTED_IN if change.opt_in.value is OptIn.YES else Reason.OPTED_OUT
    records.lines.append(OutcomeLine(step.address, Result.DONE, reason, change.contact_id))


def _missed(step: Planned) -> OutcomeLine:
    contact_id = step.contact_ids[0] if step.contact_ids else None
    return OutcomeLine(step.address, Result.FAILED, Reason.CRM_CHANGED_MEANWHILE, contact_id)


def record_outcomes(
    context: RunContext, kind: WriteKind, steps: Sequence[Planned], outcomes: Iterable[Outcome]
) -> None:
    """Save what the service answered for a batch. Steps without an answer stay open for the next run."""
    by_key = {str(step.seq): step for step in steps}
    known = _known(context, steps)
    records = _Records()
    for outcome in outcomes:
        step = by_key[outcome.key]
        before = known.get(step.address) or Recipient(step.address, step.spelling)
        if outcome.result is Result.DONE:
            _record_done(context, kind, step, outcome, before, known, records)
        else:
            _record_refusal(context, step, outcome, before, records)
        contact_id = step.contact_ids[0] if step.contact_ids else None
        reason = step.reason if outcome.result is Result.DONE else outcome.reason
        records.lines.append(OutcomeLine(step.address, outcome.result, reason, contact_id, outcome.detail))
        records.done.append(step.seq)
    _save(context, records)


def _record_done(
    context: RunContext,
    kind: WriteKind,
    step: Planned,
    outcome: Outcome,
    before: Recipient,
    known: Mapping[str, Recipient],
    records: _Records,
) -> None:
    if step.fingerprint:
        records.sent.append(Sent(step.address, step.fingerprint))
    if kind is WriteKind.UPDATE and not step.moved_from:
        if step.joins:
            records.recipients[step.address] = replace(before, lists=before.lists | {context.mailing_list.id})
        return
    if step.moved_from:
        before = _leave_old_address(step, known, records)
    # A data write says nothing about consent. Had the person left meanwhile, the next import must find it news.
    status = before.status if kind is WriteKind.UPDATE else outcome.status or STATUS_AFTER[kind]
    records.recipients[step.address] = replace(
        before,
        address=step.address,
        spelling=step.spelling,
        status=status,
        remote_id=outcome.remote_id or step.remote_id or before.remote_id,
        since=None if kind is WriteKind.UPDATE else step.since,
        agreed=step.agreed,
        withdrawn=kind in (WriteKind.WITHDRAW, WriteKind.CONFIRM),
        lists=before.lists | _joined(context, kind),
    )
    records.links += [(one, step.crm_address, step.address) for one in step.contact_ids]
    records.entries += entries_of_write(context, step, before.status, status)


def _joined(context: RunContext, kind: WriteKind) -> frozenset[str]:
    """Return the list that a write of this kind has put its recipient on, where consent is account-wide."""
    creates = context.connection.is_account_wide and kind is WriteKind.CREATE
    return frozenset({context.mailing_list.id}) if creates else frozenset()


def _leave_old_address(step: Planned, known: Mapping[str, Recipient], records: _Records) -> Recipient:
    """The recipient has a new address: free the old one, and return the recipient as it was."""
    assert step.moved_from is not None
    old = known[step.moved_from]
    records.recipients[old.address] = Recipient(old.address, old.spelling, left=old.left)
    records.forgotten.append(old.address)
    return replace(old, address=step.address)


def _record_refusal(
    context: RunContext, step: Planned, outcome: Outcome, before: Recipient, records: _Records
) -> None:
    status = outcome.status or _STATUS_TOLD.get(outcome.reason)
    if status is not None and status is not before.status:
        hides_a_no = status in (SubscriberStatus.UNSUBSCRIBED, SubscriberStatus.GONE)
        records.recipients[step.address] = replace(before, status=status, withdrawn=before.withdrawn or hides_a_no)
        records.entries.append(_service_entry(context, step, before.status, status, actor="service"))
    elif outcome.reason in _STAYS_REFUSED and step.fingerprint:
        records.sent.append(Sent(step.address, step.fingerprint, Result.REFUSED, outcome.reason))
    elif outcome.reason is Reason.TOO_MANY_SIGNUPS and step.fingerprint:
        until = context.now() + SIGNUP_PAUSE
        records.sent.append(Sent(step.address, step.fingerprint, Result.FAILED, outcome.reason, until))


def _crm_withdrew(context: RunContext, step: Planned) -> JournalEntry:
    return context.entry(
        step.address,
        "crm",
        "crm",
        OptIn.YES.value,
        OptIn.NO.value,
        step.source or "opt-in cleared in the CRM",
        stated_at=step.since,
        contact_id=step.contact_ids[0],
    )


def _inherited(context: RunContext, step: Planned) -> JournalEntry:
    return context.entry(
        step.address,
        "crm",
        "rundbrief",
        OptIn.UNKNOWN.value,
        OptIn.NO.value,
        "the contact's earlier address was withdrawn",
        contact_id=step.contact_ids[0],
    )


def entries_of_write(
    context: RunContext, step: Planned, was: SubscriberStatus, became: SubscriberStatus
) -> list[JournalEntry]:
    """Return what a step that the service has carried out changed there.

    Args:
        was: the recipient's status before, under whichever address.
    """
    entries = []
    if step.moved_from:
        entries.append(
            context.entry(
                step.moved_from,
                "service",
                "rundbrief",
                was.value,
                MOVED,
                f"{context.place}: the CRM changed the address",
                other_address=step.address,
            )
        )
    if step.moved_from or became is not was:
        entries.append(_service_entry(context, step, was, became))
    return entries


def _service_entry(
    context: RunContext,
    step: Planned,
    was: SubscriberStatus,
    became: SubscriberStatus,
    actor: str = "rundbrief",
) -> JournalEntry:
    evidence = f"{why(context, step)}; CRM: {step.source}" if step.source else why(context, step)
    return context.entry(
        step.address,
        "service",
        actor,
        was.value,
        became.value,
        evidence,
        stated_at=step.since,
        contact_id=step.contact_ids[0] if step.contact_ids else None,
        other_address=step.moved_from,
    )


def _known(context: RunContext, steps: Sequence[Planned]) -> dict[str, Recipient]:
    addresses = {step.address for step in steps} | {step.moved_from for step in steps if step.moved_from}
    with context.store.transaction() as transaction:
        return transaction.recipients(context.connection.name, context.scope).by_address(addresses)


def _save(context: RunContext, records: _Records) -> None:
    name, scope = context.connection.name, context.scope
    with context.store.transaction() as transaction:
        transaction.recipients(name, scope).put(records.recipients.values())
        transaction.links(name, scope).put(records.links)
        transaction.sent(name, scope).forget(records.forgotten)
        transaction.sent(name, scope).put(records.sent)
        transaction.journal.add(records.entries, context.now())
        context.report(transaction, records.lines)
        transaction.outbox(context.run_id).done(records.done)
