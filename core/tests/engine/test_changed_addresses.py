"""Addresses that change in the CRM, at the service, or on both sides."""

from dataclasses import replace
from typing import Any

import pytest

from rundbrief.models import OptIn, Reason, Result, SubscriberStatus, WriteKind

YES, NO = OptIn.YES, OptIn.NO
SUBSCRIBED, UNSUBSCRIBED = SubscriberStatus.SUBSCRIBED, SubscriberStatus.UNSUBSCRIBED
CREATE, UPDATE, WITHDRAW = WriteKind.CREATE, WriteKind.UPDATE, WriteKind.WITHDRAW

OLD, NEW = "old@example.org", "new@example.org"


@pytest.fixture
def linked(world: Any) -> Any:
    """A world with one contact who is subscribed under OLD on both sides."""
    world.service.put(OLD, FNAME="Ann")
    world.imports()
    world.id = world.contact(OLD).id
    return world


class TestInTheCrm:
    def test_the_recipient_is_given_the_new_address(self, linked: Any) -> None:
        remote_id = linked.service.find(OLD).remote_id
        linked.crm.edit(linked.id, email="New@example.org")
        report = linked.exports()
        ((kind, write),) = linked.service.written
        assert (kind, write.address, write.new_address) == (UPDATE, OLD, "New@example.org")
        assert linked.service.find(NEW).remote_id == remote_id
        assert linked.outcomes(report) == {NEW: (Result.DONE, Reason.MOVED)}
        assert linked.changes(OLD)[-1] == ("service", "rundbrief", "subscribed", "moved")

    def test_a_second_export_has_nothing_to_do(self, linked: Any) -> None:
        linked.crm.edit(linked.id, email=NEW)
        linked.exports()
        linked.service.written.clear()
        linked.exports()
        linked.syncs(full=True)
        assert linked.service.written == []
        assert linked.everybody() == {NEW: YES}

    def test_a_new_address_that_is_taken_is_used_and_the_old_one_abandoned(self, linked: Any) -> None:
        linked.service.put(NEW)
        linked.imports()
        linked.crm.delete(linked.contact(NEW).id)
        linked.crm.edit(linked.id, email=NEW)
        report = linked.exports()
        assert linked.service.status(OLD) is UNSUBSCRIBED
        assert linked.service.status(NEW) is SUBSCRIBED
        assert linked.outcomes(report)[OLD] == (Result.DONE, Reason.ADDRESS_ABANDONED)
        assert linked.opt_in(NEW) is YES

    def test_a_new_address_that_is_taken_unseen_is_left_alone(self, linked: Any) -> None:
        linked.service.refusals[OLD] = Reason.ADDRESS_TAKEN
        linked.crm.edit(linked.id, email=NEW)
        report = linked.exports()
        assert linked.outcomes(report) == {NEW: (Result.REFUSED, Reason.ADDRESS_TAKEN)}
        linked.service.refusals.clear()
        linked.exports()
        linked.service.written.clear()
        report = linked.exports()
        assert linked.outcomes(report)[NEW] == (Result.HELD, Reason.ARCHIVED)
        assert linked.service.written == []
        assert linked.service.status(OLD) is UNSUBSCRIBED

    def test_a_new_address_that_has_withdrawn_stays_withdrawn(self, linked: Any) -> None:
        linked.service.put(NEW, UNSUBSCRIBED)
        linked.imports()
        linked.crm.edit(linked.id, email=NEW)
        linked.exports()
        assert linked.service.status(NEW) is UNSUBSCRIBED
        assert linked.service.status(OLD) is UNSUBSCRIBED

    def test_a_withdrawal_goes_along_to_the_new_address(self, linked: Any) -> None:
        linked.service.put(OLD, UNSUBSCRIBED)
        linked.imports()
        linked.crm.edit(linked.id, email=NEW)
        linked.say(linked.id, YES)
        report = linked.exports()
        assert linked.outcomes(report) == {NEW: (Result.HELD, Reason.WITHDRAWN_AT_SERVICE)}
        assert linked.service.written == []
        linked.crm.edit(linked.id, email="third@example.org")
        linked.exports()
        assert linked.service.written == []

    def test_a_no_said_together_with_the_new_address_reaches_the_old_one(self, linked: Any) -> None:
        linked.crm.edit(linked.id, email=NEW)
        linked.say(linked.id, NO)
        linked.exports()
        assert linked.service.status(OLD) is UNSUBSCRIBED
        assert linked.service.status(NEW) is None
        assert linked.opt_in(NEW) is NO

    def test_a_later_no_is_heard_where_the_new_address_is_subscribed(self, linked: Any) -> None:
        """The contact withdraws under its old address, then takes one that is subscribed by itself."""
        linked.say(linked.id, NO)
        linked.exports()
        linked.service.put(NEW)
        linked.clock.pass_days(100)
        linked.say(linked.id, YES)
        linked.say(linked.id, NO)
        linked.crm.edit(linked.id, email=NEW)
        linked.exports()
        assert linked.opt_in(NEW) is NO
        assert linked.service.status(NEW) is UNSUBSCRIBED

    def test_an_address_that_another_contact_uses_is_not_abandoned(self, linked: Any) -> None:
        linked.add(OLD, YES)
        linked.crm.edit(linked.id, email=NEW)
        linked.exports()
        assert linked.service.status(OLD) is SUBSCRIBED
        assert linked.service.status(NEW) is SUBSCRIBED

    def test_a_removed_address_leaves_the_recipient_alone(self, linked: Any) -> None:
        linked.crm.edit(linked.id, email="")
        linked.exports()
        assert linked.service.written == []


class TestAtTheService:
    def test_the_data_goes_to_the_new_address(self, linked: Any) -> None:
        linked.service.move(OLD, NEW)
        linked.crm.edit(linked.id, fields={"first_name": "Anna"})
        linked.exports()
        assert linked.service.writes() == [(UPDATE, NEW)]
        assert linked.service.find(NEW).fields == {"FNAME": "Anna"}

    def test_a_no_in_the_crm_reaches_the_new_address(self, linked: Any) -> None:
        linked.service.move(OLD, NEW)
        linked.imports()
        linked.say(linked.id, NO)
        linked.exports()
        assert linked.service.writes() == [(WITHDRAW, NEW)]

    def test_the_old_address_is_not_made_again(self, linked: Any) -> None:
        linked.service.move(OLD, NEW)
        linked.exports()
        linked.exports()
        assert linked.service.written == []

    def test_data_is_that_of_the_contact_who_has_the_new_address(self, linked: Any) -> None:
        """Two contacts for one recipient: their data must not take turns for ever."""
        linked.service.move(OLD, NEW)
        linked.imports()
        linked.add(NEW, YES, first_name="Zoe")
        for _ in range(3):
            report = linked.syncs()
        assert report.counts["without data of their own"] == 1
        assert linked.service.writes() == [(UPDATE, NEW)]
        assert linked.service.find(NEW).fields["FNAME"] == "Zoe"
        linked.say(linked.id, NO)
        linked.syncs()
        assert linked.service.status(NEW) is UNSUBSCRIBED

    def test_the_crm_leads_when_both_sides_change_it(self, linked: Any) -> None:
        linked.service.move(OLD, NEW)
        linked.crm.edit(linked.id, email="third@example.org")
        linked.exports()
        assert linked.service.status("third@example.org") is SUBSCRIBED
        assert linked.service.status(NEW) is None

    def test_the_same_change_on_both_sides_is_none(self, linked: Any) -> None:
        linked.service.move(OLD, NEW)
        linked.crm.edit(linked.id, email=NEW)
        linked.exports()
        assert linked.service.written == []
        linked.say(linked.id, NO)
        linked.exports()
        assert linked.service.status(NEW) is UNSUBSCRIBED

    def test_a_person_under_a_new_address_is_asked_only_once(self, make_world: Any) -> None:
        """She was asked and unsubscribed in turns: by her new address she seemed to be nobody's contact."""
        world = make_world(reconsent="confirm")
        world.service.put(OLD)
        world.imports()
        world.service.move(OLD, NEW)
        world.imports()
        world.service.put(NEW, UNSUBSCRIBED)
        world.imports()
        world.say(world.contact(OLD).id, YES)
        for _ in range(3):
            world.exports()
        assert world.service.writes() == [(WriteKind.CONFIRM, NEW)]


class TestPolicy:
    """What becomes of a subscriber whose address changes in the CRM."""

    @pytest.fixture
    def changed(self, make_world: Any) -> Any:
        def changed(policy: str, *, double_opt_in: bool = False) -> Any:
            world = make_world(address_change=policy)
            world.service.lists["1"] = replace(world.service.lists["1"], double_opt_in=double_opt_in)
            world.service.put(OLD)
            world.imports()
            world.crm.edit(world.contact(OLD).id, email=NEW)
            return world

        return changed

    def test_hold_unsubscribes_the_old_address_and_waits_for_the_new_one(self, changed: Any) -> None:
        world = changed("hold")
        report = world.exports(allow_withdrawals=True)
        assert world.outcomes(report)[NEW] == (Result.HELD, Reason.ADDRESS_CHANGED)
        assert world.service.writes() == [(WITHDRAW, OLD)]
        for _ in range(2):
            assert NEW in world.outcomes(world.syncs())
        assert world.service.writes() == [(WITHDRAW, OLD)]
        assert world.service.status(NEW) is None

    def test_what_is_held_ends_when_the_new_address_signs_up(self, changed: Any) -> None:
        world = changed("hold")
        world.exports(allow_withdrawals=True)
        world.service.put(NEW)
        world.syncs()
        assert world.outcomes(world.syncs()) == {}
        assert world.everybody() == {NEW: YES}

    def test_confirm_asks_the_new_address_by_double_opt_in(self, changed: Any) -> None:
        world = changed("confirm", double_opt_in=True)
        world.exports(allow_withdrawals=True)
        assert sorted(world.service.writes()) == [(CREATE, NEW), (WITHDRAW, OLD)]
        assert world.service.status(NEW) is SubscriberStatus.PENDING
        world.syncs()
        assert len(world.service.writes()) == 2

    def test_confirm_holds_where_a_list_cannot_ask(self, changed: Any) -> None:
        world = changed("confirm")
        report = world.exports(allow_withdrawals=True)
        assert world.outcomes(report)[NEW] == (Result.HELD, Reason.ADDRESS_CHANGED)
        assert world.service.writes() == [(WITHDRAW, OLD)]

    @pytest.mark.parametrize("policy", ["move", "confirm", "hold"])
    def test_a_withdrawn_address_stays_withdrawn_under_its_new_name(self, make_world: Any, policy: str) -> None:
        world = make_world(address_change=policy)
        world.service.put(OLD)
        world.imports()
        world.service.put(OLD, UNSUBSCRIBED)
        world.imports()
        world.crm.edit(world.contact(OLD).id, email=NEW)
        world.say(world.contact(NEW).id, YES)
        for _ in range(2):
            world.syncs()
        assert world.service.written == []


def test_a_no_that_moves_to_an_address_clears_the_yes_of_the_contact_that_has_it(linked: Any) -> None:
    linked.service.put("eve@example.org")
    linked.imports()
    linked.service.put("eve@example.org", UNSUBSCRIBED)
    linked.service.move(OLD, NEW)
    linked.imports()
    assert linked.opt_in(OLD) is YES
    linked.service.move("eve@example.org", OLD)
    linked.imports()
    assert linked.opt_in(OLD) is NO
