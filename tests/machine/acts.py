"""What people do, in the CRM and at the service. An act that is impossible at the moment does nothing."""

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st

from machine.world import World
from rundbrief.models import OptIn, Selection, address_key
from rundbrief_mailchimp.testing.problems import Problem

__all__ = ["Act", "acts"]

ADDRESSES = [f"{name}@example.org" for name in ("ann", "bob", "cem", "Zoë.d+x")]
NAMES = ["Ann", "Bob", "Cem"]
VALUES = [OptIn.YES, OptIn.YES, OptIn.NO, OptIn.UNKNOWN]


@dataclass(frozen=True)
class Act:
    """Something that somebody does, ready to be done; its repr is what a failing example shows."""

    do: Callable[..., None]
    arguments: tuple[object, ...]

    def __call__(self, world: World) -> None:
        self.do(world, *self.arguments)

    def __repr__(self) -> str:
        return f"{self.do.__name__}{self.arguments}"


# --- users of the CRM -------------------------------------------------------------------------------------


def add(world: World, address: str | None, list_number: int, value: OptIn) -> None:
    contact = world.crm.add(email=address, fields={"first_name": NAMES[0]})
    world.oracle.contact_has(contact.id, address)
    _set(world, contact.id, world.lists[list_number], value)


def opt(world: World, number: int, list_number: int, value: OptIn) -> None:
    if contact_id := _contact(world, number):
        _set(world, contact_id, world.lists[list_number], value)


def edit(world: World, number: int, name: str) -> None:
    if contact_id := _contact(world, number):
        world.crm.edit(contact_id, fields={"first_name": name})


def readdress(world: World, number: int, address: str) -> None:
    if contact_id := _contact(world, number):
        world.crm.edit(contact_id, email=address)
        world.oracle.contact_has(contact_id, address)


def remove(world: World, number: int) -> None:
    if contact_id := _contact(world, number):
        world.crm.delete(contact_id)
        world.oracle.contact_deleted(contact_id)


def _contact(world: World, number: int) -> str | None:
    ids = [one.id for one in world.crm.contacts(Selection())]
    return ids[number % len(ids)] if ids else None


def _set(world: World, contact_id: str, list_id: str, value: OptIn) -> None:
    world.crm.set_opt_in(contact_id, world.key(list_id), value, "by hand")
    world.oracle.user_set(contact_id, list_id, value)


# --- people and administrators at the service -------------------------------------------------------------


def sign_up(world: World, list_number: int, address: str) -> None:
    list_id = world.lists[list_number]
    world.service.subscribe(list_id, address)
    if list_number == 0:
        world.oracle.said(list_id, address_key(address), yes=True)


def confirm(world: World, list_number: int, address: str) -> None:
    list_id = world.lists[list_number]
    if world.service.members(list_id).get(address_key(address)) == "pending":
        world.service.confirm(list_id, address)
        world.oracle.said(list_id, address_key(address), yes=True)


def leave(world: World, list_number: int, address: str, how: str) -> None:
    """The person or an administrator takes the consent back: by link, by complaint, or by hand."""
    list_id = world.lists[list_number]
    if world.service.members(list_id).get(address_key(address)) in ("subscribed", "pending"):
        getattr(world.service, how)(list_id, address)
        world.oracle.said(list_id, address_key(address), yes=False)


def bounce(world: World, list_number: int, address: str) -> None:
    list_id = world.lists[list_number]
    if world.service.members(list_id).get(address_key(address)) == "subscribed":
        world.service.bounce(list_id, address)


def archive(world: World, list_number: int, address: str) -> None:
    list_id = world.lists[list_number]
    if address_key(address) in world.service.members(list_id):
        world.service.archive(list_id, address)


def delete(world: World, list_number: int, address: str) -> None:
    list_id = world.lists[list_number]
    if address_key(address) in world.service.members(list_id):
        world.service.delete(list_id, address)


def wipe_out(world: World, list_number: int, address: str) -> None:
    """Gone without a trace. Not while the service alone knows of a *no*: nobody could keep that."""
    list_id, key = world.lists[list_number], address_key(address)
    word = world.oracle.words.get((list_id, key))
    if key in world.service.members(list_id) and (word is None or word.yes or word.seen):
        world.service.wipe_out(list_id, address)


def rename(world: World, list_number: int, old: str, new: str) -> None:
    list_id = world.lists[list_number]
    if world.service.members(list_id).get(address_key(old), "archived") == "archived":
        return
    try:
        world.service.change_address(list_id, old, new)
    except Problem:
        return
    if old != new:
        world.oracle.renamed_at_service(list_id, address_key(old), address_key(new))


# --- as Hypothesis draws them -----------------------------------------------------------------------------

_lists = st.sampled_from([0, 0, 1])
_numbers = st.integers(0, 5)
_addresses = st.sampled_from(ADDRESSES)
_values = st.sampled_from(VALUES)


def _one(do: Callable[..., None], *arguments: st.SearchStrategy[object]) -> st.SearchStrategy[Act]:
    return st.builds(Act, st.just(do), st.tuples(*arguments))


def acts() -> st.SearchStrategy[Act]:
    return st.one_of(
        _one(add, st.one_of(_addresses, _addresses, _addresses, st.none()), _lists, _values),
        _one(opt, _numbers, _lists, _values),
        _one(opt, _numbers, _lists, _values),
        _one(edit, _numbers, st.sampled_from(NAMES)),
        _one(readdress, _numbers, _addresses),
        _one(remove, _numbers),
        _one(sign_up, _lists, _addresses),
        _one(sign_up, _lists, _addresses),
        _one(confirm, _lists, _addresses),
        _one(leave, _lists, _addresses, st.sampled_from(["unsubscribe", "complain", "unsubscribe_as_admin"])),
        _one(leave, _lists, _addresses, st.sampled_from(["unsubscribe", "complain", "unsubscribe_as_admin"])),
        _one(bounce, _lists, _addresses),
        _one(archive, _lists, _addresses),
        _one(delete, _lists, _addresses),
        _one(wipe_out, _lists, _addresses),
        _one(rename, _lists, _addresses, _addresses),
    )
