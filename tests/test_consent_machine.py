"""The rules of consent hold whatever people, services and crashes do, in whatever order."""

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from machine.cases import CASES, PAIRS
from machine.small import small_pages

ASKED_FOR = os.environ.get("RUNDBRIEF_MACHINE_EXAMPLES")
"""So many examples for each case, new ones in each run; `make soak` plays for as long as one likes. Without it
a few are played, the same every time, so that a change is judged by what it changes."""

PLAYED = dict.fromkeys(PAIRS, 3) | {"cleverreach-local-crowd": 2, "mailchimp+brevo-local": 2}
"""Case -> examples."""


@pytest.mark.parametrize(("case", "examples"), PLAYED.items(), ids=PLAYED)
def test_the_rules_of_consent_hold(watched_crm: None, case: str, examples: int) -> None:
    with small_pages():
        run_state_machine_as_test(
            CASES[case].machine(),
            settings=settings(
                max_examples=int(ASKED_FOR or examples),
                derandomize=not ASKED_FOR,
                database=None,
                print_blob=True,
                stateful_step_count=25,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
