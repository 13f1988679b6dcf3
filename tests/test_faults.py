"""The page of faults says what happens; the whole matrix is `make fault-matrix`.

The cells run in a process of their own: each is a fork of a prepared stage, which wants a process without threads.
"""

import subprocess
import sys
from pathlib import Path

import pytest
from faults.catalogue import FAULTS
from faults.kinds import KINDS
from faults.matrix import SERVICES
from faults.record import CLOCKS_ARE_WRONG, recorded

SOME = 6
"""Cells of each service that are tried with every `make test`, drawn once and for all."""


@pytest.mark.parametrize("service", SERVICES)
def test_some_cells_are_as_they_are_on_record(service: str) -> None:
    command = [sys.executable, "-m", "faults", service, "--sample", str(SOME)]
    ran = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "0 with complaints" in ran.stdout


@pytest.mark.parametrize("service", SERVICES)
def test_every_kind_of_request_meets_every_fault_that_can_happen_to_it(service: str) -> None:
    record = recorded(service)
    kinds = {kind.title: kind for kind in KINDS[service]}
    assert [place.partition(": ")[2] for place in record] == list(kinds)
    for place, row in record.items():
        kind = kinds[place.partition(": ")[2]]
        possible = [one.name for one in FAULTS.values() if kind.asks_after_a_job or not one.needs_a_job]
        assert [name for name in possible if name != "token expires"] == [
            name for name in row if name != "token expires"
        ]


@pytest.mark.parametrize("service", [*SERVICES, CLOCKS_ARE_WRONG])
def test_nothing_on_record_is_an_error_that_nobody_has_foreseen(service: str) -> None:
    words = {word for row in recorded(service).values() for pair in row.values() for word in pair if word}
    assert words <= {"as ever", "retried", "contacts", "noted", "13", "20", "21", "30", "31", "40"}
