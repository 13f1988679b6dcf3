"""What may stand in rundbrief.toml, and where it leads."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import rundbrief_mailchimp
from rundbrief.config import load_settings
from rundbrief.errors import PermissionMissing, ProtocolError, RateLimited, SettingsError, SignInAgain
from rundbrief.hookspecs import ConsentScope
from rundbrief.session import BasicAuth, Endpoint, HeaderAuth, Secret
from rundbrief.testing import faults

ENVIRON = {"KEY": "0123456789abcdef-us7", "OLD_KEY": "0123456789abcdef", "TOKEN": "a-token"}


def endpoint(raw: Mapping[str, Any]) -> Endpoint:
    info = rundbrief_mailchimp.provider_info()
    loaded = load_settings(info.settings, raw, where="connections.news", folder=Path.cwd(), environ=ENVIRON)
    return info.endpoint(loaded)


def test_the_data_centre_comes_from_the_key() -> None:
    made = endpoint({"api_key": {"env": "KEY"}})
    assert made.base_url == "https://us7.api.mailchimp.com/3.0"
    assert made.auth == BasicAuth("rundbrief", Secret("0123456789abcdef-us7"))


def test_a_key_without_a_data_centre_goes_to_the_common_host() -> None:
    assert endpoint({"api_key": {"env": "OLD_KEY"}}).base_url == "https://api.mailchimp.com/3.0"


def test_a_key_cannot_choose_a_foreign_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENVIRON, "KEY", "0123-evil.example/x")
    assert endpoint({"api_key": {"env": "KEY"}}).base_url == "https://api.mailchimp.com/3.0"


def test_a_token_is_a_bearer() -> None:
    made = endpoint({"oauth_token": {"env": "TOKEN"}, "base_url": "https://us3.api.mailchimp.com/3.0"})
    assert made.base_url == "https://us3.api.mailchimp.com/3.0"
    assert made.auth == HeaderAuth(Secret("a-token"))


@pytest.mark.parametrize("raw", [{}, {"api_key": {"env": "KEY"}, "oauth_token": {"env": "TOKEN"}}])
def test_exactly_one_credential_is_needed(raw: Mapping[str, Any]) -> None:
    with pytest.raises(SettingsError, match="either api_key or oauth_token"):
        endpoint(raw)


def test_polling_without_a_pause_is_refused() -> None:
    with pytest.raises(SettingsError, match="batch_poll_seconds"):
        endpoint({"api_key": {"env": "KEY"}, "batch_poll_seconds": 0})


def test_consent_is_given_list_by_list() -> None:
    assert rundbrief_mailchimp.provider_info().scope is ConsentScope.LIST


def test_a_connection_is_known_by_its_account_name(account: Any) -> None:
    assert rundbrief_mailchimp.check_connection(account.session)
    assert len(account.box.requests) == 1


def test_a_wrong_key_says_so(account: Any) -> None:
    account.box.faults.add(faults.answer_with(401, body="{}", content_type="application/problem+json"))
    with pytest.raises(SignInAgain):
        rundbrief_mailchimp.check_connection(account.session)


def test_a_403_with_a_problem_is_a_missing_right(account: Any) -> None:
    account.box.faults.add(
        faults.answer_with(403, body='{"title": "Forbidden"}', content_type="application/problem+json")
    )
    with pytest.raises(PermissionMissing):
        rundbrief_mailchimp.check_connection(account.session)
    assert len(account.box.requests) == 1


@pytest.mark.parametrize("body", ["", "<html>Forbidden</html>"])
def test_a_403_without_a_problem_is_impatience_of_ours(account: Any, body: str) -> None:
    account.box.faults.add(faults.answer_with(403, body=body), times=2)
    assert rundbrief_mailchimp.check_connection(account.session)
    assert len(account.pauses) == 2


def test_a_service_that_stays_throttled_is_for_later(account: Any) -> None:
    account.box.faults.add(faults.answer_with(403), times=1000)
    with pytest.raises(RateLimited):
        rundbrief_mailchimp.check_connection(account.session)


def test_a_wrong_base_url_says_so(account: Any) -> None:
    account.box.faults.add(faults.answer_with(404, body="nothing here"))
    with pytest.raises(SettingsError, match="no Mailchimp API"):
        rundbrief_mailchimp.check_connection(account.session)


def test_a_page_in_html_is_not_an_answer(account: Any) -> None:
    account.box.faults.add(faults.answer_with(200, body="<html></html>", content_type="text/html"))
    with pytest.raises(ProtocolError):
        rundbrief_mailchimp.check_connection(account.session)
