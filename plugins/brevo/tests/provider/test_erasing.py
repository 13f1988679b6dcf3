"""Erasing: a contact goes from the whole account, and its blocklisting with it."""

from typing import Any

import pytest

from rundbrief.errors import ProtocolError
from rundbrief.models import ContactWrite, Reason, Result, SubscriberStatus, WriteKind
from rundbrief.testing.faults import answer_with

JO, NEW = "jo@example.org", "new@example.org"


def test_a_contact_goes_from_all_lists(account: Any) -> None:
    (remote_id,) = account.subscribe(JO)
    account.box.subscribe(account.add_list("Press").id, JO)
    assert account.erase_one(JO, remote_id).reason is Reason.ERASED
    assert account.read()[0] == {}


def test_a_blocklisting_goes_with_the_contact(account: Any) -> None:
    """So somebody who is imported again can be mailed: only the host's memory is between her and the next mail."""
    (remote_id,) = account.subscribe(JO)
    account.box.unsubscribe(account.list.id, JO)
    account.erase_one(JO, remote_id)
    account.export_one(WriteKind.CREATE, JO)
    assert account.held(JO).status is SubscriberStatus.SUBSCRIBED


def test_who_has_moved_is_left_alone_and_told(account: Any) -> None:
    (remote_id,) = account.subscribe(JO)
    account.box.change_address(account.list.id, JO, NEW)
    before = account.held(NEW)
    outcome = account.erase_one(JO, remote_id)
    assert (outcome.result, outcome.reason) == (Result.REFUSED, Reason.HAS_MOVED)
    assert account.held(NEW) == before


def test_the_owners_own_contact_is_refused_in_the_services_words(account: Any) -> None:
    """The others of the batch are erased all the same."""
    owner, jo = account.subscribe("owner@example.org", JO)
    outcomes = account.erase(ContactWrite("owner", "owner@example.org", owner), ContactWrite("jo", JO, jo))
    assert (outcomes["owner"].result, outcomes["owner"].reason) == (Result.REFUSED, Reason.UNKNOWN_REFUSAL)
    assert "not allowed to delete" in outcomes["owner"].detail
    assert outcomes["jo"].reason is Reason.ERASED


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, '{"code": "document_not_found", "message": "Resource not found"}'),
        (405, '{"code": "method_not_allowed", "message": "Method not allowed"}'),
        (200, "{}"),
    ],
)
def test_what_is_not_about_the_contact_is_no_answer(account: Any, status: int, body: str) -> None:
    (remote_id,) = account.subscribe(JO)
    account.box.faults.add(answer_with(status, body=body), method="DELETE")
    with pytest.raises(ProtocolError):
        account.erase_one(JO, remote_id)
