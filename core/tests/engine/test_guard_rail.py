"""The guard rail: a run that would take away too many consents stops before it writes."""

from collections.abc import Callable
from typing import Any

import pytest

from rundbrief.engine import Silent, StopSignal, growth, importing
from rundbrief.errors import GuardRail, Interrupted
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

    def test_what_was_taken_in_before_is_told(self, subscribed: Callable[[int], Any]) -> None:
        world = subscribed(40)
        self.withdraw(world, 21)
        world.service.put(address(30), UNSUBSCRIBED)
        with pytest.raises(GuardRail, match="Nothing was sent there; one change from there had been taken into"):
            world.exports()
        assert world.opt_in(address(30)) is NO
        assert world.service.written == []
        with pytest.raises(GuardRail, match="Nothing was written"):
            world.exports()

    def test_the_share_can_be_configured(self, subscribed: Callable[[int], Any]) -> None:
        world = subscribed(30)
        world.open(max_withdrawals=0.8)
        self.withdraw(world, 21)
        world.exports()
        assert len(world.service.written) == 21


@pytest.fixture
def ten_may_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of a hundred, which would take a while to make."""
    monkeypatch.setattr(growth, "USUAL_ADDITIONS", 10)


class StopsWhenItWrites(Silent):
    """Somebody presses Ctrl-C when the first contacts have been written."""

    def __init__(self, stop: StopSignal) -> None:
        self._stop = stop
        self._title = ""

    def phase(self, title: str, total: int | None) -> None:
        self._title = title

    def advance(self, count: int) -> None:
        if self._title.startswith("Updating"):
            self._stop.set()


class TestAdditionsAtTheService:
    """Strangers in great number: another account behind the same connection, or the same list."""

    pytestmark = pytest.mark.usefixtures("ten_may_come")

    def sign_up(self, world: Any, count: int, name: str = "stranger") -> None:
        for number in range(count):
            world.service.put(f"{name}{number:03}@example.org")

    def test_many_strangers_stop_an_import_before_it_writes(self, subscribed: Callable[[int], Any]) -> None:
        world = subscribed(12)
        before = tables(world, *WRITTEN)
        self.sign_up(world, 11)
        with pytest.raises(GuardRail, match=r"11 opt-ins that are new to .* where 12 are in step") as caught:
            world.imports()
        assert "10 are allowed at once (50%, at least 10)" in str(caught.value)
        assert "--allow-additions" in caught.value.hint
        assert tables(world, *WRITTEN) == before

    def test_it_stops_again_until_it_is_allowed_and_then_goes_on(self, subscribed: Callable[[int], Any]) -> None:
        world = subscribed(12)
        self.sign_up(world, 11)
        for options in ({}, {"full": True}, {"allow_withdrawals": True}):
            with pytest.raises(GuardRail):
                world.imports(**options)
        with pytest.raises(GuardRail):
            world.exports()
        world.imports(allow_additions=True)
        assert list(world.everybody().values()).count(YES) == 23

    def test_a_full_read_of_everybody_known_is_no_addition(self, subscribed: Callable[[int], Any]) -> None:
        world = subscribed(24)
        world.imports(full=True)
        self.sign_up(world, 12)
        world.imports(full=True)
        assert len(world.everybody()) == 36

    def test_whoever_is_asked_for_the_first_time_is_not_counted(self, make_world: Callable[..., Any]) -> None:
        world = make_world()
        self.sign_up(world, 15)
        world.imports()
        assert len(world.everybody()) == 15

    def test_a_first_import_that_was_cut_off_goes_on(
        self, make_world: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world = make_world()
        self.sign_up(world, 15)
        monkeypatch.setattr(importing, "PAGE", 2)
        with pytest.raises(Interrupted):
            world.imports(progress=StopsWhenItWrites(world.workspace.stop))
        assert 0 < len(world.everybody()) < 15
        world.open()
        world.imports()
        assert len(world.everybody()) == 15

    def test_the_share_can_be_configured(self, subscribed: Callable[[int], Any]) -> None:
        world = subscribed(21)
        world.open(max_additions=0.1)
        self.sign_up(world, 11)
        with pytest.raises(GuardRail, match="10%"):
            world.imports()


class TestAdditionsInTheCrm:
    """A sudden yes of many: a column has slipped, or a filter has set the field."""

    pytestmark = pytest.mark.usefixtures("ten_may_come")

    def opt_in(self, world: Any, count: int) -> None:
        for number in range(count):
            world.add(f"new{number:03}@example.org", YES)

    def test_many_of_them_stop_an_export_before_it_sends(self, subscribed: Callable[[int], Any]) -> None:
        world = subscribed(12)
        world.exports()
        self.opt_in(world, 11)
        before = tables(world, *WRITTEN)
        with pytest.raises(GuardRail, match=r"would get 11 people that are new .* None of them was written"):
            world.exports()
        assert tables(world, *WRITTEN) == before
        assert world.service.written == []
        world.exports(allow_additions=True)
        assert len(world.service.written) == 11

    def test_a_first_export_is_as_large_as_it_is(self, subscribed: Callable[[int], Any]) -> None:
        world = subscribed(12)
        self.opt_in(world, 15)
        world.exports()
        assert len(world.service.written) == 15

    def test_a_dry_run_is_no_first_export(self, subscribed: Callable[[int], Any]) -> None:
        world = subscribed(12)
        self.opt_in(world, 15)
        world.exports(dry_run=True)
        world.exports()
        assert len(world.service.written) == 15

    def test_another_crm_under_the_same_ids_moves_nobody(self, subscribed: Callable[[int], Any]) -> None:
        """Contact 7 is somebody else there: a consent must not go over to her."""
        world = subscribed(30)
        world.exports()
        for number in range(21):
            world.crm.edit(world.contact(address(number)).id, email=f"someone{number}@example.org")
        with pytest.raises(GuardRail, match="21 of 30"):
            world.exports()
        assert world.service.written == []
