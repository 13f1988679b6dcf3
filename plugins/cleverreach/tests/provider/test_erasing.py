"""Erasing: a receiver goes, and a "no" on a blacklist stays."""

from typing import Any

import pytest

from rundbrief.errors import ListUnknown, ProtocolError
from rundbrief.models import MailingList, Reason, Result, SubscriberStatus, WriteKind
from rundbrief.testing.faults import answer_with

JO, NEW = "jo@example.org", "new@example.org"


def subscribed(account: Any) -> str:
    """Let Jo sign up, and return what the service calls her."""
    account.box.subscribe(account.list.id, JO)
    remote_id: str = account.held(JO).remote_id
    return remote_id


def test_an_entry_of_a_blacklist_stays_and_is_named(account: Any) -> None:
    """It may be all that keeps other programs from mailing her."""
    remote_id = subscribed(account)
    account.box.complain(account.list.id, JO)
    outcome = account.erase_one(JO, remote_id)
    assert (outcome.result, outcome.reason) == (Result.DONE, Reason.ERASED)
    assert "stays on a blacklist" in outcome.detail
    people, _ = account.read()
    assert (people[JO].status, dict(people[JO].fields)) == (SubscriberStatus.UNSUBSCRIBED, {})
    assert account.export_one(WriteKind.CREATE, JO).reason is Reason.COMPLIANCE


def test_whom_a_blacklist_alone_knows_is_not_there(account_of: Any) -> None:
    """With the account's option, unsubscribing blacklists and deletes."""
    account = account_of(auto_blacklist=True)
    subscribed(account)
    account.box.unsubscribe(account.list.id, JO)
    people, _ = account.read()
    outcome = account.erase_one(JO, people[JO].remote_id)
    assert (outcome.result, outcome.reason) == (Result.DONE, Reason.NOT_FOUND)
    assert outcome.detail


def test_an_unsubscribe_goes_with_the_receiver(account: Any) -> None:
    """So somebody who is imported again is active: only the host's memory is between her and the next mail."""
    remote_id = subscribed(account)
    account.box.unsubscribe(account.list.id, JO)
    assert account.erase_one(JO, remote_id).detail == ""
    account.export_one(WriteKind.CREATE, JO)
    assert account.held(JO).status is SubscriberStatus.SUBSCRIBED


def test_the_same_address_in_another_group_stays(account: Any) -> None:
    other = MailingList(account.box.add_list("Press"), "Press")
    remote_id = subscribed(account)
    account.box.subscribe(other.id, JO)
    account.erase_one(JO, remote_id)
    assert (JO in account.box.recipients(account.list.id), JO in account.box.recipients(other.id)) == (False, True)


def test_who_has_moved_is_left_alone_and_told(account: Any) -> None:
    remote_id = subscribed(account)
    account.box.change_address(account.list.id, JO, NEW)
    before = account.held(NEW)
    outcome = account.erase_one(JO, remote_id)
    assert (outcome.result, outcome.reason) == (Result.REFUSED, Reason.HAS_MOVED)
    assert account.held(NEW) == before


@pytest.mark.parametrize("body", ["{}", "[]", "false", '"true"'])
def test_an_answer_that_does_not_say_so_is_no_erasure(account: Any, body: str) -> None:
    remote_id = subscribed(account)
    account.box.faults.add(answer_with(200, body=body), method="DELETE")
    with pytest.raises(ProtocolError):
        account.erase_one(JO, remote_id)


def test_a_group_that_is_gone_is_told_as_such(account: Any) -> None:
    account.list = MailingList("9999", "Gone")
    with pytest.raises(ListUnknown):
        account.erase_one(JO)
