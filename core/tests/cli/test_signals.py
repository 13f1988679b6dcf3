"""Ctrl-C in the middle, two runs at once, and a reader who has had enough: in processes of their own."""

import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

Desk = Any  # conftest.Desk: test modules cannot import each other

READERS = 1500
"""More than a page, so that there is a middle."""


@pytest.fixture
def slow(desk: Desk) -> Desk:
    desk.service.seed(desk.list_id, READERS)
    desk.service.latency = 0.4
    return desk


def eventually(condition: Callable[[], bool]) -> None:
    """Wait for something that happens in another process; the limit only ends a test that has failed."""
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def pages_asked_for(desk: Desk) -> int:
    return int(desk.service.requests.count("GET", "/members"))


def assert_the_next_run_finishes_the_job(desk: Desk) -> str:
    desk.service.latency = 0.0
    result = desk.run("import", "news")
    assert result.exit_code == 0, result.output
    assert desk.json("contacts", "list", "--limit", "1")["total"] == READERS
    return str(result.stderr)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_import_says_so_and_the_next_one_finishes_the_job(slow: Desk, number: signal.Signals) -> None:
    with slow.process("import", "news") as process:
        eventually(lambda: pages_asked_for(slow) > 0)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert "Stopping after the step under way" in err
    assert "Stopped." in err
    assert "Traceback" not in err
    assert slow.json("runs")["runs"][0]["state"] == "stopped"
    assert_the_next_run_finishes_the_job(slow)


def test_a_second_ctrl_c_aborts_at_once_and_nothing_is_lost(slow: Desk) -> None:
    slow.service.latency = 2.0
    with slow.process("import", "news") as process:
        eventually(lambda: pages_asked_for(slow) > 0)
        process.send_signal(signal.SIGINT)
        assert "Stopping" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
        assert "Aborted" in process.stderr.read()
    assert_the_next_run_finishes_the_job(slow)


def test_two_runs_at_once_are_one_and_a_sentence(slow: Desk) -> None:
    with slow.process("import", "news") as first:
        eventually(lambda: pages_asked_for(slow) > 0)
        second = slow.run("import", "news", "--list", "Kundenbrief")
        assert second.exit_code == 32
        assert "under way" in second.stderr
        slow.service.latency = 0.0
        first.communicate(timeout=60)
        assert first.returncode == 0


def test_a_killed_run_is_gone_on_with(slow: Desk) -> None:
    with slow.process("import", "news") as process:
        eventually(lambda: pages_asked_for(slow) > 1)
        process.kill()
        process.communicate(timeout=60)
    assert "cut off" in assert_the_next_run_finishes_the_job(slow)
    assert [run["state"] for run in slow.json("runs")["runs"]] == ["done", "cut off"]


def test_a_reader_who_has_had_enough_is_no_error(slow: Desk) -> None:
    assert_the_next_run_finishes_the_job(slow)
    with slow.process("contacts", "list", "--limit", str(READERS)) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
        process.wait(timeout=60)


def test_a_served_sandbox_says_how_to_reach_it_and_ends_well(desk: Desk) -> None:
    with desk.process("sandbox", "mailchimp", "--people", "5", "--verbose") as process:
        # All it says at first is read line by line: what a reader holds back, `communicate` would not see.
        said = []
        for line in process.stdout:
            said.append(line)
            if line.strip().startswith("rundbrief connections check"):
                break
        first = said[0]
        assert "listens on http://127.0.0.1:" in first
        desk.base_url = first.split(" listens on ")[1].split(",")[0]
        desk.configure()
        (row,) = desk.json("lists", "news")["lists"]
        assert row["name"] == "Newsletter"
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    out = "".join(said) + out
    assert process.returncode == 0, err
    assert "5 subscribers" in out
    assert "[connections.sandbox]" in out
    for variable, key in desk.service.environ().items():
        assert f"export {variable}={key}" in out
    assert "GET /" in out
    assert "forgotten" in out
