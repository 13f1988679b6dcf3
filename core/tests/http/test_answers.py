"""What becomes of a request and its answer."""

import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import repeat
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rundbrief.errors import PermissionMissing, ProtocolError, RundbriefError, ServiceUnavailable, SignInAgain
from rundbrief.http import client as client_module
from rundbrief.http import decoded


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


def answering(pieces: Iterable[bytes], **headers: str) -> Callable[..., Iterable[bytes]]:
    """Return a service that answers 200 with a body that comes in pieces."""

    def app(_: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [(name.replace("_", "-"), value) for name, value in headers.items()])
        return pieces

    return app


def test_a_packed_answer_without_content_is_cut_off_as_well(
    open_setting: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "MAX_ANSWER", 1000)
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    packer.compress(b"")
    empty_block = packer.flush(zlib.Z_FULL_FLUSH)[-5:]
    header = gzip.compress(b"")[:10]
    endless = answering(_behind(header, repeat(empty_block)), Content_Encoding="gzip")
    with pytest.raises(ProtocolError, match="larger than 1,000 bytes"):
        open_setting(service=endless).client.get("/lists")


@pytest.mark.parametrize("headers", [{}, {"Content_Encoding": "gzip"}])
def test_an_answer_that_comes_byte_by_byte_is_given_up(
    open_setting: Callable[..., Any], clock: Any, headers: dict[str, str]
) -> None:
    def drops() -> Iterator[bytes]:
        yield gzip.compress(b"")[:10] if headers else b"["
        while True:
            clock.advance(20)
            yield b"\0\0\0\xff\xff" if headers else b" "

    began = clock()
    setting = open_setting(service=answering(drops(), **headers), clock=clock)
    with pytest.raises(ServiceUnavailable, match="in time"):
        setting.client.post("/lists", json={})
    assert (clock() - began).total_seconds() < 400


def _behind(first: bytes, more: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from more


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


# --- JSON that is none, or nearly ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 10_000,
        b"",
        b"\xff\xfe\xfd",
        b"{} {}",
    ],
    ids=lambda body: ascii(body[:12]),
)
def test_what_is_no_json_is_told_as_that(open_setting: Callable[..., Any], body: bytes) -> None:
    setting = open_setting((200, {}, body))
    with pytest.raises(ProtocolError, match="not JSON") as caught:
        setting.client.get("/lists").json()
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (b'{"name": "Jo \\ud83d"}', {"name": "Jo \ufffd"}),
        (b'["\\uDE00\\ud83d\\ude00"]', ["\ufffd\U0001f600"]),
        (b'{"\\ud800": [{"a": "\\ud83d\\ude00"}]}', {"\ufffd": [{"a": "\U0001f600"}]}),
        (b'["\xed\xa0\x80"]', ["\ufffd"]),
        (b'["\\\\ud83d"]', ["\\ud83d"]),
    ],
)
def test_half_a_character_becomes_one_that_can_be_kept(
    open_setting: Callable[..., Any], body: bytes, read: Any
) -> None:
    assert open_setting((200, {}, body)).client.get("/lists").json() == read


@settings(deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(st.characters()), st.lists, max_leaves=8))
def test_whatever_is_json_is_read_with_texts_that_can_be_kept(document: Any) -> None:
    read = decoded(json.dumps(document))
    assert decoded(json.dumps(read)) == read
    json.dumps(read, ensure_ascii=False).encode()
