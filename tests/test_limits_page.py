"""The numbers on the page of limits are those that the plugins tell the host."""

import re

import pytest
from installing import ROOT

from rundbrief.hookspecs import ConsentScope
from rundbrief.models import WriteKind
from rundbrief.plugins import load_crm, load_provider

PROVIDERS = ("mailchimp", "cleverreach", "brevo")


def rows_of(service: str) -> dict[str, str]:
    """Return the first column of the table of limits -> what it says of a service."""
    page = (ROOT / "docs/explanation/limits.md").read_text(encoding="utf-8").partition("## Per service")[2]
    table = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("|")
    ]
    titles = table[0]
    [column] = [number for number, title in enumerate(titles) if f"providers/{service}.md" in title]
    return {row[0]: row[column] for row in table[2:] if len(row) == len(titles)}


def first_number(text: str) -> int:
    return int(re.findall(r"\d[\d,]*", text)[0].replace(",", ""))


@pytest.mark.parametrize("name", PROVIDERS)
def test_batches_and_concurrency_are_those_of_the_plugin(name: str) -> None:
    rows, info = rows_of(name), load_provider(name).info
    assert first_number(rows["Requests at a time"]) == info.concurrency
    # CleverReach is handed fifty withdrawals together, and sends each by itself.
    per_request = {**info.batch_sizes} | ({WriteKind.WITHDRAW: 1} if name == "cleverreach" else {})
    assert first_number(rows["Add per request"]) == per_request[WriteKind.CREATE]
    assert first_number(rows["Change per request"]) == per_request[WriteKind.UPDATE]
    assert first_number(rows["Withdraw per request"]) == per_request[WriteKind.WITHDRAW]


@pytest.mark.parametrize("name", PROVIDERS)
def test_what_a_service_can_do_is_told(name: str) -> None:
    rows, info = rows_of(name), load_provider(name).info
    assert (rows['`reconsent = "confirm"`'] == "yes") is (WriteKind.CONFIRM in info.batch_sizes)
    assert (rows["One consent for"] == "the account") is (info.scope is ConsentScope.ACCOUNT)


@pytest.mark.parametrize("name", PROVIDERS)
def test_each_rate_is_told(name: str) -> None:
    told, rates = rows_of(name)["Requests in a time"], load_provider(name).info.rates
    windows = {1: "a second", 3600: "an hour"}
    in_words = [f"{rate.limit:,} {windows[int(rate.seconds)]}" for rate in rates]
    assert [words for words in in_words if words not in told] == []
    assert bool(rates) is bool(re.search(r"\d", told))


def test_weclapp_gets_as_many_requests_as_told() -> None:
    assert first_number(rows_of("weclapp")["Requests at a time"]) == load_crm("weclapp").info.concurrency
