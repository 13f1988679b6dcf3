"""The journal of an import: what each of its steps changed, where, and on what evidence."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from rundbrief.consent import Decision
from rundbrief.engine.matching import Match
from rundbrief.engine.run import RunContext
from rundbrief.engine.scopes import scope_of
from rundbrief.models import CrmOptIn, NewContact, OptIn, OptInChange, Reason, SubscriberStatus
from rundbrief.store import JournalEntry, Transaction

__all__ = ["ImportStep", "entries_of", "entries_of_cut_off", "entries_of_missed", "evidence"]

_CRM_WITHDREW = (Reason.WITHDRAWN_IN_CRM, Reason.WITHDRAWAL_REPORTED)


@dataclass(slots=True)
class ImportStep:
    """One recipient with what is to be done about it."""

    match: Match
    decision: Decision
    changes: list[OptInChange] = field(default_factory=list)
    new: NewContact | None = None
    created: str | None = None
    """The id of the contact that was made of `new`."""

    @property
    def contact_ids(self) -> list[str]:
        return [contact.id for contact in self.match.contacts] or ([self.created] if self.created else [])


def evidence(context: RunContext, one: Match) -> str:
    """Return in words why the CRM's opt-in has its value."""
    if one.incoming.status is SubscriberStatus.GONE:
        return f"{context.place}: no longer there"
    return f"{context.place}: {one.incoming.source or one.incoming.status.value}"


def entries_of(context: RunContext, step: ImportStep) -> list[JournalEntry]:
    """Return what a finished step has changed on either side."""
    one, known = step.match.incoming, step.match.known
    entries = []
    if step.match.moved_from:
        entries += _moved(context, step.match.moved_from, step.match)
    elif known.status is not one.status:
        entries.append(
            context.entry(
                one.address,
                "service",
                "service",
                known.status.value,
                one.status.value,
                evidence(context, step.match),
                stated_at=one.since,
            )
        )
    if step.decision.withdrawn and not known.withdrawn and _crm_said_no(context, step):
        entries.append(_crm_withdrew(context, step.match))
    entries.extend(_changed(context, step, change) for change in step.changes)
    if step.new and step.created:
        entries.append(_set(context, step, step.created, step.new.opt_in_key, OptIn.UNKNOWN, step.new.opt_in))
    return entries


def entries_of_missed(
    context: RunContext, step: ImportStep, undone: Collection[OptInChange]
) -> list[JournalEntry]:
    """Return what a missed step has changed all the same, where several contacts share the address."""
    return [_changed(context, step, change) for change in step.changes if change not in undone]


def entries_of_cut_off(
    context: RunContext, transaction: Transaction, steps: Sequence[ImportStep]
) -> list[JournalEntry]:
    """Return what an earlier run had set in the CRM when it was killed, before it could put it on record.

    Such a field tells that it has its value from us, and the journal does not know of it.
    """
    entries = []
    for key in sorted({key for step in steps for contact in step.match.contacts for key in contact.opt_ins}):
        found = [
            (step, contact.id, contact.opt_in(key))
            for step in steps
            for contact in step.match.contacts
            if _is_ours(context, contact.opt_in(key))
        ]
        ids = {contact_id for _, contact_id, _ in found}
        known = transaction.journal.last_words(*scope_of(key), ids) if found else {}
        entries += [
            _set(context, step, contact_id, key, known.get(contact_id, OptIn.UNKNOWN), opt_in)
            for step, contact_id, opt_in in found
            if known.get(contact_id) is not opt_in.value
        ]
    return entries


def _is_ours(context: RunContext, opt_in: CrmOptIn) -> bool:
    return opt_in.source.startswith(f"{context.place}: ")


def _moved(context: RunContext, old: str, one: Match) -> list[JournalEntry]:
    """Close the old address's record, and open the new one's with what came along."""
    new, was, became = one.incoming.address, one.known.status.value, one.incoming.status.value
    left = f"{context.place}: the address was changed to {new}"
    came = f"{evidence(context, one)}; the address was changed from {old}"
    return [
        context.entry(old, "service", "service", was, "moved", left),
        context.entry(new, "service", "service", was, became, came, stated_at=one.incoming.since),
    ]


def _crm_said_no(context: RunContext, step: ImportStep) -> bool:
    """Tell whether the CRM's users withdrew, and not we, in a run that was killed before it could record it."""
    standing = step.match.standing(context.opt_in_key)
    is_news = standing.agreed is OptIn.YES or step.decision.reason in _CRM_WITHDREW
    return standing.crm.value is OptIn.NO and is_news and not _is_ours(context, standing.crm)


def _crm_withdrew(context: RunContext, one: Match) -> JournalEntry:
    """Note a *no* of the CRM's that this import came across; the next export carries it to the service."""
    crm = one.standing(context.opt_in_key).crm
    return context.entry(
        one.incoming.address,
        "crm",
        "crm",
        (one.known.agreed or OptIn.UNKNOWN).value,
        OptIn.NO.value,
        crm.source or "opt-in cleared in the CRM",
        stated_at=crm.since,
        contact_id=one.contacts[0].id,
    )


def _changed(context: RunContext, step: ImportStep, change: OptInChange) -> JournalEntry:
    return _set(context, step, change.contact_id, change.key, change.expected, change.opt_in)


def _set(
    context: RunContext, step: ImportStep, contact_id: str, key: str, was: OptIn, opt_in: CrmOptIn
) -> JournalEntry:
    return context.entry(
        step.match.incoming.address,
        "crm",
        "rundbrief",
        was.value,
        opt_in.value.value,
        opt_in.source,
        stated_at=opt_in.since,
        contact_id=contact_id,
        key=key,
    )
