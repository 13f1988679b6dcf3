"""What a run says of those that stopped, failed or were killed before it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from rundbrief.engine.resuming import resumption
from rundbrief.store import Leftovers, Run

KILLED = Run(7, "export", "news", "1", datetime(2026, 6, 1, tzinfo=UTC), None, "cut off", {}, scope="1")


def test_nothing_to_say() -> None:
    assert resumption([], "1", Leftovers()) == ""


def test_a_run_that_was_killed_before_it_had_begun_anything() -> None:
    assert resumption([KILLED], "1", Leftovers()) == "Run 7 (export) was cut off; nothing was left open."


def test_everything_that_can_be_left() -> None:
    left = Leftovers(unread=True, inbox=1_340, intents=2, open_steps=14, sent_steps=5)
    assert resumption([KILLED], "1", left) == (
        "Run 7 (export) was cut off; this one goes on: a read not finished, 1,340 recipients read and still to be"
        " taken in, 2 opt-ins begun in the CRM, 9 steps planned and not begun, 5 steps sent and not answered."
    )


def test_one_of_each() -> None:
    left = Leftovers(inbox=1, intents=1, open_steps=2, sent_steps=1)
    assert resumption([KILLED], "1", left).endswith(
        ": 1 recipient read and still to be taken in, 1 opt-in begun in the CRM, 1 step planned and not begun,"
        " 1 step sent and not answered."
    )


def test_a_run_that_stopped_in_good_order_left_work_too() -> None:
    said = resumption([], "1", Leftovers(inbox=25))
    assert said == "Left by an earlier run: 25 recipients read and still to be taken in."


def test_several_runs() -> None:
    runs = [replace(KILLED, id=number) for number in (7, 8, 9)]
    assert resumption(runs, "1", Leftovers()).startswith(
        "Runs 7 (export), 8 (export) and 9 (export) were cut off;"
    )


@pytest.mark.parametrize("left", [Leftovers(), Leftovers(inbox=2)])
def test_a_run_of_another_list(left: Leftovers) -> None:
    said = resumption([KILLED], "2", left)
    assert said.startswith("Run 7 (export) was cut off; the next run of that list goes on.")
    assert ("Left by an earlier run" in said) is bool(left.inbox)
