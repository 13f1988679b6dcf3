"""What a write by the API asks for: read and checked as a whole first, then carried out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rundbrief_brevo.testing.account import Account, ContactList
from rundbrief_brevo.testing.attributes import accepted
from rundbrief_brevo.testing.call import flag, numbers, object_in
from rundbrief_brevo.testing.contact import Contact, identities, phone
from rundbrief_brevo.testing.problems import invalid

__all__ = ["Change", "address"]

PLAUSIBLE = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


@dataclass(frozen=True, slots=True)
class Change:
    """Everything a body can ask for."""

    attributes: Mapping[str, Any]
    new_email: str | None
    join: Sequence[ContactList]
    leave: Sequence[ContactList]
    email_blacklisted: bool | None
    """None: left out, which keeps it."""
    sms_blacklisted: bool | None

    @classmethod
    def read(cls, account: Account, body: Mapping[str, Any]) -> "Change":
        """Return what a body asks for; what it has beside that is ignored.

        Raises:
            Problem: a value has the wrong type, a list does not exist, or an address or phone number is none.
        """
        if "forceMerge" in body:
            raise invalid("forceMerge deletes a contact; this sandbox does not offer it")
        sent = object_in(body, "attributes")
        if sent.get("SMS") and phone(str(sent["SMS"])) is None:
            raise invalid("Invalid phone number")
        external = {"EXT_ID": body["ext_id"]} if "ext_id" in body else {}
        return cls(
            accepted(account.attributes, {**sent, **external}),
            address(sent["EMAIL"]) if sent.get("EMAIL") else None,
            account.lists_named(numbers(body, "listIds")),
            account.lists_named(numbers(body, "unlinkListIds")),
            flag(body, "emailBlacklisted"),
            flag(body, "smsBlacklisted"),
        )

    @property
    def identities(self) -> dict[str, str]:
        """Return what the contact would be known by: kind -> value."""
        return identities(self.new_email, self.attributes)

    def apply(self, account: Account, contact: Contact) -> None:
        """Change a contact, or refuse it as a whole. Traps:

        * `emailBlacklisted: false` makes a blocklisted contact mailable again, whoever had blocklisted it.
        * So does a new address, unless `emailBlacklisted: true` comes in the same call (the vendor's own note).

        Raises:
            Problem: another contact has one of the identities.
        """
        moves = self.new_email is not None and self.new_email != contact.email
        if self.attributes or moves:
            account.set_values(contact, self.attributes, self.new_email)
        if self.email_blacklisted:
            account.block_by_key(contact)
        elif moves or self.email_blacklisted is False:
            account.lift(contact)
        if self.sms_blacklisted is not None:
            contact.sms_blacklisted = self.sms_blacklisted
        for one in self.join:
            account.join(contact, one)
        for one in self.leave:
            account.leave(contact, one)


def address(sent: Any) -> str:
    """Return an address as it is kept: in lower case.

    Raises:
        Problem: it is none.
    """
    if not isinstance(sent, str) or not PLAUSIBLE.fullmatch(sent.strip()):
        raise invalid("Invalid email address")
    return sent.strip().lower()
