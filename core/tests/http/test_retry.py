"""What is sent again, when, and for how long."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rundbrief.errors import Interrupted, RateLimited, ServiceUnavailable, TryLater
from rundbrief.http import AccountLimits, RetryPolicy
from rundbrief.http.pacing import retry_after
from rundbrief.session import Rate

OK = (200, {}, b'{"ok": true}')


def failed(status: int, **headers: str) -> tuple[int, dict[str, str], bytes]:
    return status, {name.replace("_", "-"): value for name, value in headers.items()}, b""


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_read_is_repeated(open_setting: Callable[..., Any], status: int) -> None:
    setting = open_setting(failed(status), failed(status), OK)
    assert setting.client.get("/lists").json() == {"ok": True}
    assert setting.client.requests_sent == 3
    assert len(setting.waits) == 2


@pytest.mark.parametrize("status", [408, 425, 429, 503])
def test_a_write_that_was_not_acted_on_is_repeated(open_setting: Callable[..., Any], status: int) -> None:
    setting = open_setting(failed(status), OK)
    assert setting.client.post("/lists", json={}).status == 200
    assert setting.service.applied == 1


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_write_that_may_have_had_its_effect_is_not(open_setting: Callable[..., Any], status: int) -> None:
    setting = open_setting(failed(status))
    with pytest.raises(ServiceUnavailable):
        setting.client.post("/lists", json={})
    assert setting.client.requests_sent == 1


@pytest.mark.parametrize("lost", [ConnectionResetError("reset"), TimeoutError("late")])
def test_a_lost_answer_is_asked_for_again_only_if_that_is_harmless(
    open_setting: Callable[..., Any], lost: Exception
) -> None:
    once = open_setting(lost)
    with pytest.raises(ServiceUnavailable):
        once.client.post("/lists", json={})
    assert once.service.applied == 1
    again = open_setting(lost)
    assert again.client.post("/lists", json={}, idempotent=True).status == 200
    assert again.service.applied == 2


def test_what_was_never_sent_is_always_repeated(open_setting: Callable[..., Any]) -> None:
    setting = open_setting(ConnectionRefusedError("refused"), OK)
    assert setting.client.post("/lists", json={}).status == 200
    assert setting.service.applied == 1


@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        ("7", 7.0),
        (" 7.5 ", 7.5),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30.0),
        ("Monday, 23-Nov-26 12:00:30 GMT", 30.0),
    ],
)
def test_retry_after_is_obeyed_in_both_forms(open_setting: Callable[..., Any], asked: str, waits: float) -> None:
    setting = open_setting(failed(429, Retry_After=asked), OK)
    setting.client.get("/lists")
    assert setting.waits == [waits]


@pytest.mark.parametrize("hours", [-1, 0, 1])
def test_a_moment_to_wait_for_is_one_of_the_services_clock(
    open_setting: Callable[..., Any], clock: Any, hours: int
) -> None:
    theirs = clock() + timedelta(hours=hours)
    date, until = (format_datetime(one, usegmt=True) for one in (theirs, theirs + timedelta(seconds=30)))
    setting = open_setting(failed(429, Date=date, Retry_After=until), OK)
    setting.client.get("/lists")
    assert setting.waits == [30.0]


def test_without_it_the_backoff_is_full_jitter_below_a_doubling_bound(open_setting: Callable[..., Any]) -> None:
    policy = RetryPolicy(total_seconds=1e6, longest_wait=8.0, first_wait=1.0)
    bounds = [1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
    runs = []
    for _ in range(20):
        setting = open_setting(*[failed(503)] * len(bounds), OK, retry=policy)
        setting.client.get("/lists")
        runs.append(setting.waits)
    for waits in zip(*runs, strict=True):
        bound = bounds.pop(0)
        assert all(0 <= one <= bound for one in waits)
        assert max(waits) > bound / 2, "twenty draws from the whole range reach its upper half"


@pytest.mark.parametrize("asked", ["soon", "", "inf", "nan", "Mon, 99 Nov 2026", "-3"])
def test_garbage_in_retry_after_counts_as_none(open_setting: Callable[..., Any], asked: str) -> None:
    setting = open_setting(failed(503, Retry_After=asked), OK)
    setting.client.get("/lists")
    [wait] = setting.waits
    assert 0 <= wait <= 1


@settings(deadline=None)
@given(
    st.text(st.characters(codec="ascii"), max_size=40) | st.floats().map(str) | st.datetimes().map(format_datetime)
)
def test_whatever_stands_in_retry_after_is_a_time_or_none(text: str) -> None:
    asked = retry_after(httpx.Headers({"Retry-After": text}), datetime(2026, 11, 23, tzinfo=UTC))
    assert asked is None or 0 <= asked < math.inf


@pytest.mark.parametrize("asked", ["0", "Mon, 23 Nov 2026 11:00:00 GMT"])
def test_a_service_that_asks_for_no_wait_at_all_is_not_hammered(
    open_setting: Callable[..., Any], asked: str
) -> None:
    setting = open_setting(*[failed(429, Retry_After=asked)] * 10_000)
    with pytest.raises(RateLimited):
        setting.client.get("/lists")
    assert setting.client.requests_sent < 100


@pytest.mark.parametrize("status", [429, 503])
def test_the_time_for_all_retries_is_bounded(open_setting: Callable[..., Any], status: int) -> None:
    setting = open_setting(*[failed(status, Retry_After="40")] * 20)
    with pytest.raises(TryLater):
        setting.client.get("/lists")
    assert 250 < sum(setting.waits) <= 300


def test_the_time_that_the_attempts_take_counts(open_setting: Callable[..., Any], clock: Any) -> None:
    def hang(_: dict[str, Any]) -> Any:
        clock.advance(60)
        raise TimeoutError

    setting = open_setting(*[hang] * 100, clock=clock)
    with pytest.raises(ServiceUnavailable, match="in time"):
        setting.client.get("/lists")
    assert setting.client.requests_sent <= 1 + 300 / 60


def test_waiting_for_the_rate_budget_is_no_impatience(open_setting: Callable[..., Any], clock: Any) -> None:
    limits = AccountLimits(1, [Rate(1, 3600.0)], clock=lambda: clock().timestamp())

    def busy(_: dict[str, Any]) -> Any:
        clock.advance(3600)
        return failed(503)

    setting = open_setting(OK, busy, OK, limits=limits, clock=clock)
    setting.client.get("/lists")
    assert setting.client.get("/lists").status == 200


def test_each_attempt_takes_its_share_of_the_rate_budget(open_setting: Callable[..., Any], clock: Any) -> None:
    limits = AccountLimits(1, [Rate(2, 3600.0)], clock=lambda: clock().timestamp())
    setting = open_setting(failed(503), failed(503), OK, limits=limits, clock=clock)
    setting.client.get("/lists")
    assert setting.client.requests_sent == 3
    assert sum(setting.waits) > 3500, "the third had to wait for the next hour"


def test_a_longer_pause_than_is_left_is_not_begun(open_setting: Callable[..., Any]) -> None:
    setting = open_setting(failed(429, Retry_After="3600"))
    with pytest.raises(RateLimited) as caught:
        setting.client.get("/lists")
    assert setting.waits == []
    assert caught.value.retry_after == 3600


def test_an_answer_that_means_too_many_requests_is_treated_as_one(open_setting: Callable[..., Any]) -> None:
    endpoint = {"is_throttled": lambda response: response.status == 403 and not response.content}
    setting = open_setting((403, {}, b""), OK, endpoint=endpoint)
    assert setting.client.post("/lists", json={}).status == 200
    always = open_setting(*[(403, {"Retry-After": "200"}, b"")] * 5, endpoint=endpoint)
    with pytest.raises(RateLimited):
        always.client.get("/lists")


def test_a_wait_that_is_interrupted_ends_everything_at_once(open_setting: Callable[..., Any]) -> None:
    def stop(_: float) -> None:
        raise Interrupted("Stopped.")

    setting = open_setting(failed(503), OK, wait=stop)
    with pytest.raises(Interrupted):
        setting.client.get("/lists")
    assert setting.client.requests_sent == 1
