"""The rules of consent hold whatever people, services and crashes do, in whatever order."""

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from machine.rules import ConsentMachine
from machine.services import SERVICES

ASKED_FOR = os.environ.get("RUNDBRIEF_MACHINE_EXAMPLES")
"""So many examples for each service, new ones in each run: RUNDBRIEF_MACHINE_EXAMPLES=1000 looks for trouble.
Without it a few are run, the same every time, so that a change is judged by what it changes."""


PAIRS = [*((name, "local") for name in SERVICES), ("mailchimp", "weclapp")]


@pytest.mark.parametrize(("name", "crm"), PAIRS, ids=["-".join(one) for one in PAIRS])
def test_the_rules_of_consent_hold(watched_crm: None, name: str, crm: str) -> None:
    class Machine(ConsentMachine):
        pass

    Machine.service, Machine.crm = SERVICES[name], crm
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=int(ASKED_FOR or 10),
            derandomize=not ASKED_FOR,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
