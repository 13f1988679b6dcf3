"""The journal of an import: what each of its steps changed, where, and on what evidence."""

from collections.abc import Collection
from dataclasses import dataclass, field

from rundbrief.consent import Decision
from rundbrief.engine.matching import Match
from rundbrief.engine.recording import entries_of_write
from rundbrief.engine.run import RunContext
from rundbrief.models import CrmOptIn, NewContact, OptIn, OptInChange, Reason, SubscriberStatus
from rundbrief.store import MOVED, JournalEntry

__all__ = ["ImportStep", "change_entry", "entries_of", "entries_of_missed", "evidence"]

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
    fingerprint: str | None = None
    """Of the data the service has, where it is to be remembered."""
    left_out: list[str] = field(default_factory=list)
    """Sentences about values that `new` goes without, or with less of."""

    @property
    def all_changes(self) -> list[OptInChange]:
        """Return the changes, and what `new` says; the contact's id is empty until it is made."""
        if self.new is None:
            return self.changes
        made = OptInChange(self.created or "", self.new.opt_in_key, OptIn.UNKNOWN, self.new.opt_in)
        return [*self.changes, made]

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
    was = known.status
    if step.match.ours:
        entries += entries_of_write(context, step.match.ours[-1], step.match.before_ours, was)
    elif step.match.moved_from:
        entries += _moved(context, step.match.moved_from, step.match)
        was = one.status
    if was is not one.status:
        entries.append(
            context.entry(
                one.address,
                "service",
                "service",
                was.value,
                one.status.value,
                evidence(context, step.match),
                stated_at=one.since,
            )
        )
    if step.decision.withdrawn and not known.withdrawn and _crm_said_no(context, step):
        entries.append(_crm_withdrew(context, step.match))
    entries.extend(change_entry(context, one.address, change) for change in step.all_changes)
    return entries


def entries_of_missed(
    context: RunContext, step: ImportStep, undone: Collection[OptInChange]
) -> list[JournalEntry]:
    """Return what a missed step has changed all the same, where several contacts share the address."""
    address = step.match.incoming.address
    return [change_entry(context, address, change) for change in step.changes if change not in undone]


def _is_ours(context: RunContext, opt_in: CrmOptIn) -> bool:
    return opt_in.source.startswith(f"{context.place}: ")


def _moved(context: RunContext, old: str, one: Match) -> list[JournalEntry]:
    """Close the old address's record, and open the new one's with what came along."""
    new, was, became = one.incoming.address, one.known.status.value, one.incoming.status.value
    left = f"{context.place}: the address was changed"
    came = f"{evidence(context, one)}; the address was changed"
    return [
        context.entry(old, "service", "service", was, MOVED, left, other_address=new),
        context.entry(
            new, "service", "service", was, became, came, stated_at=one.incoming.since, other_address=old
        ),
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


def change_entry(context: RunContext, address: str, change: OptInChange) -> JournalEntry:
    """Return that we set an opt-in in the CRM."""
    return context.entry(
        address,
        "crm",
        "rundbrief",
        change.expected.value,
        change.opt_in.value.value,
        change.opt_in.source,
        stated_at=change.opt_in.since,
        contact_id=change.contact_id,
        key=change.key,
    )
