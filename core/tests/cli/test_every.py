"""`rundbrief sync --every`: rounds that keep their rhythm, survive trouble, and stop when they are asked to."""

import json
import signal
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import click
import pytest

from rundbrief.cli.rounds import Interval, Rounds
from rundbrief.engine import ConnectionSync
from rundbrief.errors import GuardRail, Interrupted, RundbriefError, ServiceUnavailable, SignInAgain

Desk = Any  # conftest.Desk: test modules cannot import each other

EVERY = timedelta(minutes=15)
DOWN, WRONG_KEY = ServiceUnavailable("It is down."), SignInAgain("The key is wrong.")


class Service:
    """A few rounds, in a time that passes only here."""

    def __init__(self, *script: Mapping[str, Exception], names: Sequence[str] = ("news", "shop")) -> None:
        self.script = script
        """For each round: connection -> what goes wrong."""
        self.names = names
        self.time = datetime(2026, 11, 23, 12, tzinfo=UTC)
        self.lasts = timedelta(seconds=5)
        self.asked: list[tuple[datetime, list[str]]] = []
        """When each round began, and for which connections."""
        self.told: list[Any] = []
        self.lines: list[str] = []

    def run(self) -> None:
        Rounds(self.names, EVERY, self.sync, self.explained, self.tell, self.wait, now=lambda: self.time).run()

    def sync(self, due: Sequence[str]) -> list[ConnectionSync]:
        trouble = self.script[len(self.told)] if len(self.told) < len(self.script) else {}
        self.asked.append((self.time, list(due)))
        self.time += self.lasts
        return [ConnectionSync(name, (), trouble.get(name)) for name in due]

    def explained(self, error: Exception) -> RundbriefError:
        assert isinstance(error, RundbriefError)
        return error

    def tell(self, document: Mapping[str, Any], line: str) -> None:
        self.told.append(document)
        self.lines.append(line)

    def wait(self, seconds: float) -> None:
        if len(self.told) >= len(self.script):
            raise Interrupted("Stopped.")
        self.time += timedelta(seconds=seconds)

    def states(self, name: str) -> list[str]:
        return [one["connections"][name]["state"] for one in self.told]


# --- the time between -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("2h", 7200), ("1d", 86_400), ("1m", 60), ("7d", 604_800)]
)
def test_a_time_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert Interval().convert(text, None, None) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "15", "m", "15 m", "1.5h", "-5m", "59s", "8d", "9999999m", "15min"])
def test_another_text_is_told(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Interval().convert(text, None, None)


def test_rounds_keep_their_rhythm() -> None:
    service = Service({}, {}, {})
    service.run()
    began = [at for at, _ in service.asked]
    assert [two - one for one, two in pairwise(began)] == [EVERY, EVERY]


def test_a_round_that_lasts_too_long_is_followed_at_once() -> None:
    service = Service({}, {})
    service.lasts = timedelta(minutes=40)
    service.run()
    assert service.asked[1][0] - service.asked[0][0] == service.lasts


# --- trouble ----------------------------------------------------------------------------------------------


def test_a_connection_in_trouble_is_left_out_for_longer_and_longer_and_the_others_go_on() -> None:
    service = Service(*[{"news": DOWN}] * 8)
    service.run()
    assert service.states("news") == ["failed", "left out", "failed", *["left out"] * 3, "failed", "left out"]
    assert set(service.states("shop")) == {"ok"}


def test_a_success_ends_the_pause() -> None:
    service = Service({"news": DOWN}, {}, {}, {})
    service.run()
    assert service.states("news") == ["failed", "left out", "ok", "ok"]


def test_the_guard_rail_is_told_every_round() -> None:
    service = Service(*[{"news": GuardRail("Too many.")}] * 3)
    service.run()
    assert service.states("news") == ["failed"] * 3


def test_what_waiting_does_not_cure_ends_the_first_round_if_it_is_so_everywhere() -> None:
    service = Service({"news": WRONG_KEY, "shop": WRONG_KEY}, {})
    with pytest.raises(SignInAgain):
        service.run()
    assert len(service.told) == 1


@pytest.mark.parametrize("first", [{"news": WRONG_KEY}, {"news": WRONG_KEY, "shop": DOWN}])
def test_else_it_goes_on(first: Mapping[str, Exception]) -> None:
    service = Service(first, {"news": WRONG_KEY}, {})
    service.run()
    assert len(service.told) == 3


def test_a_stop_in_the_middle_of_a_round_is_no_trouble() -> None:
    service = Service({"news": Interrupted("Stopped.")})
    service.run()
    assert service.told == []


def test_a_line_tells_the_round() -> None:
    service = Service({"news": DOWN}, {})
    service.run()
    assert "round 1: news failed (exit code 30): It is down., again at 2026-11-23T12:30" in service.lines[0]
    assert "shop ok: nothing to do (5 s)" in service.lines[0]


# --- the command ------------------------------------------------------------------------------------------


def test_the_command_writes_a_document_a_round_and_stops_well(desk: Desk) -> None:
    desk.service.subscribe(desk.list_id, "anna@example.org", {})
    with desk.process("sync", "--every", "1m", "--json") as process:
        round_ = json.loads(process.stdout.readline())
        assert round_["connections"]["news"] == {"state": "ok", "done": 1, "held": 0, "refused": 0, "failed": 0}
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0


def test_a_wrong_key_ends_it_with_its_exit_code(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.service, "environ", lambda: {"RUNDBRIEF_SANDBOX_MAILCHIMP_KEY": "wrong-us21"})
    result = desk.run("sync", "--every", "15m")
    assert result.exit_code == 20
    assert "round 1: news failed (exit code 20)" in result.stdout


def test_nothing_is_lifted_unattended(desk: Desk) -> None:
    result = desk.run("sync", "--every", "15m", "--allow-withdrawals")
    assert result.exit_code == 2
    assert "unattended" in result.stderr
