"""The rules of consent hold whatever people, services and crashes do, in whatever order."""

import os

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from machine.rules import ConsentMachine

EXAMPLES = int(os.environ.get("RUNDBRIEF_MACHINE_EXAMPLES", "100"))


def test_the_rules_of_consent_hold(watched_crm: None) -> None:
    run_state_machine_as_test(
        ConsentMachine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
