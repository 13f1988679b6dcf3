"""Exports that are killed when the service has done what it was asked, and nobody has recorded its answer.

The next run's read finds the effect. It goes on record as ours, with what it was sent for, as if there had been an
answer: nobody else has done it.
"""

from collections.abc import Callable
from typing import Any

import pytest

from rundbrief.engine import import_list, pull_lists
from rundbrief.errors import ServiceUnavailable
from rundbrief.models import MailingList, OptIn, Result, Selection, SubscriberStatus, WriteKind

YES, NO = OptIn.YES, OptIn.NO
SUBSCRIBED, UNSUBSCRIBED, PENDING = (
    SubscriberStatus.SUBSCRIBED,
    SubscriberStatus.UNSUBSCRIBED,
    SubscriberStatus.PENDING,
)

ANN = "ann@example.org"


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def kill(paperboy: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what exports until the service has carried out a write of a kind, and dies before the answer."""

    def kill(world: Any, kind: WriteKind) -> None:
        writer = paperboy._WRITERS[kind]

        def last(*args: Any) -> Any:
            writer(*args)
            raise Killed

        with monkeypatch.context() as patch:
            patch.setitem(paperboy._WRITERS, kind, last)
            with pytest.raises(Killed):
                world.exports()
        world.open()

    return kill


def service_entries(world: Any, address: str) -> list[tuple[str, str, str, str]]:
    return [
        (one.actor, one.was, one.became, one.evidence) for one in world.journal(address) if one.place == "service"
    ]


def sent(world: Any) -> list[Any]:
    with world.workspace.store.transaction() as transaction:
        found = transaction.sent("news", "1").by_address([ANN, "old@example.org"])
    return [found[address] for address in sorted(found)]


def joining(world: Any) -> None:
    world.imports()
    world.add(ANN, YES, first_name="Ann")


def leaving(world: Any) -> None:
    world.service.put(ANN, first_name="Ann")
    world.imports()
    world.say(world.contact(ANN).id, NO)


def moving(world: Any) -> None:
    world.service.put("old@example.org")
    world.imports()
    world.crm.edit(world.contact("old@example.org").id, email=ANN)


def coming_back(world: Any) -> None:
    world.open(reconsent="confirm")
    world.service.put(ANN)
    world.imports()
    world.service.put(ANN, UNSUBSCRIBED)
    world.imports()
    world.say(world.contact(ANN).id, YES)


STORIES = {
    WriteKind.CREATE: joining,
    WriteKind.WITHDRAW: leaving,
    WriteKind.UPDATE: moving,
    WriteKind.CONFIRM: coming_back,
}


@pytest.mark.parametrize("resume", ["exports", "imports", "syncs"])
@pytest.mark.parametrize(
    ("kind", "double_opt_in"), [*((kind, False) for kind in STORIES), (WriteKind.CREATE, True)]
)
def test_it_is_recorded_as_if_there_had_been_an_answer(
    make_world: Callable[..., Any], kill: Any, kind: WriteKind, resume: str, double_opt_in: bool
) -> None:
    undisturbed, killed = make_world(), make_world()
    for world in (undisturbed, killed):
        world.service.lists["1"] = MailingList("1", "Customers", double_opt_in=double_opt_in)
        STORIES[kind](world)
    undisturbed.exports()
    kill(killed, kind)
    report = getattr(killed, resume)()
    for address in (ANN, "old@example.org"):
        assert service_entries(killed, address) == service_entries(undisturbed, address)
        assert sorted(killed.changes(address)) == sorted(undisturbed.changes(address))
    recipient, expected = killed.recipient(ANN), undisturbed.recipient(ANN)
    assert (recipient.status, recipient.agreed, recipient.withdrawn) == (
        expected.status,
        expected.agreed,
        expected.withdrawn,
    )
    assert sent(killed) == sent(undisturbed)
    assert report.counts["found done"] == 1
    again = killed.exports()
    assert "found done" not in again.counts
    assert not any(result is Result.DONE for result, _ in again.tally)
    assert [one for one, _ in killed.service.writes()].count(kind) == 1


def test_what_she_did_herself_after_it_is_hers(world: Any, kill: Any) -> None:
    world.service.lists["1"] = MailingList("1", "Customers", double_opt_in=True)
    joining(world)
    kill(world, WriteKind.CREATE)
    world.service.put(ANN, SUBSCRIBED)
    world.imports()
    assert [one[:3] for one in service_entries(world, ANN)] == [
        ("rundbrief", "absent", "pending"),
        ("service", "pending", "subscribed"),
    ]


@pytest.mark.parametrize("tells_dates", [False, True])
@pytest.mark.parametrize("double_opt_in", [False, True])
def test_a_no_that_the_crm_says_after_it_is_carried_out(
    world: Any, kill: Any, double_opt_in: bool, tells_dates: bool
) -> None:
    """Her being there is our doing, and no word of hers that could outweigh the CRM's later one."""
    world.service.tells_dates = tells_dates
    world.service.lists["1"] = MailingList("1", "Customers", double_opt_in=double_opt_in)
    joining(world)
    kill(world, WriteKind.CREATE)
    world.say(world.contact(ANN).id, NO)
    world.imports()
    assert world.opt_in(ANN) is NO
    world.exports()
    assert world.service.status(ANN) is UNSUBSCRIBED
    assert world.opt_in(ANN) is NO


def test_our_own_withdrawal_is_not_spread_as_the_person_s(make_world: Callable[..., Any], kill: Any) -> None:
    world = make_world(withdrawals="everywhere")
    leaving(world)
    pull_lists(world.workspace, world.workspace.connection("other"))
    import_list(world.workspace, "other", "1")
    world.say(world.contact(ANN).id, NO)
    kill(world, WriteKind.WITHDRAW)
    world.imports()
    assert world.contact(ANN).opt_in("other/1").value is YES


def test_what_the_service_never_got_is_done_by_the_next_run(world: Any) -> None:
    joining(world)

    def die(call: str) -> None:
        if call == WriteKind.CREATE:
            raise Killed

    world.service.before = die
    with pytest.raises(Killed):
        world.exports()
    world.service.before = lambda call: None
    world.open()
    report = world.exports()
    assert "found done" not in report.counts
    assert [one[:3] for one in service_entries(world, ANN)] == [("rundbrief", "absent", "subscribed")]


def test_somebody_who_left_by_herself_before_anything_was_sent_is_not_taken_for_our_doing(world: Any) -> None:
    leaving(world)
    world.service.before = lambda call: (_ for _ in ()).throw(Killed()) if call == "fields" else None
    with pytest.raises(Killed):
        world.exports()
    world.service.before = lambda call: None
    world.open()
    world.service.put(ANN, UNSUBSCRIBED)
    world.imports()
    assert [one[:3] for one in service_entries(world, ANN)][-1] == ("service", "subscribed", "unsubscribed")


def test_an_answer_that_was_lost_on_the_way_is_the_same(world: Any, paperboy: Any, monkeypatch: Any) -> None:
    joining(world)
    writer = paperboy._WRITERS[WriteKind.CREATE]

    def unanswered(*args: Any) -> Any:
        writer(*args)
        raise ServiceUnavailable("Paperboy hung up.")

    with monkeypatch.context() as patch:
        patch.setitem(paperboy._WRITERS, WriteKind.CREATE, unanswered)
        with pytest.raises(ServiceUnavailable):
            world.exports()
    world.exports()
    assert [one[:3] for one in service_entries(world, ANN)] == [("rundbrief", "absent", "subscribed")]


def test_the_next_run_says_how_much_there_is(world: Any, kill: Any) -> None:
    world.imports()
    for number in range(5):
        world.add(f"p{number}@example.org", YES)
    kill(world, WriteKind.CREATE)
    report = world.exports()
    with world.workspace.store.transaction() as transaction:
        run = transaction.runs.get(report.run_id)
    # Two batches of at most three are under way at once; in each, the first write kills.
    assert run.message == "Left by an earlier run: 5 steps sent and not answered."
    assert report.counts["found done"] == 2


def test_two_runs_that_were_killed_in_a_row_make_one_entry(world: Any, kill: Any) -> None:
    joining(world)
    world.service.before = lambda call: (_ for _ in ()).throw(Killed()) if call == WriteKind.CREATE else None
    with pytest.raises(Killed):
        world.exports()
    world.service.before = lambda call: None
    world.open()
    kill(world, WriteKind.CREATE)
    world.imports()
    world.exports()
    assert [one[:3] for one in service_entries(world, ANN)] == [("rundbrief", "absent", "subscribed")]


def nothing(world: Any) -> None:
    pass


def she_leaves(world: Any) -> None:
    world.service.put(ANN, UNSUBSCRIBED)


def she_signs_up(world: Any) -> None:
    world.service.put(ANN, SUBSCRIBED)


def she_changes_her_address(world: Any) -> None:
    world.service.move(ANN, "new@example.org")


def the_crm_says_no(world: Any) -> None:
    world.say(world.contact(ANN).id, NO)


def the_crm_says_yes(world: Any) -> None:
    world.say(world.contact(ANN).id, YES)


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
    nothing,
    she_leaves,
    she_signs_up,
    she_changes_her_address,
    the_crm_says_no,
    the_crm_says_yes,
    the_crm_changes_her_address,
    the_crm_deletes_her,
    another_contact_says_no,
    it_archives_her,
    it_deletes_her,
)

HIDDEN = {
    WriteKind.CREATE: (she_changes_her_address, it_archives_her, it_deletes_her),
    WriteKind.WITHDRAW: (she_signs_up, it_archives_her, it_deletes_her),
    WriteKind.UPDATE: (she_changes_her_address, it_deletes_her),
    WriteKind.CONFIRM: (it_deletes_her,),
}
"""What leaves no trace of a step, so that nobody can tell it from one that never arrived: it is planned again."""


@pytest.mark.parametrize(
    ("kind", "afterwards", "double_opt_in"),
    [
        (kind, one, double_opt_in)
        for kind in STORIES
        for double_opt_in in ((False, True) if kind is WriteKind.CREATE else (False,))
        for one in AFTERWARDS
        if one not in HIDDEN[kind]
    ],
)
def test_what_happens_afterwards_comes_to_the_same(
    make_world: Callable[..., Any],
    kill: Any,
    kind: WriteKind,
    afterwards: Callable[[Any], None],
    double_opt_in: bool,
) -> None:
    undisturbed, killed = make_world(), make_world()
    for world in (undisturbed, killed):
        world.service.lists["1"] = MailingList("1", "Customers", double_opt_in=double_opt_in)
        world.service.tells_dates = double_opt_in
        STORIES[kind](world)
    undisturbed.exports()
    kill(killed, kind)
    for world in (undisturbed, killed):
        afterwards(world)
        world.imports()
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


def test_a_withdrawal_whose_trace_is_gone_is_carried_out_again(world: Any, kill: Any) -> None:
    """Whether she came back after it or never was out, nobody can tell: the CRM's "no" stands."""
    leaving(world)
    kill(world, WriteKind.WITHDRAW)
    she_signs_up(world)
    world.imports()
    world.exports()
    assert (world.service.status(ANN), world.opt_in(ANN)) == (UNSUBSCRIBED, NO)
