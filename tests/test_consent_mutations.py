"""The consent machine is worth something: it fails when a rule is broken on purpose.

Each mutant breaks one rule where it is decided or carried out. Here patching is the point.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from machine.oracle import Broken
from machine.rules import ConsentMachine

from rundbrief.consent import ConsentPolicy, Decision, Standing, decide
from rundbrief.engine import importing, run
from rundbrief.models import SubscriberStatus

Mutant = Callable[[Standing, ConsentPolicy | None], Decision]

ENOUGH = 100
"""Examples within which each mutant is found. They are the same in every run."""


def seen_as(present: SubscriberStatus, other: SubscriberStatus) -> Mutant:
    """Decide as if the service had said something else, and as if no withdrawal were on record."""

    def mutant(standing: Standing, policy: ConsentPolicy | None = None) -> Decision:
        if standing.service is present:
            standing = replace(standing, service=other, withdrawn=False, agreed=None)
        return decide(standing, policy)

    return mutant


@pytest.mark.parametrize(
    "mutant",
    [
        pytest.param(
            seen_as(SubscriberStatus.UNSUBSCRIBED, SubscriberStatus.SUBSCRIBED), id="1: a no at the service"
        ),
        pytest.param(seen_as(SubscriberStatus.PENDING, SubscriberStatus.SUBSCRIBED), id="4: not confirmed"),
    ],
)
def test_a_broken_decision_is_found(watched_crm: None, monkeypatch: pytest.MonkeyPatch, mutant: Mutant) -> None:
    monkeypatch.setattr(run, "decide", mutant)
    assert_found()


def test_a_change_that_is_not_journalled_is_found(watched_crm: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 6."""
    monkeypatch.setattr(importing, "entries_of", lambda *_: [])
    assert_found()


def assert_found() -> None:
    quick: Any = settings(
        max_examples=ENOUGH,
        stateful_step_count=25,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    with pytest.raises(Broken):
        run_state_machine_as_test(ConsentMachine, settings=quick)
