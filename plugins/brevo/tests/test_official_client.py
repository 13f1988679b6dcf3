"""Brevo's own client for Python works against the sandbox as it does against the service."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from rundbrief.models import SubscriberStatus
from rundbrief_brevo.testing import BrevoSandbox
from rundbrief_brevo.testing.service import KEY

brevo = pytest.importorskip("brevo", reason="brevo-python is not installed")


@pytest.fixture
def sandbox() -> BrevoSandbox:
    return BrevoSandbox()


@pytest.fixture
def client(sandbox: BrevoSandbox) -> Iterator[Any]:
    # The client leaves its connections open unless it is handed one that somebody else closes.
    with sandbox.serve() as base_url, httpx.Client() as connections:
        yield brevo.Brevo(api_key=KEY, base_url=f"{base_url}/v3", max_retries=0, httpx_client=connections)


def test_it_lists_lists_and_the_account(sandbox: BrevoSandbox, client: Any) -> None:
    ids = [int(sandbox.add_list(name)) for name in ("Kunden", "Presse")]
    assert [(one.id, one.name) for one in client.contacts.get_lists(limit=50, sort="asc").lists] == [
        (ids[0], "Kunden"),
        (ids[1], "Presse"),
    ]
    assert client.account.get_account().email


def test_it_adds_updates_and_unsubscribes_a_contact(sandbox: BrevoSandbox, client: Any) -> None:
    list_id = sandbox.add_list("Kunden")
    address = "zoë.dürr+news@example.org"
    added = client.contacts.create_contact(email=address, attributes={"FIRSTNAME": "Zoë"}, list_ids=[int(list_id)])
    client.contacts.update_contact(identifier=added.id, attributes={"LASTNAME": "Dürr"})
    client.contacts.update_contact(identifier=added.id, email_blacklisted=True)
    read = client.contacts.get_contact_info(identifier=address)
    assert (read.email, read.email_blacklisted, read.list_ids) == (address, True, [int(list_id)])
    assert dict(read.attributes) == {"FIRSTNAME": "Zoë", "LASTNAME": "Dürr"}
    assert sandbox.status(list_id, address) is SubscriberStatus.UNSUBSCRIBED


def test_it_imports_many_at_once_and_reads_them_back(sandbox: BrevoSandbox, client: Any) -> None:
    list_id = sandbox.add_list("Kunden")
    rows = [{"email": f"reader{n}@example.org", "attributes": {"FIRSTNAME": f"N{n}"}} for n in range(20)]
    process = client.contacts.import_contacts(
        json_body=rows, list_ids=[int(list_id)], update_existing_contacts=False, disable_notification=True
    )
    sandbox.processes.run_all()
    assert client.process.get_process(process.process_id).status == "completed"
    read = client.contacts.get_contacts(limit=1000, list_ids=[int(list_id)])
    assert {one.email for one in read.contacts} == {row["email"] for row in rows}


def test_a_batch_with_a_stranger_in_it_changes_nobody(sandbox: BrevoSandbox, client: Any) -> None:
    list_id = sandbox.add_list("Kunden")
    sandbox.subscribe(list_id, "ann@example.org", {"FIRSTNAME": "Ann"})
    with pytest.raises(brevo.core.api_error.ApiError) as refused:
        client.contacts.update_batch_contacts(
            contacts=[
                {"email": "ann@example.org", "attributes": {"FIRSTNAME": "Anna"}},
                {"email": "nobody@example.org", "attributes": {"FIRSTNAME": "Nobody"}},
            ]
        )
    assert refused.value.status_code == 404
    assert sandbox.recipients(list_id)["ann@example.org"].fields["FIRSTNAME"] == "Ann"
