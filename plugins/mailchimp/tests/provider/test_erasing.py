"""Erasing: the service forgets a member for good, and keeps to it."""

from typing import Any

import pytest

from rundbrief.errors import ProtocolError
from rundbrief.models import Reason, Result, WriteKind
from rundbrief.testing.faults import answer_with

JO, NEW = "jo@example.org", "new@example.org"


def test_the_api_never_takes_the_address_again_and_a_form_does(account: Any) -> None:
    account.box.subscribe(account.list.id, JO)
    assert account.erase_one(JO, account.remote_id(JO)).reason is Reason.ERASED
    again = account.export_one(WriteKind.CREATE, JO)
    assert (again.result, again.reason) == (Result.REFUSED, Reason.FORGOTTEN)
    account.box.subscribe(account.list.id, JO)
    assert account.everybody() == {JO}


def test_the_same_address_in_another_audience_stays(account: Any) -> None:
    other = account.add_list("Press")
    for where in (account.list, other):
        account.box.subscribe(where.id, JO)
    account.erase_one(JO)
    assert (JO in account.box.recipients(account.list.id), JO in account.box.recipients(other.id)) == (False, True)


def test_who_has_moved_is_left_alone_and_told(account: Any) -> None:
    account.box.subscribe(account.list.id, JO)
    contact_id = account.remote_id(JO)
    account.box.change_address(account.list.id, JO, NEW)
    outcome = account.erase_one(JO, contact_id)
    assert (outcome.result, outcome.reason) == (Result.REFUSED, Reason.HAS_MOVED)
    assert account.everybody() == {NEW}


def test_whoever_has_the_address_goes_although_the_one_we_knew_has_moved(account: Any) -> None:
    account.box.subscribe(account.list.id, JO)
    contact_id = account.remote_id(JO)
    account.box.change_address(account.list.id, JO, NEW)
    account.box.subscribe(account.list.id, JO)
    assert account.erase_one(JO, contact_id).reason is Reason.HAS_MOVED
    assert account.everybody() == {NEW}


def test_a_member_whose_id_is_not_the_hash_goes_by_the_id_that_the_service_names(account: Any) -> None:
    row = '{"id": "0123456789abcdef", "email_address": "jo@example.org"}'
    account.box.faults.add(answer_with(200, body=row), method="GET")
    account.erase_one(JO, "a contact id")
    _, last = (one.path for one in account.box.requests if one.method == "POST")
    assert last.endswith("/0123456789abcdef/actions/delete-permanent")


def test_a_member_that_cannot_be_removed_is_told_in_the_services_words(account: Any) -> None:
    account.box.subscribe(account.list.id, JO)
    account.box.make_irremovable(account.list.id, JO)
    outcome = account.erase_one(JO)
    assert (outcome.result, outcome.reason) == (Result.REFUSED, Reason.UNKNOWN_REFUSAL)
    assert "contact support" in outcome.detail
    assert account.everybody() == {JO}


@pytest.mark.parametrize("body", ["{}", "[]", '{"status": 200}'])
def test_a_404_that_is_not_the_services_own_is_no_answer(account: Any, body: str) -> None:
    account.box.subscribe(account.list.id, JO)
    account.box.faults.add(answer_with(404, body=body), method="POST")
    with pytest.raises(ProtocolError):
        account.erase_one(JO)
