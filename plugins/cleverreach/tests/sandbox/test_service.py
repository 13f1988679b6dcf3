"""HTTP: tokens, errors, spellings, groups."""

import base64
from typing import Any

import httpx
import pytest

from rundbrief.http import wsgi_transport
from rundbrief.testing import faults
from rundbrief_cleverreach.testing import error_object

JO = "jo@example.org"
TOKEN = "http://clever.test/oauth/token.php"


# --- tokens -----------------------------------------------------------------------------------------------


def test_client_credentials_bring_a_token_and_no_refresh_token(api: Any) -> None:
    granted = api.tokens(grant_type="client_credentials").json()
    assert set(granted) == {"access_token", "expires_in", "token_type", "scope"}
    assert (granted["expires_in"], granted["token_type"]) == (30 * 86_400, "bearer")


def test_credentials_may_come_as_json_or_in_the_header(api: Any) -> None:
    stranger = api.stranger()
    grant = {"grant_type": "client_credentials"}
    assert stranger.post(TOKEN, json={**api.credentials, **grant}).is_success
    assert stranger.post(TOKEN, data=grant, auth=tuple(api.credentials.values())).is_success
    assert stranger.post(TOKEN, json=[1]).json()["error"] == "invalid_client"
    assert stranger.post(TOKEN, content=b"{", headers={"Content-Type": "application/json"}).status_code == 400


@pytest.mark.parametrize(
    "header", ["Basic !!!", "Basic " + base64.b64encode(b"\xff").decode(), "Basic YTpi", "Bearer x"]
)
def test_unknown_credentials_are_refused_in_the_endpoints_own_form(api: Any, header: str) -> None:
    answer = api.stranger().post(
        TOKEN, data={"grant_type": "client_credentials"}, headers={"Authorization": header}
    )
    assert answer.status_code == 400
    assert set(answer.json()) == {"error", "error_description"}
    assert answer.json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_grant"),
        ({"grant_type": "refresh_token"}, "invalid_grant"),
        ({"grant_type": "authorization_code", "code": "x"}, "invalid_grant"),
    ],
)
def test_a_grant_that_is_none_is_refused(api: Any, form: dict[str, str], error: str) -> None:
    assert api.tokens(**form).json()["error"] == error


def test_tokens_are_asked_for_by_post(api: Any) -> None:
    assert api.stranger().get(TOKEN).json()["error"] == "invalid_request"


def test_a_refresh_token_is_good_once(api: Any) -> None:
    """Trap: whoever loses the answer has lost the connection."""
    first = api.box.connect()
    granted = api.tokens(grant_type="refresh_token", refresh_token=first).json()
    assert api.tokens(grant_type="refresh_token", refresh_token=first).json()["error"] == "invalid_grant"
    again = api.tokens(grant_type="refresh_token", refresh_token=granted["refresh_token"])
    assert again.json()["refresh_token"] not in (first, granted["refresh_token"])
    header = {"Authorization": f"Bearer {granted['access_token']}"}
    assert api.stranger().get("/debug/validate", headers=header).json() is True


def test_an_authorization_code_is_good_once(api: Any) -> None:
    form = {"grant_type": "authorization_code", "code": api.box.authorize(), "redirect_uri": "https://example.org"}
    assert "refresh_token" in api.tokens(**form).json()
    assert api.tokens(**form).json()["error"] == "invalid_grant"


def test_a_token_expires_by_the_sandboxs_clock(make_api: Any, clock: Any) -> None:
    api = make_api(token_seconds=3600)
    assert api.get("/debug/ttl").json()["ttl"] == 3600
    clock.advance(3599)
    assert api.get("/groups").status_code == 200
    clock.advance(1)
    answer = api.get("/groups")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, 401)
    api.sign_in()
    assert api.get("/groups").status_code == 200


def test_tokens_may_be_refused_before_their_time(api: Any) -> None:
    refresh_token = api.box.connect()
    api.box.expire_tokens()
    assert api.get("/groups").status_code == 401
    assert api.tokens(grant_type="refresh_token", refresh_token=refresh_token).is_success


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic x", ""])
def test_without_a_token_nobody_gets_in(api: Any, header: str | None) -> None:
    answer = api.stranger().get("/groups", headers={"Authorization": header} if header is not None else {})
    assert answer.status_code == 401
    assert answer.json()["error"]["message"].startswith("Unauthorized")


def test_a_token_in_the_query_works_too(api: Any) -> None:
    """Trap: it would end up in logs."""
    token = api.headers["Authorization"].removeprefix("Bearer ")
    assert api.stranger().get("/debug/validate", params={"token": token}).json() is True


def test_exchange_and_revoke_kill_the_token(api: Any) -> None:
    """Trap: `exchange` is no test of a connection."""
    pair = api.get("/debug/exchange").json()
    assert api.get("/debug/validate").status_code == 401
    api.headers["Authorization"] = f"Bearer {pair['access_token']}"
    assert api.get("/debug/validate").json() is True
    assert api.delete("/oauth/token").json() is True
    assert api.get("/debug/validate").status_code == 401


def test_who_and_whether(api: Any) -> None:
    assert api.get("/debug/whoami").json()["id"] == "123456"
    assert api.stranger().get("/debug/ping").is_success


# --- errors -----------------------------------------------------------------------------------------------


def test_errors_are_objects(api: Any) -> None:
    for method, path, code in (
        ("GET", "/no-such-thing", 404),
        ("GET", "/groups/7", 404),
        ("PATCH", "/groups", 405),
        ("GET", "/groups/7/receivers", 405),
        ("GET", "/groups/x/blacklist", 405),
    ):
        answer = api.request(method, path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (code, code), path
    assert api.get("/groups/7/receivers").json()["error"]["message"] == "Method Not Allowed: invalid group"


def test_outside_of_the_api_there_is_nothing(api: Any) -> None:
    assert api.get("http://clever.test/groups").status_code == 404


@pytest.mark.parametrize("content", [b"{", b"\xff", b"7", b""])
def test_a_body_that_is_no_object_is_refused(api: Any, content: bytes) -> None:
    assert api.post(api.receivers, content=content).status_code == 400


def test_an_error_may_come_with_a_200(api: Any) -> None:
    """Trap: the body decides."""
    api.box.faults.add(error_object(403, "scope missing"))
    answer = api.get("/groups")
    assert (answer.status_code, answer.json()) == (
        200,
        {"error": {"code": 403, "message": "Forbidden: scope missing"}},
    )
    api.box.faults.add(error_object(500, applied=True, status=500))
    assert api.post(f"{api.receivers}/insert", json=[{"email": JO}]).status_code == 500
    assert api.addresses() == [JO]


def test_a_proxys_error_is_html(api: Any) -> None:
    api.box.faults.add(faults.html_error())
    assert api.get("/groups").headers["Content-Type"] == "text/html"


# --- spellings, settings ----------------------------------------------------------------------------------


def test_every_path_has_two_spellings(api: Any) -> None:
    api.insert({"email": JO})
    old = f"/groups.json/{api.list_id}"
    for path in (
        "/groups.json",
        old,
        f"{old}/receivers",
        f"{old}/receivers/{JO}",
        "/attributes.json",
        "/debug.json/ttl",
    ):
        assert api.get(path).status_code == 200, path
    assert len(api.post("/receivers/filter.json", json={}).json()) == 1
    assert len(api.post("/receivers.json/filter", json={}).json()) == 1
    assert api.get("/groups/receivers.json").status_code == 404


def test_the_settings_reach_the_sandbox(api: Any) -> None:
    settings = api.box.settings("http://there.test")
    environ = api.box.environ()
    form = {name: environ[settings[name]["env"]] for name in ("client_id", "client_secret")}
    with httpx.Client(transport=wsgi_transport(api.box)) as client:
        granted = client.post(
            f"{settings['base_url']}/oauth/token.php", data={**form, "grant_type": "client_credentials"}
        ).json()
        header = {"Authorization": f"Bearer {granted['access_token']}"}
        assert client.get(f"{settings['base_url']}/v3/debug/validate", headers=header).json() is True


def test_it_can_be_served_on_a_port(api: Any) -> None:
    with api.box.serve() as base_url:
        header = {"Authorization": api.headers["Authorization"]}
        assert httpx.get(f"{base_url}/v3/groups", headers=header, trust_env=False).is_success


# --- groups -----------------------------------------------------------------------------------------------


def test_groups_are_made_read_changed_and_deleted(api: Any, now: int) -> None:
    made = api.post("/groups", json={"name": "B", "receiver_info": "why"}).json()
    assert (made["name"], made["receiver_info"], made["stamp"], made["locked"]) == ("B", "why", now, False)
    path = f"/groups/{made['id']}"
    assert api.put(path, json={"name": "A", "locked": True}).json()["locked"] is True
    assert [group["name"] for group in api.get("/groups", params={"order": "name ASC"}).json()] == [
        "A",
        "Customers",
    ]
    assert api.get("/groups", params={"order": "color"}).status_code == 400
    assert api.post("/groups", json={"name": ""}).status_code == 400
    assert api.delete(path).json() is True
    assert api.get(path).status_code == 404


def test_a_group_does_not_tell_whether_its_form_asks_for_confirmation(api: Any, careful: Any) -> None:
    """Trap."""
    plain, asking = api.get("/groups").json()
    assert set(plain) == set(asking)
    assert not any("opt" in name for name in asking)


def test_a_groups_receivers_are_gone_with_it(api: Any) -> None:
    api.insert({"email": JO})
    assert api.filter(groups=[]) == [JO]
    api.delete(api.list)
    assert api.filter(groups=[]) == []
