"""The base of every newsletter service's sandbox: what persons and administrators do, whatever the service."""

import abc
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rundbrief.models import Evidence, SubscriberStatus, address_key
from rundbrief.testing.application import ManualClock, SandboxApplication, SandboxRequest

__all__ = ["Held", "ManualClock", "NotOffered", "Sandbox", "SandboxRequest"]


class NotOffered(Exception):
    """The service has no such thing, for example no archive. The text says so in a sentence."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a service holds about one recipient of a list."""

    status: SubscriberStatus
    """The true one, hidden recipients included."""
    fields: Mapping[str, Any]
    """Remote field key -> value, as the service keeps it."""
    evidence: Evidence
    """Of the last sign-up; empty where the service keeps none."""
    remote_id: str
    is_member: bool = True
    """On the list. False for a recipient of the account who is not; only where consent is account-wide."""


class Sandbox(SandboxApplication):
    """A newsletter service in a box."""

    @abc.abstractmethod
    def add_list(self, name: str, *, double_opt_in: bool = False) -> str:
        """Make a list, and return its id.

        Raises:
            NotOffered: lists of the service cannot ask for confirmation.
        """

    @abc.abstractmethod
    def subscribe(self, list_id: str, address: str, fields: Mapping[str, str] | None = None) -> None:
        """A person signs up through a form; on a double opt-in list she still has to `confirm`.

        Where the form turns her down, for an address that the service does not take or has already, nothing has
        changed.
        """

    @abc.abstractmethod
    def confirm(self, list_id: str, address: str) -> None:
        """A person clicks the link in the confirmation mail."""

    @abc.abstractmethod
    def unsubscribe(self, list_id: str, address: str) -> None:
        """A person clicks the unsubscribe link. A service that forgets who left has her no longer."""

    @abc.abstractmethod
    def complain(self, list_id: str, address: str) -> None:
        """A person marks a mail as spam."""

    @abc.abstractmethod
    def bounce(self, list_id: str, address: str) -> None:
        """Mails to the address come back for good."""

    @abc.abstractmethod
    def block(self, list_id: str, address: str) -> None:
        """An administrator takes a recipient out of the mailings, by whatever the service calls it."""

    @abc.abstractmethod
    def archive(self, list_id: str, address: str) -> None:
        """An administrator hides a recipient without deleting it.

        Raises:
            NotOffered: the service cannot hide anybody.
        """

    @abc.abstractmethod
    def delete(self, list_id: str, address: str) -> None:
        """An administrator deletes a recipient for good."""

    @abc.abstractmethod
    def change_address(self, list_id: str, old: str, new: str) -> None:
        """A person, or an administrator, changes the address at the service."""

    @abc.abstractmethod
    def recipients(self, list_id: str) -> Mapping[str, Held]:
        """Return everybody whom a complete read of the list would have to tell of, hidden ones included.

        Where consent is account-wide that is the whole account. The keys are `address_key` of the addresses.
        """

    def status(self, list_id: str, address: str) -> SubscriberStatus:
        """Return the true status of an address; ABSENT when the service does not have it."""
        held = self.recipients(list_id).get(address_key(address))
        return held.status if held else SubscriberStatus.ABSENT

    @property
    @abc.abstractmethod
    def confirmation_mails(self) -> Sequence[str]:
        """The addresses that were asked to confirm, in the order of the mails; once for each mail."""

    @abc.abstractmethod
    def seed(self, list_id: str, people: int | Iterable[str]) -> None:
        """Add subscribers at once who signed up in the past: so many, or these addresses. For benchmarks."""
