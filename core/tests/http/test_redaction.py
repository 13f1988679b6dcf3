"""What an error or a log line may never give away."""

import logging
import traceback
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from rundbrief.errors import InputError, RundbriefError, SettingsError
from rundbrief.http import AccountLimits, open_client
from rundbrief.http.tokens import MemoryVault
from rundbrief.session import Endpoint, HeaderAuth, OAuth, Secret

KEY = "k-3c0ffee-us21"
ADDRESS = "jo.private@example.org"
HASH = "0123456789abcdef0123456789ABCDEF"


def everything_shown(error: BaseException) -> str:
    """Return all that a careless handler could print of an error, and of every error it holds on to."""
    return "\n".join(
        f"{one} {one!r} {one.args} {vars(one)} {''.join(traceback.format_exception(one))}"
        for one in chain(error, set())
    )


def locals_of_ours(error: BaseException) -> str:
    """Return what a crash report would show of the variables in rundbrief's own frames."""
    frames = [frame for one in chain(error, set()) for frame, _ in traceback.walk_tb(one.__traceback__)]
    ours = [frame for frame in frames if frame.f_globals["__name__"].startswith("rundbrief.")]
    return "\n".join(repr(frame.f_locals) for frame in ours)


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


@pytest.mark.parametrize("name", ["client_id", "client_secret", "refresh_token"])
def test_nor_is_one_of_an_app_sent_with_the_line_break_it_was_copied_with(name: str) -> None:
    keys = {"client_id": "app-1", "client_secret": Secret(KEY), "refresh_token": Secret(KEY)}
    keys[name] = f"{KEY}\n" if name == "client_id" else Secret(f"{KEY}\n")
    auth = OAuth("https://api.example.org/token", **keys)
    with pytest.raises(SettingsError, match="no key has") as caught:
        open_client(Endpoint("https://api.example.org", auth), limits=AccountLimits())
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


# --- tokens that are fetched at run time ------------------------------------------------------------------

TOKEN, REFRESH, APP_SECRET = "t-0ken0f", "r-ef2e5h", "s-5ec2e7-app"
GRANT = f'"access_token": "{TOKEN}", "refresh_token": "{REFRESH}"'

TOKEN_FAILURES = [
    (400, {}, f'{{"error": "invalid_grant", "error_description": "{APP_SECRET}"}}'.encode()),
    (401, {}, f'{{"error": "{APP_SECRET}"}}'.encode()),
    (404, {}, APP_SECRET.encode()),
    (500, {}, APP_SECRET.encode()),
    (429, {"Retry-After": "9999"}, b""),
    (302, {"Location": f"https://x.example/{APP_SECRET}"}, b""),
    (200, {}, f"<p>{TOKEN}".encode()),
    (200, {}, f'["{TOKEN}"]'.encode()),
    (200, {}, f'{{{GRANT}, "token_type": "mac"}}'.encode()),
    (200, {}, f'{{{GRANT}, "expires_in": "{TOKEN}"}}'.encode()),
    (200, {}, f'{{{GRANT}, "access_token": "{TOKEN}\\n"}}'.encode()),
    (200, {"Content-Encoding": "gzip"}, TOKEN.encode()),
    ConnectionRefusedError(APP_SECRET),
    ConnectionResetError(APP_SECRET),
    TimeoutError(APP_SECRET),
]


def assert_no_token(shown: str) -> None:
    for private in (TOKEN, REFRESH, APP_SECRET, "refresh-0"):
        assert private not in shown


@pytest.mark.parametrize("step", TOKEN_FAILURES, ids=str)
def test_nothing_of_an_app_leaves_with_a_token_that_is_not_granted(
    open_app: Callable[..., Any], caplog: pytest.LogCaptureFixture, step: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    app = open_app("refresh-0")
    app.service.token_script = [step] * 60
    with pytest.raises(RundbriefError) as caught:
        app.client.get("/lists")
    assert_no_token(caplog.text + repr(app.client) + everything_shown(caught.value) + locals_of_ours(caught.value))


@pytest.mark.parametrize("step", FAILURES, ids=str)
def test_nor_with_a_request_that_it_signs(
    open_app: Callable[..., Any], clock: Any, caplog: pytest.LogCaptureFixture, step: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    vault = MemoryVault()
    app = open_app("refresh-0", tokens=vault)
    app.service.ends[TOKEN] = clock() + timedelta(hours=1)
    app.service.token_script = [(200, {}, f"{{{GRANT}}}".encode())] * 2
    app.service.script = [step] * 60
    with pytest.raises(RundbriefError) as caught:
        app.client.post("/lists", json={})
    assert TOKEN in app.service.signed_with
    assert_no_token(caplog.text + repr(vault.load()) + everything_shown(caught.value))
    assert_no_token(locals_of_ours(caught.value))
