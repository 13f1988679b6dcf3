"""Exports that are killed when the service has done what it was asked, and nobody has recorded its answer.

The next run's read finds the effect. It goes on record as ours, with what it was sent for, as if there had been an
answer: nobody else has done it.
"""

from collections.abc import Callable
from typing import Any

import pytest

from rundbrief.errors import ServiceUnavailable
from rundbrief.models import MailingList, OptIn, Result, SubscriberStatus, WriteKind

YES, NO = OptIn.YES, OptIn.NO
SUBSCRIBED, UNSUBSCRIBED, PENDING = (
    SubscriberStatus.SUBSCRIBED,
    SubscriberStatus.UNSUBSCRIBED,
    SubscriberStatus.PENDING,
)

ANN = "ann@example.org"


class Killed(BaseException):
    """The process ends here."""


def kill_before(world: Any, call: str) -> None:
    """Let an export die before the service gets a call."""

    def die(name: str) -> None:
        if name == call:
            raise Killed

    world.service.before = die
    with pytest.raises(Killed):
        world.exports()
    world.service.before = lambda name: None
    world.open()


def service_entries(world: Any, address: str) -> list[tuple[str, str, str, str]]:
    return [
        (one.actor, one.was, one.became, one.evidence) for one in world.journal(address) if one.place == "service"
    ]


def sent(world: Any) -> list[Any]:
    with world.workspace.store.transaction() as transaction:
        found = transaction.sent("news", "1").by_address([ANN, "old@example.org"])
    return [found[address] for address in sorted(found)]


@pytest.mark.parametrize("resume", ["exports", "imports", "syncs"])
@pytest.mark.parametrize(
    ("kind", "double_opt_in"), [*((kind, False) for kind in WriteKind), (WriteKind.CREATE, True)]
)
def test_it_is_recorded_as_if_there_had_been_an_answer(
    make_world: Callable[..., Any], begin: Any, kill: Any, kind: WriteKind, resume: str, double_opt_in: bool
) -> None:
    undisturbed, killed = make_world(), make_world()
    for world in (undisturbed, killed):
        world.service.lists["1"] = MailingList("1", "Customers", double_opt_in=double_opt_in)
        begin(world, kind)
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


def test_what_she_did_herself_after_it_is_hers(world: Any, begin: Any, kill: Any) -> None:
    world.service.lists["1"] = MailingList("1", "Customers", double_opt_in=True)
    begin(world, WriteKind.CREATE)
    kill(world, WriteKind.CREATE)
    world.service.put(ANN, SUBSCRIBED)
    world.imports()
    assert [one[:3] for one in service_entries(world, ANN)] == [
        ("rundbrief", "absent", "pending"),
        ("service", "pending", "subscribed"),
    ]


def test_what_the_service_never_got_is_done_by_the_next_run(world: Any, begin: Any) -> None:
    begin(world, WriteKind.CREATE)
    kill_before(world, WriteKind.CREATE)
    report = world.exports()
    assert "found done" not in report.counts
    assert [one[:3] for one in service_entries(world, ANN)] == [("rundbrief", "absent", "subscribed")]


def test_what_she_does_a_day_later_is_hers(world: Any, begin: Any) -> None:
    begin(world, WriteKind.CREATE)
    kill_before(world, WriteKind.CREATE)
    world.imports()
    world.clock.pass_days(1.1)
    world.imports()
    world.service.put(ANN, SUBSCRIBED)
    assert "found done" not in world.imports().counts
    assert [one[:3] for one in service_entries(world, ANN)] == [("service", "absent", "subscribed")]


def test_somebody_who_left_by_herself_before_anything_was_sent_is_not_taken_for_our_doing(
    world: Any, begin: Any
) -> None:
    begin(world, WriteKind.WITHDRAW)
    kill_before(world, "fields")
    world.service.put(ANN, UNSUBSCRIBED)
    world.imports()
    assert [one[:3] for one in service_entries(world, ANN)][-1] == ("service", "subscribed", "unsubscribed")


def test_an_answer_that_was_lost_on_the_way_is_the_same(
    world: Any, begin: Any, paperboy: Any, monkeypatch: Any
) -> None:
    begin(world, WriteKind.CREATE)
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


def test_two_runs_that_were_killed_in_a_row_make_one_entry(world: Any, begin: Any, kill: Any) -> None:
    begin(world, WriteKind.CREATE)
    kill_before(world, WriteKind.CREATE)
    kill(world, WriteKind.CREATE)
    world.imports()
    world.exports()
    assert [one[:3] for one in service_entries(world, ANN)] == [("rundbrief", "absent", "subscribed")]
