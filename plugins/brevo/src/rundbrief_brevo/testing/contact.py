"""One contact of the account, and what happened to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["IDENTIFYING", "Contact", "Event", "identities", "phone"]

IDENTIFYING = {"SMS": "SMS", "WHATSAPP": "WHATSAPP", "LANDLINE_NUMBER": "LANDLINE_NUMBER", "EXT_ID": "ext_id"}
"""Attributes that no two contacts may share -> what an error calls them. Beside them there is the address."""

PHONE_DIGITS = range(6, 20)


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a contact's statistics."""

    kind: str
    """`userUnsubscription`, `adminUnsubscription`, `hardBounces` or `complaints`."""
    time: str
    ip: str = ""


@dataclass(slots=True, eq=False)
class Contact:
    id: int
    email: str | None
    """In lower case; None for somebody who is known by a phone number alone."""
    created_at: str
    modified_at: str
    attributes: dict[str, Any] = field(default_factory=dict)
    lists: frozenset[int] = frozenset()
    left: frozenset[int] = frozenset()
    """Lists that the contact unsubscribed from one by one."""
    email_blacklisted: bool = False
    """The one opt-out for all campaigns. Being on a list is no consent."""
    sms_blacklisted: bool = False
    events: tuple[Event, ...] = ()

    @property
    def identities(self) -> dict[str, str]:
        """Return what the contact is known by: kind -> value."""
        return identities(self.email, self.attributes)


def identities(email: str | None, attributes: Mapping[str, Any]) -> dict[str, str]:
    """Return what an address and some attributes make a contact known by: kind -> value."""
    known = {"email": email} if email else {}
    if not IDENTIFYING.keys().isdisjoint(attributes):
        known |= {name: str(attributes[name]) for name in IDENTIFYING if attributes.get(name)}
    return known


def phone(text: str) -> str | None:
    """Return a phone number as the service keeps it, in digits; None unless it has a country code.

    `91...`, `+91...` and `0091...` are the same one (specification, `updateContact`).
    """
    digits = text.strip().replace(" ", "").removeprefix("+").removeprefix("00")
    is_number = digits.isascii() and digits.isdigit() and not digits.startswith("0")
    return digits if is_number and len(digits) in PHONE_DIGITS else None
