"""All that the plugin sends is what the vendor's OpenAPI description allows, and so is what it is answered."""

from collections.abc import Iterator
from typing import Any

import rundbrief_brevo
from rundbrief.models import ContactWrite, Evidence, WriteKind

PROOF = {"opt_in_date_attribute": "SINCE", "opt_in_source_attribute": "WHENCE"}


def live_a_life(account: Any) -> None:
    """Make every kind of request there is."""
    account.add_attributes()
    for name in PROOF.values():
        account.box.add_attribute(name)
    rundbrief_brevo.check_connection(account.session)
    list(rundbrief_brevo.import_lists(account.session))
    account.map()
    _, cursor = account.read()
    fields = {"FIRSTNAME": "Jo", "BIRTHDAY": "1989-11-23", "POINTS": 4.5, "VIP": "yes"}
    new = [
        ContactWrite(str(n), f"person{n}@example.org", None, fields, Evidence(account.clock(), "form"))
        for n in range(5)
    ]
    account.export(WriteKind.CREATE, new)
    account.export(WriteKind.CREATE, new)
    people = account.read(cursor)[0]
    known = [
        ContactWrite(one.key, one.address, people[one.address].remote_id, fields, join=True)
        for one in [*new[:-1], ContactWrite("by address", new[-1].address)]
        if one.address in people
    ]
    account.export(WriteKind.UPDATE, known, account.add_list("Press"))
    account.export(WriteKind.UPDATE, [*known, ContactWrite("gone", "gone@example.org")])
    account.export(WriteKind.WITHDRAW, known[:1])
    for one in known[:2]:
        account.export_one(
            WriteKind.UPDATE, one.address, remote_id=one.remote_id, new_address=f"new-{one.address}", fields=fields
        )


def sent_values(payload: Any) -> Iterator[tuple[str, Any]]:
    """Yield every key and value in a body, at whatever depth."""
    if isinstance(payload, list):
        for one in payload:
            yield from sent_values(one)
    if isinstance(payload, dict):
        for key, value in payload.items():
            yield key, value
            yield from sent_values(value)


def test_requests_and_answers_are_as_described(account_of: Any, validated: Any) -> None:
    account = account_of(gate=validated, settings=PROOF, import_date_format="%d.%m.%Y")
    (owner,) = account.subscribe("owner@example.org")
    live_a_life(account)
    people, _ = account.read()
    known = ContactWrite("known", "person3@example.org", people["person3@example.org"].remote_id)
    stranger = ContactWrite("stranger", "stranger@example.org", "999")
    account.erase(known, stranger, ContactWrite("owner", "owner@example.org", owner))
    asked = {(record.method, record.path.removeprefix("/v3")) for record in account.box.requests}
    assert {path for method, path in asked if method == "POST"} == {"/contacts/import", "/contacts/batch"}
    assert {method for method, _ in asked} == {"GET", "POST", "PUT", "DELETE"}


def test_nobody_is_ever_made_mailable_merged_or_deleted_by_an_export(account_of: Any) -> None:
    account = account_of(settings=PROOF)
    live_a_life(account)
    sent = [pair for method in ("POST", "PUT") for pair in sent_values(account.sent(method))]
    assert {value for key, value in sent if key == "emailBlacklisted"} == {True}
    names = {key for key, _ in sent}
    assert names.isdisjoint({"forceMerge", "updateEnabled", "emailBlacklist", "SMS", "ext_id"})
    assert account.box.requests.count("DELETE") == 0


def test_nothing_is_sent_for_a_contact_that_the_description_does_not_name(account: Any, brevo_api: Any) -> None:
    live_a_life(account)
    schemas = brevo_api.spec / "components" / "schemas"
    batch = schemas / "updateBatchContacts" / "properties" / "contacts" / "items" / "properties"
    bodies = {
        "/import": set((schemas / "requestContactImport" / "properties").keys()),
        "/batch": {"contacts"},
    }
    for path, allowed in bodies.items():
        for body in account.sent("POST", path):
            assert set(body) <= allowed
            for row in body.get("contacts", ()):
                assert set(row) <= set(batch.keys())
    for body in account.sent("PUT"):
        assert set(body) <= set((schemas / "updateContact" / "properties").keys())
