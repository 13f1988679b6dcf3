"""Blacklists: of the account, and of each group."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from rundbrief.models import address_key

__all__ = ["Blacklist", "Entry"]


@dataclass(slots=True)
class Entry:
    email: str
    """An address, or `*@domain` for all addresses of a domain."""
    comment: str
    stamp: int
    """Unix seconds."""
    is_her_own: bool = False
    """It came by an unsubscribe or complaint; a sign-up of the same person takes it off again."""


class Blacklist:
    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def __contains__(self, address: str) -> bool:
        """Whether an address is blacklisted, by itself or with its whole domain."""
        if not self._entries:  # nearly always, and asked for each of many receivers
            return False
        return self.exact(address) is not None or _wildcard(address) in self._entries

    def exact(self, address: str) -> Entry | None:
        """Return the entry of exactly this address or wildcard."""
        return self._entries.get(address_key(address))

    def forbids_return(self, address: str) -> bool:
        """Whether it is somebody else's decision that an address is listed: a sign-up does not change that."""
        entry = self.exact(address)
        return (entry is not None and not entry.is_her_own) or _wildcard(address) in self._entries

    def add(self, entry: Entry) -> None:
        """Add an entry. One that is there already stays: nobody's objection is replaced by another's."""
        self._entries.setdefault(address_key(entry.email), entry)

    def remove(self, address: str) -> None:
        self._entries.pop(address_key(address), None)

    def remove_her_own(self, address: str) -> None:
        entry = self.exact(address)
        if entry is not None and entry.is_her_own:
            self.remove(address)

    def follow(self, old: str, new: str, *, stays: bool) -> None:
        """Let an entry follow an address; a wildcard covers what it covers.

        Args:
            stays: someone still has the old address, to whom the entry goes on to apply.
        """
        entry = self.exact(old)
        if entry is None:
            return
        self.add(replace(entry, email=new))
        if not stays and address_key(old) != address_key(new):
            self.remove(old)


def _wildcard(address: str) -> str:
    return f"*@{address_key(address).rpartition('@')[2]}"
