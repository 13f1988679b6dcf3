"""Dry runs: they say exactly what a real run will do, and leave everything as it is."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from rundbrief.engine import RunReport
from rundbrief.errors import GuardRail
from rundbrief.models import OptIn, SubscriberStatus

YES, NO, UNKNOWN = OptIn.YES, OptIn.NO, OptIn.UNKNOWN


@pytest.fixture
def busy(world: Any) -> Any:
    """A world where an import and an export have something of everything to do."""
    for name in ("stays", "leaves", "withdraws", "moves", "edited", "vanishes", "shared"):
        world.service.put(f"{name}@example.org", FNAME=name)
    world.imports()
    world.service.put("stranger@example.org", SubscriberStatus.UNSUBSCRIBED)
    world.service.put("fresh@example.org", FNAME="fresh")
    world.service.put("leaves@example.org", SubscriberStatus.UNSUBSCRIBED)
    world.service.delete("vanishes@example.org")
    world.say(world.contact("withdraws@example.org").id, NO)
    world.crm.edit(world.contact("moves@example.org").id, email="moved@example.org")
    world.crm.edit(world.contact("edited@example.org").id, fields={"first_name": "Eddie"})
    world.add("shared@example.org")
    world.add("new@example.org", YES, first_name="New")
    world.add("stranger@example.org", YES)
    world.add("nobody@example.org")
    world.add(None, YES)
    return world


def foreseen(report: RunReport) -> Counter[tuple[str, str, str]]:
    return Counter((one.address, one.result, one.reason) for one in report.lines)


def done(world: Any, report: RunReport) -> Counter[tuple[str, str, str]]:
    return Counter((one.address, one.result, one.reason) for one in world.lines(report))


@pytest.mark.parametrize("run", ["imports", "exports", "syncs"])
class TestDryRun:
    def test_it_leaves_state_crm_and_service_untouched(self, busy: Any, run: str) -> None:
        files, members = busy.files(), dict(busy.service.members)
        report = getattr(busy, run)(dry_run=True, full=True)
        assert report.dry_run
        assert busy.files() == files
        assert (busy.service.members, busy.service.written) == (members, [])

    @pytest.mark.parametrize("full", [True, False])
    def test_it_foresees_what_the_real_run_does(self, busy: Any, run: str, full: bool) -> None:
        dry = getattr(busy, run)(dry_run=True, full=full)
        real = getattr(busy, run)(full=full)
        assert foreseen(dry) == done(busy, real)
        assert dry.tally == real.tally
        assert dry.counts == real.counts

    def test_afterwards_there_is_nothing_left_to_foresee(self, busy: Any, run: str) -> None:
        getattr(busy, run)(full=True)
        if run == "imports":
            assert getattr(busy, run)(dry_run=True, full=True).tally == {}
        else:
            busy.exports()
            assert {one.result for one in getattr(busy, run)(dry_run=True).lines} == {"held"}


def test_the_guard_rail_stands_in_the_way_of_a_dry_run_too(make_world: Callable[..., Any]) -> None:
    world = make_world()
    for number in range(30):
        world.service.put(f"p{number}@example.org")
    world.imports()
    for number in range(30):
        world.say(world.contact(f"p{number}@example.org").id, NO)
    with pytest.raises(GuardRail):
        world.exports(dry_run=True)
