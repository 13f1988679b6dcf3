"""A stateful imitation of Brevo's API v3, with the traps that matter for consent.

What it does is what the vendor's documentation and specification say, or what others have measured; where neither
speaks, it does the worse, and an option of the sandbox gives the other way where that matters.
"""

from rundbrief_brevo.testing.service import BrevoSandbox

__all__ = ["BrevoSandbox"]
