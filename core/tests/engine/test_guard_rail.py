"""The guard rail: a run that would take away too many consents stops before it writes."""

from collections.abc import Callable
from typing import Any

import pytest

from rundbrief.errors import GuardRail
from rundbrief.models import OptIn, SubscriberStatus

YES, NO = OptIn.YES, OptIn.NO
UNSUBSCRIBED = SubscriberStatus.UNSUBSCRIBED


def address(number: int) -> str:
    return f"p{number:03}@example.org"


@pytest.fixture
def subscribed(make_world: Callable[..., Any]) -> Callable[[int], Any]:
    """Return a world with so many imported subscribers."""

    def subscribed(count: int) -> Any:
        world = make_world()
        for number in range(count):
            world.service.put(address(number))
        world.imports()
        return world

    return subscribed


def tables(world: Any, *names: str) -> dict[str, list[Any]]:
    return {key: rows for key, rows in world.files().items() if key.endswith(names)}


WRITTEN = ("contacts", "opt_ins", "recipients", "links", "journal", "sent")


class TestImport:
    def leave(self, world: Any, count: int) -> None:
        for number in range(count):
            world.service.put(address(number), UNSUBSCRIBED)

    def test_too_many_withdrawals_stop_it_before_it_writes(self, subscribed: Callable[[int], Any]) -> None:
        world = subscribed(30)
        before = tables(world, *WRITTEN)
        self.leave(world, 21)
        with pytest.raises(GuardRail, match=r"21 of 30 opt-ins; 20 are allowed \(10%, at least 20\)") as caught:
            world.imports()
        assert tables(world, *WRITTEN) == before
        assert "--allow-withdrawals" in caught.value.hint

    def test_it_stops_again_until_it_is_allowed_and_then_goes_on(self, subscribed: Callable[[int], Any]) -> None:
        world = subscribed(30)
        self.leave(world, 21)
        for _ in range(2):
            with pytest.raises(GuardRail):
                world.imports()
        world.imports(allow_withdrawals=True)
        assert list(world.everybody().values()).count(NO) == 21

    def test_twenty_are_always_allowed(self, subscribed: Callable[[int], Any]) -> None:
        world = subscribed(21)
        self.leave(world, 20)
        world.imports()
        assert list(world.everybody().values()).count(NO) == 20

    def test_an_emptied_list_stops_a_full_read(self, subscribed: Callable[[int], Any]) -> None:
        world = subscribed(25)
        world.service.members.clear()
        with pytest.raises(GuardRail):
            world.imports(full=True)
        assert set(world.everybody().values()) == {YES}

    def test_opt_outs_that_the_crm_has_already_do_not_count(self, subscribed: Callable[[int], Any]) -> None:
        world = subscribed(30)
        for number in range(25):
            world.say(world.contact(address(number)).id, NO)
        self.leave(world, 25)
        world.imports()
        assert list(world.everybody().values()).count(NO) == 25

    def test_opt_outs_of_strangers_do_not_count(self, make_world: Callable[..., Any]) -> None:
        world = make_world()
        self.leave(world, 50)
        world.imports()
        assert world.everybody() == {}

    def test_a_first_import_counts_what_the_crm_would_lose(self, make_world: Callable[..., Any]) -> None:
        world = make_world()
        for number in range(30):
            world.add(address(number), YES)
        self.leave(world, 30)
        with pytest.raises(GuardRail):
            world.imports()
        assert set(world.everybody().values()) == {YES}


class TestExport:
    def withdraw(self, world: Any, count: int) -> None:
        for number in range(count):
            world.say(world.contact(address(number)).id, NO)

    def test_too_many_withdrawals_stop_it_before_it_writes(self, subscribed: Callable[[int], Any]) -> None:
        world = subscribed(30)
        self.withdraw(world, 21)
        world.add("new@example.org", YES)
        before = tables(world, *WRITTEN)
        with pytest.raises(GuardRail, match="export of Paperboy, list Customers would take away 21 of 30"):
            world.exports()
        assert tables(world, *WRITTEN) == before
        assert world.service.written == []

    def test_it_goes_on_when_it_is_allowed(self, subscribed: Callable[[int], Any]) -> None:
        world = subscribed(30)
        self.withdraw(world, 21)
        with pytest.raises(GuardRail):
            world.exports()
        world.exports(allow_withdrawals=True)
        assert len(world.service.written) == 21
        assert sum(one.status is UNSUBSCRIBED for one in world.service.members.values()) == 21

    def test_the_run_is_on_record_as_stopped(self, subscribed: Callable[[int], Any]) -> None:
        world = subscribed(30)
        self.withdraw(world, 21)
        with pytest.raises(GuardRail):
            world.exports()
        with world.workspace.store.transaction() as transaction:
            (run,) = transaction.runs.latest(1)
        assert (run.kind, run.state) == ("export", "stopped")
        assert "21 of 30" in run.message

    def test_the_share_can_be_configured(self, subscribed: Callable[[int], Any]) -> None:
        world = subscribed(30)
        world.open(max_withdrawals=0.8)
        self.withdraw(world, 21)
        world.exports()
        assert len(world.service.written) == 21
