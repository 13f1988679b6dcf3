"""What is done between a killed run and the next one comes to the same as if the run had not been killed.

What an export had done at the service, and an import in the CRM, is our doing: no word of the person's, or of the
CRM's users, that could outweigh what was said since.
"""

from collections.abc import Callable
from typing import Any

import pytest

from rundbrief.engine import import_list, pull_lists
from rundbrief.models import MailingList, OptIn, Selection, SubscriberStatus, WriteKind

YES, NO = OptIn.YES, OptIn.NO
SUBSCRIBED, UNSUBSCRIBED = SubscriberStatus.SUBSCRIBED, SubscriberStatus.UNSUBSCRIBED

ANN = "ann@example.org"


def she_leaves(world: Any) -> None:
    world.service.put(ANN, UNSUBSCRIBED)


def she_signs_up(world: Any) -> None:
    world.service.put(ANN, SUBSCRIBED)


def she_changes_her_address(world: Any) -> None:
    world.service.move(ANN, "new@example.org")


def the_crm_says_no(world: Any) -> None:
    world.say(world.contact(ANN).id, NO)


def the_crm_changes_her_address(world: Any) -> None:
    world.crm.edit(world.contact(ANN).id, email="new@example.org")


def the_crm_deletes_her(world: Any) -> None:
    world.crm.delete(world.contact(ANN).id)


def another_contact_says_no(world: Any) -> None:
    world.add(ANN, NO)


def it_archives_her(world: Any) -> None:
    world.service.put(ANN, SubscriberStatus.ARCHIVED)


def it_deletes_her(world: Any) -> None:
    world.service.delete(ANN)


AFTERWARDS = (
    she_leaves,
    she_signs_up,
    she_changes_her_address,
    the_crm_says_no,
    the_crm_changes_her_address,
    the_crm_deletes_her,
    another_contact_says_no,
    it_archives_her,
    it_deletes_her,
)

SENT_AND_HIDDEN = {
    WriteKind.CREATE: (she_changes_her_address, it_archives_her, it_deletes_her),
    WriteKind.WITHDRAW: (she_signs_up, it_archives_her, it_deletes_her),
    WriteKind.UPDATE: (she_changes_her_address, it_deletes_her),
    WriteKind.CONFIRM: (it_deletes_her,),
}
"""What leaves no trace of a step, so that nobody can tell it from one that never arrived: it is planned again."""


def coming(world: Any) -> None:
    world.imports()
    world.service.put(ANN)


def coming_as_a_contact(world: Any) -> None:
    world.add(ANN)
    coming(world)


def coming_back(world: Any) -> None:
    coming(world)
    world.imports()
    world.service.put(ANN, UNSUBSCRIBED)
    world.imports()
    world.service.put(ANN, SUBSCRIBED)


def leaving(world: Any) -> None:
    coming(world)
    world.imports()
    world.service.put(ANN, UNSUBSCRIBED)


READ_AND_HIDDEN = {
    coming: (the_crm_changes_her_address, the_crm_deletes_her),
    coming_as_a_contact: (),
    coming_back: (),
    leaving: (),
}
"""Story before an import -> what leaves no trace of the contact that it had just made: it is made again."""


@pytest.mark.parametrize(
    ("kind", "afterwards", "double_opt_in"),
    [
        (kind, one, double_opt_in)
        for kind in WriteKind
        for double_opt_in in ((False, True) if kind is WriteKind.CREATE else (False,))
        for one in AFTERWARDS
        if one not in SENT_AND_HIDDEN[kind]
    ],
)
def test_after_an_export_was_killed(
    make_world: Callable[..., Any],
    begin: Any,
    kill: Any,
    kind: WriteKind,
    afterwards: Callable[[Any], None],
    double_opt_in: bool,
) -> None:
    undisturbed, killed = make_world(), make_world()
    for world in (undisturbed, killed):
        world.service.lists["1"] = MailingList("1", "Customers", double_opt_in=double_opt_in)
        world.service.tells_dates = double_opt_in
        begin(world, kind)
    undisturbed.exports()
    kill(killed, kind)
    for world in (undisturbed, killed):
        afterwards(world)
        world.imports()
        world.exports()
    assert outcome(killed) == outcome(undisturbed)


@pytest.mark.parametrize(
    ("story", "afterwards"),
    [(story, one) for story in READ_AND_HIDDEN for one in AFTERWARDS if one not in READ_AND_HIDDEN[story]],
)
def test_after_an_import_was_killed(
    make_world: Callable[..., Any],
    kill_at_the_crm: Any,
    story: Callable[[Any], None],
    afterwards: Callable[[Any], None],
) -> None:
    undisturbed, killed = make_world(), make_world()
    for world in (undisturbed, killed):
        world.service.tells_dates = False
        story(world)
    undisturbed.imports()
    kill_at_the_crm(killed, killed.imports)
    for world in (undisturbed, killed):
        afterwards(world)
        world.imports(full=afterwards is it_deletes_her)
        world.exports()
    assert outcome(killed) == outcome(undisturbed)


def outcome(world: Any) -> dict[str, Any]:
    addresses = [ANN, "old@example.org", "new@example.org"]
    with world.workspace.store.transaction() as transaction:
        recipients = transaction.recipients("news", "1").by_address(addresses)
        links = transaction.links("news", "1").by_contact(["1", "2", "3"])
    return {
        "service": {one: world.service.status(one) for one in addresses},
        "CRM": sorted((one.email, one.opt_in("news/1").value) for one in world.crm.contacts(Selection())),
        "recipients": {one: (it.status, it.agreed, it.withdrawn) for one, it in recipients.items()},
        "links": links,
    }


def test_a_withdrawal_whose_trace_is_gone_is_carried_out_again(world: Any, begin: Any, kill: Any) -> None:
    """Whether she came back after it or never was out, nobody can tell: the CRM's "no" stands."""
    begin(world, WriteKind.WITHDRAW)
    kill(world, WriteKind.WITHDRAW)
    she_signs_up(world)
    world.imports()
    world.exports()
    assert (world.service.status(ANN), world.opt_in(ANN)) == (UNSUBSCRIBED, NO)


@pytest.mark.parametrize("tells_dates", [False, True])
@pytest.mark.parametrize("double_opt_in", [False, True])
def test_a_no_that_the_crm_says_after_it_is_carried_out(
    world: Any, begin: Any, kill: Any, double_opt_in: bool, tells_dates: bool
) -> None:
    """Her being there is our doing, and no word of hers that could outweigh the CRM's later one."""
    world.service.tells_dates = tells_dates
    world.service.lists["1"] = MailingList("1", "Customers", double_opt_in=double_opt_in)
    begin(world, WriteKind.CREATE)
    kill(world, WriteKind.CREATE)
    world.say(world.contact(ANN).id, NO)
    world.imports()
    assert world.opt_in(ANN) is NO
    world.exports()
    assert world.service.status(ANN) is UNSUBSCRIBED
    assert world.opt_in(ANN) is NO


def test_our_own_withdrawal_is_not_spread_as_the_person_s(
    make_world: Callable[..., Any], begin: Any, kill: Any
) -> None:
    world = make_world(withdrawals="everywhere")
    begin(world, WriteKind.WITHDRAW)
    pull_lists(world.workspace, world.workspace.connection("other"))
    import_list(world.workspace, "other", "1")
    world.say(world.contact(ANN).id, NO)
    kill(world, WriteKind.WITHDRAW)
    world.imports()
    assert world.contact(ANN).opt_in("other/1").value is YES


def test_what_was_read_before_it_was_killed_sets_no_new_yes(world: Any, kill_at_the_crm: Any) -> None:
    """A contact that is added meanwhile gets no *yes* from a sign-up that she has taken back since."""
    coming_as_a_contact(world)
    kill_at_the_crm(world, world.imports)
    other = world.add(ANN)
    she_leaves(world)
    world.imports()
    assert "yes" not in {one.became for one in world.journal(ANN) if one.contact_id == other}
    assert {one.opt_in("news/1").value for one in world.crm.contacts(Selection())} == {NO}
