"""The account: everything that one app's tokens open."""

from collections.abc import Callable
from itertools import count

from rundbrief.models import address_key
from rundbrief_cleverreach.testing.attributes import Attributes
from rundbrief_cleverreach.testing.blacklist import Blacklist
from rundbrief_cleverreach.testing.group import Group
from rundbrief_cleverreach.testing.problems import duplicate_address, invalid_group, not_found
from rundbrief_cleverreach.testing.receiver import Receiver

__all__ = ["Account"]

FIRST_GROUP = 1001
FIRST_RECEIVER = 500_001
FIRST_ATTRIBUTE = 70_001


class Account:
    """The state of an account.

    Args:
        now: tells the time in Unix seconds.
        auto_blacklist: the option *automatically blacklist unsubscribed*.
        blacklist_follows_address: whether an entry goes along when a receiver's address is changed.
        max_attributes: how many global attributes there may be, and how many for each group.
    """

    def __init__(
        self,
        now: Callable[[], int],
        *,
        auto_blacklist: bool,
        blacklist_follows_address: bool,
        max_attributes: int,
    ) -> None:
        self.now = now
        self.auto_blacklist = auto_blacklist
        self.groups: dict[int, Group] = {}
        self.attributes = Attributes(max_attributes)
        """The global ones."""
        self.blacklist = Blacklist()
        self.confirmation_mails: list[str] = []
        self.version = 0
        """Another number after any change of any receiver."""
        self._blacklist_follows_address = blacklist_follows_address
        self._max_attributes = max_attributes
        self._group_ids = count(FIRST_GROUP)
        self._receiver_ids = count(FIRST_RECEIVER)
        self._attribute_ids = count(FIRST_ATTRIBUTE)
        for name in ("firstname", "lastname"):
            self.attributes.add(self.next_attribute_id(), {"name": name, "type": "text"})

    # --- groups ----------------------------------------------------------------------------------------------

    def add_group(self, name: str, *, double_opt_in: bool = False) -> Group:
        group = Group(
            next(self._group_ids),
            name,
            self.now(),
            double_opt_in=double_opt_in,
            max_attributes=self._max_attributes,
        )
        self.groups[group.id] = group
        return group

    def group(self, group_id: str) -> Group:
        """Return a group that something is done in.

        Raises:
            Problem: 405, as the service answers for groups of others.
        """
        group = self.groups.get(int(group_id)) if group_id.isdecimal() else None
        if group is None:
            raise invalid_group()
        return group

    def next_attribute_id(self) -> int:
        return next(self._attribute_ids)

    # --- receivers -------------------------------------------------------------------------------------------

    def find(self, address_or_id: str, group: Group | None = None) -> Receiver:
        """Return a receiver of one group, or of the first that has it.

        Raises:
            Problem: 404; a deleted one cannot be told from one that never was.
        """
        for one in [group] if group else self.groups.values():
            receiver = one.get(address_or_id)
            if receiver is not None:
                return receiver
        raise not_found()

    def add(self, group: Group, address: str) -> Receiver:
        """Add a receiver who is not active yet; no rule is looked at."""
        receiver = Receiver(next(self._receiver_ids), group.id, address.strip())
        group.put(receiver)
        self.touch(receiver)
        return receiver

    def delete(self, receiver: Receiver) -> None:
        """Forget a receiver. Trap: a deleted address may be imported again, and is active then."""
        group = self.groups[receiver.group_id]
        group.take(receiver)
        group.asked.discard(receiver.id)
        self.version += 1

    def rename(self, receiver: Receiver, address: str) -> None:
        """Give a receiver another address: everything else stays.

        Raises:
            Problem: somebody else on the group has it.
        """
        group = self.groups[receiver.group_id]
        taken = group.get(address)
        if taken is not None and taken is not receiver:
            raise duplicate_address(address)
        if self._blacklist_follows_address:
            is_elsewhere = len(self.everywhere(receiver.email)) > 1
            self.blacklist.follow(receiver.email, address, stays=is_elsewhere)
            group.blacklist.follow(receiver.email, address, stays=False)
        group.rename(receiver, address.strip())
        self.touch(receiver)

    def touch(self, receiver: Receiver) -> None:
        """Note a change."""
        receiver.last_changed = self.groups[receiver.group_id].last_changed = self.now()
        self.version += 1

    def is_blacklisted(self, group: Group, address: str) -> bool:
        return address in self.blacklist or address in group.blacklist

    def everywhere(self, address: str) -> list[Receiver]:
        """Return the receivers that an address has on all groups."""
        return [one for group in self.groups.values() if (one := group.get(address_key(address)))]
