"""The state machine: acts and runs in any order, the rules checked after each, and rest at the end."""

import sys
from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from machine.acts import ADDRESSES, COUPLE, CROWD, Act, acts, sign_up
from machine.services import MAILCHIMP, Service
from machine.troubles import Trouble, kills, troubles
from machine.world import RunKind, World

__all__ = ["ConsentMachine", "CrowdedMachine", "EverywhereMachine", "KilledMachine"]


class ConsentMachine(RuleBasedStateMachine):
    """Two lists, one of them with double opt-in where there is such a thing; four addresses; any contacts."""

    services: ClassVar[Sequence[Service]] = (MAILCHIMP,)
    crm = "local"
    guarded = False
    people: ClassVar[Sequence[str]] = ADDRESSES
    lists: ClassVar[Sequence[int]] = (0, 0, 0, 1)
    """The numbers of the lists that runs are for, the usual more often."""

    withdrawals: ClassVar[Sequence[str]] = ("push", "push", "report")
    address_changes: ClassVar[Sequence[str]] = ("move", "move", "confirm", "hold")

    acts = acts()
    """What people may do; a subclass may know fewer acts, never other ones."""
    troubles = troubles(acts)
    tally: ClassVar[Counter[str]] = Counter()
    """Of everything that happens in all examples."""

    def __init__(self) -> None:
        super().__init__()
        self.world: World | None = None

    @initialize(
        reconsent=st.sampled_from(["hold", "hold", "confirm"]),
        withdrawals=st.runner().flatmap(lambda machine: st.sampled_from(machine.withdrawals)),
        address_change=st.runner().flatmap(lambda machine: st.sampled_from(machine.address_changes)),
        members=st.runner().flatmap(lambda machine: st.sets(st.sampled_from(machine.people))),
        imported=st.booleans(),
    )
    def begin(
        self, reconsent: str, withdrawals: str, address_change: str, members: set[str], imported: bool
    ) -> None:
        policies = {"reconsent": reconsent, "withdrawals": withdrawals, "address_change": address_change}
        self.world = World(self.services, policies, crm=self.crm, guarded=self.guarded, tally=self.tally)
        for address in sorted(members):
            for number in range(0, len(self.world.lists), 2):
                sign_up(self.world, number, address)
        if imported:
            for one in self.world.lists:
                self.world.run("import", one, Trouble())

    @rule(
        acts=st.lists(st.runner().flatmap(lambda machine: machine.acts), max_size=3),
        kind=st.sampled_from(["sync", "import", "export"]),
        number=st.runner().flatmap(lambda machine: st.sampled_from(machine.lists)),
        full=st.booleans(),
        trouble=st.runner().flatmap(lambda machine: machine.troubles),
    )
    def life_goes_on(self, acts: list[Act], kind: RunKind, number: int, full: bool, trouble: Trouble) -> None:
        """People do a few things, and somebody lets rundbrief run."""
        assert self.world is not None
        self.tally["rules"] += 1
        for one in acts:
            self.tally["acts between runs"] += 1
            self.world.tick()
            one(self.world)
        self.world.tick()
        self.world.run(kind, self.world.lists[number], trouble, full=full)

    @precondition(
        lambda self: self.world and any(one.service.has_waiting(one.sandbox) for one in self.world.sides)
    )
    @rule()
    def waiting_work_is_done(self) -> None:
        """The services carry out what a killed run had handed in."""
        assert self.world is not None
        self.tally["rules"] += 1
        for side in self.world.sides:
            side.witness.work_off()
        self.world.check()

    def teardown(self) -> None:
        if self.world is None:
            return
        try:
            # After a broken rule, or a draw that Hypothesis gave up, rest would tell nothing.
            if sys.exc_info()[0] is None:
                self.world.come_to_rest()
                self.tally["examples"] += 1
        finally:
            self.world.close()


class CrowdedMachine(ConsentMachine):
    """Ten addresses, for small pages."""

    people = CROWD
    acts = acts(people=CROWD)
    troubles = troubles(acts)


class KilledMachine(ConsentMachine):
    """Two addresses, one list, and runs that are killed when they have just done something, again and again."""

    people = COUPLE
    lists = (0,)
    acts = acts(people=COUPLE, lists=(0,))
    troubles = kills(acts)


class EverywhereMachine(ConsentMachine):
    """Two connections; whoever leaves one of them leaves both, unless the example says otherwise."""

    lists = (0, 0, 2, 2, 1, 3)
    withdrawals = ("everywhere", "everywhere", "everywhere", "push")
    acts = acts(lists=lists)
    troubles = troubles(acts)
