"""HTTP: keys, errors, connections, and the synchronous batch."""

import threading
from typing import Any

import httpx
import pytest

from rundbrief.testing import faults

JO = "jo@example.org"


def test_the_service_is_in_good_health(api: Any) -> None:
    assert api.get("/ping").json() == {"health_status": "Everything's Chimpy!"}
    assert api.get("/").json()["account_name"] == "Sandbox"


@pytest.mark.parametrize("header", [None, "Basic !!!", "Basic YTpi", "Bearer wrong-us21", "Digest x"])
def test_an_unknown_key_is_refused(api: Any, header: str | None) -> None:
    api.auth = None
    answer = api.get("/lists", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.json()["title"] == "API Key Invalid"


def test_a_key_may_come_as_a_bearer_too(api: Any) -> None:
    (key,) = api.box.environ().values()
    api.auth = None
    assert api.get("/ping", headers={"Authorization": f"Bearer {key}"}).is_success


def test_an_error_names_its_request(api: Any) -> None:
    answer = api.get("/no-such-thing")
    problem = answer.json()
    assert (answer.status_code, problem["title"]) == (404, "Resource Not Found")
    assert problem["instance"] == answer.headers["X-Request-Id"]


def test_a_method_that_does_not_fit_is_refused(api: Any) -> None:
    assert api.post("/ping").status_code == 405


@pytest.mark.parametrize("content", [b"{", b"[]", b"", b'"text"', b"\xff"])
def test_a_body_that_is_no_object_is_refused(api: Any, content: bytes) -> None:
    answer = api.post(f"{api.list}/members", content=content)
    assert (answer.status_code, answer.json()["title"]) == (400, "JSON Parse Exception")


@pytest.mark.parametrize("sent", [{"vip": "yes"}, {"merge_fields": []}, {"email_address": 7}, {"tags": [{}]}])
def test_a_value_of_the_wrong_type_is_refused(api: Any, sent: dict[str, Any]) -> None:
    answer = api.post(f"{api.list}/members", json={"email_address": JO, "status": "subscribed", **sent})
    assert (answer.status_code, answer.json()["title"]) == (400, "Invalid Resource")
    assert api.addresses() == []


def test_the_eleventh_connection_is_refused_without_a_hint_when_to_come_back(api: Any) -> None:
    """Trap: 429, and neither a Retry-After nor a rate-limit header."""
    (key,) = api.box.environ().values()
    together = threading.Barrier(11)
    api.box.faults.add(lambda answer: (together.wait(20), answer())[1], times=11)
    answers: list[httpx.Response] = []

    def ask() -> None:
        answers.append(httpx.get(f"{base_url}/3.0/ping", auth=("x", key), trust_env=False))

    with api.box.serve() as base_url:
        threads = [threading.Thread(target=ask) for _ in range(11)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(one.status_code for one in answers) == [200] * 10 + [429]
    refused = next(one for one in answers if one.status_code == 429)
    assert not any("retry" in name or "limit" in name for name in refused.headers)


def test_a_timeout_of_the_delivery_network_is_html(api: Any) -> None:
    api.box.faults.add(faults.html_error())
    answer = api.get("/lists")
    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html")


def test_the_settings_reach_the_sandbox(api: Any) -> None:
    with api.box.serve() as base_url:
        settings = api.box.settings(base_url)
        key = api.box.environ()[settings["api_key"]["env"]]
        assert httpx.get(f"{settings['base_url']}/ping", auth=("x", key), trust_env=False).is_success


# --- POST /lists/{id} -------------------------------------------------------------------------------------


def test_500_members_at_once_and_not_one_more(api: Any) -> None:
    rows = [{"email_address": f"p{n}@example.org", "status": "subscribed"} for n in range(501)]
    assert api.post(api.list, json={"members": rows}).status_code == 400
    assert api.addresses() == []
    assert api.write(*rows[:500])["total_created"] == 500


def test_the_answer_is_200_even_if_every_row_failed(api: Any) -> None:
    """Trap: the rows tell."""
    answer = api.write({"email_address": "nobody", "status": "subscribed"}, {"email_address": JO})
    assert (answer["total_created"], answer["error_count"]) == (0, 2)
    assert set(answer["errors"][0]) == {"email_address", "error", "error_code", "field", "field_message"}
    assert answer["errors"][1]["field"] == "status"


def test_an_address_twice_in_one_request_is_an_error_unless_skipped(api: Any) -> None:
    rows = [
        {"email_address": address, "status": "subscribed", "merge_fields": {"FNAME": name}}
        for address, name in ((JO, "First"), ("JO@example.org", "Second"))
    ]
    answer = api.write(*rows)
    assert (answer["total_created"], [one["email_address"] for one in answer["errors"]]) == (1, ["JO@example.org"])
    api.box.delete(api.list_id, JO)
    api.box.subscribe(api.list_id, JO)
    answer = api.write(*rows, params={"skip_duplicate_check": "true"}, update_existing=True)
    assert (answer["total_updated"], answer["error_count"]) == (1, 0)
    assert api.member(JO)["merge_fields"]["FNAME"] == "First"


def test_rows_are_written_each_for_itself(api: Any) -> None:
    api.add("there@example.org")
    answer = api.write(
        *({"email_address": f"{name}@example.org", "status": "subscribed"} for name in ("new", "there", "b@d"))
    )
    assert [one["email_address"] for one in answer["new_members"]] == ["new@example.org"]
    assert [one["error_code"] for one in answer["errors"]] == ["ERROR_CONTACT_EXISTS", "ERROR_GENERIC"]
