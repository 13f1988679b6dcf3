"""The services of one world: each a connection with a sandbox, lists, and a witness between it and us."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from machine.oracle import Oracle
from machine.services import Service
from machine.watched_service import Witness
from rundbrief.engine.scopes import opt_in_key
from rundbrief.store import ACCOUNT_SCOPE

__all__ = ["MailingListThere", "Side"]


class Side:
    """One connection, with two lists at its service.

    Args:
        name: the connection's.
        instant: is called before and after each request, with what kind of one it is.
        tally: counts the requests.
    """

    def __init__(
        self,
        name: str,
        service: Service,
        clock: Callable[[], datetime],
        oracle: Oracle,
        instant: Callable[[str], None],
        tally: Counter[str],
    ) -> None:
        self.name = name
        self.service = service
        self.sandbox = service.make(clock)
        self.witness = Witness(service, self.sandbox, oracle, self.scope, instant, tally)
        ids = [
            self.sandbox.add_list("Customers"),
            self.sandbox.add_list("Press", double_opt_in=service.double_opt_in),
        ]
        self.lists = [MailingListThere(self, one) for one in ids]
        self.witness.lists = ids
        self.scopes = list(dict.fromkeys(one.scope for one in self.lists))

    def scope(self, list_id: str) -> str:
        """Return the consent scope of a list, as the oracle knows it: the key of its opt-in field."""
        return opt_in_key(self.name, ACCOUNT_SCOPE if self.service.account_wide else list_id)

    def statuses(self, scope: str) -> dict[str, str]:
        """Return address -> status of everybody whom the service has."""
        list_id = next(one.id for one in self.lists if one.scope == scope)
        return {address: held.status.value for address, held in self.sandbox.recipients(list_id).items()}


@dataclass(frozen=True)
class MailingListThere:
    """A list, and where it is."""

    side: Side
    id: str

    @property
    def scope(self) -> str:
        return self.side.scope(self.id)

    def statuses(self) -> dict[str, str]:
        return self.side.statuses(self.scope)
