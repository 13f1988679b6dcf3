"""What is sent again, when, and for how long."""

from collections.abc import Callable
from typing import Any

import pytest

from rundbrief.errors import Interrupted, RateLimited, ServiceUnavailable
from rundbrief.http import RetryPolicy

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
        ("0", 0.0),
        ("-3", 0.0),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
    ],
)
def test_retry_after_is_obeyed_in_both_forms(open_setting: Callable[..., Any], asked: str, waits: float) -> None:
    setting = open_setting(failed(429, Retry_After=asked), OK)
    setting.client.get("/lists")
    assert setting.waits == [waits]


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


def test_garbage_in_retry_after_counts_as_none(open_setting: Callable[..., Any]) -> None:
    setting = open_setting(failed(503, Retry_After="soon"), OK)
    setting.client.get("/lists")
    assert len(setting.waits) == 1


def test_the_time_for_all_retries_is_bounded(open_setting: Callable[..., Any]) -> None:
    setting = open_setting(*[failed(503, Retry_After="40")] * 20)
    with pytest.raises(ServiceUnavailable):
        setting.client.get("/lists")
    assert sum(setting.waits) <= 300


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
