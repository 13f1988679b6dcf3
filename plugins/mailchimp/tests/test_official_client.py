"""Mailchimp's own client for Python works against the sandbox as it does against the service."""

from collections.abc import Iterator
from typing import Any

import pytest

from rundbrief.models import SubscriberStatus
from rundbrief_mailchimp.testing import MailchimpSandbox
from rundbrief_mailchimp.testing.member import subscriber_hash
from rundbrief_mailchimp.testing.service import KEY

mailchimp = pytest.importorskip("mailchimp_marketing", reason="mailchimp-marketing is not installed")


@pytest.fixture
def sandbox() -> MailchimpSandbox:
    return MailchimpSandbox()


@pytest.fixture
def client(sandbox: MailchimpSandbox) -> Iterator[Any]:
    with sandbox.serve() as base_url:
        client = mailchimp.Client({"api_key": KEY})
        client.api_client.host = f"{base_url}/3.0"
        yield client


def test_it_lists_audiences(sandbox: MailchimpSandbox, client: Any) -> None:
    ids = [sandbox.add_list("Kunden"), sandbox.add_list("Presse", double_opt_in=True)]
    answer = client.lists.get_all_lists()
    assert [(one["id"], one["name"], one["double_optin"]) for one in answer["lists"]] == [
        (ids[0], "Kunden", False),
        (ids[1], "Presse", True),
    ]


def test_it_adds_updates_and_unsubscribes_a_member(sandbox: MailchimpSandbox, client: Any) -> None:
    list_id = sandbox.add_list("Kunden")
    address = "Zoë.Dürr+news@example.org"
    added = client.lists.add_list_member(
        list_id, {"email_address": address, "status": "subscribed", "merge_fields": {"FNAME": "Zoë"}}
    )
    assert added["status"] == "subscribed"
    client.lists.update_list_member(list_id, subscriber_hash(address), {"merge_fields": {"LNAME": "Dürr"}})
    client.lists.update_list_member(list_id, subscriber_hash(address), {"status": "unsubscribed"})
    read = client.lists.get_list_member(list_id, subscriber_hash(address))
    assert (read["email_address"], read["status"]) == (address, "unsubscribed")
    assert (read["merge_fields"]["FNAME"], read["merge_fields"]["LNAME"]) == ("Zoë", "Dürr")
    assert sandbox.status(list_id, address) is SubscriberStatus.UNSUBSCRIBED


def test_it_writes_many_at_once_and_reads_them_back(sandbox: MailchimpSandbox, client: Any) -> None:
    list_id = sandbox.add_list("Kunden")
    members = [{"email_address": f"reader{n}@example.org", "status": "subscribed"} for n in range(20)]
    answer = client.lists.batch_list_members(list_id, {"members": members, "update_existing": False})
    assert (answer["total_created"], answer["error_count"]) == (20, 0)
    read = client.lists.get_list_members_info(list_id, count=1000)
    assert {one["email_address"] for one in read["members"]} == {one["email_address"] for one in members}


def test_a_person_s_no_refuses_it_as_well(sandbox: MailchimpSandbox, client: Any) -> None:
    list_id = sandbox.add_list("Kunden")
    sandbox.subscribe(list_id, "ann@example.org")
    sandbox.unsubscribe(list_id, "ann@example.org")
    with pytest.raises(mailchimp.api_client.ApiClientError) as refused:
        client.lists.set_list_member(
            list_id,
            subscriber_hash("ann@example.org"),
            {"email_address": "ann@example.org", "status": "subscribed", "status_if_new": "subscribed"},
        )
    assert refused.value.status_code == 400
    assert "Compliance" in refused.value.text
    assert sandbox.status(list_id, "ann@example.org") is SubscriberStatus.UNSUBSCRIBED
