"""What was said: the service's word on an address, and an opt-in field as the CRM's users and we left it."""

from dataclasses import dataclass

from rundbrief.models import OptIn

__all__ = ["Broken", "Field", "ServiceWord"]


class Broken(AssertionError):
    """A rule does not hold."""


@dataclass
class ServiceWord:
    yes: bool
    at: int
    """Counts up with everything that is said."""
    repeats: bool = False
    """A *no* of somebody who was out already as far as rundbrief knows: the *yes* in between was never seen."""
    seen: bool = False
    """A complete import of the list ended after the statement."""


@dataclass
class Field:
    """One opt-in field of one contact."""

    value: OptIn = OptIn.UNKNOWN
    set_at: int = 0
    """On the count of everything that is said: when it got this value, or the contact another address."""
    ours: bool = False
    """We set it last, not a user of the CRM."""
    withdrawn_at: int | None = None
    """A user took back a *yes* that counted: the service had nothing against it, as far as an import had seen."""
    set_by_users: int = 0
    """How often."""
