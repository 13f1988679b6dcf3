"""What a newsletter service says of its lists, and of who is on them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from rundbrief.models.values import FieldValue

__all__ = ["Checkpoint", "Evidence", "MailingList", "OptIn", "Subscriber", "SubscriberStatus"]


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
    """When, in UTC."""
    source: str = ""
    """Where it was stated, in words for a data-protection officer: `Mailchimp sign-up form`, `CRM import`."""
    ip: str | None = None
    """The network address that it came from."""


@dataclass(frozen=True, slots=True)
class MailingList:
    """A list, audience or group of a newsletter service."""

    id: str
    """The service's own, and stable."""
    name: str
    """As people read it at the service."""
    double_opt_in: bool = False
    """True when the service wants new recipients to confirm: a create must then leave them *pending*."""
    size: int | None = None
    """Recipients as the service counts them, often cached; for progress bars only."""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """One recipient as the service holds it now."""

    address: str
    """As the service spells it."""
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
