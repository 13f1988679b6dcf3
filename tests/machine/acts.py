"""What people do, in the CRM and at the service. An act that is impossible at the moment does nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from rundbrief.models import OptIn, address_key

if TYPE_CHECKING:
    from machine.sides import MailingListThere
    from machine.world import World

__all__ = [
    "ADDRESSES",
    "COUPLE",
    "CROWD",
    "Act",
    "acts",
    "add",
    "archive",
    "bounce",
    "confirm",
    "delete",
    "edit",
    "leave",
    "leave_one_list",
    "leave_together",
    "opt",
    "readdress",
    "remove",
    "rename",
    "sign_up",
    "wait",
    "wipe_out",
]

ADDRESSES = [f"{name}@example.org" for name in ("ann", "bob", "cem", "Zoë.d+x")]
COUPLE = ADDRESSES[:2]
"""So few that several things happen to the same person."""
CROWD = [*ADDRESSES, *(f"{name}@example.org" for name in ("dan", "eve", "fay", "gus", "hal", "ivy"))]
"""So many that they stand on several pages, where those are small."""
NAMES = ["Ann", "Bob", "Cem"]
VALUES = [OptIn.YES, OptIn.NO, OptIn.YES, OptIn.NO, OptIn.UNKNOWN]


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
    contact_id = world.users.add_contact(address, {"first_name": NAMES[0]})
    world.oracle.contact_has(contact_id, address)
    _set(world, contact_id, _list(world, list_number).scope, value)


def opt(world: World, number: int, list_number: int, value: OptIn) -> None:
    if contact_id := _contact(world, number):
        _set(world, contact_id, _list(world, list_number).scope, value)


def edit(world: World, number: int, name: str) -> None:
    if contact_id := _contact(world, number):
        world.users.edit_contact(contact_id, fields={"first_name": name})


def readdress(world: World, number: int, address: str) -> None:
    if contact_id := _contact(world, number):
        world.users.edit_contact(contact_id, email=address)
        world.oracle.contact_has(contact_id, address)


def remove(world: World, number: int) -> None:
    if contact_id := _contact(world, number):
        world.users.delete_contact(contact_id)
        world.oracle.contact_deleted(contact_id)


def _contact(world: World, number: int) -> str | None:
    ids = sorted(world.users.contacts(), key=int)
    return ids[number % len(ids)] if ids else None


def _set(world: World, contact_id: str, scope: str, value: OptIn) -> None:
    world.users.set_opt_in(contact_id, scope, value)
    world.oracle.user_set(contact_id, scope, value)


# --- people and administrators at the service -------------------------------------------------------------


def sign_up(world: World, list_number: int, address: str) -> None:
    place, key = _list(world, list_number), address_key(address)
    place.side.sandbox.subscribe(place.id, address)
    world.oracle.signed_up(place.scope, place.id, key)
    if place.statuses().get(key) == "subscribed":  # the form may turn her down
        world.oracle.said(place.scope, key, yes=True)


def confirm(world: World, list_number: int, number: int) -> None:
    place = _list(world, list_number)
    if address := _recipient(place, number, "pending"):
        place.side.sandbox.confirm(place.id, address)
        world.oracle.said(place.scope, address, yes=True)


def leave(world: World, list_number: int, number: int, how: str) -> None:
    """The person or an administrator takes the consent back: by link, by complaint, or by hand."""
    place = _list(world, list_number)
    if address := _recipient(place, number, "subscribed", "pending"):
        getattr(place.side.sandbox, how)(place.id, address)
        world.oracle.said(place.scope, address, yes=False)


def leave_together(world: World, list_number: int, how: str) -> None:
    """Everybody on the list leaves, as after a mailing that went wrong, or by an administrator's mistake."""
    for _ in _list(world, list_number).statuses():
        leave(world, list_number, 0, how)


def leave_one_list(world: World, list_number: int, number: int) -> None:
    """The person leaves this list alone, where consent is account-wide."""
    place = _list(world, list_number)
    address = _recipient(place, number, "subscribed")
    do = place.side.service.leave_one_list
    if address and do and place.side.sandbox.recipients(place.id)[address].is_member:
        do(place.side.sandbox, place.id, address)
        world.oracle.left_one_list(place.scope, place.id, address)


def bounce(world: World, list_number: int, number: int) -> None:
    place = _list(world, list_number)
    if address := _recipient(place, number, "subscribed"):
        place.side.sandbox.bounce(place.id, address)


def archive(world: World, list_number: int, number: int) -> None:
    place = _list(world, list_number)
    address = _recipient(place, number)
    if address and place.side.service.hides_archived:
        place.side.sandbox.archive(place.id, address)


def delete(world: World, list_number: int, number: int) -> None:
    """Where the service forgets the deleted: not while it alone knows of a *no*, which nobody could keep."""
    place = _list(world, list_number)
    address = _recipient(place, number)
    if address and not (place.side.service.forgets and _is_secret(world, place, address)):
        place.side.sandbox.delete(place.id, address)


def wipe_out(world: World, list_number: int, number: int) -> None:
    """Gone without a trace. Not while the service alone knows of a *no*: nobody could keep that."""
    place = _list(world, list_number)
    address = _recipient(place, number)
    do = place.side.service.wipe_out
    if address and do and not _is_secret(world, place, address):
        do(place.side.sandbox, place.id, address)


def rename(world: World, list_number: int, number: int, new: str) -> None:
    place = _list(world, list_number)
    old = _recipient(place, number, "subscribed", "unsubscribed", "pending", "bounced")
    if old and address_key(new) not in place.statuses():
        try:
            place.side.sandbox.change_address(place.id, old, new)
        except LookupError:
            return  # an entry on a blacklist is all that is left of her
        world.oracle.renamed_at_service(place.scope, old, address_key(new))


def _list(world: World, number: int) -> MailingListThere:
    return world.lists[number % len(world.lists)]


def _recipient(place: MailingListThere, number: int, *statuses: str) -> str | None:
    """Return the address of a recipient in one of these statuses (none: in any)."""
    found = [address for address, status in sorted(place.statuses().items()) if not statuses or status in statuses]
    return found[number % len(found)] if found else None


def _is_secret(world: World, place: MailingListThere, address: str) -> bool:
    word = world.oracle.words.get((place.scope, address))
    return word is not None and not word.yes and not word.seen


# --- everybody --------------------------------------------------------------------------------------------


def wait(world: World, days: float) -> None:
    world.tick(days * 86_400)


# --- as Hypothesis draws them -----------------------------------------------------------------------------

_WAYS_TO_LEAVE = st.sampled_from(["unsubscribe", "complain", "block"])
OFTEN = (opt, opt, sign_up, leave)


def acts(
    *only: Callable[..., None], people: Sequence[str] = ADDRESSES, lists: Sequence[int] = (0, 0, 0, 1)
) -> st.SearchStrategy[Act]:
    """Return a strategy for acts of these kinds; for none given: of all that one does, the usual more often.

    Args:
        people: their addresses.
        lists: the lists' numbers, those more often where more happens.
    """
    arguments = _arguments(people, lists)
    alone = [do for do in arguments if do is not leave_together]
    return st.one_of([_one(do, arguments[do]) for do in only or (*alone, *OFTEN)])


def _one(do: Callable[..., None], arguments: tuple[st.SearchStrategy[object], ...]) -> st.SearchStrategy[Act]:
    return st.builds(Act, st.just(do), st.tuples(*arguments))


def _arguments(
    people: Sequence[str], lists: Sequence[int]
) -> dict[Callable[..., None], tuple[st.SearchStrategy[object], ...]]:
    list_numbers, addresses = st.sampled_from(lists), st.sampled_from(people)
    numbers = st.integers(0, len(people) - 1)
    return {
        add: (st.one_of(addresses, addresses, addresses, st.none()), list_numbers, st.sampled_from(VALUES)),
        opt: (numbers, list_numbers, st.sampled_from(VALUES)),
        edit: (numbers, st.sampled_from(NAMES)),
        readdress: (numbers, addresses),
        remove: (numbers,),
        sign_up: (list_numbers, addresses),
        confirm: (list_numbers, numbers),
        leave: (list_numbers, numbers, _WAYS_TO_LEAVE),
        leave_one_list: (list_numbers, numbers),
        leave_together: (list_numbers, _WAYS_TO_LEAVE),
        bounce: (list_numbers, numbers),
        archive: (list_numbers, numbers),
        delete: (list_numbers, numbers),
        wipe_out: (list_numbers, numbers),
        rename: (list_numbers, numbers, addresses),
        wait: (st.sampled_from([0.01, 1.0, 8.0]),),
    }
