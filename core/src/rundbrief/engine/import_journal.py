"""The journal of an import: what each step changed, and what a killed run had no time to put on record."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from rundbrief.consent import Decision
from rundbrief.engine.matching import Match
from rundbrief.engine.run import RunContext
from rundbrief.models import Contact, CrmOptIn, NewContact, OptIn, OptInChange, Reason, SubscriberStatus
from rundbrief.store import JournalEntry, Transaction

__all__ = ["ImportStep", "entries_of", "entries_of_missed", "evidence"]

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


