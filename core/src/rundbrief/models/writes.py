"""What is written to a newsletter service, and what becomes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from rundbrief.models.subscribers import Evidence, SubscriberStatus
from rundbrief.models.values import FieldValue

__all__ = ["ContactWrite", "Outcome", "Reason", "Result", "WriteKind"]


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
    """For CREATE the one to add, else the one that the service has."""
    remote_id: str | None = None
    """`Subscriber.remote_id`; None for CREATE."""
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    """Remote field key -> value, converted already."""
    evidence: Evidence = field(default_factory=Evidence)
    """For CREATE the opt-in's, for WITHDRAW the opt-out's."""
    new_address: str | None = None
    """For UPDATE: the address to move the recipient to."""
    join: bool = False
    """For UPDATE where consent is account-wide: put the recipient on the list, who was never on it."""


class Result(StrEnum):
    """How a write ended."""

    DONE = "done"
    """It was carried out, or was so already."""
    HELD = "held"
    """Not tried, because a rule forbids it."""
    REFUSED = "refused"
    """The service will not have it; trying again with the same data is pointless."""
    FAILED = "failed"
    """Did not work this time; the next run tries again."""


class Reason(StrEnum):
    """Why a contact was written, held or refused. One code, one sentence in every report.

    A plugin's outcomes say DONE with what was done (NEW, CHANGED, MOVED and so on), REFUSED with a service's word
    (ALREADY_EXISTS and those after it), or FAILED with TEMPORARY or UNKNOWN_REFUSAL. What is held is the host's to
    say. Of an erasure NOT_FOUND is DONE: nobody is there, as was asked for.
    """

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
    ERASED = "erased"
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
    ADDRESS_CHANGED = "address_changed"
    DELETED_IN_CRM = "deleted_in_crm"
    SHARED_ADDRESS_NO = "shared_address_no"
    VALUE_LEFT_OUT = "value_left_out"
    UNFIT_VALUE = "unfit_value"
    CRM_CHANGED_MEANWHILE = "crm_changed_meanwhile"
    # refused: the service's word
    ALREADY_EXISTS = "already_exists"
    COMPLIANCE = "compliance"
    FORGOTTEN = "forgotten"
    FAKE_OR_INVALID = "fake_or_invalid"
    TOO_MANY_SIGNUPS = "too_many_signups"
    INVALID_FIELDS = "invalid_fields"
    ADDRESS_TAKEN = "address_taken"
    HAS_MOVED = "has_moved"
    NOT_FOUND = "not_found"
    UNKNOWN_REFUSAL = "unknown_refusal"
    TEMPORARY = "temporary"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one `ContactWrite`."""

    key: str
    """`ContactWrite.key`."""
    result: Result
    reason: Reason
    detail: str = ""
    """The service's own words, free of addresses."""
    remote_id: str | None = None
    """Of a new recipient, where the answer tells it."""
    status: SubscriberStatus | None = None
    """The recipient's status after the write, where the answer tells it."""
