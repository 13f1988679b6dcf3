"""A CRM with its users: what they do there, whatever the CRM. Contract, demo and tests act through it."""

import abc
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rundbrief.fields import CrmField, FieldType
from rundbrief.models import ContactKind, FieldValue, OptIn, PartyType
from rundbrief.testing.application import SandboxApplication

__all__ = ["CrmSandbox", "HeldContact"]


@dataclass(frozen=True, slots=True)
class HeldContact:
    """What the CRM truly holds about one contact, seen from inside."""

    email: str | None
    kind: ContactKind
    party: PartyType
    fields: Mapping[str, FieldValue]
    """Field key -> value, as `Contact.fields`; also what no plugin reads has its place in `untouched`."""
    opt_ins: Mapping[str, OptIn]
    """Opt-in field key -> value; a field that is not set is left out."""
    changed_at: datetime
    untouched: Mapping[str, Any]
    """Everything else that is kept about the contact: a plugin that changes any of it has overwritten data."""


class CrmSandbox(abc.ABC):
    """A CRM, empty at first, and its users."""

    @property
    def application(self) -> SandboxApplication | None:
        """The CRM as a service, to be asked and served; None for one without an API."""
        return None

    @abc.abstractmethod
    def add_contact(
        self,
        email: str | None,
        fields: Mapping[str, FieldValue] | None = None,
        *,
        kind: ContactKind = ContactKind.CONTACT,
        party: PartyType = PartyType.PERSON,
    ) -> str:
        """A user adds a contact with fields of `CrmField.key`; return its id."""

    @abc.abstractmethod
    def edit_contact(
        self, contact_id: str, *, email: str | None = None, fields: Mapping[str, FieldValue | None] | None = None
    ) -> None:
        """A user changes fields (None removes a value), or the address ("" removes it)."""

    @abc.abstractmethod
    def delete_contact(self, contact_id: str) -> None:
        """A user deletes a contact."""

    @abc.abstractmethod
    def set_opt_in(self, contact_id: str, key: str, value: OptIn) -> None:
        """A user ticks or unticks an opt-in field that a plugin made; UNKNOWN empties it."""

    @abc.abstractmethod
    def add_field(self, label: str, kind: FieldType = FieldType.TEXT, choices: Sequence[str] = ()) -> CrmField:
        """An administrator adds a custom field."""

    @abc.abstractmethod
    def add_campaign(self, name: str, participants: Sequence[str] = ()) -> str:
        """A user makes a campaign of these contacts; return its id."""

    @abc.abstractmethod
    def opt_in_labels(self) -> Mapping[str, str]:
        """Return opt-in field key -> label, for those that exist."""

    @abc.abstractmethod
    def contacts(self) -> Mapping[str, HeldContact]:
        """Return contact id -> what is held, for everybody."""

    @abc.abstractmethod
    def seed(self, people: int | Iterable[str]) -> Sequence[str]:
        """Add so many persons, or these addresses, at once; return their ids. For benchmarks."""

    @abc.abstractmethod
    def settings(self, base_url: str) -> Mapping[str, Any]:
        """Return the table `[crm]` of rundbrief.toml that opens this CRM, with `plugin`."""

    @abc.abstractmethod
    def environ(self) -> Mapping[str, str]:
        """Return the environment variables that those settings refer to."""
