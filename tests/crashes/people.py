"""Who is there when a case begins, and what happens at either side before the run: something of every kind."""

from collections.abc import Iterator, Sequence
from itertools import islice

from rundbrief.models import OptIn, address_key
from rundbrief.testing.crm_sandbox import CrmSandbox
from rundbrief.testing.sandbox import Sandbox

__all__ = ["People", "change_crm", "change_service", "sign_up"]

SIZE = 5_000
"""The contacts that the numbers below are meant for; with fewer, all are smaller."""


class People:
    """The CRM's contacts, cut into groups to which different things happen. The same people are on all lists.

    Args:
        size: how many contacts there are.
    """

    def __init__(self, size: int = SIZE) -> None:
        self.addresses = [f"p{number:04}@example.org" for number in range(size)]
        rest = iter(self.addresses)

        def group(count: int) -> Sequence[str]:
            return list(islice(rest, max(4, count * size // SIZE)))

        # in the CRM
        self.edited = group(60)
        self.opting_out = group(40)
        self.moving = group(20)
        self.moved = [f"moved-{address}" for address in self.moving]
        self.deleted = group(6)
        self.back_again = group(12)
        """Unsubscribed at the service, and opted in again by the CRM's users."""
        # at the service
        self.leaving = group(15)
        self.leaving_and_edited = group(6)
        self.moving_at_service = group(6)
        self.forgotten = group(5)
        self.bouncing = group(4)
        self.quiet = group(700)
        """Subscribers to whom nothing happens."""
        self.opting_in = group(700)
        """Contacts that nobody knows at the service until they are exported."""
        self.rest = list(rest)

    def subscribers(self) -> Iterator[str]:
        yield from self.edited
        yield from self.opting_out
        yield from self.moving
        yield from self.deleted
        yield from self.back_again
        yield from self.leaving
        yield from self.leaving_and_edited
        yield from self.moving_at_service
        yield from self.forgotten
        yield from self.bouncing
        yield from self.quiet


def sign_up(people: People, sandbox: Sandbox, list_id: str, name: str) -> None:
    """Everybody who is subscribed at first: contacts of the CRM, and strangers to it."""
    strangers = [f"{name}-stranger{number}@example.org" for number in range(max(4, len(people.addresses) // 25))]
    sandbox.seed(list_id, [*people.subscribers(), *strangers])
    for address in (*people.back_again, *strangers[:3]):
        sandbox.unsubscribe(list_id, address)


def change_crm(people: People, crm: CrmSandbox, keys: Sequence[str]) -> None:
    """What users do in the CRM.

    Args:
        keys: the opt-in fields.
    """
    ids = {address_key(one.email): key for key, one in crm.contacts().items() if one.email}
    for address in (*people.edited, *people.leaving_and_edited):
        crm.edit_contact(ids[address], fields={"first_name": "Eddie", "last_name": "Edited"})
    for key in keys:
        for address in people.opting_out:
            crm.set_opt_in(ids[address], key, OptIn.NO)
        for address in (*people.back_again, *people.opting_in):
            crm.set_opt_in(ids[address], key, OptIn.YES)
    for address, new in zip(people.moving, people.moved, strict=True):
        crm.edit_contact(ids[address], email=new)
    for address in people.deleted:
        crm.delete_contact(ids[address])


def change_service(people: People, sandbox: Sandbox, list_id: str, name: str) -> None:
    """What persons and administrators do at a service."""
    for address in (*people.leaving, *people.leaving_and_edited):
        sandbox.unsubscribe(list_id, address)
    for number, address in enumerate(people.moving_at_service):
        sandbox.change_address(list_id, address, f"{name}-elsewhere{number}@example.org")
    for address in people.forgotten:
        sandbox.delete(list_id, address)
    for address in people.bouncing:
        sandbox.bounce(list_id, address)
    for number in range(8):
        sandbox.subscribe(list_id, f"{name}-fresh{number}@example.org")
