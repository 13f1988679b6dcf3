"""How an app's tokens are fetched, kept and renewed."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rundbrief.errors import Interrupted, SignInAgain, StateUnwritable
from rundbrief.http import AccountLimits, StoredTokens, wsgi_transport
from rundbrief.http.oauth import TokenSource
from rundbrief.http.reading import ReadingTransport
from rundbrief.http.token_endpoint import TokenEndpoint
from rundbrief.http.tokens import MemoryVault, fingerprint
from rundbrief.http.writing import RequestWriter
from rundbrief.session import OAuth, Secret

Open = Callable[..., Any]


def test_a_token_is_asked_for_once_and_signs_every_request(open_app: Open) -> None:
    app = open_app()
    app.client.get("/lists")
    app.client.post("/lists", json={"name": "x"})
    assert app.service.forms == [
        {"grant_type": "client_credentials", "client_id": "app-1", "client_secret": "s-5ec2e7-app"}
    ]
    assert app.service.signed_with == ["access-1", "access-1"]


def test_it_is_not_asked_for_before_it_is_needed(open_app: Open) -> None:
    assert open_app().service.forms == []


@pytest.mark.parametrize(("lifetime", "used_for"), [(10, 5), (90, 45), (600, 540), (3600, 3420), (86_400, 82_080)])
def test_it_is_renewed_before_it_expires(open_app: Open, clock: Any, lifetime: float, used_for: float) -> None:
    app = open_app(lifetime=lifetime)
    app.client.get("/lists")
    clock.advance(used_for - 0.001)
    app.client.get("/lists")
    clock.advance(0.001)
    app.client.get("/lists")
    assert app.service.signed_with == ["access-1", "access-1", "access-2"]
    assert app.service.refused == 0


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(1, 1e8), st.lists(st.floats(0, 1.5), max_size=12))
def test_no_token_is_used_too_late_and_none_is_thrown_away_in_its_first_half(
    open_app: Open, clock: Any, lifetime: float, pauses: list[float]
) -> None:
    clock.time = datetime(2026, 11, 23, 12, tzinfo=UTC)
    app = open_app(lifetime=lifetime)
    asked, issued = len(app.service.forms), None
    for pause in [0.0, *pauses]:
        clock.advance(pause * lifetime)
        app.client.get("/lists")
        if len(app.service.forms) > asked:
            assert issued is None or (clock() - issued).total_seconds() >= 0.499 * lifetime
            asked, issued = len(app.service.forms), clock()
    assert app.service.refused == 0


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_a_token_that_the_service_forgot_is_renewed_and_the_request_sent_again(
    open_app: Open, method: str
) -> None:
    app = open_app()
    app.client.get("/lists")
    app.service.forget()
    assert app.client.request(method, "/lists", json={"name": "x"}).status == 200
    assert app.service.signed_with == ["access-1", "access-1", "access-2"]
    assert app.service.applied == 2, "a 401 means that it did not act"
    assert [seen["body"] for seen in app.service.seen[1:]] == [b'{"name":"x"}']


def test_a_second_401_is_about_more_than_the_token(open_app: Open) -> None:
    app = open_app()
    app.service.script = [(401, {}, b"{}"), (401, {}, b"{}")]
    with pytest.raises(SignInAgain, match="refused the key or token"):
        app.client.get("/lists")
    assert len(app.service.forms) == 2
    assert app.service.signed_with == ["access-1", "access-2"]


def test_without_a_lifetime_a_token_is_taken_for_an_hours_one(open_app: Open, clock: Any) -> None:
    app = open_app()
    app.service.ends["access-x"] = clock() + timedelta(days=1)
    app.service.token_script = [(200, {}, b'{"access_token": "access-x", "token_type": "bearer"}')]
    app.client.get("/lists")
    clock.advance(3419)
    app.client.get("/lists")
    assert len(app.service.forms) == 1
    clock.advance(1)
    app.client.get("/lists")
    assert len(app.service.forms) == 2


# --- from one run to the next -----------------------------------------------------------------------------


def test_a_stored_token_that_is_still_good_is_used(open_app: Open, clock: Any) -> None:
    vault = MemoryVault()
    for _ in range(4):
        run = open_app(tokens=vault)
        run.client.get("/lists")
        clock.advance(15 * 60)
    assert len(run.service.forms) == 1


def test_refresh_tokens_rotate_over_renewals_and_runs(open_app: Open, clock: Any) -> None:
    vault = MemoryVault()
    for _ in range(3):
        run = open_app("refresh-0", tokens=vault)
        run.client.get("/lists")
        clock.advance(3600)
        run.client.get("/lists")
        run.service.forget()
    used = [form["refresh_token"] for form in run.service.forms]
    assert used == [f"refresh-{number}" for number in range(6)]


def test_a_refresh_token_that_is_not_replaced_stays(open_app: Open, clock: Any) -> None:
    app = open_app("refresh-0")
    app.service.ends["access-x"] = clock() + timedelta(hours=1)
    app.service.token_script = [(200, {}, b'{"access_token": "access-x", "expires_in": "60"}')]
    app.client.get("/lists")
    clock.advance(60)
    app.client.get("/lists")
    assert [form["refresh_token"] for form in app.service.forms] == ["refresh-0", "refresh-0"]


class FullDisk(MemoryVault):
    def save(self, tokens: StoredTokens) -> None:
        raise StateUnwritable("The disk is full.")


def test_new_tokens_are_saved_before_they_are_used(open_app: Open) -> None:
    app = open_app("refresh-0", tokens=FullDisk())
    with pytest.raises(StateUnwritable):
        app.client.get("/lists")
    assert app.service.signed_with == []


def test_what_another_run_has_renewed_is_taken_over(open_app: Open, clock: Any) -> None:
    vault = MemoryVault()
    ours, theirs = (open_app("refresh-0", tokens=vault).client for _ in range(2))
    ours.get("/lists")
    clock.advance(3600)
    theirs.get("/lists")
    ours.get("/lists")
    service = open_app().service
    assert service.signed_with == ["access-1", "access-2", "access-2"]
    assert len(service.forms) == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "app-2"},
        {"client_secret": Secret("another")},
        {"refresh_token": Secret("refresh-9")},
        {"refresh_token": None},
        {"token_url": "https://x.example/token"},
    ],
    ids=str,
)
def test_other_credentials_have_another_fingerprint(changed: dict[str, Any]) -> None:
    parts = {"token_url": "https://x.example/oauth", "client_id": "app-1", "client_secret": Secret("secret")}
    before = OAuth(**parts, refresh_token=Secret("refresh-0"))
    after = OAuth(**{**parts, "refresh_token": Secret("refresh-0"), **changed})
    assert fingerprint(before) != fingerprint(after)
    assert fingerprint(before) == fingerprint(OAuth(**parts, refresh_token=Secret("refresh-0")))


def test_with_other_credentials_in_the_configuration_what_is_stored_is_worthless(open_app: Open) -> None:
    vault = MemoryVault()
    open_app("refresh-0", tokens=vault).client.get("/lists")
    again = open_app("refresh-new", tokens=vault)
    again.service.refresh_tokens.add("refresh-new")
    again.client.get("/lists")
    assert [form["refresh_token"] for form in again.service.forms] == ["refresh-0", "refresh-new"]


# --- threads ----------------------------------------------------------------------------------------------


def test_threads_that_need_a_token_at_once_share_one_renewal(open_app: Open) -> None:
    app = open_app(limits=AccountLimits(8))
    together = threading.Barrier(8)

    def refused_together(_: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        together.wait(10)
        return 401, {}, b"{}"

    app.service.script = [refused_together] * 8
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(app.client.get, ["/lists"] * 8))
    assert {answer.status for answer in answers} == {200}
    assert len(app.service.forms) == 2
    assert sorted(app.service.signed_with) == ["access-1"] * 8 + ["access-2"] * 8


def test_a_late_401_for_a_token_long_replaced_brings_no_other_one_back(clock: Any, open_app: Open) -> None:
    service = open_app().service
    auth = OAuth("http://127.0.0.1:9/oauth/token", "app-1", Secret("s-5ec2e7-app"))
    line = ReadingTransport(wsgi_transport(service), count=lambda: None, now=clock)
    endpoint = TokenEndpoint(auth, line, RequestWriter(60.0), now=clock)
    source = TokenSource(auth, endpoint, MemoryVault(), wait=clock.wait, now=clock)
    first = source.token()
    source.refuse(first)
    second = source.token()
    source.refuse(first)
    assert source.token() == second, "nothing is renewed for it"
    source.refuse(second)
    source.refuse(first)
    assert source.token() == Secret("access-3")


def test_those_who_wait_for_a_renewal_share_its_failure(open_app: Open) -> None:
    waiting: set[int] = set()
    all_wait = threading.Event()

    def wait(_: float) -> None:
        waiting.add(threading.get_ident())
        if len(waiting) == 3:
            all_wait.set()

    def refuse(_: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        assert all_wait.wait(10)
        return 401, {}, b'{"error": "invalid_client"}'

    app = open_app(limits=AccountLimits(4), wait=wait)
    app.service.token_script = [refuse]
    with ThreadPoolExecutor(4) as pool:
        failures = [one.exception() for one in [pool.submit(app.client.get, "/lists") for _ in range(4)]]
    assert [type(failure) for failure in failures] == [SignInAgain] * 4
    assert len(app.service.forms) == 1
    assert app.client.get("/lists").status == 200, "a failure is not kept"


def test_waiting_for_anothers_renewal_can_be_interrupted(open_app: Open) -> None:
    asked, stopped = threading.Event(), threading.Event()

    def slow(_: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        asked.set()
        assert stopped.wait(10)
        return 503, {}, b""

    def stop(_: float) -> None:
        raise Interrupted("Stopped.")

    app = open_app(limits=AccountLimits(4), wait=stop)
    app.service.token_script = [slow]
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(app.client.get, "/lists")
        assert asked.wait(10)
        with pytest.raises(Interrupted):
            app.client.get("/lists")
        stopped.set()
        assert isinstance(first.exception(), Interrupted)
