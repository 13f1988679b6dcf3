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
    """What somebody is to the company, as the CRM has it."""

    CONTACT = "contact"
    """Neither of the others."""
    CUSTOMER = "customer"
    """Buys from the company."""
    LEAD = "lead"
    """May become a customer."""


class PartyType(StrEnum):
    """Who is behind a contact."""

    PERSON = "person"
    ORGANISATION = "organisation"
    """A company, an association or an authority: its name is the field `company`."""


@dataclass(frozen=True, slots=True)
class CrmOptIn:
    """One opt-in field of one contact."""

    value: OptIn = OptIn.UNKNOWN
    since: datetime | None = None
    """When the field took this value, where the CRM knows."""
    source: str = ""
    """Where the wish was stated, in words for a data-protection officer; empty where the CRM does not know."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact, customer or lead as the CRM holds it."""

    id: str
    """The CRM's own, and stable."""
    email: str | None
    """As it is spelt there, even if it is no address; None where there is none."""
    kind: ContactKind = ContactKind.CONTACT
    party: PartyType = PartyType.PERSON
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    """Field key -> value; fields without a value are left out. Standard keys: `fields.STANDARD_FIELDS`."""
    opt_ins: Mapping[str, CrmOptIn] = field(default_factory=dict)
    """Opt-in field key (`OptInField.key`) -> state; a missing key is *unknown*."""
    changed_at: datetime | None = None
    """When anything of it was last changed, in UTC, where the CRM knows."""

    def opt_in(self, key: str) -> CrmOptIn:
        """Return the state of an opt-in field."""
        return self.opt_ins.get(key, CrmOptIn())


@dataclass(frozen=True, slots=True)
class NewContact:
    """A subscriber whom the CRM does not know, about to become a contact."""

    email: str
    fields: Mapping[str, FieldValue]
    """CRM field key -> value, converted already."""
    opt_in_key: str
    """The opt-in field that is set (`OptInField.key`)."""
    opt_in: CrmOptIn
    """What it is set to, with the evidence."""
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
    """The opt-in field (`OptInField.key`)."""
    expected: OptIn
    """The value that the decision was made on."""
    opt_in: CrmOptIn
    """The new state, with the evidence."""


class Condition(Protocol):
    """A condition on contacts, such as `rundbrief.where` makes of an expression."""

    def holds(self, contact: Contact) -> bool:
        """Tell whether it holds for a contact."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which contacts an export looks at; the parts are combined with *and*. Empty means all."""

    contact_ids: tuple[str, ...] = ()
    """Only these."""
    kinds: frozenset[ContactKind] = frozenset()
    """Only contacts of these kinds."""
    campaign: str | None = None
    """A campaign's id, exact name or, where a CRM has such a thing, number."""
    where: Condition | None = None
    """Only those of whom this holds."""

    @property
    def is_everything(self) -> bool:
        """Whether all contacts are meant."""
        return self == Selection()

    def fits(self, contact: Contact) -> bool:
        """Tell whether a contact is meant, as far as it tells by itself: its kind, and the condition."""
        return (not self.kinds or contact.kind in self.kinds) and (self.where is None or self.where.holds(contact))


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign of the CRM, whose participants can be exported."""

    id: str
    name: str
    participants: int
    """How many contacts take part."""
