"""The state machine: acts and runs in any order, the rules checked after each, and rest at the end."""

import sys

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from machine.acts import ADDRESSES, Act, acts, sign_up
from machine.services import MAILCHIMP
from machine.world import FAULTS, Kind, Trouble, World

__all__ = ["ConsentMachine"]

INSTANTS = st.integers(1, 14)


def troubles(acts: st.SearchStrategy[Act]) -> st.SearchStrategy[Trouble]:
    return st.one_of(
        st.just(Trouble()),
        st.just(Trouble()),
        st.builds(Trouble, act_at=INSTANTS, act=acts),
        st.builds(Trouble, kill_at=INSTANTS),
        st.builds(Trouble, kill_at=INSTANTS, act_at=INSTANTS, act=acts),
        st.builds(
            Trouble,
            fault=st.sampled_from(sorted(FAULTS)),
            fault_skips=st.integers(0, 5),
            fault_times=st.sampled_from([1, 100]),
            act_at=INSTANTS,
            act=acts,
        ),
    )


class ConsentMachine(RuleBasedStateMachine):
    """Two lists, one of them with double opt-in where there is such a thing; four addresses; any contacts."""

    service = MAILCHIMP
    crm = "local"
    guarded = False

    address_changes = ("move", "move", "confirm", "hold")

    acts = acts()
    """What people may do; a subclass may know fewer acts, never other ones."""
    troubles = troubles(acts)

    def __init__(self) -> None:
        super().__init__()
        self.world: World | None = None

    @initialize(
        reconsent=st.sampled_from(["hold", "hold", "confirm"]),
        withdrawals=st.sampled_from(["push", "push", "report"]),
        address_change=st.runner().flatmap(lambda machine: st.sampled_from(machine.address_changes)),
        members=st.sets(st.sampled_from(ADDRESSES)),
        imported=st.booleans(),
    )
    def begin(
        self, reconsent: str, withdrawals: str, address_change: str, members: set[str], imported: bool
    ) -> None:
        policies = {"reconsent": reconsent, "withdrawals": withdrawals, "address_change": address_change}
        self.world = World(self.service, policies, crm=self.crm, guarded=self.guarded)
        for address in sorted(members):
            sign_up(self.world, 0, address)
        if imported:
            for list_id in self.world.lists:
                self.world.run("import", list_id, Trouble())

    @rule(
        acts=st.lists(st.runner().flatmap(lambda machine: machine.acts), max_size=3),
        kind=st.sampled_from(["sync", "import", "export"]),
        number=st.sampled_from([0, 0, 0, 1]),
        full=st.booleans(),
        trouble=st.runner().flatmap(lambda machine: machine.troubles),
    )
    def life_goes_on(self, acts: list[Act], kind: Kind, number: int, full: bool, trouble: Trouble) -> None:
        """People do a few things, and somebody lets rundbrief run."""
        assert self.world is not None
        for one in acts:
            self.world.tick()
            one(self.world)
        self.world.tick()
        self.world.run(kind, self.world.lists[number], trouble, full=full)

    @precondition(lambda self: self.service.has_waiting(self.world.sandbox))
    @rule()
    def waiting_work_is_done(self) -> None:
        """The service carries out what a killed run had handed in."""
        assert self.world is not None
        self.world.witness.work_off()
        self.world.check()

    def teardown(self) -> None:
        if self.world is None:
            return
        try:
            # After a broken rule, or a draw that Hypothesis gave up, rest would tell nothing.
            if sys.exc_info()[0] is None:
                self.world.come_to_rest()
        finally:
            self.world.close()
