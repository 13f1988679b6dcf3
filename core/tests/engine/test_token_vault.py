"""Refresh tokens outlive the process, each connection's for itself, in a file of their owner's."""

import json
import os
import stat
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rundbrief.engine.locks import only_renewal
from rundbrief.engine.token_vault import TokenFile
from rundbrief.errors import StateUnwritable
from rundbrief.http import AccountLimits, StoredTokens, open_client, wsgi_transport
from rundbrief.session import Endpoint, OAuth, Secret
from rundbrief.store import Store

LATER = datetime(2026, 12, 1, tzinfo=UTC)
TOKENS = StoredTokens(Secret("access-1"), LATER, Secret("refresh-1"), "credentials-1")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state" / "rundbrief.db"


def test_what_was_saved_is_there_for_the_next_process(state: Path) -> None:
    TokenFile(state, "news").save(TOKENS)
    assert TokenFile(state, "news").load() == TOKENS
    assert TokenFile(state, "other").load() is None


def test_the_newest_replace_those_before(state: Path) -> None:
    vault = TokenFile(state, "news")
    vault.save(TOKENS)
    newest = StoredTokens(Secret("access-2"), LATER, Secret("refresh-2"), "credentials-2")
    vault.save(newest)
    assert vault.load() == newest
    assert [one.name for one in state.parent.iterdir()] == ["rundbrief.db.news.tokens"]


def test_where_the_clients_credentials_are_enough_nothing_is_kept(state: Path) -> None:
    TokenFile(state, "news").save(StoredTokens(Secret("access-1"), LATER, None, "credentials-1"))
    assert not state.parent.exists()


def test_the_file_is_its_owners_from_the_start_whatever_the_umask(state: Path) -> None:
    before = os.umask(0)
    try:
        TokenFile(state, "news").save(TOKENS)
    finally:
        os.umask(before)
    (kept,) = state.parent.iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_token_that_is_renewed_before_there_is_a_state_is_no_trace_of_one(state: Path) -> None:
    """Else the first command after `connections check` took the new file for one that was emptied."""
    state.parent.mkdir()
    with only_renewal(state, "news", lambda _: None):
        TokenFile(state, "news").save(TOKENS)
    Store.open(state).close()


def test_a_link_in_its_place_is_replaced_and_not_followed(state: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("theirs", encoding="utf-8")
    state.parent.mkdir()
    (state.parent / "rundbrief.db.news.tokens").symlink_to(elsewhere)
    TokenFile(state, "news").save(TOKENS)
    assert elsewhere.read_text(encoding="utf-8") == "theirs"


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=40)
    | st.sampled_from([b"[]", b"{}", b"null", b"[" * 100_000, b'{"access_token": 1}'])
    | st.integers(0, 100).map(lambda cut: b'{"access_token": "a", "expires_at": "2026-12-01T00:00:00"}'[:cut])
)
def test_a_damaged_file_counts_as_none(state: Path, content: bytes) -> None:
    """The configured refresh token is tried then; should it be used up, the service says what to do."""
    state.parent.mkdir(exist_ok=True)
    (state.parent / "rundbrief.db.news.tokens").write_bytes(content)
    assert TokenFile(state, "news").load() is None


def test_tokens_that_cannot_be_kept_or_read_are_told_before_they_are_used(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StateUnwritable, match="cannot be written"):
        TokenFile(tmp_path / "file" / "rundbrief.db", "news").save(TOKENS)
    (tmp_path / "rundbrief.db.news.tokens").mkdir()
    with pytest.raises(StateUnwritable, match="cannot be read"):
        TokenFile(tmp_path / "rundbrief.db", "news").load()


class Issuer:
    """A service whose refresh tokens work once, and that takes its time for the first renewal."""

    def __init__(self) -> None:
        self.refresh_token = "refresh-0"
        self.renewals = 0
        self.asked, self.may_answer = threading.Event(), threading.Event()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        body = environ["wsgi.input"].read().decode()
        if environ["PATH_INFO"] != "/token":
            return _answered(start_response, 200, {})
        if f"refresh_token={self.refresh_token}" not in body:
            return _answered(start_response, 400, {"error": "invalid_grant"})
        self.renewals += 1
        self.refresh_token = f"refresh-{self.renewals}"
        self.asked.set()
        assert self.may_answer.wait(10)
        granted = {"access_token": "access", "refresh_token": self.refresh_token, "expires_in": 3600}
        return _answered(start_response, 200, granted)


def _answered(start_response: Callable[..., Any], status: int, document: object) -> list[bytes]:
    start_response(f"{status} Status", [("Content-Type", "application/json")])
    return [json.dumps(document).encode()]


def test_two_processes_that_renew_at_once_do_not_take_the_refresh_token_from_each_other(state: Path) -> None:
    issuer = Issuer()
    auth = OAuth("http://127.0.0.1:9/token", "app", Secret("secret"), Secret("refresh-0"))
    second_waits = threading.Event()

    def wait(_: float) -> None:
        second_waits.set()
        time.sleep(0.005)

    def asks() -> int:
        vault = TokenFile(state, "news")
        endpoint = Endpoint("http://127.0.0.1:9", auth)
        transport = wsgi_transport(issuer)
        with open_client(endpoint, limits=AccountLimits(), transport=transport, wait=wait, tokens=vault) as client:
            return client.get("/lists").status

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(asks)
        assert issuer.asked.wait(10)
        second = pool.submit(asks)
        assert second_waits.wait(10), "it waits for the first one's renewal"
        issuer.may_answer.set()
        assert (first.result(), second.result()) == (200, 200)
    assert issuer.renewals == 1
