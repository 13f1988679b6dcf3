"""HTTP: keys, errors, and limits."""

from typing import Any

import httpx
import pytest

from rundbrief.testing import faults

LIMIT, REMAINING, RESET = (f"x-sib-ratelimit-{name}" for name in ("limit", "remaining", "reset"))


def budget(answer: httpx.Response) -> tuple[int, int, int]:
    return tuple(int(answer.headers[name]) for name in (LIMIT, REMAINING, RESET))


# --- keys and errors --------------------------------------------------------------------------------------


def test_the_account_says_who_it_is(api: Any) -> None:
    account = api.get("/account").json()
    assert (account["companyName"], account["email"]) == ("Sandbox", "owner@example.org")


@pytest.mark.parametrize("headers", [{"api-key": "wrong"}, {"api-key": "", "Authorization": "Bearer wrong"}])
def test_an_unknown_key_is_refused(api: Any, headers: dict[str, str]) -> None:
    answer = api.get("/contacts", headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"code": "unauthorized", "message": "Key not found"})


def test_no_key_at_all_is_refused_in_other_words(api: Any) -> None:
    del api.headers["api-key"]
    answer = api.get("/contacts")
    assert (answer.status_code, answer.json()["message"]) == (401, "authentication not found in headers")


def test_a_token_may_come_in_place_of_the_key(api: Any) -> None:
    del api.headers["api-key"]
    answer = api.get("/account", headers={"Authorization": f"Bearer {api.box.access_token}"})
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/no-such-thing", "/contacts/lists/two", "http://brevo.test/v2/account"])
def test_what_there_is_not(api: Any, path: str) -> None:
    answer = api.get(path)
    assert answer.status_code in (400, 404)
    assert set(answer.json()) == {"code", "message"}


def test_a_method_that_does_not_fit_is_refused(api: Any) -> None:
    assert api.put("/account").json()["code"] == "method_not_allowed"


@pytest.mark.parametrize("content", [b"{", b"[]", b"", b'"text"', b"\xff"])
def test_a_body_that_is_no_object_is_refused(api: Any, content: bytes) -> None:
    answer = api.post("/contacts", content=content)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_a_contact_may_still_be_busy(api: Any) -> None:
    api.box.faults.add(faults.answer_with(425, body='{"code": "account_in_process", "message": "Wait"}'))
    assert api.add("jo@example.org").status_code == 425
    assert api.add("jo@example.org").status_code == 201


def test_the_settings_reach_the_sandbox(api: Any) -> None:
    with api.box.serve() as base_url:
        settings = api.box.settings(base_url)
        key = api.box.environ()[settings["api_key"]["env"]]
        answer = httpx.get(f"{settings['base_url']}/account", headers={"api-key": key}, trust_env=False)
    assert (settings["provider"], answer.status_code) == ("brevo", 200)


# --- limits -----------------------------------------------------------------------------------------------


def test_a_hundred_requests_an_hour_beside_contacts(api: Any, clock: Any) -> None:
    """Trap: asking after an import is one of them."""
    assert budget(api.get("/account")) == (100, 99, 3600)
    clock.advance(1799.5)
    for _ in range(99):
        answer = api.get("/processes")
    assert budget(answer) == (100, 0, 1801)
    answer = api.get("/account")
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
    assert api.get("/contacts").status_code == 200
    clock.advance(1801)
    assert budget(api.get("/account")) == (100, 99, 3600)


def test_a_refusal_tells_how_many_seconds_are_left_and_has_no_retry_after(make_api: Any, clock: Any) -> None:
    """Trap: seconds, not a time."""
    api = make_api(others_per_hour=1)
    api.get("/account")
    clock.advance(3000)
    answer = api.get("/account")
    assert (answer.status_code, budget(answer)) == (429, (1, 0, 600))
    assert "Retry-After" not in answer.headers


def test_a_refused_request_costs_nothing_and_is_not_applied(make_api: Any, clock: Any) -> None:
    api = make_api(contacts_per_hour=1)
    assert api.add("jo@example.org").status_code == 201
    assert {api.add("mo@example.org").status_code for _ in range(3)} == {429}
    clock.advance(3600)
    assert api.get("/contacts").json()["count"] == 1


def test_two_windows_hold_for_contacts_at_once(make_api: Any, clock: Any) -> None:
    api = make_api(enforce_limits=True, contacts_per_second=10, contacts_per_hour=15)
    assert [api.get("/contacts").status_code for _ in range(11)] == [200] * 10 + [429]
    assert budget(api.get("/contacts")) == (10, 0, 1)
    clock.advance(1)
    assert budget(api.get("/contacts")) == (15, 4, 3599)
    assert [api.get("/contacts").status_code for _ in range(5)] == [200] * 4 + [429]
    clock.advance(1)
    assert budget(api.get("/contacts")) == (15, 0, 3598)


def test_the_window_of_a_second_is_not_there_unless_asked_for(api: Any) -> None:
    """A clock that stands still would never open it again."""
    assert {api.get("/contacts").status_code for _ in range(50)} == {200}
    assert budget(api.get("/contacts")) == (36_000, 35_949, 3600)


def test_strangers_and_reports_are_not_limited(make_api: Any) -> None:
    api = make_api(others_per_hour=3, polls_until_completed=0)
    process = api.finished(api.submit({"email": "none"}))
    answer = api.get("/account", headers={"api-key": "wrong"})
    assert LIMIT not in answer.headers
    for _ in range(5):
        api.report(process["info"]["import"]["invalid_emails"])
    assert budget(api.get("/account"))[1] == 1
