"""Runs that are killed between an effect in the CRM and its record: the next run completes the record."""

from collections.abc import Callable
from typing import Any

import pytest

from rundbrief.engine import import_list
from rundbrief.models import OptIn, SubscriberStatus

YES, NO, UNKNOWN = OptIn.YES, OptIn.NO, OptIn.UNKNOWN


@pytest.fixture
def kill(world: Any, kill_at_the_crm: Any) -> Callable[[Callable[[], object]], None]:
    return lambda run: kill_at_the_crm(world, run)


def crm_changes(world: Any, email: str) -> list[tuple[str, str]]:
    return [(one.was, one.became) for one in world.journal(email) if one.place == "crm"]


def test_a_contact_that_was_created(world: Any, kill: Any) -> None:
    world.service.put("ann@example.org")
    kill(world.imports)
    assert (world.everybody(), world.journal("ann@example.org")) == ({"ann@example.org": YES}, [])
    world.imports()
    assert crm_changes(world, "ann@example.org") == [("unknown", "yes")]
    assert len(world.everybody()) == 1


def test_a_contact_that_was_created_and_has_left_since(world: Any, kill: Any) -> None:
    world.service.put("ann@example.org")
    kill(world.imports)
    world.service.put("ann@example.org", SubscriberStatus.UNSUBSCRIBED)
    world.imports()
    assert crm_changes(world, "ann@example.org") == [("unknown", "yes"), ("yes", "no")]


def test_an_opt_in_that_an_import_cleared(world: Any, kill: Any) -> None:
    world.service.put("ann@example.org")
    world.imports()
    world.service.put("ann@example.org", SubscriberStatus.UNSUBSCRIBED)
    kill(world.imports)
    assert world.opt_in("ann@example.org") is NO
    world.imports()
    assert crm_changes(world, "ann@example.org") == [("unknown", "yes"), ("yes", "no")]


def test_an_opt_in_that_an_export_set(world: Any, kill: Any) -> None:
    world.service.put("ann@example.org")
    world.imports()
    other = world.add("ann@example.org")
    kill(world.exports)
    assert world.contact(other).opt_in("news/1").value is YES
    world.exports()
    assert crm_changes(world, "ann@example.org") == [("unknown", "yes"), ("unknown", "yes")]


def test_nothing_is_put_on_record_twice(world: Any) -> None:
    world.service.put("ann@example.org")
    world.imports()
    world.service.put("ann@example.org", SubscriberStatus.UNSUBSCRIBED)
    world.imports()
    world.service.put("ann@example.org", SubscriberStatus.UNSUBSCRIBED)
    world.exports(full=True)
    assert crm_changes(world, "ann@example.org") == [("unknown", "yes"), ("yes", "no")]


def test_what_the_crms_users_said_is_not_taken_for_ours(world: Any) -> None:
    world.add("ann@example.org", YES)
    world.service.put("ann@example.org")
    world.imports()
    assert crm_changes(world, "ann@example.org") == []


def test_an_opt_in_of_somebody_whose_address_another_contact_has_by_now(world: Any, kill: Any) -> None:
    """She had changed her address at the service, so the CRM knows her by the old one."""
    world.service.put("old@example.org")
    world.imports()
    world.service.move("old@example.org", "new@example.org")
    world.imports()
    world.service.put("new@example.org", SubscriberStatus.UNSUBSCRIBED)
    kill(world.imports)
    world.add("new@example.org")
    world.imports()
    assert crm_changes(world, "new@example.org") == [("yes", "no"), ("unknown", "no")]


def test_a_withdrawal_that_counts_everywhere(world: Any, kill: Any) -> None:
    world.open(withdrawals="everywhere")
    world.service.put("ann@example.org")
    for name in ("news", "other"):
        import_list(world.workspace, name, "1")
    world.service.put("ann@example.org", SubscriberStatus.UNSUBSCRIBED)
    kill(world.imports)
    world.imports()
    changes = [
        (one.connection, one.was, one.became) for one in world.journal("ann@example.org") if one.place == "crm"
    ]
    assert changes[-2:] == [("news", "yes", "no"), ("other", "yes", "no")]


def test_what_a_user_has_set_since_is_left_to_the_user(world: Any, kill: Any) -> None:
    world.service.put("ann@example.org")
    world.imports()
    world.service.put("ann@example.org", SubscriberStatus.UNSUBSCRIBED)
    kill(world.imports)
    world.say(world.contact("ann@example.org").id, UNKNOWN)
    world.imports()
    assert crm_changes(world, "ann@example.org")[-1] == ("unknown", "no")
