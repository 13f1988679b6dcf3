"""What requests are paid from, and what the service says is left."""

import math
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rundbrief.errors import Interrupted, RateLimited
from rundbrief.http import AccountLimits, RetryPolicy
from rundbrief.http.pacing import in_words, until_refilled
from rundbrief.session import Allowance, Rate, Response

Open = Callable[..., Any]
OK = (200, {}, b"{}")


def budget(path: str) -> str:
    return "contacts" if path.startswith("/contacts") else "rest"


def allowance(response: Response) -> Allowance | None:
    if "x-remaining" not in response.headers:
        return None
    return Allowance(int(response.headers["x-remaining"]), float(response.headers["x-reset"]))


TOLD = {"budget": budget, "allowance": allowance}


def left(remaining: int, reset: float, status: int = 200) -> tuple[int, dict[str, str], bytes]:
    return status, {"X-Remaining": str(remaining), "X-Reset": str(reset)}, b"{}"


@pytest.fixture
def limits_by(clock: Any) -> Callable[..., AccountLimits]:
    """Limits that live by the clock of the test."""
    return lambda *rates, places=1: AccountLimits(places, rates, clock=lambda: clock().timestamp())


# --- one budget for each kind of request ------------------------------------------------------------------


def test_a_full_budget_makes_only_its_own_requests_wait(open_setting: Open, clock: Any, limits_by: Open) -> None:
    limits = limits_by(Rate(2, 3600.0, "rest"), Rate(50, 10.0, "contacts"))
    setting = open_setting(endpoint={"budget": budget}, limits=limits, clock=clock)
    for path in ("/account", "/processes/1", *["/contacts"] * 50):
        setting.client.get(path)
    assert setting.waits == []
    setting.client.get("/contacts")
    assert 10 <= sum(setting.waits) < 11
    setting.client.get("/account")
    assert 3600 <= sum(setting.waits) < 3601


def test_without_names_all_are_paid_from_the_one_without_a_name(
    open_setting: Open, clock: Any, limits_by: Open
) -> None:
    setting = open_setting(limits=limits_by(Rate(2, 60.0), Rate(1, 60.0, "other")), clock=clock)
    for path in ("/contacts", "/account", "/contacts"):
        setting.client.get(path)
    assert 60 <= sum(setting.waits) < 61


def test_a_retry_pays_too(open_setting: Open, clock: Any, limits_by: Open) -> None:
    limits = limits_by(Rate(2, 3600.0, "rest"))
    setting = open_setting((503, {}, b""), endpoint={"budget": budget}, limits=limits, clock=clock)
    setting.client.get("/account")
    assert sum(setting.waits) < 3
    setting.client.get("/account")
    assert 3600 <= sum(setting.waits) < 3601


def test_a_request_with_a_renewed_token_pays_twice_and_the_token_nothing(
    open_app: Open, clock: Any, limits_by: Open
) -> None:
    app = open_app(limits=limits_by(Rate(2, 3600.0, "rest")), endpoint={"budget": budget})
    app.client.get("/account")
    app.service.forget()
    app.client.get("/account")
    assert app.client.requests_sent == 5
    assert 3600 <= sum(app.waits) < 3601


def test_a_token_that_runs_out_while_its_request_waits_is_renewed_first(
    open_app: Open, clock: Any, limits_by: Open
) -> None:
    app = open_app(lifetime=600, limits=limits_by(Rate(1, 3600.0)))
    app.client.get("/account")
    app.client.get("/account")
    assert (len(app.service.forms), app.service.refused) == (2, 0)


def test_a_path_is_named_with_its_slash(open_setting: Open) -> None:
    asked: list[str] = []
    setting = open_setting(endpoint={"budget": lambda path: asked.append(path) or ""})
    setting.client.get("contacts/1")
    setting.client.get("/contacts/1", params={"limit": 1})
    assert asked == ["/contacts/1", "/contacts/1"]


def test_a_download_costs_nothing_at_the_service(open_setting: Open, clock: Any, limits_by: Open) -> None:
    setting = open_setting(*[left(0, 60)] * 3, endpoint=TOLD, limits=limits_by(Rate(1, 60.0, "rest")), clock=clock)
    for _ in range(3):
        setting.client.download("http://127.0.0.1:9/account", max_bytes=10)
    setting.client.get("/account")
    assert setting.waits == []


# --- what the service says is left ------------------------------------------------------------------------


def test_when_nothing_is_left_the_next_request_waits(open_setting: Open, clock: Any, limits_by: Open) -> None:
    setting = open_setting(left(1, 30), left(0, 30), left(5, 30), endpoint=TOLD, limits=limits_by(), clock=clock)
    setting.client.get("/account")
    setting.client.get("/account")
    setting.client.get("/contacts")
    assert setting.waits == [], "another budget is not touched"
    setting.client.get("/account")
    assert setting.waits == [30]


def test_that_somebody_else_used_a_part_is_learnt_in_spite_of_room_in_our_windows(
    open_setting: Open, clock: Any, limits_by: Open
) -> None:
    limits = limits_by(Rate(100, 3600.0, "rest"))
    setting = open_setting(left(60, 900), left(0, 900), endpoint=TOLD, limits=limits, clock=clock)
    for _ in range(98):
        setting.client.get("/account")
    assert setting.waits == [900], "after that, the windows hold what we sent ourselves"
    for _ in range(3):
        setting.client.get("/account")
    assert 3600 <= sum(setting.waits) < 3601


def test_the_wait_is_an_hour_at_most(open_setting: Open, clock: Any, limits_by: Open) -> None:
    setting = open_setting(left(0, 86_400), endpoint=TOLD, limits=limits_by(), clock=clock)
    setting.client.get("/account")
    setting.client.get("/account")
    assert setting.waits == [3600]


def test_a_wait_on_another_clock_is_over_when_it_returns(open_setting: Open) -> None:
    setting = open_setting(left(0, 1800), endpoint=TOLD, limits=AccountLimits(1))
    setting.client.get("/account")
    setting.client.get("/account")
    assert setting.waits == [pytest.approx(1800, abs=60)]


def test_it_can_be_interrupted(open_setting: Open) -> None:
    def stop(_: float) -> None:
        raise Interrupted("Stopped.")

    setting = open_setting(left(0, 1800), endpoint=TOLD, wait=stop)
    setting.client.get("/account")
    with pytest.raises(Interrupted):
        setting.client.get("/account")
    assert setting.client.requests_sent == 1


def test_what_another_thread_learns_meanwhile_counts_for_who_waits_already(clock: Any, limits_by: Open) -> None:
    rest = limits_by(Rate(1, 10.0, "rest")).budget("rest")
    rest.spend(clock.wait)

    def wait(seconds: float) -> None:
        clock.wait(seconds)
        if len(clock.waits) == 1:
            rest.learn(Allowance(0, 100.0))

    rest.spend(wait)
    assert clock.waits == [pytest.approx(10, abs=1), pytest.approx(100, abs=1)]


@given(st.lists(st.tuples(st.integers(0, 2), st.floats(0, 100)), min_size=1, max_size=12))
def test_whatever_the_order_of_the_answers_the_longest_wait_counts(told: list[tuple[int, float]]) -> None:
    waits: list[float] = []
    rest = AccountLimits(1, clock=lambda: 1000.0).budget("rest")
    for remaining, reset in told:
        rest.learn(Allowance(remaining, reset))
    rest.spend(waits.append)
    longest = max((reset for remaining, reset in told if not remaining), default=0.0)
    assert sum(waits) == pytest.approx(longest)


@given(st.integers(-3, 3), st.floats())
def test_nonsense_is_no_reason_to_wait(remaining: int, reset: float) -> None:
    seconds = until_refilled(Allowance(remaining, reset))
    assert 0 <= seconds < math.inf
    assert seconds in (0, reset)


# --- too many requests ------------------------------------------------------------------------------------


def test_a_429_waits_for_the_reset_instead_of_trying_blindly(
    open_setting: Open, clock: Any, limits_by: Open
) -> None:
    setting = open_setting(left(0, 120, status=429), OK, endpoint=TOLD, limits=limits_by(), clock=clock)
    setting.client.post("/account", json={})
    [wait] = setting.waits
    assert 120 <= wait <= 121, "and a little, so that not all come back in the same moment"


def test_trouble_at_the_service_is_not_about_the_budget(open_setting: Open, clock: Any, limits_by: Open) -> None:
    setting = open_setting(left(0, 1800, status=503), endpoint=TOLD, limits=limits_by(), clock=clock)
    setting.client.get("/account")
    backoff, refill = setting.waits
    assert backoff <= 1, "so it does not end the patience"
    assert backoff + refill == pytest.approx(1800), "and the next attempt waits as any request"


def test_retry_after_is_the_better_word(open_setting: Open, clock: Any, limits_by: Open) -> None:
    status, headers, body = left(0, 200, status=429)
    setting = open_setting((status, {**headers, "Retry-After": "7"}, body), endpoint={"allowance": allowance})
    setting.client.get("/account")
    assert setting.waits[0] == 7


def test_a_429_with_something_left_is_about_another_window(open_setting: Open) -> None:
    setting = open_setting(left(3, 2000, status=429), endpoint=TOLD)
    setting.client.get("/account")
    [wait] = setting.waits
    assert wait <= 1


def test_an_answer_that_means_too_many_requests_is_read_alike(
    open_setting: Open, clock: Any, limits_by: Open
) -> None:
    endpoint = {**TOLD, "is_throttled": lambda answer: answer.status == 403}
    setting = open_setting(left(0, 50, status=403), endpoint=endpoint, limits=limits_by(), clock=clock)
    setting.client.get("/account")
    assert 50 <= sum(setting.waits) <= 51


@pytest.mark.parametrize(
    ("reset", "told"),
    [(2520, "in 42 minutes"), (301, "in 6 minutes"), (86_400, "in 24 hours"), (5000, "in 84 minutes")],
)
def test_a_wait_that_is_longer_than_a_run_is_told_in_words(open_setting: Open, reset: float, told: str) -> None:
    setting = open_setting(left(0, reset, status=429), endpoint=TOLD)
    with pytest.raises(RateLimited, match=told) as caught:
        setting.client.get("/account")
    assert caught.value.retry_after == reset
    assert setting.waits == []


def test_so_is_a_long_retry_after(open_setting: Open) -> None:
    with pytest.raises(RateLimited, match="in 61 minutes"):
        open_setting((429, {"Retry-After": "3601"}, b"")).client.get("/account")


def test_who_says_nothing_is_not_quoted(open_setting: Open) -> None:
    with pytest.raises(RateLimited, match="longer than a run waits"):
        open_setting((429, {}, b""), retry=RetryPolicy(total_seconds=0.0)).client.get("/account")


@settings(deadline=None)
@given(st.floats(0, 1e9))
def test_a_time_in_words_is_never_shorter_than_the_time(seconds: float) -> None:
    count, unit = in_words(seconds).split()
    length = {"second": 1, "minute": 60, "hour": 3600}[unit.removesuffix("s")]
    assert int(count) >= 1
    assert (int(count) - 1) * length <= seconds <= int(count) * length
    assert unit.endswith("s") == (int(count) > 1)


# --- a place in the queue ---------------------------------------------------------------------------------


def test_waiting_for_a_place_can_be_interrupted(open_setting: Open) -> None:
    begun, done = threading.Event(), threading.Event()

    def slow(_: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        begun.set()
        assert done.wait(10)
        return OK

    def stop(_: float) -> None:
        raise Interrupted("Stopped.")

    setting = open_setting(slow, limits=AccountLimits(1), wait=stop)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(setting.client.get, "/lists")
        assert begun.wait(10)
        with pytest.raises(Interrupted):
            setting.client.get("/lists")
        done.set()
        assert first.result().status == 200
    assert setting.client.get("/lists").status == 200, "the place is free again"
