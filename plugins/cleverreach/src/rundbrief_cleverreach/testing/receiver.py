"""One receiver: an address on one group. The same address on another group is another receiver."""

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Receiver"]


@dataclass(slots=True)
class Receiver:
    """All times are Unix seconds; 0 is *never*."""

    id: int
    """The pool id, which survives a change of address. No other receiver of the account has it."""
    group_id: int
    email: str
    registered: int = 0
    activated: int = 0
    deactivated: int = 0
    bounced: int = 0
    imported: int = 0
    last_changed: int = 0
    source: str = ""
    last_ip: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    """Of the group: name -> value; what is empty is left out."""
    global_attributes: dict[str, str] = field(default_factory=dict)
    """Of the account: name -> value; what is empty is left out."""
    tags: list[str] = field(default_factory=list)
    orders: list[Any] = field(default_factory=list)

    @property
    def active(self) -> bool:
        """Trap: it is computed, and knows nothing of blacklists."""
        return self.activated > 0 and not self.deactivated and not self.bounced
