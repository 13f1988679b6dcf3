"""What a CRM holds, and which of it is meant."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from rundbrief.models.subscribers import OptIn
from rundbrief.models.values import FieldValue

__all__ = [
    "Campaign",
    "Condition",
    "Contact",
    "ContactKind",
    "CrmOptIn",
    "NewContact",
    "OptInChange",
    "OptInField",
    "PartyType",
    "Selection",
]


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


class Condition(Protocol):
    """A condition on contacts, such as `rundbrief.where` makes of an expression."""

    def holds(self, contact: Contact) -> bool: ...


@dataclass(frozen=True, slots=True)
class Selection:
    """Which contacts an export looks at; the parts are combined with *and*. Empty means all."""

    contact_ids: tuple[str, ...] = ()
    kinds: frozenset[ContactKind] = frozenset()
    campaign: str | None = None
    """A campaign's id, exact name or, where a CRM has such a thing, number."""
    where: Condition | None = None

    @property
    def is_everything(self) -> bool:
        return self == Selection()

    def fits(self, contact: Contact) -> bool:
        """Tell whether a contact is meant, as far as it tells by itself: its kind, and the condition."""
        return (not self.kinds or contact.kind in self.kinds) and (self.where is None or self.where.holds(contact))


@dataclass(frozen=True, slots=True)
class Campaign:
    id: str
    name: str
    participants: int
