"""What other people do while a run is under way: in the CRM, and at the service."""

from collections.abc import Callable
from typing import Any

import pytest

from rundbrief.errors import Interrupted, ServiceUnavailable
from rundbrief.models import OptIn, Reason, Result, SubscriberStatus, WriteKind

YES, NO, UNKNOWN = OptIn.YES, OptIn.NO, OptIn.UNKNOWN
SUBSCRIBED, UNSUBSCRIBED = SubscriberStatus.SUBSCRIBED, SubscriberStatus.UNSUBSCRIBED


class At:
    """A progress that does something once, when a phase begins."""

    def __init__(self, title: str, act: Callable[[], object]) -> None:
        self._title = title
        self._act = act

    def phase(self, title: str, total: int | None) -> None:
        if title == self._title:
            self._title = ""
            self._act()

    def advance(self, count: int) -> None: ...
    def say(self, sentence: str) -> None: ...


def once(world: Any, call: str, act: Callable[[], object]) -> None:
    """Do something right before the service answers a call; once."""

    def before(name: str) -> None:
        if name == call:
            world.service.before = lambda name: None
            act()

    world.service.before = before


class TestCrmEditedDuringAnImport:
    def edited_between_match_and_write(self, world: Any, act: Callable[[], object]) -> None:
        """The field map is read after the matching, for another person who is new."""
        world.service.put("zoe@example.org")
        once(world, "fields", act)

    @pytest.mark.parametrize("before", [YES, UNKNOWN])
    def test_a_contact_that_opts_in_can_still_take_it_back(self, world: Any, before: OptIn) -> None:
        """One of two contacts is edited, so the row is decided again; on the other both sides have agreed."""
        world.service.tells_dates = False
        ann, other = world.add("ann@example.org"), world.add("ann@example.org")
        world.pull()
        world.say(ann, before)
        world.service.put("ann@example.org")
        self.edited_between_match_and_write(world, lambda: world.crm.delete(other))
        report = world.imports()
        assert Reason.CRM_CHANGED_MEANWHILE in {reason for _, reason in report.tally}
        world.say(ann, NO)
        world.syncs()
        assert (world.opt_in("ann@example.org"), world.service.status("ann@example.org")) == (NO, UNSUBSCRIBED)

    def test_the_row_is_kept_and_decided_again_by_the_next_run(self, world: Any) -> None:
        ann = world.add("ann@example.org")
        world.pull()
        world.service.put("ann@example.org")
        self.edited_between_match_and_write(world, lambda: world.say(ann, NO))
        report = world.imports()
        assert world.opt_in("ann@example.org") is NO
        assert world.outcomes(report)["ann@example.org"] == (Result.FAILED, Reason.CRM_CHANGED_MEANWHILE)
        assert world.recipient("ann@example.org") is None
        world.exports()
        assert world.opt_in("ann@example.org") is NO
        assert world.service.status("ann@example.org") is UNSUBSCRIBED

    def test_what_was_set_all_the_same_is_on_record(self, world: Any) -> None:
        """Two share the address; one is edited in between, the other one's opt-in is set."""
        first, second = world.add("ann@example.org"), world.add("ann@example.org")
        world.pull()
        world.service.put("ann@example.org")
        self.edited_between_match_and_write(world, lambda: world.say(first, NO))
        world.imports()
        assert world.contact(second).opt_in("news/1").value is YES
        assert [(one.contact_id, one.became) for one in world.journal("ann@example.org")] == [(second, "yes")]

    def test_who_has_left_is_not_added_by_the_export_of_the_same_run(self, world: Any) -> None:
        """Her opt-out could not be settled, as a user ticked her opt-in in that moment; then she is deleted."""
        ann = world.add("ann@example.org")
        world.imports()
        world.service.put("ann@example.org", UNSUBSCRIBED)
        self.edited_between_match_and_write(world, lambda: world.say(ann, YES))
        world.syncs(progress=At("Adding new recipients", lambda: world.service.delete("ann@example.org")))
        assert world.service.written == []
        world.syncs()
        assert world.service.written == []
        assert world.opt_in("ann@example.org") is NO

    def test_neither_is_one_whose_address_was_changed_there(self, world: Any) -> None:
        """She is known under another address, and read under that of a contact who is edited in that moment."""
        world.service.put("old@example.org", UNSUBSCRIBED)
        ann = world.add("ann@example.org")
        world.imports()
        world.service.move("old@example.org", "ann@example.org")
        self.edited_between_match_and_write(world, lambda: world.say(ann, YES))
        world.syncs()
        assert world.service.written == []


class TestCrmEditedDuringAnExport:
    @pytest.mark.parametrize("opt_in", [NO, UNKNOWN])
    def test_an_opt_in_that_is_withdrawn_after_the_plan_is_not_sent(self, world: Any, opt_in: OptIn) -> None:
        world.imports()
        ann = world.add("ann@example.org", YES)
        report = world.exports(progress=At("Adding new recipients", lambda: world.say(ann, opt_in)))
        assert world.service.written == []
        assert world.outcomes(report) == {"ann@example.org": (Result.HELD, Reason.CRM_CHANGED_MEANWHILE)}

    def test_neither_is_one_whose_address_changed_or_who_was_deleted(self, world: Any) -> None:
        world.imports()
        ann, bob = world.add("ann@example.org", YES), world.add("bob@example.org", YES)

        def act() -> None:
            world.crm.edit(ann, email="anna@example.org")
            world.crm.delete(bob)

        world.exports(progress=At("Adding new recipients", act))
        assert world.service.written == []

    def test_a_no_of_a_contact_added_meanwhile_counts(self, world: Any) -> None:
        world.imports()
        world.add("ann@example.org", YES)
        world.exports(progress=At("Adding new recipients", lambda: world.add("ann@example.org", NO)))
        assert world.service.written == []

    def test_an_address_is_not_moved_to_after_a_no(self, world: Any) -> None:
        world.service.put("old@example.org")
        world.imports()
        ann = world.contact("old@example.org").id
        world.crm.edit(ann, email="new@example.org")
        world.exports(progress=At("Sending changed data", lambda: world.say(ann, NO)))
        assert world.service.status("new@example.org") is None
        world.exports()
        assert world.service.status("old@example.org") is UNSUBSCRIBED
        assert world.service.status("new@example.org") is None

    def test_a_field_edited_before_it_is_settled_is_left_to_the_next_run(self, world: Any) -> None:
        world.service.put("ann@example.org")
        world.imports()
        ann, other = world.contact("ann@example.org").id, world.add("ann@example.org")
        report = world.exports(progress=At("Comparing", lambda: world.say(other, NO)))
        assert world.outcomes(report)["ann@example.org"] == (Result.FAILED, Reason.CRM_CHANGED_MEANWHILE)
        world.exports()
        assert world.service.status("ann@example.org") is UNSUBSCRIBED
        assert {world.contact(one).opt_in("news/1").value for one in (ann, other)} == {NO}


class TestPersonActsDuringAnExport:
    def test_one_who_leaves_between_read_and_data_write_stays_out(self, world: Any) -> None:
        world.service.put("ann@example.org", FNAME="Ann")
        world.imports()
        world.crm.edit(world.contact("ann@example.org").id, fields={"first_name": "Anna"})
        once(world, "update", lambda: world.service.put("ann@example.org", UNSUBSCRIBED))
        world.exports()
        assert world.service.status("ann@example.org") is UNSUBSCRIBED
        world.exports()
        assert world.opt_in("ann@example.org") is NO

    def test_one_who_leaves_before_the_address_moves_stays_out(self, world: Any) -> None:
        world.service.put("old@example.org")
        world.imports()
        world.crm.edit(world.contact("old@example.org").id, email="new@example.org")
        once(world, "update", lambda: world.service.put("old@example.org", UNSUBSCRIBED))
        world.exports()
        assert world.service.status("new@example.org") is UNSUBSCRIBED
        world.imports()
        assert world.opt_in("new@example.org") is NO

    def test_one_who_signs_up_and_leaves_before_the_create_stays_out(self, world: Any) -> None:
        world.imports()
        world.add("ann@example.org", YES)
        once(world, "create", lambda: world.service.put("ann@example.org", UNSUBSCRIBED))
        world.exports()
        assert world.service.status("ann@example.org") is UNSUBSCRIBED
        world.exports()
        assert world.opt_in("ann@example.org") is NO

    def test_one_who_is_deleted_before_the_data_write_counts_as_gone(self, world: Any) -> None:
        world.service.put("ann@example.org", FNAME="Ann")
        world.imports()
        world.crm.edit(world.contact("ann@example.org").id, fields={"first_name": "Anna"})
        once(world, "update", lambda: world.service.delete("ann@example.org"))
        report = world.exports()
        assert world.outcomes(report) == {"ann@example.org": (Result.REFUSED, Reason.NOT_FOUND)}
        world.exports()
        assert world.opt_in("ann@example.org") is NO
        assert world.service.find("ann@example.org") is None


class TestTroubleDuringAnExport:
    def test_what_was_answered_is_recorded_and_the_rest_is_done_by_the_next_run(self, world: Any) -> None:
        world.imports()
        for number in range(9):
            world.add(f"p{number}@example.org", YES)
        calls: list[str] = []

        def before(name: str) -> None:
            calls.append(name)
            if calls.count("create") == 2:
                raise ServiceUnavailable("Paperboy is asleep.")

        world.service.before = before
        with pytest.raises(ServiceUnavailable):
            world.exports()
        world.service.before = lambda name: None
        assert 0 < len(world.service.members) < 9
        for address in (one.address for one in world.service.members.values()):
            assert world.recipient(address).status is SUBSCRIBED
        world.exports()
        assert len(world.service.members) == 9
        assert len(world.service.written) == 9

    def test_batches_under_way_are_recorded_when_the_user_stops(self, world: Any) -> None:
        world.imports()
        for number in range(9):
            world.add(f"p{number}@example.org", YES)
        once(world, "create", world.workspace.stop.set)
        with pytest.raises(Interrupted):
            world.exports()
        created = {one.address for one in world.service.members.values()}
        assert 0 < len(created) < 9
        assert all(world.recipient(address).agreed is YES for address in created)
        world.open()
        world.exports()
        assert len(world.service.written) == 9

    def test_a_withdrawal_goes_before_everything_else(self, world: Any) -> None:
        world.service.put("ann@example.org", FNAME="Ann")
        world.imports()
        world.add("bob@example.org", YES)
        world.say(world.contact("ann@example.org").id, NO)
        world.exports()
        assert [kind for kind, _ in world.service.writes()] == [WriteKind.WITHDRAW, WriteKind.CREATE]
