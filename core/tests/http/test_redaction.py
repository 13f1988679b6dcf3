"""What an error or a log line may never give away."""

import logging
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rundbrief.errors import InputError, RundbriefError, SettingsError
from rundbrief.http import AccountLimits, open_client
from rundbrief.session import Endpoint, HeaderAuth, Secret

KEY = "k-3c0ffee-us21"
ADDRESS = "jo.private@example.org"
HASH = "0123456789abcdef0123456789ABCDEF"


def everything_shown(error: BaseException) -> str:
    """Return all that a careless handler could print of an error, and of every error it holds on to."""
    return "\n".join(
        f"{one} {one!r} {one.args} {vars(one)} {''.join(traceback.format_exception(one))}"
        for one in chain(error, set())
    )


def chain(error: BaseException | None, seen: set[int]) -> Iterator[BaseException]:
    if error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        yield from chain(error.__cause__, seen)
        yield from chain(error.__context__, seen)


def assert_private(shown: str) -> None:
    for private in (KEY, ADDRESS, "jo.private", HASH):
        assert private not in shown


FAILURES = [
    (401, {}, b"{}"),
    (403, {}, ADDRESS.encode()),
    (500, {}, b"oops"),
    (429, {"Retry-After": "9999"}, b""),
    (302, {"Location": f"https://x.example/{ADDRESS}?{KEY}"}, b""),
    (302, {"Location": f"https://[{ADDRESS}?{KEY}"}, b""),
    (200, {"Content-Encoding": "gzip"}, ADDRESS.encode()),
    ConnectionRefusedError(f"refused {ADDRESS}"),
    ConnectionResetError(f"reset {ADDRESS}"),
    TimeoutError(f"late {ADDRESS}"),
]


@pytest.mark.parametrize("step", FAILURES, ids=str)
@pytest.mark.parametrize("idempotent", [True, False])
def test_nothing_private_leaves_with_a_failure(
    open_setting: Callable[..., Any], caplog: pytest.LogCaptureFixture, step: Any, idempotent: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    setting = open_setting(*[step] * 60, endpoint={"auth": HeaderAuth(Secret(KEY))})
    with pytest.raises(RundbriefError) as caught:
        setting.client.request(
            "POST",
            f"/members/{ADDRESS}/{HASH}",
            params={"email": ADDRESS},
            json={"mail": ADDRESS, "key": KEY},
            idempotent=idempotent,
        )
    assert_private(caplog.text + repr(setting.client) + everything_shown(caught.value))


def test_nor_with_a_failed_download(open_setting: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for step in FAILURES:
        setting = open_setting(*[step] * 60)
        with pytest.raises(RundbriefError) as caught:
            setting.client.download(f"http://127.0.0.1:9/{ADDRESS}?sig={KEY}", max_bytes=10)
        assert_private(caplog.text + everything_shown(caught.value))


def test_an_answer_that_is_not_json_does_not_travel_in_its_error(open_setting: Callable[..., Any]) -> None:
    response = open_setting((200, {}, f"<p>{ADDRESS}".encode())).client.get("/lists")
    with pytest.raises(RundbriefError) as caught:
        response.json()
    assert_private(repr(response) + everything_shown(caught.value))


@pytest.mark.parametrize("key", [f"{KEY}\n", f"{KEY}–é", f"{KEY}\x00"], ids=ascii)  # noqa: RUF001 - a dash that slips in
def test_a_key_that_no_header_takes_is_refused_before_a_library_shows_it(key: str) -> None:
    with pytest.raises(SettingsError) as caught:
        open_client(Endpoint("https://api.example.org", HeaderAuth(Secret(key))), limits=AccountLimits())
    assert_private(everything_shown(caught.value))


def test_what_cannot_be_encoded_is_refused_without_showing_the_rest(open_setting: Callable[..., Any]) -> None:
    setting = open_setting()
    calls: list[Callable[[], Any]] = [
        lambda: setting.client.post("/lists", json={"mail": ADDRESS, "name": "\ud800"}),
        lambda: setting.client.get("/lists", params={"mail": ADDRESS, "name": "\ud800"}),
        lambda: setting.client.get(f"/lists/{ADDRESS}\x00"),
        lambda: setting.client.get(f"/lists/{ADDRESS}\ud800"),
        lambda: setting.client.get("/lists", params={"mail": ADDRESS * 10_000}),
    ]
    for call in calls:
        with pytest.raises(InputError) as caught:
            call()
        assert_private(everything_shown(caught.value))
    assert setting.client.requests_sent == 0


def test_the_log_says_what_was_asked_and_what_came_of_it(
    open_setting: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    setting = open_setting((503, {}, b""), ConnectionResetError(), (200, {}, b"{}"))
    setting.client.get(f"/lists/a1/members/{HASH}", params={"email": ADDRESS})
    busy, lost, done = (record.getMessage() for record in caplog.records)
    place = "GET /v3/lists/a1/members/…"
    assert busy.startswith(f"{place}: 503, again in")
    assert lost.startswith(f"{place}: ReadError, again in")
    assert done.startswith(f"{place}: 200 in")
    assert_private(caplog.text)
