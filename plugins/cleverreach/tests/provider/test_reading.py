"""Reading receivers: how many requests it takes, what they mean, and that nobody is skipped."""

from typing import Any

import pytest

from rundbrief.errors import ProtocolError
from rundbrief.fields import CrmField
from rundbrief.hookspecs import FieldWish
from rundbrief.models import SubscriberStatus
from rundbrief.testing.faults import afterwards, answer_with

JO = "jo@example.org"
UNSUBSCRIBED = SubscriberStatus.UNSUBSCRIBED


def test_twelve_thousand_receivers_are_three_pages(account: Any) -> None:
    account.box.seed(account.list.id, 12_000)
    found, _ = account.read()
    assert len(found) == 12_000
    assert account.box.requests.count("GET", "/receivers$") == 3


def test_who_is_deleted_between_two_pages_hides_nobody(account: Any) -> None:
    account.box.seed(account.list.id, 6000)

    def delete() -> None:
        for number in range(80):
            account.box.delete(account.list.id, f"person{number}@example.org")

    account.box.faults.add(afterwards(delete), path="/receivers$")
    found, _ = account.read()
    assert found.keys() >= {f"person{number}@example.org" for number in range(80, 6000)}


def test_a_later_read_brings_who_came_or_left_since(account: Any) -> None:
    account.box.seed(account.list.id, 30)
    account.clock.advance(86_400)
    _, cursor = account.read()
    account.clock.advance(7200)
    account.box.unsubscribe(account.list.id, "person7@example.org")
    account.box.subscribe(account.list.id, JO)
    assert {address: one.status for address, one in account.read(cursor)[0].items()} == {
        "person7@example.org": UNSUBSCRIBED,
        JO: SubscriberStatus.SUBSCRIBED,
    }


def test_an_entry_on_a_blacklist_is_a_no_also_for_who_is_no_receiver_any_more(account: Any) -> None:
    for address in (JO, "bob@example.org"):
        account.box.subscribe(account.list.id, address)
        account.box.block(account.list.id, address)
    account.box.delete(account.list.id, JO)
    found, _ = account.read()
    assert {address: one.status for address, one in found.items()} == {
        JO: UNSUBSCRIBED,
        "bob@example.org": UNSUBSCRIBED,
    }


def test_an_entry_that_comes_later_is_read_later(account: Any) -> None:
    account.box.subscribe(account.list.id, JO)
    account.clock.advance(86_400)
    _, cursor = account.read()
    account.clock.advance(7200)
    account.box.block(account.list.id, JO)
    assert account.read(cursor)[0][JO].status is UNSUBSCRIBED


@pytest.mark.parametrize("path", ["^/v3/blacklist$", "/groups/.+/blacklist$", "/receivers$", "/receivers/filter$"])
def test_an_answer_without_a_body_is_no_empty_list(account: Any, path: str) -> None:
    account.box.subscribe(account.list.id, JO)
    cursor = account.read()[1] if path.endswith("filter$") else None
    account.box.faults.add(answer_with(200), path=path)
    with pytest.raises(ProtocolError):
        account.read(cursor)


@pytest.mark.parametrize("key", ["number", "group:number", "NUMBER"])
def test_an_attribute_of_the_list_is_used_where_it_is_named(account: Any, key: str) -> None:
    account.box.add_attribute("number", list_id=account.list.id)
    found = account.map(CrmField("first_name", "First name"), FieldWish(CrmField("nr", "Nr"), key))
    assert {link.crm_key: link.remote.key for link in found.links} == {
        "first_name": "firstname",
        "nr": "group:number",
    }


def test_an_attribute_that_is_nowhere_is_told(account: Any) -> None:
    found = account.map(FieldWish(CrmField("nr", "Nr"), "numer"))
    assert found.links == ()
    assert "numer" in found.problems[0]
