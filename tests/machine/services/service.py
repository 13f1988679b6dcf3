"""What the machine has to know of a service beside its sandbox."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rundbrief.testing.sandbox import Sandbox, SandboxRequest

__all__ = ["Attempt", "Service"]


@dataclass(frozen=True)
class Attempt:
    """What a request of ours asks for, whatever the service makes of it."""

    how: str = "a read"
    """In words, for what the oracle says."""
    list_id: str = ""
    """Where consent is per list: which one."""
    offers: Sequence[str] = ()
    """Addresses that it would add as subscribed."""
    forbidden: str | None = None
    """What in it must never be sent."""


@dataclass(frozen=True)
class Service:
    name: str
    make: Callable[[Callable[[], datetime]], Sandbox]
    read: Callable[[SandboxRequest], Attempt]
    account_wide: bool = False
    double_opt_in: bool = True
    """A list can ask for confirmation."""
    forgets: bool = True
    """Whoever is deleted is forgotten. Else only `wipe_out` does that."""
    wipe_out: Callable[[Any, str, str], None] | None = None
    """Delete a recipient together with the memory of it: sandbox, list id, address."""
    leave_one_list: Callable[[Any, str, str], None] | None = None
    """Where consent is account-wide: a person unsubscribes from one list only."""
    has_waiting: Callable[[Any], bool] = lambda sandbox: False
    """Whether something was handed in and is not carried out yet."""
    work_off: Callable[[Any], None] = lambda sandbox: None
    """Carry out what was handed in and nobody asks about."""
    read_as: Mapping[str, str] = field(default_factory=dict)
    """True status -> what an answer of the service makes of it, where that tells less."""
    hides_archived: bool = False
    """A complete read leaves out whom an administrator has archived."""
    tells_who_is_out: Callable[[SandboxRequest], bool] = lambda request: False
    """Whether a request asks for a list of those who are out. Answers after it need not repeat that of anybody."""
    is_in: Callable[[Mapping[str, Any]], bool] = lambda row: False
    """Whether a row, as an answer has it, says that somebody is subscribed, unless such a list says otherwise."""
