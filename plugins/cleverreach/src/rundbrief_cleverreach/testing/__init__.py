"""A stateful imitation of CleverReach's REST API v3, with the traps that matter for consent.

What it does is what the vendor's own clients and several others agree on; where none speaks, an option of the
sandbox gives both ways, or the choice that is hardest on a client is taken.
"""

from rundbrief_cleverreach.testing.faults import error_object
from rundbrief_cleverreach.testing.service import CleverReachSandbox

__all__ = ["CleverReachSandbox", "error_object"]
