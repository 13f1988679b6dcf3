"""What becomes of answers that are none, and what they may never give away."""

import gzip
import logging
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from marshmallow import fields

from rundbrief.errors import (
    PermissionMissing,
    ProtocolError,
    RundbriefError,
    ServiceUnavailable,
    SettingsError,
    SignInAgain,
)
from rundbrief.http import AccountLimits, WireSchema, load, open_client
from rundbrief.http import client as client_module
from rundbrief.session import Endpoint, HeaderAuth, Secret

KEY = "k-3c0ffee-us21"
ADDRESS = "jo.private@example.org"


@pytest.mark.parametrize(("status", "error"), [(401, SignInAgain), (403, PermissionMissing)])
def test_a_refused_key_is_named(
    open_setting: Callable[..., Any], status: int, error: type[RundbriefError]
) -> None:
    with pytest.raises(error):
        open_setting((status, {}, b"{}")).client.get("/lists")


def test_a_403_about_one_record_comes_back(open_setting: Callable[..., Any]) -> None:
    setting = open_setting((403, {}, b"{}"), endpoint={"is_permission_missing": lambda _: False})
    assert setting.client.get("/lists/1").status == 403


@pytest.mark.parametrize("status", [200, 204, 400, 404, 405, 409, 422])
def test_other_answers_come_back(open_setting: Callable[..., Any], status: int) -> None:
    assert open_setting((status, {}, b"{}")).client.get("/lists/1").status == status


def test_a_redirect_is_not_followed(open_setting: Callable[..., Any]) -> None:
    setting = open_setting((302, {"Location": "https://elsewhere.example/x?token=1"}, b""))
    with pytest.raises(ProtocolError, match=r"elsewhere\.example") as caught:
        setting.client.get("/lists")
    assert "token" not in str(caught.value)
    assert len(setting.service.seen) == 1


@pytest.mark.parametrize("body", [b"<html>", b"", b'{"a": ', b"\xff"])
def test_what_is_not_json_breaks_the_contract(open_setting: Callable[..., Any], body: bytes) -> None:
    response = open_setting((200, {}, body)).client.get("/lists")
    with pytest.raises(ProtocolError):
        response.json()


def test_an_endless_answer_is_cut_off(open_setting: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "MAX_ANSWER", 1000)
    bomb = gzip.compress(b"0" * 10_000_000)
    setting = open_setting((200, {"Content-Encoding": "gzip"}, bomb))
    with pytest.raises(ProtocolError):
        setting.client.get("/lists")


@pytest.mark.parametrize(
    "url", ["http://api.example.org/v3", "ftp://127.0.0.1/", "http://127.0.0.1.evil.example/"]
)
def test_keys_travel_encrypted_only(url: str) -> None:
    with pytest.raises(SettingsError, match="https"):
        open_client(Endpoint(url), limits=AccountLimits())


def test_the_base_url_is_joined_and_parameters_are_encoded(open_setting: Callable[..., Any]) -> None:
    setting = open_setting()
    setting.client.get("/lists", params={"since": "2026-11-23T12:00:00+00:00", "email": "a+b@example.org"})
    [seen] = setting.service.seen
    assert seen["PATH_INFO"] == "/v3/lists"
    assert "%2B00" in seen["QUERY_STRING"]
    assert "a%2Bb" in seen["QUERY_STRING"]
    assert seen["HTTP_USER_AGENT"].startswith("rundbrief/")


def test_a_download_takes_no_credentials_along(open_setting: Callable[..., Any]) -> None:
    setting = open_setting((200, {}, b"archive"))
    assert setting.client.download("http://127.0.0.1:9/archive?sig=1", max_bytes=100) == b"archive"
    assert "HTTP_AUTHORIZATION" not in setting.service.seen[0]


def test_a_download_is_bounded_and_encrypted(open_setting: Callable[..., Any]) -> None:
    setting = open_setting((200, {}, b"x" * 101))
    with pytest.raises(ProtocolError):
        setting.client.download("http://127.0.0.1:9/archive", max_bytes=100)
    with pytest.raises(RundbriefError, match="https"):
        setting.client.download("http://storage.example/archive", max_bytes=100)


@pytest.mark.parametrize(
    "step",
    [
        (401, {}, b"{}"),
        (403, {}, b"{}"),
        (500, {}, b"oops"),
        (429, {"Retry-After": "9999"}, b""),
        (302, {"Location": f"https://x.example/?{KEY}"}, b""),
        ConnectionRefusedError(f"refused {ADDRESS}"),
        ConnectionResetError(f"reset {ADDRESS}"),
        TimeoutError(f"late {ADDRESS}"),
    ],
    ids=str,
)
def test_nothing_private_leaves_the_client(
    open_setting: Callable[..., Any], caplog: pytest.LogCaptureFixture, step: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    endpoint = {"auth": HeaderAuth(Secret(KEY))}
    setting = open_setting(*[step] * 40, endpoint=endpoint)
    with pytest.raises(RundbriefError) as caught:
        setting.client.request(
            "POST", f"/members/{ADDRESS}", params={"email": ADDRESS}, json={"mail": ADDRESS, "key": KEY}
        )
    shown = "\n".join(
        [
            caplog.text,
            str(caught.value),
            repr(caught.value),
            repr(setting.client),
            "".join(traceback.format_exception(caught.value)),
        ]
    )
    for private in (KEY, ADDRESS, "jo.private"):
        assert private not in shown


def test_a_wrong_shape_names_the_field_and_not_the_value() -> None:
    class Row(WireSchema):
        mail = fields.String(required=True)

    class Page(WireSchema):
        rows = fields.List(fields.Nested(Row), required=True)

    assert load(Page, {"rows": [{"mail": "x", "new": 1}], "more": 2}) == {"rows": [{"mail": "x"}]}
    with pytest.raises(ProtocolError, match=r"rows\.1\.mail") as caught:
        load(Page, {"rows": [{"mail": "x"}, {"mail": {"secret": ADDRESS}}]})
    assert ADDRESS not in str(caught.value)


def test_a_broken_certificate_is_told_apart_from_a_dead_line(open_setting: Callable[..., Any]) -> None:
    with pytest.raises(ServiceUnavailable, match="cannot be reached"):
        open_setting(*[ConnectionRefusedError()] * 40).client.get("/")
