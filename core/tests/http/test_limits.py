"""What one account may do at once."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rundbrief.errors import Interrupted, RundbriefError
from rundbrief.http import AccountLimits
from rundbrief.http.windows import binding
from rundbrief.session import Rate


def test_no_more_requests_at_once_than_the_account_allows_over_all_its_clients(
    open_setting: Callable[..., Any],
) -> None:
    limits = AccountLimits(3)
    lock, under_way, most = threading.Lock(), 0, 0

    def slow(_: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.005)
        with lock:
            under_way -= 1
        return 200, {}, b"{}"

    clients = [open_setting(*[slow] * 20, limits=limits).client for _ in range(2)]
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda number: clients[number % 2].get("/lists"), range(40)))
    assert most == 3


def test_several_windows_hold_at_once(open_setting: Callable[..., Any]) -> None:
    class Full(Exception):
        pass

    def wait(_: float) -> None:
        raise Full

    limits = AccountLimits(1, [Rate(100, 1.0), Rate(3, 3600.0)])
    setting = open_setting(limits=limits, wait=wait)
    for _ in range(3):
        setting.client.get("/lists")
    with pytest.raises(Full):
        setting.client.get("/lists")
    assert setting.client.requests_sent == 3


@settings(deadline=None)
@given(st.lists(st.builds(Rate, st.integers(1, 50), st.sampled_from([1.0, 10.0, 60.0, 3600.0])), max_size=6))
def test_windows_that_others_imply_are_left_out_but_never_the_slowest(rates: list[Rate]) -> None:
    kept = binding(rates)
    AccountLimits(1, rates)  # the limiter takes what is kept
    assert set(kept) <= set(rates)
    assert bool(kept) == bool(rates)
    slowest = min((one.limit / one.seconds for one in rates), default=0)
    assert not kept or kept[-1].limit / kept[-1].seconds == slowest, "the slowest window always binds"


class Jumping:
    """A clock that a wait moves on."""

    time = 1_000.0

    def __call__(self) -> float:
        return self.time

    def wait(self, seconds: float) -> None:
        self.time += seconds


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.builds(Rate, st.integers(1, 12), st.sampled_from([0.5, 1.0, 5.0, 30.0])), min_size=1, max_size=3),
    st.lists(st.floats(0, 2), min_size=1, max_size=40),
)
def test_no_window_ever_holds_more_than_it_may(rates: list[Rate], pauses: list[float]) -> None:
    clock = Jumping()
    limits = AccountLimits(1, rates, clock=clock)
    sent = []
    for pause in pauses:
        clock.wait(pause)
        limits.budget().spend(clock.wait)
        sent.append(clock())
    for rate in rates:
        for begin in sent:
            # A hundredth less than the window, for clocks that count in milliseconds.
            assert sum(begin <= moment < begin + rate.seconds - 0.01 for moment in sent) <= rate.limit


def test_waiting_for_room_can_be_interrupted(open_setting: Callable[..., Any]) -> None:
    def stop(_: float) -> None:
        raise Interrupted("Stopped.")

    setting = open_setting(limits=AccountLimits(1, [Rate(1, 3600.0)]), wait=stop)
    setting.client.get("/lists")
    with pytest.raises(Interrupted):
        setting.client.get("/lists")


def test_a_window_that_has_passed_has_room_again() -> None:
    clock = Jumping()
    limits = AccountLimits(1, [Rate(2, 10.0)], clock=clock)
    for _ in range(6):
        limits.budget().spend(clock.wait)
    assert 20 <= clock() - 1_000 < 21


@pytest.mark.parametrize(
    "step",
    [(401, {}, b""), (500, {}, b""), ConnectionResetError(), TimeoutError(), ConnectionRefusedError()],
    ids=repr,
)
def test_a_request_that_fails_gives_its_place_back(open_setting: Callable[..., Any], step: Any) -> None:
    setting = open_setting(*[step] * 60, limits=AccountLimits(1))
    for _ in range(3):
        with pytest.raises(RundbriefError):
            setting.client.post("/lists", json={})
    setting.service.script.clear()
    assert setting.client.get("/lists").status == 200


def test_limits_leave_no_thread_behind() -> None:
    before = threading.active_count()
    kept = [AccountLimits(2, [Rate(10, 1.0), Rate(36_000, 3600.0)]) for _ in range(5)]
    assert threading.active_count() == before
    assert len(kept) == 5
