"""What the service holds about somebody, in rundbrief's words."""

from collections.abc import Iterator
from datetime import UTC, datetime

from rundbrief.models import Evidence, SubscriberStatus, address_key
from rundbrief.testing.sandbox import Held
from rundbrief_cleverreach.testing.account import Account
from rundbrief_cleverreach.testing.group import Group
from rundbrief_cleverreach.testing.receiver import Receiver

__all__ = ["everybody", "status_of"]


def everybody(account: Account, group: Group) -> Iterator[tuple[str, Held]]:
    """Yield address key and standing of all receivers, and of former ones who are blacklisted by address."""
    for key, remote_id in group.former.items():
        if _is_listed_by_itself(account, group, key):
            yield key, Held(SubscriberStatus.UNSUBSCRIBED, {}, Evidence(), str(remote_id))
    for receiver in group.receivers.values():
        yield address_key(receiver.email), _held(account, group, receiver)


def status_of(account: Account, group: Group, address: str) -> SubscriberStatus:
    receiver = group.get(address_key(address))
    if receiver is not None:
        return _status(account, group, receiver)
    was_here = address_key(address) in group.former
    is_listed = was_here and _is_listed_by_itself(account, group, address)
    return SubscriberStatus.UNSUBSCRIBED if is_listed else SubscriberStatus.ABSENT


def _status(account: Account, group: Group, receiver: Receiver) -> SubscriberStatus:
    if receiver.deactivated or account.is_blacklisted(group, receiver.email):
        return SubscriberStatus.UNSUBSCRIBED
    if receiver.bounced:
        return SubscriberStatus.BOUNCED
    return SubscriberStatus.SUBSCRIBED if receiver.activated else SubscriberStatus.PENDING


def _held(account: Account, group: Group, receiver: Receiver) -> Held:
    stated = receiver.activated or receiver.registered
    return Held(
        _status(account, group, receiver),
        receiver.global_attributes | receiver.attributes,
        Evidence(datetime.fromtimestamp(stated, UTC) if stated else None, receiver.source),
        str(receiver.id),
    )


def _is_listed_by_itself(account: Account, group: Group, address: str) -> bool:
    """Whether an entry names the address; a wildcard tells nothing of anybody in particular."""
    return account.blacklist.exact(address) is not None or group.blacklist.exact(address) is not None
