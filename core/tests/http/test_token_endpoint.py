"""What a service answers when it is asked for a token."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from rundbrief.errors import RundbriefError, SettingsError, SignInAgain
from rundbrief.http import AccountLimits, open_client
from rundbrief.session import Endpoint, OAuth, Rate, Secret

Open = Callable[..., Any]


@contextmanager
def refused(message: str, hint: str) -> Iterator[None]:
    with pytest.raises(SignInAgain, match=message) as caught:
        yield
    assert hint in caught.value.hint


def test_a_wrong_secret_is_told_with_what_to_do(open_app: Open) -> None:
    with refused("invalid_client", "client_id and client_secret"):
        open_app(secret="wrong").client.get("/lists")


def test_a_used_up_refresh_token_is_told_with_what_to_do(open_app: Open) -> None:
    with refused("invalid_grant", "Connect the app again"):
        open_app("refresh-old").client.get("/lists")


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"error": {"code": 1}}', b'{"error": "s-5ec2e7-app"}'])
def test_a_refusal_in_other_words_is_one_too(open_app: Open, status: int, body: bytes) -> None:
    app = open_app()
    app.service.token_script = [(status, {}, body)]
    with refused("handed out no access token\\.", "client_id and client_secret"):
        app.client.get("/lists")


def test_a_refusal_may_come_with_a_200(open_app: Open) -> None:
    app = open_app()
    app.service.token_script = [(200, {}, b'{"error": "invalid_client"}')]
    with refused("invalid_client", "client_id"):
        app.client.get("/lists")


def test_a_token_request_is_as_patient_as_others_and_costs_no_rate_budget(open_app: Open, clock: Any) -> None:
    limits = AccountLimits(1, [Rate(1, 3600.0)], clock=lambda: clock().timestamp())
    app = open_app(limits=limits)
    app.service.token_script = [(503, {}, b""), ConnectionResetError(), (429, {"Retry-After": "7"}, b"")]
    assert app.client.get("/lists").status == 200
    assert len(app.service.forms) == 4
    assert sum(clock.waits) < 3600


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"<html>",
        b'{"access_token": ""}',
        b'{"access_token": "a\\nb"}',
        b'{"access_token": "a", "token_type": "mac"}',
        b'{"access_token": "a", "expires_in": -1}',
        b'{"access_token": "a", "expires_in": "soon"}',
        b'{"access_token": "a", "expires_in": 1e300}',
    ],
)
def test_what_is_no_token_is_not_used(open_app: Open, body: bytes) -> None:
    app = open_app()
    app.service.token_script = [(200, {}, body)]
    with pytest.raises(RundbriefError, match=r"not JSON|documentation does not allow"):
        app.client.get("/lists")
    assert app.service.signed_with == []


@pytest.mark.parametrize(
    "url", ["http://api.example.org/token", "", "https://jo@x.example/token", "https://x.example/?a=1"]
)
def test_secrets_are_sent_encrypted_only(url: str) -> None:
    auth = OAuth(url, "app-1", Secret("secret"))
    with pytest.raises(SettingsError, match=r"https|token_url"):
        open_client(Endpoint("https://api.example.org", auth), limits=AccountLimits())


def test_a_download_takes_no_token_along(open_app: Open) -> None:
    app = open_app()
    app.service.ends[""] = datetime.max.replace(tzinfo=UTC)
    assert app.client.download("http://127.0.0.1:9/archive", max_bytes=100)
    assert app.service.forms == []
