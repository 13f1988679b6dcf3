"""One member of an audience, and the statuses it may have."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

__all__ = ["STATUSES", "WRITABLE", "Member", "subscriber_hash"]

WRITABLE = ("subscribed", "unsubscribed", "cleaned", "pending", "transactional")
"""The statuses a write may name."""
STATUSES = (*WRITABLE, "archived")
"""The statuses a read may find or ask for."""


def subscriber_hash(address: str) -> str:
    """Return the key of a member: the MD5 of the lower-cased address."""
    return hashlib.md5(address.strip().lower().encode(), usedforsecurity=False).hexdigest()


@dataclass(slots=True)
class Member:
    number: int
    email: str
    status: str = "transactional"
    merge_fields: dict[str, Any] = field(default_factory=dict)
    compliance: bool = False
    """Unsubscribed by the person, bounced or under review. Only such an opt-out is protected by the API."""
    timestamp_signup: str = ""
    ip_signup: str = ""
    timestamp_opt: str = ""
    ip_opt: str = ""
    last_changed: str = ""
    unsubscribe_reason: str = ""
    source: str = "API - Generic"
    language: str = ""
    vip: bool = False
    email_type: str = "html"
    tags: dict[str, str] = field(default_factory=dict)
    """Name -> when it was added."""

    @property
    def id(self) -> str:
        """Follows the address."""
        return subscriber_hash(self.email)

    @property
    def contact_id(self) -> str:
        """Stays the same when the address changes."""
        return f"{self.number:032x}"
