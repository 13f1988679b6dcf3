"""How many consents may change at once before a person has to look.

An emptied list, a connection to another account or a column that has slipped looks like many people who change
their minds on one day. So above a share, and a number below which shares mean nothing, a person has to say that it
is right before anything is written.
"""

__all__ = ["MAX_ADDITIONS", "MAX_WITHDRAWALS", "USUAL_ADDITIONS", "USUAL_WITHDRAWALS", "allowed"]

MAX_WITHDRAWALS = 0.10
"""The share of the consents that may go at once."""
USUAL_WITHDRAWALS = 20
"""So many may always go."""

MAX_ADDITIONS = 0.50
"""How many may come at once, as a share of those that are there."""
USUAL_ADDITIONS = 100
"""So many may always come."""


def allowed(share: float, base: int, usual: int) -> int:
    """Return how many of `base` consents may change at once."""
    return max(usual, int(base * share))
