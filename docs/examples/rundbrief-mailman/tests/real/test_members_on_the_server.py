"""What only the real server has: more members than a page holds, and members by an account."""

import pytest
from connected import connected
from mailman_in_a_box import MailmanInABox
from rundbrief_mailman.reading import SIZE

from rundbrief.models import Checkpoint, Reason, Result, SubscriberStatus, WriteKind

ANNA = "anna@example.org"


@pytest.fixture
def box(mailman) -> MailmanInABox:
    return MailmanInABox(mailman)


@pytest.fixture
def plugin(box):
    with connected(box) as plugin:
        yield plugin


def test_who_stays_comes_although_others_leave_between_two_pages(box, plugin) -> None:
    list_id = box.add_list("Large")
    everybody = [f"person{number:04}@example.org" for number in range(SIZE + 20)]
    for address in everybody:
        box.subscribe(list_id, address)
    leaves, came, pages = everybody[:3], set(), 0
    for item in plugin.stream(list_id):
        if isinstance(item, Checkpoint):
            pages += 1
            for address in leaves:
                box.unsubscribe(list_id, address)
        else:
            came.add(item.address)
    assert pages == 2
    assert came == set(everybody)


def test_a_member_by_her_account_is_read_renamed_and_withdrawn_but_not_moved(box, plugin) -> None:
    list_id = box.add_list("Open")
    box.subscribe_by_account(list_id, ANNA)
    member = plugin.read(list_id)[ANNA]
    assert member.status is SubscriberStatus.SUBSCRIBED

    name = {"display_name": "Anna Berg"}
    renamed = plugin.write(WriteKind.UPDATE, list_id, ANNA, remote_id=member.remote_id, fields=name)
    assert (renamed.result, plugin.read(list_id)[ANNA].fields) == (Result.DONE, name)

    new = "anna@example.net"
    moved = plugin.write(WriteKind.UPDATE, list_id, ANNA, remote_id=member.remote_id, new_address=new)
    assert (moved.reason, set(plugin.read(list_id))) == (Reason.UNKNOWN_REFUSAL, {ANNA})

    withdrawn = plugin.write(WriteKind.WITHDRAW, list_id, ANNA, remote_id=member.remote_id)
    assert (withdrawn.result, plugin.read(list_id)) == (Result.DONE, {})
