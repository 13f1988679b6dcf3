"""The words that core and its plugins share: plain, frozen, and free of any library.

Times are timezone-aware `datetime` objects in UTC. Addresses are kept as their owner spells them; wherever two
are compared, `address_key` is.
"""

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

__all__ = [
    "Campaign",
    "Checkpoint",
    "Contact",
    "ContactKind",
    "ContactWrite",
    "CrmOptIn",
    "Evidence",
    "FieldValue",
    "MailingList",
    "NewContact",
    "OptIn",
    "OptInChange",
    "OptInField",
    "Outcome",
    "PartyType",
    "Reason",
    "Result",
    "Selection",
    "Subscriber",
    "SubscriberStatus",
    "WriteKind",
    "address_key",
    "mask_address",
]

FieldValue = str | bool | int | Decimal | date | datetime | tuple[str, ...]
"""What one field of a contact holds. `datetime` is checked before `date`, `bool` before `int`."""


def address_key(address: str) -> str:
    """Return the form in which two spellings of one e-mail address are equal.

    Trimmed, composed (NFC) and lower-cased as a whole: RFC 5321 lets the local part be case-sensitive, but no
    newsletter service treats it so, and a second "no" for another spelling must hit the first.
    """
    return unicodedata.normalize("NFC", address.strip()).lower()


def mask_address(address: str) -> str:
    """Return an address that a log line may show: `j…@e….org#1f3a` for jo@example.org.

    The four hexadecimal digits tell two masked addresses apart without giving either away.
    """
    local, _, domain = address_key(address).rpartition("@")
    name, dot, top = domain.rpartition(".")
    digest = hashlib.sha256(address_key(address).encode()).hexdigest()[:4]
    return f"{local[:1]}…@{name[:1]}…{dot}{top}#{digest}"


# --- consent ----------------------------------------------------------------------------------------------


class OptIn(StrEnum):
    """What a CRM knows of somebody's wish for one consent scope. Not set is *unknown*, not *no*."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class SubscriberStatus(StrEnum):
    """What a newsletter service says of one address in one consent scope.

    A plugin yields the first six. The host adds the last two: it alone knows what it has seen before.
    """

    SUBSCRIBED = "subscribed"
    """Opted in, gets mail. The only status that is a consent."""
    UNSUBSCRIBED = "unsubscribed"
    """Opted out: by the person, by an administrator, by complaint or block list."""
    PENDING = "pending"
    """Asked to confirm (double opt-in), has not confirmed."""
    NEVER = "never"
    """Known to the service, for example as a shop customer, without ever having opted in."""
    BOUNCED = "bounced"
    """Undeliverable. Not an opt-out, and not reachable either."""
    ARCHIVED = "archived"
    """Hidden by an administrator. The earlier status cannot be seen, so it may hide an opt-out."""
    ABSENT = "absent"
    """The service does not have the address, and we never saw it there."""
    GONE = "gone"
    """The service had the address earlier, and has it no longer: whatever it knew is forgotten there."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """When and how somebody stated a wish, as far as the source can prove it."""

    at: datetime | None = None
    source: str = ""
    """Where it was stated, in words for a data-protection officer: `Mailchimp sign-up form`, `CRM import`."""
    ip: str | None = None


@dataclass(frozen=True, slots=True)
class MailingList:
    """A list, audience or group of a newsletter service."""

    id: str
    name: str
    double_opt_in: bool = False
    """True when the service wants new recipients to confirm: a create must then leave them *pending*."""
    size: int | None = None
    """Recipients as the service counts them, often cached; for progress bars only."""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """One recipient as the service holds it now."""

    address: str
    remote_id: str
    """The id that survives a change of address, where the service has one."""
    status: SubscriberStatus
    evidence: Evidence = field(default_factory=Evidence)
    """Of the present status: the opt-in's time and source when subscribed, the opt-out's when unsubscribed."""
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    """Remote field key -> value, for contacts that an import creates."""
    lists: frozenset[str] = frozenset()
    """Where consent is account-wide: the ids of the lists that the recipient is on."""
    left: frozenset[str] = frozenset()
    """Where consent is account-wide: the ids of the lists that the recipient unsubscribed from one by one."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Everything yielded before this point is complete. `cursor` is opaque to the host; it comes back as is.

    The last checkpoint of a stream is where the next incremental read begins.
    """

    cursor: str


# --- the CRM ----------------------------------------------------------------------------------------------


class ContactKind(StrEnum):
    CONTACT = "contact"
    CUSTOMER = "customer"
    LEAD = "lead"


class PartyType(StrEnum):
    PERSON = "person"
    ORGANISATION = "organisation"


@dataclass(frozen=True, slots=True)
class CrmOptIn:
    """One opt-in field of one contact."""

    value: OptIn = OptIn.UNKNOWN
    since: datetime | None = None
    """When the field took this value, where the CRM knows."""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact, customer or lead as the CRM holds it."""

    id: str
    email: str | None
    kind: ContactKind = ContactKind.CONTACT
    party: PartyType = PartyType.PERSON
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    """Field key -> value; fields without a value are left out. Standard keys: `fields.STANDARD_FIELDS`."""
    opt_ins: Mapping[str, CrmOptIn] = field(default_factory=dict)
    """Opt-in field key (`OptInField.key`) -> state; a missing key is *unknown*."""
    changed_at: datetime | None = None

    def opt_in(self, key: str) -> CrmOptIn:
        return self.opt_ins.get(key, CrmOptIn())


@dataclass(frozen=True, slots=True)
class NewContact:
    """A subscriber whom the CRM does not know, about to become a contact."""

    email: str
    fields: Mapping[str, FieldValue]
    opt_in_key: str
    opt_in: CrmOptIn
    source: str
    """Where the contact came from: `Mailchimp, list Customers`."""


@dataclass(frozen=True, slots=True)
class OptInField:
    """The field on a CRM contact that stands for one consent scope.

    `key` is stable (`connection/list id`, or `connection` where consent is account-wide); `label` is what
    people read.
    """

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class OptInChange:
    """Set one opt-in field, if it still has the value that the decision was made on."""

    contact_id: str
    key: str
    expected: OptIn
    opt_in: CrmOptIn


@dataclass(frozen=True, slots=True)
class Selection:
    """Which contacts an export looks at; the parts are combined with *and*. Empty means all."""

    contact_ids: tuple[str, ...] = ()
    kinds: frozenset[ContactKind] = frozenset()
    campaign: str | None = None
    """A campaign's id or exact name."""

    @property
    def is_everything(self) -> bool:
        return not self.contact_ids and not self.kinds and self.campaign is None


@dataclass(frozen=True, slots=True)
class Campaign:
    id: str
    name: str
    participants: int


# --- writing to a service ---------------------------------------------------------------------------------


class WriteKind(StrEnum):
    """The only four things rundbrief ever does to a recipient. Consent travels in all but UPDATE."""

    CREATE = "create"
    """Add an address the service does not have. Must never touch one it has."""
    UPDATE = "update"
    """Overwrite the data (and the address) of one it has. Must never carry a consent field."""
    WITHDRAW = "withdraw"
    """Record an opt-out."""
    CONFIRM = "confirm"
    """Ask a withdrawn person for a new opt-in by the service's double opt-in mail."""


@dataclass(frozen=True, slots=True)
class ContactWrite:
    """One write to one recipient."""

    key: str
    """Names this write within its batch; the outcome carries it back."""
    address: str
    remote_id: str | None = None
    """None for CREATE."""
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    """Remote field key -> value, converted already."""
    evidence: Evidence = field(default_factory=Evidence)
    """For CREATE the opt-in's, for WITHDRAW the opt-out's."""
    new_address: str | None = None
    """For UPDATE: the address to move the recipient to."""
    join: bool = False
    """For UPDATE where consent is account-wide: put the recipient on the list, who was never on it."""


class Result(StrEnum):
    DONE = "done"
    HELD = "held"
    """Not tried, because a rule forbids it."""
    REFUSED = "refused"
    """The service will not have it; trying again with the same data is pointless."""
    FAILED = "failed"
    """Did not work this time; the next run tries again."""


class Reason(StrEnum):
    """Why a contact was written, held or refused. One code, one sentence in every report."""

    # what was done
    NEW = "new"
    NEW_CONTACT = "new_contact"
    CHANGED = "changed"
    MOVED = "moved"
    WITHDRAWN_IN_CRM = "withdrawn_in_crm"
    ADDRESS_ABANDONED = "address_abandoned"
    CONFIRMATION_ASKED = "confirmation_asked"
    OPTED_IN = "opted_in"
    OPTED_OUT = "opted_out"
    # held: a rule of ours
    NO_ADDRESS = "no_address"
    INVALID_ADDRESS = "invalid_address"
    NO_OPT_IN = "no_opt_in"
    NOT_CONFIRMED = "not_confirmed"
    NEVER_OPTED_IN = "never_opted_in"
    BOUNCED = "bounced"
    ARCHIVED = "archived"
    GONE = "gone"
    WITHDRAWN_AT_SERVICE = "withdrawn_at_service"
    LEFT_THE_LIST = "left_the_list"
    WITHDRAWAL_REPORTED = "withdrawal_reported"
    SHARED_ADDRESS_NO = "shared_address_no"
    CRM_CHANGED_MEANWHILE = "crm_changed_meanwhile"
    # refused: the service's word
    ALREADY_EXISTS = "already_exists"
    COMPLIANCE = "compliance"
    FORGOTTEN = "forgotten"
    FAKE_OR_INVALID = "fake_or_invalid"
    TOO_MANY_SIGNUPS = "too_many_signups"
    INVALID_FIELDS = "invalid_fields"
    ADDRESS_TAKEN = "address_taken"
    NOT_FOUND = "not_found"
    UNKNOWN_REFUSAL = "unknown_refusal"
    TEMPORARY = "temporary"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one `ContactWrite`."""

    key: str
    result: Result
    reason: Reason
    detail: str = ""
    """The service's own words, free of addresses."""
    remote_id: str | None = None
    status: SubscriberStatus | None = None
    """The recipient's status after the write, where the answer tells it."""


Batch = Sequence[ContactWrite]
