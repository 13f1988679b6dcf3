"""What persons do at Brevo's forms and links, past the rules that hold for the API."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from rundbrief_brevo.testing.account import Account, ContactList
from rundbrief_brevo.testing.attributes import accepted
from rundbrief_brevo.testing.changes import address
from rundbrief_brevo.testing.contact import Contact, Event
from rundbrief_brevo.testing.times import stamp

__all__ = ["bounce", "change_address", "complain", "confirm", "leave_list", "opt_out", "seed", "sign_up"]

IP = "198.51.100.7"
"""Where all persons of a sandbox live (RFC 5737)."""


def sign_up(account: Account, one: ContactList, email: str, values: Mapping[str, str]) -> None:
    """Somebody fills in a form: that is a fresh consent, which ends a blocklisting of her own."""
    _opt_in(account, email, accepted(account.attributes, values), [one])


def confirm(account: Account, one: ContactList, email: str) -> None:
    """Somebody clicks the link in a double opt-in mail that asked about this list; only now she is a contact.

    Raises:
        LookupError: nobody sent her such a mail.
    """
    key = address(email)
    asked = next((mail for mail in reversed(account.pending.get(key, [])) if one in mail.include), None)
    if asked is None:
        raise LookupError("no double opt-in mail asked this address about this list")
    del account.pending[key]
    confirmed = accepted(account.attributes, {"DOUBLE_OPT-IN": "Yes", "OPT_IN": True})
    contact = _opt_in(account, key, {**asked.attributes, **confirmed}, asked.include)
    for excluded in asked.exclude:
        account.leave(contact, excluded)


def opt_out(account: Account, one: ContactList, contact: Contact) -> None:
    """Somebody clicks the unsubscribe link of a campaign: she is out for the account, and stays on the list."""
    contact.left |= {one.id}
    account.block(contact, Event("userUnsubscription", account.now(), IP))


def leave_list(account: Account, one: ContactList, contact: Contact) -> None:
    """Somebody chooses on a preference page to get this list no more."""
    account.leave(contact, one)
    contact.left |= {one.id}


def complain(account: Account, contact: Contact) -> None:
    account.block(contact, Event("complaints", account.now()))


def bounce(account: Account, contact: Contact) -> None:
    account.block(contact, Event("hardBounces", account.now()))


def change_address(account: Account, contact: Contact, email: str) -> None:
    """Somebody changes her own address. Her blocklisting goes with her: losing it is a trap of the API alone.

    Raises:
        Problem: another contact has the address, or it is none.
    """
    account.set_values(contact, {}, address(email))


def seed(account: Account, one: ContactList, people: Iterable[tuple[str, Mapping[str, str], datetime]]) -> None:
    """Add subscribers of the past: address, attributes, and when they signed up."""
    for email, values, moment in people:
        key = address(email)
        contact = account.contacts.known_as("email", key) or account.create(key, values, stamp(moment))
        account.join(contact, one)


def _opt_in(account: Account, email: str, values: Mapping[str, object], lists: Iterable[ContactList]) -> Contact:
    key = address(email)
    contact = account.contacts.known_as("email", key)
    if contact is None:
        contact = account.create(key, values)
    elif values:
        account.set_values(contact, values)
    account.lift(contact)
    for one in lists:
        account.join(contact, one)
    return contact
