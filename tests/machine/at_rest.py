"""R5 and R8: what the oracle demands once everything is quiet."""

from collections.abc import Mapping
from dataclasses import dataclass

from machine.oracle import Oracle
from machine.statements import Broken, Field
from rundbrief.models import OptIn

__all__ = ["AtRest", "nothing_spread_is_left"]


@dataclass(frozen=True)
class AtRest:
    """Both sides of one consent scope, when further runs change nothing any more."""

    oracle: Oracle
    scope: str
    members: Mapping[str, str]
    """Address -> status at the service."""
    reported: Mapping[str, set[str]]
    """Address -> results in the last run's report."""

    def agree(self) -> None:
        """Raise unless nobody's word was lost on either side."""
        for (contact_id, scope), one in self.oracle.fields.items():
            if scope == self.scope and contact_id in self.oracle.addresses:
                self._contact_agrees(contact_id, one)
        for (scope, address), word in self.oracle.words.items():
            if scope == self.scope and not word.yes and self.members.get(address) == "subscribed":
                raise Broken(f"R5: {address} withdrew at the service and is subscribed")

    def _contact_agrees(self, contact_id: str, one: Field) -> None:
        address = self.oracle.addresses[contact_id]
        status = self.members.get(address, "absent")
        told = self.reported.get(address, set()) & {"held", "refused", "failed"}
        if status == "subscribed" and one.value is OptIn.NO and not (self.oracle.reports and told):
            raise Broken(f"R5: {address} is subscribed, and contact {contact_id} says no")
        is_ours = one.ours and not self._another_took_it_back(contact_id, address)
        if status == "unsubscribed" and one.value is OptIn.YES and (is_ours or not told):
            raise Broken(f"R5: {address} is unsubscribed, and contact {contact_id} says yes")
        if (
            status != "subscribed"
            and one.value is OptIn.YES
            and OptIn.NO not in self.oracle.opt_ins(self.scope, address)
            and "@" in address
            and not told
            and not self._moved_on(contact_id)
        ):
            raise Broken(f"R5: {address} is {status}, contact {contact_id} says yes, and no report names it")
        if one.withdrawn_at and not self.oracle.reports and status == "subscribed":
            raise Broken(f"R5: the no of contact {contact_id} was lost")

    def _another_took_it_back(self, contact_id: str, address: str) -> bool:
        """The recipient got this contact's address at the service, and a contact with the former one says no."""
        return any(
            other != contact_id
            and address in self.oracle.former[other]
            and self.oracle.fields.get((other, self.scope), Field()).value is OptIn.NO
            for other in self.oracle.addresses
        )

    def _moved_on(self, contact_id: str) -> bool:
        """The recipient has another address at the service than the contact in the CRM."""
        return any(self.members.get(address) == "subscribed" for address in self.oracle.recipients(contact_id))


def nothing_spread_is_left(oracle: Oracle, members: Mapping[str, Mapping[str, str]]) -> None:
    """R8: whoever has left one service has no *yes* from before that for another one.

    A *yes* that the CRM still has for the service that was left is held, and a person has to look at it. Where a
    user took it back meanwhile, or she was out already, nobody can tell that she left, too.

    Args:
        members: consent scope -> address -> status at the service.
    """
    for (scope, address), word in oracle.words.items():
        if word.yes or word.repeats or members[scope].get(address) != "unsubscribed":
            continue
        for (contact_id, other), one in oracle.fields.items():
            if oracle.addresses.get(contact_id) != address or other == scope or one.value is not OptIn.YES:
                continue
            here = oracle.fields.get((contact_id, scope), Field())
            is_by_a_user = here.value is not OptIn.UNKNOWN and not here.ours
            if one.set_at < word.at and here.value is not OptIn.YES and not is_by_a_user:
                raise Broken(f"R8: {address} left {scope}, and contact {contact_id} says yes to {other} as before")
