"""What the store gives and takes: one frozen record per table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rundbrief.models import (
    CrmOptIn,
    FieldValue,
    MailingList,
    OptIn,
    OptInChange,
    Reason,
    Result,
    SubscriberStatus,
    WriteKind,
)

__all__ = [
    "ACCOUNT_SCOPE",
    "MOVED",
    "SETTLE",
    "WHOLE_ACCOUNT",
    "Candidate",
    "Erasure",
    "Incoming",
    "Intent",
    "JournalEntry",
    "Leftovers",
    "OutcomeLine",
    "Planned",
    "PulledList",
    "Reading",
    "Recipient",
    "Run",
    "Sent",
]

ACCOUNT_SCOPE = "*"
"""The consent scope of a service that knows one opt-in for the whole account."""

WHOLE_ACCOUNT = "the whole account"
"""How reports call that scope, where they name a list otherwise."""

MOVED = "moved"
"""What an address became, in the journal, whose recipient has another one now."""

SETTLE = "settle"
"""The kind of a planned step that writes to the CRM or the baseline, and not to the service."""


@dataclass(frozen=True, slots=True)
class PulledList:
    mailing_list: MailingList
    pulled_at: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """How far the recipients of a scope were read."""

    cursor: str | None = None
    reading: bool = False
    """A read has begun and not ended: `cursor` is in its middle."""
    full_read: bool = False
    """That read began from nothing."""
    full_read_at: datetime | None = None
    """When the last complete read ended; None: the scope was never imported."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One recipient as read, not yet acted on."""

    seq: int
    remote_id: str
    address: str
    spelling: str
    status: SubscriberStatus
    since: datetime | None
    source: str
    fields: Mapping[str, FieldValue]
    lists: frozenset[str] = frozenset()
    left: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Erasure:
    """All that is known of somebody who was erased."""

    at: datetime
    may_remain: bool
    """The service is not known to have let go of her: it may still tell of a subscription of old."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """What we know of one address in one consent scope."""

    address: str
    spelling: str
    status: SubscriberStatus = SubscriberStatus.ABSENT
    remote_id: str | None = None
    since: datetime | None = None
    source: str = ""
    agreed: OptIn | None = None
    withdrawn: bool = False
    lists: frozenset[str] = frozenset()
    """Where consent is account-wide: the lists it is on."""
    left: frozenset[str] = frozenset()
    """Where consent is account-wide: the lists it was on, and is to be put on no more."""
    erasure: Erasure | None = None
    """Its owner was erased, and this is made of her keyed hash: the state has no such recipient."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The data last sent for one address in one consent scope, or last refused by it."""

    address: str
    fingerprint: str
    result: Result = Result.DONE
    reason: Reason = Reason.CHANGED
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One change of consent. `seq` and `recorded_at` are the journal's own."""

    connection: str
    scope: str
    address: str
    place: str
    """Whose record changed: `crm` or `service`."""
    actor: str
    """Who changed it: `crm` (its users), `service` (the person, or an administrator there) or `rundbrief`."""
    was: str
    became: str
    evidence: str
    run_id: int
    stated_at: datetime | None = None
    contact_id: str | None = None
    other_address: str | None = None
    """Where an address was changed: the new one in the old one's entry, the old one in the new one's."""
    seq: int = 0
    recorded_at: datetime | None = None

    @property
    def grounds(self) -> str:
        """Return the evidence as a person reads it: with the other address, where one was changed."""
        if self.other_address is None:
            return self.evidence
        which = "new" if self.became == MOVED else "earlier"
        return f"{self.evidence}; {which} address: {self.other_address}"


@dataclass(frozen=True, slots=True)
class Intent:
    """An opt-in that an import, or an erasure, is about to set in the CRM."""

    address: str
    change: OptInChange
    """Its contact id is empty where the contact is about to be made."""


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What earlier runs of a connection and consent scope left to do, by stopping, failing or being killed."""

    unread: bool = False
    """A read has begun and not ended."""
    inbox: int = 0
    """Recipients that were read and not yet acted on."""
    intents: int = 0
    """Opt-ins that an import of the connection was about to set in the CRM."""
    open_steps: int = 0
    """Steps of an export that were planned, and not known to be done."""
    sent_steps: int = 0
    """Those of them that the service may have carried out."""


@dataclass(frozen=True, slots=True)
class Run:
    id: int
    kind: str
    connection: str
    list_id: str | None
    started_at: datetime
    ended_at: datetime | None
    state: str
    """`running`, `done`, `stopped` (by the user or the guard rail), `failed`, or `cut off` (killed)."""
    counts: Mapping[str, int]
    message: str = ""
    scope: str | None = None
    """The consent scope: the list itself, or `*` where consent is account-wide."""


@dataclass(frozen=True, slots=True)
class OutcomeLine:
    """One contact in a run's report."""

    address: str
    result: Result
    reason: Reason
    contact_id: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One CRM contact that an export looks at."""

    contact_id: str
    address: str
    spelling: str
    opt_in: CrmOptIn
    changed_at: datetime | None
    selected: bool
    fields: Mapping[str, FieldValue]


@dataclass(frozen=True, slots=True)
class Planned:
    """One step of an export: at most one write to the service, and what follows for CRM and baseline."""

    kind: WriteKind | str
    """A `WriteKind`, or SETTLE."""
    address: str
    spelling: str
    contact_ids: tuple[str, ...]
    """All contacts with the address; the first one's data is sent."""
    reason: Reason
    remote_id: str | None = None
    moved_from: str | None = None
    """The recipient's present address, when the contact's has changed."""
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    fingerprint: str | None = None
    since: datetime | None = None
    source: str = ""
    crm_value: OptIn | None = None
    """What the CRM's opt-in must become on those contacts of `crm_expected`."""
    crm_expected: Mapping[str, OptIn] = field(default_factory=dict)
    """Contact id -> the value the decision was made on."""
    agreed: OptIn | None = None
    withdrawn: bool = False
    crm_address: str = ""
    """The contacts' address in the CRM; empty: the same as the recipient's."""
    joins: bool = False
    """An UPDATE that puts the recipient on the list as well."""
    sent: bool = False
    """It was, or was about to be, handed to the service."""
    seq: int = 0
