"""Where requests may go."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rundbrief.errors import InputError, ProtocolError, SettingsError
from rundbrief.http import AccountLimits, open_client
from rundbrief.http.urls import below, service_address
from rundbrief.session import Endpoint


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.org/v3",
        "ftp://127.0.0.1/",
        "http://127.0.0.1.evil.example/",
        "http://127.0.0.1@evil.example/",
        "http://127.0.0.1\\@evil.example/",
        "http://localhost@evil.example/",
        "http://localhost.evil.example/",
        "http://localhost./",
        "http://evil.example#@127.0.0.1/",
        "http://evil.example?@127.0.0.1/",
        "http://evil.example\\@127.0.0.1/",
        "http://127.0.0.1%2eevil.example/",
        "http://127.0.0.1%00.evil.example/",
        "http://localhost\uff0eevil.example/",
        "http://\uff11\uff12\uff17.0.0.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://0.0.0.0/",
        "http://[::]/",
        "http://[::ffff:10.0.0.1]/",
        "http:127.0.0.1/",
        "//127.0.0.1/",
        "api.example.org/v3",
        "",
        "https://",
        "https://x:99999999/",
        f"https://{'a' * 64}.example/",
        "https://a..example/",
        "https://\x00/",
        "https://\ud800/",
    ],
    ids=ascii,
)
def test_keys_travel_encrypted_only(url: str) -> None:
    with pytest.raises(SettingsError, match=r"https|not an address"):
        open_client(Endpoint(url), limits=AccountLimits())


@pytest.mark.parametrize(
    "url", ["http://localhost:8080", "http://127.0.0.1:1/v3", "http://[::1]:1", "HTTPS://X.org"]
)
def test_this_machine_needs_no_encryption(url: str) -> None:
    open_client(Endpoint(url), limits=AccountLimits()).close()


@pytest.mark.parametrize("url", ["https://jo:k-3c0ffee@x.example/", "https://x.example/?key=k-3c0ffee"])
def test_a_key_in_the_base_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(SettingsError, match=r"x\.example") as caught:
        open_client(Endpoint(url), limits=AccountLimits())
    assert "3c0ffee" not in str(caught.value)


@pytest.mark.parametrize(
    "path",
    [
        "/../admin",
        "/lists/../../admin",
        "lists/%2e%2e/%2E%2E/admin",
        "lists/1%2F..%2F..%2Fadmin",
        "lists/..\\..\\admin",
        "lists/1?status=subscribed",
        "lists/1#/members",
        "/lists/\n",
    ],
)
def test_an_id_cannot_lead_out_of_the_service(open_setting: Callable[..., Any], path: str) -> None:
    setting = open_setting()
    with pytest.raises(InputError):
        setting.client.get(path)
    assert setting.service.seen == []


@settings(deadline=None)
@given(
    st.text(max_size=30), st.sampled_from(["https://x.example", "https://x.example/v3", "http://127.0.0.1:9/a/b/"])
)
def test_whatever_the_path_a_request_stays_below_the_base_url(path: str, text: str) -> None:
    base = service_address(text)
    try:
        url = below(base, path)
    except InputError:
        return
    assert (url.scheme, url.host, url.port, url.userinfo) == (base.scheme, base.host, base.port, b"")
    assert url.path.startswith(base.path)
    assert (url.query, url.fragment) == (b"", "")
    assert ".." not in url.path.split("/")


@settings(deadline=None)
@given(
    st.text(max_size=40)
    | st.text(max_size=30).map("https://".__add__)
    | st.from_regex(r"https?://[\w.:@\[\]%-]*/")
)
def test_whatever_stands_in_base_url_it_is_an_address_or_a_sentence(text: str) -> None:
    try:
        url = service_address(text)
    except SettingsError:
        return
    assert isinstance(url, httpx.URL)
    assert url.scheme == "https" or url.host in ("localhost", "::1") or url.host.startswith("127.")


# --- files that a service names ---------------------------------------------------------------------------


def test_a_download_takes_no_credentials_along(open_setting: Callable[..., Any]) -> None:
    setting = open_setting((200, {}, b"archive"))
    assert setting.client.download("http://127.0.0.1:9/archive?sig=1", max_bytes=100) == b"archive"
    assert "HTTP_AUTHORIZATION" not in setting.service.seen[0]


@pytest.mark.parametrize(
    "url", ["http://storage.example/archive", "file:///etc/passwd", "", "https://[", "/archive"]
)
def test_a_download_is_encrypted(open_setting: Callable[..., Any], url: str) -> None:
    with pytest.raises(ProtocolError, match="https"):
        open_setting(endpoint={"base_url": "https://x.example"}).client.download(f"{url}\x00", max_bytes=100)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/admin", "https://localhost/admin", "https://[::1]/admin"])
def test_a_service_elsewhere_names_no_file_on_this_machine(open_setting: Callable[..., Any], url: str) -> None:
    setting = open_setting(endpoint={"base_url": "https://x.example"})
    with pytest.raises(ProtocolError, match="this machine"):
        setting.client.download(url, max_bytes=100)
    assert setting.service.seen == []


def test_a_download_is_bounded_above_and_below_other_answers(
    open_setting: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rundbrief.http.client.MAX_ANSWER", 50)
    setting = open_setting((200, {}, b"x" * 100), (200, {}, b"x" * 101))
    assert len(setting.client.download("http://127.0.0.1:9/archive", max_bytes=100)) == 100
    with pytest.raises(ProtocolError, match="larger than 100 bytes"):
        setting.client.download("http://127.0.0.1:9/archive", max_bytes=100)


def test_a_download_is_repeated_like_any_read(open_setting: Callable[..., Any]) -> None:
    setting = open_setting((500, {}, b""), ConnectionResetError(), (429, {}, b""), (200, {}, b"archive"))
    assert setting.client.download("http://127.0.0.1:9/archive", max_bytes=100) == b"archive"


@pytest.mark.parametrize("status", [301, 403, 404])
def test_a_file_that_is_not_there_breaks_the_contract_at_once(
    open_setting: Callable[..., Any], status: int
) -> None:
    """The service's own 403 may mean *too many requests*; the storage host's means that a link is too old."""
    setting = open_setting((status, {}, b"<xml>"), endpoint={"is_throttled": lambda answer: answer.status == 403})
    with pytest.raises(ProtocolError, match=str(status)):
        setting.client.download("http://127.0.0.1:9/archive", max_bytes=100)
    assert setting.client.requests_sent == 1
