"""What a write does to a receiver: the place of most traps."""

from rundbrief_cleverreach.testing.account import Account
from rundbrief_cleverreach.testing.group import Group
from rundbrief_cleverreach.testing.problems import (
    blacklisted_address,
    duplicate_address,
    unknown_address,
)
from rundbrief_cleverreach.testing.receiver import Receiver
from rundbrief_cleverreach.testing.row import Row, checked_address
from rundbrief_cleverreach.testing.tags import changed_tags

__all__ = ["activate", "change", "deactivate", "insert", "update", "upsert"]

IMPORTED = "REST API"
"""The source of who came without one."""


def insert(account: Account, group: Group, row: Row) -> Receiver:
    """Add a receiver.

    Trap: without times, the new receiver is ACTIVE, as if there were an opt-in of this moment.

    Raises:
        Problem: 400, it is no address, blacklisted, or there already; nothing was changed.
    """
    address = checked_address(row.email)
    if group.get(address) is not None:
        raise duplicate_address(row.email)
    if account.is_blacklisted(group, address):
        raise blacklisted_address(row.email)
    receiver = account.add(group, address)
    now = receiver.imported = account.now()
    receiver.registered = now if row.registered is None else row.registered
    receiver.activated = now if row.activated is None else row.activated
    receiver.deactivated = row.deactivated or 0
    receiver.source = row.source or IMPORTED
    _write_data(account, group, receiver, row)
    return receiver


def update(account: Account, group: Group, row: Row) -> Receiver:
    """Change a receiver, by pool id or address. A blacklisted one may be changed: nobody is imported by that.

    Raises:
        Problem: 400, there is none; none is added.
    """
    receiver = group.get(row.id or checked_address(row.email))
    if receiver is None:
        raise unknown_address(row.email or row.id)
    change(account, receiver, row)
    return receiver


def upsert(account: Account, group: Group, row: Row) -> tuple[Receiver, bool]:
    """Change a receiver, or add it; return whether it was added.

    Raises:
        Problem: 400, it is no address, or blacklisted; nothing was changed.
    """
    address = checked_address(row.email)
    receiver = group.get(address)
    if receiver is None:
        return insert(account, group, row), True
    if account.is_blacklisted(group, address):
        raise blacklisted_address(row.email)
    change(account, receiver, row)
    return receiver, False


def change(account: Account, receiver: Receiver, row: Row, *, replace_tags: bool = False) -> None:
    """Change what was sent. The address stays: it has a path of its own."""
    if row.registered is not None:
        receiver.registered = row.registered
    _change_state(account, receiver, row)
    if row.source is not None:
        receiver.source = row.source
    if replace_tags and row.tags:
        receiver.tags = []
    _write_data(account, account.groups[receiver.group_id], receiver, row)


def activate(account: Account, receiver: Receiver) -> None:
    """Trap: this lifts an unsubscribe."""
    receiver.activated, receiver.deactivated = account.now(), 0
    account.touch(receiver)


def deactivate(account: Account, receiver: Receiver) -> None:
    """Unsubscribe somebody. Nobody is blacklisted by that, as it is no act of the person."""
    receiver.deactivated = receiver.deactivated or account.now()
    account.touch(receiver)


def _change_state(account: Account, receiver: Receiver, row: Row) -> None:
    """Trap: `deactivated: 0` reactivates; `activated` alone cannot undo a deactivation."""
    if row.deactivated is not None:
        was_deactivated, receiver.deactivated = receiver.deactivated, row.deactivated
        if was_deactivated and not row.deactivated and not receiver.activated:
            receiver.activated = account.now()
    if row.activated is not None and not (row.activated and receiver.deactivated):
        receiver.activated = row.activated


def _write_data(account: Account, group: Group, receiver: Receiver, row: Row) -> None:
    group.attributes.write(receiver.attributes, row.attributes)
    account.attributes.write(receiver.global_attributes, row.global_attributes)
    receiver.tags = changed_tags(receiver.tags, row.tags)
    receiver.orders += row.orders
    account.touch(receiver)
