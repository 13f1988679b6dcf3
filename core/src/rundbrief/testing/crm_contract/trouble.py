"""Trouble at every single request of a look at the CRM, or of a write; and what may come of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rundbrief.crm import Crm
from rundbrief.errors import RundbriefError, TryLater
from rundbrief.models import OptIn, OptInChange, OptInField, Selection
from rundbrief.testing.contract.rules import expect
from rundbrief.testing.crm_contract.bench import CrmBench
from rundbrief.testing.faults import Fault

__all__ = [
    "FOREVER",
    "Plan",
    "attempts",
    "expect_told",
    "look",
    "looks",
    "plans",
    "requests_of",
    "settle",
]

FOREVER = 1_000_000
"""More requests than anybody sends until her patience is at its end."""

SOME = 3
"""So many writes that a plugin may send them together, or side by side."""


KNOWN = ["known1@example.net", "known2@example.net"]
"""The addresses that a look asks for."""

# --- looking ----------------------------------------------------------------------------------------------


def _contacts(crm: Crm) -> object:
    return [
        (one.id, one.email, {key: opt_in.value for key, opt_in in one.opt_ins.items()})
        for one in crm.contacts(Selection())
    ]


def _by_addresses(crm: Crm) -> object:
    found = crm.by_addresses(KNOWN)
    return {key: [one.id for one in there] for key, there in found.items()}


READS: Sequence[Callable[[Crm], object]] = (
    _contacts,
    lambda crm: crm.count(Selection()),
    _by_addresses,
    lambda crm: sorted((one.key, one.label) for one in crm.opt_in_fields()),
    lambda crm: sorted((one.key, one.label) for one in crm.fields()),
    lambda crm: sorted((one.id, one.name, one.participants) for one in crm.campaigns()),
)


@dataclass(slots=True)
class Look:
    """What was seen of everything that can be seen, up to the trouble that ended it."""

    seen: list[object]
    error: RundbriefError | None = None

    def is_part_of(self, whole: "Look") -> bool:
        """Tell whether what was seen is right, as far as it goes."""
        return self.seen == whole.seen[: len(self.seen)]


def look(crm: Crm) -> Look:
    """Read everything that can be read; the first trouble ends it, as it would end a run."""
    found = Look([])
    for read in READS:
        try:
            found.seen.append(read(crm))
        except RundbriefError as error:
            found.error = error
            break
    return found


def looks(bench: CrmBench, fault: Fault, *, times: int = 1) -> Iterator[Look]:
    """Look as often as that takes requests; each time another one meets the fault.

    What was seen has to be right in any case. It is complete when no error has ended it.
    """
    if not bench.users.contacts():
        people = [bench.users.add_contact(one) for one in KNOWN] + bench.contacts(3)
        bench.users.set_opt_in(people[0], bench.opt_in_field().key, OptIn.YES)
        bench.users.add_campaign("Spring", people[:2])
    bench.service.requests.reset()
    calm = look(bench.open(bench.new_folder()))
    for number in range(len(bench.service.requests)):
        bench.service.faults.add(fault, skip=number, times=times)
        found = look(bench.open(bench.new_folder()))
        is_met = bench.service.faults.clear()
        expect(found.is_part_of(calm), "A look that saw only a part of all was told as complete.")
        if is_met:
            yield found


# --- writing ----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Plan:
    """What a host has decided on, and what came of it."""

    what: str
    """`set` or `create`."""
    opt_in: OptInField
    addresses: Sequence[str]
    ids: Sequence[str] = ()
    """Of the contacts whose opt-in is to be set; of those made, when that has worked."""
    unmade: Sequence[OptInChange] = ()
    error: RundbriefError | None = None

    def carry_out(self, bench: CrmBench, crm: Crm) -> None:
        """Write, up to the trouble that ends it."""
        try:
            if self.what == "create":
                self.ids = crm.create_contacts([bench.new_contact(one, self.opt_in) for one in self.addresses])
            else:
                self.unmade = crm.set_opt_ins([bench.change(one, self.opt_in) for one in self.ids])
        except RundbriefError as error:
            self.error = error

    def is_done(self, bench: CrmBench) -> bool:
        """Tell whether each address has exactly one contact, with the opt-in."""
        held = bench.users.contacts()
        found = [bench.held_with(one) for one in self.addresses]
        return all(len(ids) == 1 and held[ids[0]].opt_ins.get(self.opt_in.key) is OptIn.YES for ids in found)


def plans(bench: CrmBench) -> Iterator[Plan]:
    """Decide on one write of each kind."""
    opt_in = bench.opt_in_field()
    yield Plan("create", opt_in, [bench.somebody() for _ in range(SOME)])
    addresses = [bench.somebody() for _ in range(SOME)]
    yield Plan("set", opt_in, addresses, [bench.users.add_contact(one) for one in addresses])


def requests_of(bench: CrmBench) -> dict[str, int]:
    """Return how many requests a write of each kind takes when all goes well."""
    counts = {}
    for plan in plans(bench):
        crm = bench.open()
        bench.service.requests.reset()
        plan.carry_out(bench, crm)
        counts[plan.what] = len(bench.service.requests)
    return counts


def attempts(bench: CrmBench, fault: Fault, *, times: int = 1) -> Iterator[Plan]:
    """Write as often as that takes requests; each time another one meets the fault."""
    for what, requests in requests_of(bench).items():
        for number in range(requests):
            [plan] = [one for one in plans(bench) if one.what == what]
            crm = bench.open()
            bench.service.faults.add(fault, skip=number, times=times)
            plan.carry_out(bench, crm)
            if bench.service.faults.clear():
                yield plan


# --- what may come of it ----------------------------------------------------------------------------------


def expect_told(error: RundbriefError | None, expected: type[TryLater] = TryLater) -> None:
    """The CRM's refusal to work reached the host as what it is."""
    expect(error, "The CRM did not work, and nothing was said.")
    expect(isinstance(error, expected), f"It was told as {type(error).__name__}, not as {expected.__name__}.")


def settle(bench: CrmBench, plan: Plan) -> None:
    """See that what was told is true, and that the next run can bring it to its end."""
    if plan.error is None:
        is_true = plan.is_done(bench) or bool(plan.unmade)
        expect(is_true, f"A {plan.what} was told as done, and is not.")
    crm = bench.open()
    if plan.what == "create":
        crm.create_contacts([bench.new_contact(one, plan.opt_in) for one in plan.addresses])
    else:
        now = {one: there.opt_in(plan.opt_in.key).value for one, there in crm.by_ids(plan.ids).items()}
        todo = [
            bench.change(one, plan.opt_in, expected=value) for one, value in now.items() if value is not OptIn.YES
        ]
        expect(not crm.set_opt_ins(todo), "The next run cannot make the changes that this one could not.")
    doubled = [one for one in plan.addresses if len(bench.held_with(one)) > 1]
    expect(not doubled, f"{len(doubled)} of {len(plan.addresses)} new subscribers have two contacts.")
    expect(plan.is_done(bench), f"The next run does not bring a {plan.what} to its end.")
