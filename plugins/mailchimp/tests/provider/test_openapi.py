"""All that the plugin sends is what the vendor's OpenAPI description allows, and so is what it is answered."""

from typing import Any

import rundbrief_mailchimp
from rundbrief.models import ContactWrite, Evidence, WriteKind


def live_a_life(account: Any) -> None:
    """Make every kind of request there is."""
    rundbrief_mailchimp.check_connection(account.session)
    list(rundbrief_mailchimp.import_lists(account.session))
    rundbrief_mailchimp.map_custom_fields(account.session, account.list, [])
    _, cursor = account.read()
    evidence = Evidence(account.clock(), "form", "192.0.2.1")
    for size, where in ((5, account.list), (2, account.add_list("Careful", double_opt_in=True))):
        writes = [
            ContactWrite(str(n), f"person{n}@example.org", None, {"FNAME": "Jo"}, evidence) for n in range(size)
        ]
        for kind in (WriteKind.CREATE, WriteKind.UPDATE, WriteKind.WITHDRAW, WriteKind.CONFIRM):
            account.export(kind, writes, where)
    people, _ = account.read(cursor)
    old, new = "person0@example.org", "new@example.org"
    account.export_one(WriteKind.UPDATE, old, remote_id=people[old].remote_id, new_address=new)
    account.export_one(WriteKind.WITHDRAW, old, remote_id=people[old].remote_id)


def test_requests_and_answers_are_as_described(account_of: Any, validated: Any) -> None:
    account = account_of(gate=validated)
    live_a_life(account)
    known = ContactWrite("known", "person1@example.org", account.remote_id("person1@example.org"))
    account.box.make_irremovable(account.list.id, "person2@example.org")
    irremovable = ContactWrite("irremovable", "person2@example.org")
    account.erase(known, irremovable, ContactWrite("stranger", "stranger@example.org"))
    assert {record.method for record in account.box.requests} == {"GET", "POST", "PATCH"}


def test_the_operations_inside_a_batch_are_as_described(account: Any, mailchimp_api: Any) -> None:
    from openapi_core.testing import MockRequest

    live_a_life(account)
    operations = [one for body in account.sent("POST", "/batches") for one in body["operations"]]
    assert len(operations) == 10
    for one in operations:
        mailchimp_api.validate_request(
            MockRequest(
                "https://us1.api.mailchimp.com",
                one["method"].lower(),
                f"/3.0{one['path']}",
                data=one["body"].encode(),
                content_type="application/json",
                headers={"Authorization": "Basic x"},
            )
        )


def test_nothing_is_sent_for_a_member_that_the_description_does_not_name(account: Any, mailchimp_api: Any) -> None:
    live_a_life(account)
    path = mailchimp_api.spec / "paths" / "/lists/{list_id}" / "post" / "requestBody" / "content"
    members = path / "application/json" / "schema" / "properties" / "members" / "items" / "properties"
    for body in account.sent("POST", "/lists/"):
        for member in body["members"]:
            assert set(member) <= set(members.keys())
