"""All that the plugin sends is what the description allows, and so is what it is answered."""

from collections.abc import Iterator
from typing import Any

import rundbrief_cleverreach
from rundbrief.fields import CrmField
from rundbrief.hookspecs import FieldWish
from rundbrief.models import ContactWrite, Evidence, WriteKind

TIMES = {"registered", "activated", "deactivated", "bounced"}


def live_a_life(account: Any) -> None:
    """Make every kind of request there is."""
    account.box.add_attribute("number", list_id=account.list.id)
    rundbrief_cleverreach.check_connection(account.session)
    list(rundbrief_cleverreach.import_lists(account.session))
    account.map(CrmField("first_name", "First name"), FieldWish(CrmField("number", "Number"), "group:number"))
    account.box.subscribe(account.list.id, "left@example.org")
    account.box.block(account.list.id, "left@example.org")
    _, cursor = account.read()
    fields = {"firstname": "Jö", "group:number": "7"}
    evidence = Evidence(account.clock(), "form")
    writes = [ContactWrite(str(n), f"person{n}@example.org", None, fields, evidence) for n in range(4)]
    account.export(WriteKind.CREATE, writes)
    account.clock.advance(3600)
    people = account.read(cursor)[0]
    known = [ContactWrite(one.key, one.address, people[one.address].remote_id, fields) for one in writes]
    account.export(WriteKind.UPDATE, [*known, ContactWrite("gone", "gone@example.org", None, fields)])
    moved = ContactWrite("m", writes[1].address, known[1].remote_id, fields, new_address="new@example.org")
    account.export(WriteKind.UPDATE, [moved])
    account.export(WriteKind.WITHDRAW, [known[0], ContactWrite("gone", "gone@example.org")])
    account.read(cursor)


def rows(account: Any, path: str) -> Iterator[dict[str, Any]]:
    for body in account.sent(path):
        yield from body if isinstance(body, list) else [body]


def test_requests_and_answers_are_as_described(account_of: Any, validated: Any) -> None:
    account = account_of(validated)
    live_a_life(account)
    people, _ = account.read()
    known = ContactWrite("known", "person2@example.org", people["person2@example.org"].remote_id)
    account.erase(known, ContactWrite("stranger", "stranger@example.org", "999"))


def test_times_are_sent_with_new_receivers_alone(account: Any) -> None:
    live_a_life(account)
    assert all(TIMES & row.keys() == {"activated"} for row in rows(account, "/insert"))
    assert all(TIMES.isdisjoint(row) for path in ("/update", "/email") for row in rows(account, path))


def test_nobody_is_activated_upserted_or_deleted_by_an_export(account: Any) -> None:
    live_a_life(account)
    paths = {record.path for record in account.box.requests if not record.is_read}
    assert not [path for path in paths if path.endswith(("/activate", "/upsert", "/upsertplus"))]
    assert account.box.requests.count("DELETE") == 0
