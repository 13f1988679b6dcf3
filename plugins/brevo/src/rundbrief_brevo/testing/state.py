"""What endpoints work on: the account, and what hangs on it."""

from dataclasses import dataclass

from rundbrief_brevo.testing.account import Account
from rundbrief_brevo.testing.processes import Processes
from rundbrief_brevo.testing.reading import ContactReads

__all__ = ["State"]


@dataclass(frozen=True, slots=True)
class State:
    account: Account
    reads: ContactReads
    processes: Processes
