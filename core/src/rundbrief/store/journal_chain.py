"""The chain that makes the journal evidence: what an entry's seal and link are made of.

Each entry carries `chain`, a SHA-256 over the link before it and the entry's own fields. So whoever edits,
removes, inserts or reorders an entry has to make all later links anew, and then the last one is not what was noted
elsewhere.

What names the person (`PERSONAL`) goes into the link as `sealed` only, an HMAC-SHA256 of it under a random salt.
So an erasure can take the person out, and the chain still holds; as the salt goes with her, nobody can try out
whether a guess fits. The encoding is fixed for good: another one would break every chain there is.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

__all__ = ["CHAINED", "ERASED_PREFIX", "NOTHING_YET", "PERSONAL", "SALT_BYTES", "link", "seal"]

PERSONAL = ("address", "contact_id", "evidence", "other_address")
"""The columns of an entry that an erasure empties."""

CHAINED = (
    "seq",
    "recorded_at",
    "connection",
    "scope",
    "place",
    "actor",
    "was",
    "became",
    "stated_at",
    "run_id",
)
"""The columns that go into a link as they are."""

NOTHING_YET = bytes(32)
"""The link before the first one."""

SALT_BYTES = 16

ERASED_PREFIX = "erased:"
"""How the pseudonym of an erased person begins. No address does: it has no @."""

_encoder = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"))
"""JSON with escapes: no two lists have the same text, whatever is in them. Made once, as making costs most."""


def seal(salt: bytes, entry: Mapping[str, Any]) -> bytes:
    """Return the commitment to what names the person; `entry` is a row of the journal as it is kept."""
    return hmac.digest(salt, _encoded([entry[name] for name in PERSONAL]), "sha256")


def link(before: bytes, entry: Mapping[str, Any], sealed: bytes) -> bytes:
    """Return an entry's link to the one before; `entry` is a row of the journal as it is kept, times as text."""
    own = _encoded([entry[name] for name in CHAINED])
    return hashlib.sha256(before + sealed + own).digest()


def _encoded(values: list[Any]) -> bytes:
    return _encoder.encode(values).encode("ascii")
