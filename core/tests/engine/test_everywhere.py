"""A withdrawal stays where it was made, unless the connection says that it counts everywhere."""

from collections.abc import Callable
from typing import Any

from rundbrief.engine import export_list, import_list, pull_lists
from rundbrief.models import OptIn, SubscriberStatus

World = Any  # conftest.World: test modules cannot import each other

HERE, THERE = "news/1", "other/1"


def settle_two_services(world: World) -> str:
    """Ann is subscribed at both connections of the account; return her contact's id."""
    world.service.put("ann@example.org")
    for name in ("news", "other"):
        pull_lists(world.workspace, world.workspace.connection(name))
        import_list(world.workspace, name, "1")
    return str(world.contact("ann@example.org").id)


def opt_ins(world: World) -> tuple[OptIn, OptIn]:
    contact = world.contact("ann@example.org")
    return contact.opt_in(HERE).value, contact.opt_in(THERE).value


def test_a_withdrawal_stays_where_it_was_made(world: World) -> None:
    settle_two_services(world)
    world.service.put("ann@example.org", SubscriberStatus.UNSUBSCRIBED)
    world.imports()
    assert opt_ins(world) == (OptIn.NO, OptIn.YES)


def test_everywhere_takes_it_for_one_at_all_services(make_world: Callable[..., World]) -> None:
    world = make_world(withdrawals="everywhere")
    settle_two_services(world)
    world.service.put("ann@example.org", SubscriberStatus.UNSUBSCRIBED, source="unsubscribe link")
    world.imports()
    assert opt_ins(world) == (OptIn.NO, OptIn.NO)
    entry = next(
        one for one in world.journal("ann@example.org") if (one.connection, one.became) == ("other", "no")
    )
    assert (entry.place, entry.actor, entry.scope) == ("crm", "rundbrief", "1")
    assert entry.evidence == "Paperboy, list Customers: unsubscribe link"


def test_what_was_never_wanted_elsewhere_is_left_alone(make_world: Callable[..., World]) -> None:
    world = make_world(withdrawals="everywhere")
    world.service.put("ann@example.org")
    world.imports()
    pull_lists(world.workspace, world.workspace.connection("other"))
    world.service.put("ann@example.org", SubscriberStatus.UNSUBSCRIBED)
    world.imports()
    assert opt_ins(world) == (OptIn.NO, OptIn.UNKNOWN)


def test_the_other_service_is_told_by_its_next_export(make_world: Callable[..., World]) -> None:
    world = make_world(withdrawals="everywhere")
    contact_id = settle_two_services(world)
    world.crm.set_opt_in(contact_id, HERE, OptIn.NO, "by hand")
    world.crm.set_opt_in(contact_id, THERE, OptIn.NO, "spread")
    export_list(world.workspace, "other", "1")
    assert world.service.status("ann@example.org") is SubscriberStatus.UNSUBSCRIBED


def test_our_own_withdrawal_is_none_of_the_person_s(make_world: Callable[..., World]) -> None:
    """A no that was set in the CRM counts for its own field, also when the service tells of it later."""
    world = make_world(withdrawals="everywhere")
    contact_id = settle_two_services(world)
    world.say(contact_id, OptIn.NO)
    world.syncs()
    assert world.service.status("ann@example.org") is SubscriberStatus.UNSUBSCRIBED
    world.imports()
    world.imports(full=True)
    assert opt_ins(world) == (OptIn.NO, OptIn.YES)
