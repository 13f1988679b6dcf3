"""The state machine: acts and runs in any order, the rules checked after each, and rest at the end."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from machine.acts import Act, acts
from machine.world import FAULTS, Kind, Trouble, World

__all__ = ["ConsentMachine"]

INSTANTS = st.integers(1, 14)


def troubles() -> st.SearchStrategy[Trouble]:
    return st.one_of(
        st.just(Trouble()),
        st.builds(Trouble, act_at=INSTANTS, act=acts()),
        st.builds(Trouble, kill_at=INSTANTS),
        st.builds(Trouble, kill_at=INSTANTS, act_at=INSTANTS, act=acts()),
        st.builds(
            Trouble,
            fault=st.sampled_from(sorted(FAULTS)),
            fault_skips=st.integers(0, 5),
            fault_times=st.sampled_from([1, 100]),
            act_at=INSTANTS,
            act=acts(),
        ),
    )


class ConsentMachine(RuleBasedStateMachine):
    """Two lists, one of them with double opt-in; four addresses; any number of contacts."""

    def __init__(self) -> None:
        super().__init__()
        self.world: World | None = None

    @initialize(
        reconsent=st.sampled_from(["hold", "hold", "confirm"]),
        withdrawals=st.sampled_from(["push", "push", "report"]),
        imported=st.booleans(),
    )
    def begin(self, reconsent: str, withdrawals: str, imported: bool) -> None:
        self.world = World(reconsent=reconsent, withdrawals=withdrawals)
        if imported:
            for list_id in self.world.lists:
                self.world.run("import", list_id, Trouble())

    @rule(act=acts())
    def somebody_acts(self, act: Act) -> None:
        assert self.world is not None
        self.world.tick()
        act(self.world)
        self.world.check()

    @rule(
        kind=st.sampled_from(["import", "export", "sync"]),
        number=st.sampled_from([0, 0, 1]),
        full=st.booleans(),
        trouble=troubles(),
    )
    def run_goes(self, kind: Kind, number: int, full: bool, trouble: Trouble) -> None:
        assert self.world is not None
        self.world.tick()
        self.world.run(kind, self.world.lists[number], trouble, full=full)

    @rule(days=st.sampled_from([0.01, 1, 8]))
    def time_passes(self, days: float) -> None:
        assert self.world is not None
        self.world.tick(days * 86_400)

    @precondition(lambda self: any(one.completed_at is None for one in self.world.service.batches))
    @rule()
    def batches_are_worked_off(self) -> None:
        """Mailchimp carries out what a killed run had handed in."""
        assert self.world is not None
        self.world.service.work_off_batches()
        self.world.check()

    def teardown(self) -> None:
        if self.world is None:
            return
        try:
            if not self.failed:
                self.world.come_to_rest()
        finally:
            self.world.close()

    @property
    def failed(self) -> bool:
        """A rule was broken already: rest would only hide where."""
        world: Any = self.world
        return bool(world.service.broken or world.watcher.broken)
