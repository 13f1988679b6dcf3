"""One group, which is CleverReach's word for a list."""

from collections import Counter

from rundbrief.models import address_key
from rundbrief_cleverreach.testing.attributes import Attributes
from rundbrief_cleverreach.testing.blacklist import Blacklist
from rundbrief_cleverreach.testing.receiver import Receiver

__all__ = ["Group"]


class Group:
    """One group with its receivers. Change them through the account alone, which counts changes.

    Args:
        double_opt_in: whether its form asks for confirmation. That is the form's, and no answer about the group
            tells of it.
        max_attributes: how many it may have of its own.
    """

    def __init__(self, group_id: int, name: str, stamp: int, *, double_opt_in: bool, max_attributes: int) -> None:
        self.id = group_id
        self.name = name
        self.stamp = stamp
        """When it was made, in Unix seconds."""
        self.last_changed = stamp
        self.receiver_info = ""
        self.locked = False
        self.backup = True
        self.double_opt_in = double_opt_in
        self.attributes = Attributes(max_attributes)
        self.blacklist = Blacklist()
        self.receivers: dict[int, Receiver] = {}
        """By pool id, in the order of their creation."""
        self.former: dict[str, int] = {}
        """Address key -> pool id, of everybody who was a receiver under that address and is none now."""
        self.asked: set[int] = set()
        """Pool ids of those who have a confirmation mail that still counts."""
        self._by_key: dict[str, Receiver] = {}

    def get(self, address_or_id: str) -> Receiver | None:
        """Return a receiver by its address, or by its pool id."""
        if address_or_id.isdecimal():
            return self.receivers.get(int(address_or_id))
        return self._by_key.get(address_key(address_or_id))

    def counts(self) -> Counter[str]:
        """Return how many receivers there are of each type, which add up to all."""
        return Counter(
            "bounce" if one.bounced else "active" if one.active else "inactive" for one in self.receivers.values()
        )

    def put(self, receiver: Receiver) -> None:
        self.receivers[receiver.id] = receiver
        self._by_key[address_key(receiver.email)] = receiver
        self.former.pop(address_key(receiver.email), None)

    def take(self, receiver: Receiver) -> None:
        del self.receivers[receiver.id]
        self._leave(receiver)

    def rename(self, receiver: Receiver, address: str) -> None:
        self._leave(receiver)
        receiver.email = address
        self.put(receiver)

    def _leave(self, receiver: Receiver) -> None:
        key = address_key(receiver.email)
        del self._by_key[key]
        self.former[key] = receiver.id
