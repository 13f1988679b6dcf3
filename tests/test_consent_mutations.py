"""The consent machine is worth something: it fails when a rule is broken on purpose.

Each mutant breaks one rule where it is decided or carried out, and here patching is the point. The machine draws
from fewer acts than usual, those that the rule is about, so that each mutant is found within seconds; acts, runs
and oracle are the same. A mutant that survives is a rule that nobody guards.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test
from machine import acts as people
from machine.rules import ConsentMachine
from machine.statements import Broken
from machine.troubles import Trouble
from machine.world import GUARD_FLOOR

import rundbrief_mailchimp.writes
from rundbrief.consent import ConsentPolicy, Decision, Standing
from rundbrief.engine import importing, planning, run
from rundbrief.models import CrmOptIn, OptIn, SubscriberStatus

ENOUGH = 100
"""Examples within which each mutant is found. They are the same in every run."""

FOUND_SOON: Any = settings(
    max_examples=ENOUGH,
    stateful_step_count=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)

Decide = Callable[[Standing, ConsentPolicy | None], Decision]
Change = Callable[[Standing], Standing]


@dataclass(frozen=True)
class Mutant:
    owner: Any
    name: str
    make: Callable[[Any], Any]
    """From the function that is there to the one that breaks the rule."""
    acts: tuple[Callable[..., None], ...]
    broken: str
    """What the oracle says about it, as a regular expression."""


def deciding(change: Change, *only: Callable[..., None], broken: str) -> Mutant:
    """Decide about something else than what is there."""

    def make(present: Decide) -> Decide:
        return lambda standing, policy: present(change(standing), policy)

    return Mutant(run, "decide", make, only, broken)


def service_says_no(standing: Standing) -> Standing:
    if standing.service is not SubscriberStatus.UNSUBSCRIBED:
        return standing
    return replace(standing, service=SubscriberStatus.SUBSCRIBED, withdrawn=False, agreed=None)


def crm_says_no(standing: Standing) -> Standing:
    if standing.crm.value is not OptIn.NO:
        return standing
    return replace(standing, crm=CrmOptIn(OptIn.UNKNOWN), withdrawn=False)


def forgotten(standing: Standing) -> Standing:
    if standing.service not in (SubscriberStatus.GONE, SubscriberStatus.ABSENT):
        return standing
    return replace(standing, service=SubscriberStatus.ABSENT, withdrawn=False, agreed=None)


def not_confirmed(standing: Standing) -> Standing:
    if standing.service is not SubscriberStatus.PENDING:
        return standing
    return replace(standing, service=SubscriberStatus.SUBSCRIBED, withdrawn=False, agreed=None)


def bounced(standing: Standing) -> Standing:
    if standing.service is not SubscriberStatus.BOUNCED:
        return standing
    return replace(standing, service=SubscriberStatus.SUBSCRIBED, withdrawn=False, agreed=None)


def asked_unbidden(present: Decide) -> Decide:
    return lambda standing, policy: present(standing, ConsentPolicy(reconsent="confirm"))


MUTANTS = {
    "1: a no at the service is ignored": deciding(
        service_says_no,
        people.sign_up,
        people.leave,
        people.opt,
        broken="R1|R4|R5: .* is unsubscribed, and .* says yes",
    ),
    "1: a no in the CRM is ignored": deciding(
        crm_says_no, people.sign_up, people.opt, broken="R1: we set yes .* over a no"
    ),
    "2: data carries a status": Mutant(
        rundbrief_mailchimp.writes,
        "_data",
        lambda present: lambda write: present(write) | {"status": "subscribed"},
        (people.sign_up, people.opt, people.edit),
        "R2: a data write carries a consent field",
    ),
    "3: a withdrawal is forgotten with its recipient": deciding(
        forgotten,
        people.opt,
        people.wipe_out,
        people.leave,
        broken="R3: .* whose withdrawal we had read",
    ),
    "4: a pending recipient counts as an opt-in": deciding(
        not_confirmed, people.sign_up, people.add, broken="R4: .* never showed"
    ),
    "4: a bounced recipient counts as an opt-in": deciding(
        bounced, people.sign_up, people.bounce, people.opt, broken="R4|R5: .* is cleaned, .* says yes"
    ),
    "5: a recipient is asked again though that is to be held": Mutant(
        run,
        "decide",
        asked_unbidden,
        (people.sign_up, people.leave, people.opt),
        "R1: .* turned unsubscribed .* into pending",
    ),
    "6: a change is not journalled": Mutant(
        importing,
        "entries_of",
        lambda _: lambda *_: [],
        (people.sign_up, people.leave),
        "R6: the journal does not know",
    ),
}


class GuardedMachine(ConsentMachine):
    address_changes = ("move",)
    acts = people.acts(people.sign_up, people.leave, people.leave_together, people.opt)
    troubles = st.just(Trouble())
    guarded = True


@pytest.fixture
def a_low_guard_rail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "USUAL_WITHDRAWALS", GUARD_FLOOR)


def test_the_guard_rail_holds(watched_crm: None, a_low_guard_rail: None) -> None:
    run_state_machine_as_test(GuardedMachine, settings=settings(FOUND_SOON, max_examples=8))


def test_a_guard_rail_that_is_not_there_is_found(
    watched_crm: None, a_low_guard_rail: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 7."""

    class Machine(GuardedMachine):
        acts = people.acts(people.sign_up, people.sign_up, people.leave_together)

    for module in (importing, planning):
        monkeypatch.setattr(module, "guard", lambda *_, **__: None)
    with pytest.raises(Broken, match="R7: one run took away"):
        run_state_machine_as_test(Machine, settings=FOUND_SOON)


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS)
def test_a_broken_rule_is_found(watched_crm: None, monkeypatch: pytest.MonkeyPatch, mutant: Mutant) -> None:
    class Machine(ConsentMachine):
        address_changes = ("move",)
        acts = people.acts(*mutant.acts)
        troubles = st.just(Trouble())

    monkeypatch.setattr(mutant.owner, mutant.name, mutant.make(getattr(mutant.owner, mutant.name)))
    with pytest.raises(Broken, match=mutant.broken):
        run_state_machine_as_test(Machine, settings=FOUND_SOON)
