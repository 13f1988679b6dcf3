"""What the endpoints work on."""

from dataclasses import dataclass

from rundbrief_cleverreach.testing.account import Account
from rundbrief_cleverreach.testing.reading import ReceiverReads
from rundbrief_cleverreach.testing.tokens import Tokens

__all__ = ["State"]


@dataclass(frozen=True, slots=True)
class State:
    account: Account
    reads: ReceiverReads
    tokens: Tokens
