"""What persons do at CleverReach's own forms and links, past the rules that hold for the API."""

from collections.abc import Iterable, Mapping

from rundbrief_cleverreach.testing.account import Account
from rundbrief_cleverreach.testing.blacklist import Entry
from rundbrief_cleverreach.testing.group import Group
from rundbrief_cleverreach.testing.receiver import Receiver

__all__ = ["ask", "bounce", "complain", "confirm", "opt_out", "seed", "sign_up"]

FORM = "Sign-up form"
IP = "198.51.100.7"
"""Where all persons of a sandbox live (RFC 5737)."""


def sign_up(account: Account, group: Group, address: str, values: Mapping[str, str]) -> None:
    """Somebody fills in the form.

    Who withdrew comes back by it: at once, or on a double opt-in list with the click in the mail, so that until
    then the withdrawal stands. Whom an administrator blacklisted does not: the entry is no decision of hers.
    """
    if account.blacklist.forbids_return(address) or group.blacklist.forbids_return(address):
        return
    receiver = group.get(address) or account.add(group, address)
    group.attributes.write(receiver.attributes, values)
    account.attributes.write(receiver.global_attributes, values)
    account.touch(receiver)
    if receiver.active and not account.is_blacklisted(group, address):
        return
    receiver.registered, receiver.source, receiver.last_ip = account.now(), FORM, IP
    if group.double_opt_in:
        ask(account, group, receiver)
    else:
        _opt_in(account, group, receiver)


def ask(account: Account, group: Group, receiver: Receiver) -> None:
    """Send the double opt-in mail."""
    group.asked.add(receiver.id)
    account.confirmation_mails.append(receiver.email)


def confirm(account: Account, group: Group, receiver: Receiver) -> None:
    """Somebody clicks the link in the mail; a second click does nothing."""
    if receiver.id in group.asked:
        _opt_in(account, group, receiver)


def opt_out(account: Account, group: Group, receiver: Receiver) -> None:
    """Somebody unsubscribes.

    Trap: with the account's option, she is blacklisted and deleted from all groups, so that no read of receivers
    finds her any more.
    """
    if account.auto_blacklist:
        account.blacklist.add(Entry(receiver.email, "unsubscribed", account.now(), is_her_own=True))
        for one in account.everywhere(receiver.email):
            account.delete(one)
    else:
        _deactivate(account, group, receiver)


def complain(account: Account, group: Group, receiver: Receiver) -> None:
    """Somebody marks a mail as spam."""
    account.blacklist.add(Entry(receiver.email, "spam complaint", account.now(), is_her_own=True))
    _deactivate(account, group, receiver)


def bounce(account: Account, receiver: Receiver) -> None:
    """Mails come back."""
    receiver.bounced = account.now()
    account.touch(receiver)


def seed(account: Account, group: Group, people: Iterable[tuple[str, Mapping[str, str], int]]) -> None:
    """Add active receivers of the past: address, global attributes, and when they signed up."""
    for address, values, at in people:
        receiver = account.add(group, address)
        receiver.global_attributes.update(values)
        receiver.registered = receiver.activated = receiver.last_changed = at
        receiver.source, receiver.last_ip = FORM, IP


def _opt_in(account: Account, group: Group, receiver: Receiver) -> None:
    for blacklist in (account.blacklist, group.blacklist):
        blacklist.remove_her_own(receiver.email)
    group.asked.discard(receiver.id)
    receiver.activated, receiver.deactivated = account.now(), 0
    account.touch(receiver)


def _deactivate(account: Account, group: Group, receiver: Receiver) -> None:
    group.asked.discard(receiver.id)
    receiver.deactivated = account.now()
    account.touch(receiver)
