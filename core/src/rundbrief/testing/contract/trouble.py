"""Trouble at every single request of a read or a write, and what may be told of it afterwards."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rundbrief.errors import RundbriefError, TryLater
from rundbrief.models import (
    ContactWrite,
    MailingList,
    Outcome,
    Reason,
    Result,
    SubscriberStatus,
    WriteKind,
)
from rundbrief.testing.contract.bench import Bench
from rundbrief.testing.contract.reading import pages_of
from rundbrief.testing.contract.rules import expect
from rundbrief.testing.contract.told import Reading
from rundbrief.testing.faults import Fault

__all__ = [
    "FOREVER",
    "SOME",
    "Attempt",
    "Plan",
    "attempts",
    "expect_all_done",
    "expect_complete",
    "expect_honest_outcomes",
    "expect_honest_reading",
    "expect_no_quiet_end",
    "kinds",
    "plan",
    "readings",
    "requests_of",
]

FOREVER = 1_000_000
"""More requests than anybody sends until her patience is at its end."""

SOME = 5
"""So many writes that a provider does not send them one by one."""

_KINDS = (WriteKind.CREATE, WriteKind.UPDATE, WriteKind.WITHDRAW)


@dataclass(frozen=True, slots=True)
class Plan:
    """A batch that a host has decided on."""

    kind: WriteKind
    mailing_list: MailingList
    writes: Sequence[ContactWrite]

    def is_done(self, bench: Bench, write: ContactWrite) -> bool:
        """Tell what has become of a write at the service itself."""
        held = bench.held(self.mailing_list, write.address)
        match self.kind:
            case WriteKind.CREATE:
                return held is not None
            case WriteKind.UPDATE:
                return held is not None and all(
                    held.fields.get(key) == value for key, value in write.fields.items()
                )
            case _:
                return held is None or held.status is not SubscriberStatus.SUBSCRIBED


@dataclass(frozen=True, slots=True)
class Attempt:
    """A plan, and what the provider told of it."""

    plan: Plan
    outcomes: dict[str, Outcome]
    error: RundbriefError | None


def kinds(bench: Bench) -> Sequence[WriteKind]:
    """Return the kinds of writes, of the three that every service should have, that this one has."""
    return [kind for kind in _KINDS if kind in bench.provider.info.batch_sizes]


def plan(bench: Bench, kind: WriteKind, people: int = SOME) -> Plan:
    """Decide on a batch: of a create nobody is there yet; of the others everybody is subscribed."""
    mailing_list = bench.add_list()
    if kind is WriteKind.CREATE:
        addresses = [bench.somebody() for _ in range(people)]
    else:
        addresses = bench.signed_up(mailing_list, people)
    fields = dict.fromkeys(bench.text_fields(mailing_list)[:1], "Jördis") if kind is not WriteKind.WITHDRAW else {}
    join = kind is WriteKind.UPDATE and bench.is_account_wide
    return Plan(kind, mailing_list, bench.writes(addresses, mailing_list, fields=fields, join=join))


def requests_of(bench: Bench, kind: WriteKind, people: int = SOME) -> int:
    """Return how many requests a batch takes when all goes well."""
    calm = plan(bench, kind, people)
    bench.sandbox.requests.reset()
    bench.export(calm.mailing_list, kind, calm.writes)
    return len(bench.sandbox.requests)


# --- meeting it -------------------------------------------------------------------------------------------


def readings(bench: Bench, fault: Fault, *, times: int = 1) -> Iterator[tuple[MailingList, Reading]]:
    """Read a list of two pages as often as that takes requests; each time another one meets the fault."""
    mailing_list = bench.add_list()
    bench.sandbox.seed(mailing_list.id, pages_of(bench, 2))
    bench.read(mailing_list, session=bench.connect())
    bench.sandbox.requests.reset()
    bench.read(mailing_list, session=bench.connect())
    for number in range(len(bench.sandbox.requests)):
        bench.sandbox.faults.add(fault, skip=number, times=times)
        reading = bench.try_reading(mailing_list, session=bench.connect())
        if bench.sandbox.faults.clear():
            yield mailing_list, reading


def attempts(bench: Bench, fault: Fault, *, times: int = 1) -> Iterator[Attempt]:
    """Write batches of each kind as often as that takes requests; each time another one meets the fault."""
    for kind in kinds(bench):
        for number in range(requests_of(bench, kind)):
            doomed = plan(bench, kind)
            bench.sandbox.faults.add(fault, skip=number, times=times)
            outcomes, error = bench.try_export(doomed.mailing_list, kind, doomed.writes)
            if bench.sandbox.faults.clear():
                yield Attempt(doomed, outcomes, error)


# --- what may be told of it -------------------------------------------------------------------------------


def expect_complete(bench: Bench, mailing_list: MailingList, reading: Reading) -> None:
    """Everybody came, in spite of it."""
    expect(reading.error is None, f"The read gave up: {reading.error}")
    missing = bench.true_opt_ins(mailing_list) - reading.opted_in()
    expect(not missing, f"{len(missing)} recipients did not come, and the read ended as if they were gone.")


def expect_honest_reading(bench: Bench, mailing_list: MailingList, reading: Reading) -> None:
    """Everybody came, or an error says that not everybody did."""
    if reading.error is None:
        expect_complete(bench, mailing_list, reading)


def expect_no_quiet_end(error: RundbriefError | None, expected: type[TryLater] = TryLater) -> None:
    """The service's refusal to work reached the host as what it is."""
    expect(error, "The service did not work, and nothing was said.")
    expect(isinstance(error, expected), f"It was told as {type(error).__name__}, not as {expected.__name__}.")


def expect_all_done(bench: Bench, attempt: Attempt) -> None:
    """Every write was carried out and told so, in spite of it."""
    expect(attempt.error is None, f"A {attempt.plan.kind} gave up: {attempt.error}")
    done = sum(one.result is Result.DONE for one in attempt.outcomes.values())
    expect(done == len(attempt.plan.writes), f"{done} of {len(attempt.plan.writes)} writes were told as done.")
    expect_honest_outcomes(bench, attempt)


def expect_honest_outcomes(bench: Bench, attempt: Attempt) -> None:
    """What was told as done is done, and nobody pays for the service's trouble with a refusal.

    A create that was sent twice may find its own work, and call it *already there*.
    """
    for write in attempt.plan.writes:
        outcome = attempt.outcomes.get(write.key)
        if outcome is None or outcome.result is Result.FAILED:
            continue
        is_done = attempt.plan.is_done(bench, write)
        is_fine = outcome.result is Result.DONE or outcome.reason is Reason.ALREADY_EXISTS
        expect(is_fine, f"The service's trouble was told as {outcome.result} ({outcome.reason}).")
        expect(is_done, f"A {attempt.plan.kind} was told as {outcome.result}, and is not done.")
