"""Contacts that were deleted in the CRM: reported, and unsubscribed only when that is asked for."""

from typing import Any

import pytest

from rundbrief.errors import GuardRail
from rundbrief.models import OptIn, Reason, Result, Selection, SubscriberStatus, WriteKind

YES = OptIn.YES
ANN, BOB = "ann@example.org", "bob@example.org"
HELD = (Result.HELD, Reason.DELETED_IN_CRM)


@pytest.fixture
def orphaned(world: Any) -> Any:
    """A world in which Bob is still there, and Ann's contact was deleted."""
    for address in (ANN, BOB):
        world.service.put(address)
    world.imports()
    world.crm.delete(world.contact(ANN).id)
    return world


def test_a_deleted_contact_is_reported_by_every_export_and_left_alone(orphaned: Any) -> None:
    for _ in range(2):
        assert orphaned.outcomes(orphaned.exports()) == {ANN: HELD}
    assert orphaned.service.written == []


def test_it_is_unsubscribed_once_when_asked(orphaned: Any) -> None:
    report = orphaned.exports(prune=True, allow_withdrawals=True)
    assert orphaned.outcomes(report) == {ANN: (Result.DONE, Reason.DELETED_IN_CRM)}
    assert orphaned.service.writes() == [(WriteKind.WITHDRAW, ANN)]
    assert orphaned.service.status(ANN) is SubscriberStatus.UNSUBSCRIBED
    assert orphaned.outcomes(orphaned.syncs(prune=True)) == {}
    assert orphaned.changes(ANN)[-1] == ("service", "rundbrief", "subscribed", "unsubscribed")


def test_a_dry_run_tells_and_does_not(orphaned: Any) -> None:
    report = orphaned.exports(prune=True, dry_run=True)
    assert report.tally == {(Result.DONE, Reason.DELETED_IN_CRM): 1}
    assert orphaned.service.written == []


def test_the_guard_rail_stands_before_it(make_world: Any) -> None:
    world = make_world()
    for number in range(30):
        world.service.put(f"p{number:02}@example.org")
    world.imports()
    for number in range(25):
        world.crm.delete(world.contact(f"p{number:02}@example.org").id)
    with pytest.raises(GuardRail):
        world.exports(prune=True)
    assert world.service.written == []


def test_an_export_of_some_says_nothing_of_the_others(orphaned: Any) -> None:
    bob = orphaned.contact(BOB).id
    assert orphaned.outcomes(orphaned.exports(Selection((bob,)), prune=True)) == {}
    assert orphaned.service.written == []


def test_a_contact_that_only_lost_its_address_was_not_deleted(orphaned: Any) -> None:
    orphaned.crm.edit(orphaned.contact(BOB).id, email="")
    assert BOB not in orphaned.outcomes(orphaned.exports(prune=True))
    assert orphaned.service.status(BOB) is SubscriberStatus.SUBSCRIBED


def test_whoever_is_in_the_crm_again_is_no_orphan(orphaned: Any) -> None:
    orphaned.add(ANN, YES)
    assert orphaned.outcomes(orphaned.exports(prune=True)) == {}
    assert orphaned.service.written == []
