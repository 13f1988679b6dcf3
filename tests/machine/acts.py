"""What people do, in the CRM and at the service. An act that is impossible at the moment does nothing."""

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st

from machine.world import World
from rundbrief.models import OptIn, address_key

__all__ = [
    "ADDRESSES",
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
    _set(world, contact_id, world.lists[list_number], value)


def opt(world: World, number: int, list_number: int, value: OptIn) -> None:
    if contact_id := _contact(world, number):
        _set(world, contact_id, world.lists[list_number], value)


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


def _set(world: World, contact_id: str, list_id: str, value: OptIn) -> None:
    world.users.set_opt_in(contact_id, world.key(list_id), value)
    world.oracle.user_set(contact_id, world.scope(list_id), value)


# --- people and administrators at the service -------------------------------------------------------------


def sign_up(world: World, list_number: int, address: str) -> None:
    list_id = world.lists[list_number]
    world.sandbox.subscribe(list_id, address)
    world.oracle.left.pop((list_id, address_key(address)), None)
    if list_id not in world.double_opt_in:
        world.oracle.said(world.scope(list_id), address_key(address), yes=True)


def confirm(world: World, list_number: int, number: int) -> None:
    list_id = world.lists[list_number]
    if address := _recipient(world, list_id, number, "pending"):
        world.sandbox.confirm(list_id, address)
        world.oracle.said(world.scope(list_id), address, yes=True)


def leave(world: World, list_number: int, number: int, how: str) -> None:
    """The person or an administrator takes the consent back: by link, by complaint, or by hand."""
    list_id = world.lists[list_number]
    if address := _recipient(world, list_id, number, "subscribed", "pending"):
        getattr(world.sandbox, how)(list_id, address)
        world.oracle.said(world.scope(list_id), address, yes=False)


def leave_together(world: World, list_number: int, how: str) -> None:
    """Everybody on the list leaves, as after a mailing that went wrong, or by an administrator's mistake."""
    for _ in world.statuses(world.lists[list_number]):
        leave(world, list_number, 0, how)


def leave_one_list(world: World, list_number: int, number: int) -> None:
    """The person leaves this list alone, where consent is account-wide."""
    list_id = world.lists[list_number]
    address = _recipient(world, list_id, number, "subscribed")
    if address and world.service.leave_one_list and world.sandbox.recipients(list_id)[address].is_member:
        world.service.leave_one_list(world.sandbox, list_id, address)
        world.oracle.left_one_list(list_id, address)


def bounce(world: World, list_number: int, number: int) -> None:
    list_id = world.lists[list_number]
    if address := _recipient(world, list_id, number, "subscribed"):
        world.sandbox.bounce(list_id, address)


def archive(world: World, list_number: int, number: int) -> None:
    list_id = world.lists[list_number]
    address = _recipient(world, list_id, number)
    if address and world.service.hides_archived:
        world.sandbox.archive(list_id, address)


def delete(world: World, list_number: int, number: int) -> None:
    """Where the service forgets the deleted: not while it alone knows of a *no*, which nobody could keep."""
    list_id = world.lists[list_number]
    address = _recipient(world, list_id, number)
    if address and not (world.service.forgets and _is_secret(world, list_id, address)):
        world.sandbox.delete(list_id, address)


def wipe_out(world: World, list_number: int, number: int) -> None:
    """Gone without a trace. Not while the service alone knows of a *no*: nobody could keep that."""
    list_id = world.lists[list_number]
    address = _recipient(world, list_id, number)
    if address and world.service.wipe_out and not _is_secret(world, list_id, address):
        world.service.wipe_out(world.sandbox, list_id, address)


def rename(world: World, list_number: int, number: int, new: str) -> None:
    list_id = world.lists[list_number]
    old = _recipient(world, list_id, number, "subscribed", "unsubscribed", "pending", "bounced")
    if old and address_key(new) not in world.statuses(list_id):
        try:
            world.sandbox.change_address(list_id, old, new)
        except LookupError:
            return  # an entry on a blacklist is all that is left of her
        world.oracle.renamed_at_service(world.scope(list_id), old, address_key(new))


def _recipient(world: World, list_id: str, number: int, *statuses: str) -> str | None:
    """Return the address of a recipient in one of these statuses (none: in any)."""
    found = [
        address
        for address, status in sorted(world.statuses(list_id).items())
        if not statuses or status in statuses
    ]
    return found[number % len(found)] if found else None


def _is_secret(world: World, list_id: str, address: str) -> bool:
    word = world.oracle.words.get((world.scope(list_id), address))
    return word is not None and not word.yes and not word.seen


# --- everybody --------------------------------------------------------------------------------------------


def wait(world: World, days: float) -> None:
    world.tick(days * 86_400)


# --- as Hypothesis draws them -----------------------------------------------------------------------------

_lists = st.sampled_from([0, 0, 0, 1])
_numbers = st.integers(0, 3)
_addresses = st.sampled_from(ADDRESSES)
_ways_to_leave = st.sampled_from(["unsubscribe", "complain", "block"])

ARGUMENTS: dict[Callable[..., None], tuple[st.SearchStrategy[object], ...]] = {
    add: (st.one_of(_addresses, _addresses, _addresses, st.none()), _lists, st.sampled_from(VALUES)),
    opt: (_numbers, _lists, st.sampled_from(VALUES)),
    edit: (_numbers, st.sampled_from(NAMES)),
    readdress: (_numbers, _addresses),
    remove: (_numbers,),
    sign_up: (_lists, _addresses),
    confirm: (_lists, _numbers),
    leave: (_lists, _numbers, _ways_to_leave),
    leave_one_list: (_lists, _numbers),
    leave_together: (_lists, _ways_to_leave),
    bounce: (_lists, _numbers),
    archive: (_lists, _numbers),
    delete: (_lists, _numbers),
    wipe_out: (_lists, _numbers),
    rename: (_lists, _numbers, _addresses),
    wait: (st.sampled_from([0.01, 1.0, 8.0]),),
}
_ALONE = tuple(do for do in ARGUMENTS if do is not leave_together)
OFTEN = (opt, opt, sign_up, leave)


def acts(*only: Callable[..., None]) -> st.SearchStrategy[Act]:
    """Return a strategy for acts of these kinds; for none given: of all that one does, the usual more often."""
    return st.one_of([_one(do) for do in only or (*_ALONE, *OFTEN)])


def _one(do: Callable[..., None]) -> st.SearchStrategy[Act]:
    return st.builds(Act, st.just(do), st.tuples(*ARGUMENTS[do]))
