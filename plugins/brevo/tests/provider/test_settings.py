"""A connection's settings, and what follows from them."""

from typing import Any

import pytest
from marshmallow import ValidationError

import rundbrief_brevo
from rundbrief.hookspecs import ConsentScope
from rundbrief.models import WriteKind
from rundbrief.session import Allowance, HeaderAuth, Rate, Secret
from rundbrief_brevo.settings import BrevoSettings

INFO = rundbrief_brevo.provider_info()


class Answer:
    """As much of an answer as its headers."""

    status = 200
    content = b""

    def __init__(self, **headers: str) -> None:
        self.headers = {f"x-sib-ratelimit-{name}": value for name, value in headers.items()}

    def json(self) -> Any:
        raise AssertionError("nobody looks at the body")


def endpoint(**settings: Any) -> Any:
    return INFO.endpoint({"base_url": "https://api.brevo.com/v3", "api_key": Secret("xkeysib-1"), **settings})


def test_the_key_travels_in_a_header_of_its_own() -> None:
    assert endpoint().auth == HeaderAuth(Secret("xkeysib-1"), "api-key", "")


def test_there_is_one_address_for_all_accounts() -> None:
    assert BrevoSettings().fields["base_url"].load_default == "https://api.brevo.com/v3"


@pytest.mark.parametrize(
    "wrong", [{"poll_seconds": 0}, {"poll_seconds": 121}, {"base_url": ""}, {"opt_in_date_attribute": ""}]
)
def test_values_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        BrevoSettings(partial=True).load(wrong)


def test_consent_is_the_accounts_and_nobody_is_asked_to_confirm() -> None:
    assert INFO.scope is ConsentScope.ACCOUNT
    assert set(INFO.batch_sizes) == {WriteKind.CREATE, WriteKind.UPDATE, WriteKind.WITHDRAW}


# --- limits -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "budget"),
    [("/contacts", "contacts"), ("/contacts/lists/7", "contacts"), ("/account", ""), ("/processes/7", "")],
)
def test_contacts_are_paid_from_a_budget_of_their_own(path: str, budget: str) -> None:
    assert endpoint().budget(path) == budget
    assert set(INFO.rates) == {Rate(10, 1, "contacts"), Rate(36_000, 3600, "contacts"), Rate(100, 3600)}


def test_what_is_left_is_read_from_the_headers() -> None:
    assert endpoint().allowance(Answer(limit="100", remaining="7", reset="1800")) == Allowance(7, 1800.0)


@pytest.mark.parametrize("headers", [{}, {"remaining": "7"}, {"remaining": "some", "reset": "1"}])
def test_headers_that_say_nothing_are_no_allowance(headers: dict[str, str]) -> None:
    assert endpoint().allowance(Answer(**headers)) is None


def test_a_used_up_hour_is_waited_for(account_of: Any) -> None:
    account = account_of(others_per_hour=2)
    for _ in range(3):
        rundbrief_brevo.check_connection(account.session)
    assert len(account.box.requests) == 3
    assert 3590 <= sum(account.pauses) <= 3610
