"""What becomes of a request and its answer."""

import gzip
from collections.abc import Callable
from typing import Any

import pytest

from rundbrief.errors import PermissionMissing, ProtocolError, RundbriefError, SignInAgain
from rundbrief.http import client as client_module


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


@pytest.mark.parametrize("location", ["/elsewhere", "", "https://[broken", "https://x:99999999/"])
def test_nor_one_that_leads_nowhere(open_setting: Callable[..., Any], location: str) -> None:
    with pytest.raises(ProtocolError, match="redirects to"):
        open_setting((301, {"Location": location}, b"")).client.get("/lists")


@pytest.mark.parametrize("body", [b"<html>", b"", b'{"a": ', b"\xff", b"[" * 200_000], ids=lambda body: body[:6])
def test_what_is_not_json_breaks_the_contract(open_setting: Callable[..., Any], body: bytes) -> None:
    response = open_setting((200, {}, body)).client.get("/lists")
    with pytest.raises(ProtocolError):
        response.json()


def test_an_endless_answer_is_cut_off(open_setting: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "MAX_ANSWER", 1000)
    bomb = gzip.compress(b"0" * 10_000_000)
    setting = open_setting((200, {"Content-Encoding": "gzip"}, bomb))
    with pytest.raises(ProtocolError, match="larger than 1,000 bytes"):
        setting.client.get("/lists")


def test_the_base_url_is_joined_and_parameters_are_encoded(open_setting: Callable[..., Any]) -> None:
    setting = open_setting()
    setting.client.get("/lists", params={"since": "2026-11-23T12:00:00+00:00", "email": "a+b@example.org"})
    [seen] = setting.service.seen
    assert seen["PATH_INFO"] == "/v3/lists"
    assert "%2B00" in seen["QUERY_STRING"]
    assert "a%2Bb" in seen["QUERY_STRING"]
    assert seen["HTTP_USER_AGENT"].startswith("rundbrief/")


def test_header_names_compare_without_case(open_setting: Callable[..., Any]) -> None:
    headers = open_setting((200, {"X-Total": "3"}, b"{}")).client.get("/lists").headers
    assert (headers["x-total"], headers["X-TOTAL"]) == ("3", "3")


def test_no_cookie_is_kept(open_setting: Callable[..., Any]) -> None:
    setting = open_setting((200, {"Set-Cookie": "session=1"}, b"{}"))
    setting.client.get("/lists")
    setting.client.get("/lists")
    assert "HTTP_COOKIE" not in setting.service.seen[1]
