"""The `Crm` protocol."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from rundbrief.fields import CrmField
from rundbrief.models import Campaign, Contact, NewContact, OptInChange, OptInField, Selection


class Crm(Protocol):
    """A system that leads for data. An import may change only its opt-in fields, and add new contacts."""

    def fields(self) -> Sequence[CrmField]:
        """Return the standard and custom fields that contacts can have."""

    def opt_in_fields(self) -> Sequence[OptInField]:
        """Return the opt-in fields that exist."""

    def ensure_opt_in_fields(self, fields: Sequence[OptInField]) -> None:
        """Make sure that each opt-in field exists; find it again by its key, take over a new label."""

    def contacts(self, selection: Selection) -> Iterator[Contact]:
        """Yield the chosen contacts in the order of their ids, streaming.

        Raises:
            InputError: the selection names a contact or campaign that does not exist.
        """

    def by_ids(self, contact_ids: Sequence[str]) -> Mapping[str, Contact]:
        """Return those of these contacts that exist, as they are now. Up to 1,000 ids."""

    def by_addresses(self, addresses: Sequence[str]) -> Mapping[str, Sequence[Contact]]:
        """Return `address_key` -> all contacts with that address; only those found. Up to 1,000 addresses."""

    def create_contacts(self, new: Sequence[NewContact]) -> Sequence[str]:
        """Create contacts, and return their ids in the same order.

        An address that has a contact by now gets no second one: the existing contact's id comes back, and its
        opt-in is set if it was *unknown*. Another run, for another service, may have made it a moment ago.
        """

    def set_opt_ins(self, changes: Sequence[OptInChange]) -> Sequence[OptInChange]:
        """Set opt-in fields, and touch nothing else. Return the changes that were *not* made.

        A change is left out when the contact is gone, or when the field no longer holds `expected`: somebody
        edited it in between, so the decision has to be made again.
        """

    def count(self, selection: Selection) -> int:
        """Return how many contacts `contacts` would yield; for progress bars."""

    def campaigns(self) -> Sequence[Campaign]:
        """Return all campaigns."""

    def check(self) -> str:
        """Make sure that all of the above can work, at the cost of a few requests; return what to call the CRM by.

        Raises:
            SignInAgain, PermissionMissing: with a sentence that names the missing right.
        """

    def warnings(self, providers: Sequence[str]) -> Sequence[str]:
        """Return sentences about what stands in the way of a sync with these providers, such as another one that
        the CRM does by itself."""

    def close(self) -> None:
        """Let go of files and connections."""
