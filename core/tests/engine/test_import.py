"""Imports: what a newsletter service says of its subscribers, taken over into the CRM."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rundbrief.errors import ListUnknown, ServiceUnavailable
from rundbrief.models import OptIn, Reason, Result, SubscriberStatus

YES, NO, UNKNOWN = OptIn.YES, OptIn.NO, OptIn.UNKNOWN
UNSUBSCRIBED = SubscriberStatus.UNSUBSCRIBED


class TestNewContacts:
    def test_a_subscriber_whom_the_crm_does_not_know_becomes_a_contact(self, world: Any) -> None:
        world.service.put("Ann@Example.org", FNAME="Ann", LNAME="Lee", SHOE="38")
        report = world.imports()
        contact = world.contact("ann@example.org")
        assert contact.email == "Ann@Example.org"
        assert contact.fields == {"first_name": "Ann", "last_name": "Lee"}
        assert contact.opt_in("news/1").value is YES
        assert contact.opt_in("news/1").source == "Paperboy, list Customers: sign-up form"
        assert report.tally == {(Result.DONE, Reason.NEW_CONTACT): 1}

    @pytest.mark.parametrize(
        "status", [one for one in SubscriberStatus if one not in ("subscribed", "absent", "gone")]
    )
    def test_nobody_else_becomes_one(self, world: Any, status: SubscriberStatus) -> None:
        world.service.put("ann@example.org", status)
        report = world.imports()
        assert world.everybody() == {}
        assert report.counts["remembered"] == 1
        assert world.recipient("ann@example.org").status is status

    def test_a_remembered_no_meets_the_contact_who_comes_later(self, world: Any) -> None:
        world.service.put("ann@example.org", UNSUBSCRIBED)
        world.imports()
        world.add("ann@example.org", YES)
        report = world.exports()
        assert world.outcomes(report) == {"ann@example.org": (Result.HELD, Reason.WITHDRAWN_AT_SERVICE)}
        assert world.service.written == []

    def test_a_contact_deleted_in_the_crm_is_not_made_again(self, world: Any) -> None:
        world.service.put("ann@example.org")
        world.imports()
        world.crm.delete(world.contact("ann@example.org").id)
        world.service.put("ann@example.org", FNAME="Anna")
        report = world.imports(full=True)
        assert world.everybody() == {}
        assert report.counts["deleted_in_crm"] == 1

    def test_many_pages_become_one_contact_each(self, world: Any) -> None:
        addresses = [f"p{number}@example.org" for number in range(7)]
        for address in addresses:
            world.service.put(address)
        report = world.imports()
        assert sorted(world.everybody()) == addresses
        assert report.counts["read"] == 7

    def test_the_journal_says_on_what_evidence(self, world: Any) -> None:
        member = world.service.put("ann@example.org")
        report = world.imports()
        at_service, in_crm = world.journal("ann@example.org")
        assert (at_service.was, at_service.became, at_service.actor) == ("absent", "subscribed", "service")
        assert (in_crm.was, in_crm.became, in_crm.actor) == ("unknown", "yes", "rundbrief")
        assert {at_service.stated_at, in_crm.stated_at} == {member.since}
        assert {at_service.run_id, in_crm.run_id} == {report.run_id}
        assert in_crm.contact_id == world.contact("ann@example.org").id


class TestKnownContacts:
    def test_only_the_opt_in_changes(self, world: Any) -> None:
        contact_id = world.add("ann@example.org", first_name="Ann", last_name="Lee")
        before = world.contact(contact_id)
        world.service.put("ANN@example.org", FNAME="Overwritten")
        world.imports()
        after = world.contact(contact_id)
        assert (after.email, after.fields, after.changed_at) == (before.email, before.fields, before.changed_at)
        assert after.opt_in("news/1").value is YES

    def test_an_unsubscribe_clears_the_opt_in(self, world: Any) -> None:
        world.service.put("ann@example.org")
        world.imports()
        world.service.put("ann@example.org", UNSUBSCRIBED, source="link in the newsletter")
        report = world.imports()
        assert world.opt_in("ann@example.org") is NO
        assert world.contact("ann@example.org").opt_in("news/1").source.endswith("link in the newsletter")
        assert report.tally == {(Result.DONE, Reason.OPTED_OUT): 1}
        assert world.changes("ann@example.org")[2:] == [
            ("service", "service", "subscribed", "unsubscribed"),
            ("crm", "rundbrief", "yes", "no"),
        ]

    def test_everybody_who_shares_the_address_is_cleared(self, world: Any) -> None:
        world.add("ann@example.org", YES)
        world.add("Ann@example.org", YES)
        world.service.put("ann@example.org", UNSUBSCRIBED)
        world.imports()
        assert set(world.everybody().values()) == {NO}

    @pytest.mark.parametrize("opt_in", [YES, NO, UNKNOWN])
    def test_pending_is_no_opt_in(self, world: Any, opt_in: OptIn) -> None:
        world.add("ann@example.org", opt_in)
        world.service.put("ann@example.org", SubscriberStatus.PENDING)
        world.imports()
        assert world.opt_in("ann@example.org") is opt_in

    def test_an_opt_in_of_the_crm_that_is_held_is_reported(self, world: Any) -> None:
        world.add("ann@example.org", YES)
        world.service.put("ann@example.org", SubscriberStatus.BOUNCED)
        report = world.imports()
        assert world.outcomes(report) == {"ann@example.org": (Result.HELD, Reason.BOUNCED)}

    def test_a_withdrawal_in_the_crm_is_noted_and_left_to_the_export(self, world: Any) -> None:
        world.service.put("ann@example.org")
        world.imports()
        world.say(world.contact("ann@example.org").id, NO)
        world.service.put("ann@example.org", FNAME="Ann")
        world.imports()
        assert world.opt_in("ann@example.org") is NO
        assert world.recipient("ann@example.org").withdrawn
        assert ("crm", "crm", "yes", "no") in world.changes("ann@example.org")
        assert world.service.written == []
        world.exports()
        assert world.service.status("ann@example.org") is UNSUBSCRIBED

    def test_what_the_crm_says_later_than_the_opt_in_outweighs_a_first_import(self, world: Any) -> None:
        world.service.put("ann@example.org")
        world.add("ann@example.org", NO)
        world.imports()
        assert world.opt_in("ann@example.org") is NO
        assert ("crm", "crm", "unknown", "no") in world.changes("ann@example.org")

    def test_nothing_new_is_unchanged(self, world: Any) -> None:
        world.service.put("ann@example.org")
        world.imports()
        before = world.files()
        report = world.imports(full=True)
        assert report.tally == {}
        same = ("contacts", "opt_ins", "recipients", "links", "journal")
        assert {k: v for k, v in world.files().items() if k.endswith(same)} == {
            k: v for k, v in before.items() if k.endswith(same)
        }


class TestChangedAddress:
    def test_the_recipient_is_followed_and_the_crm_keeps_its_address(self, world: Any) -> None:
        world.service.put("old@example.org")
        world.imports()
        world.service.move("old@example.org", "new@example.org")
        world.imports()
        assert world.everybody() == {"old@example.org": YES}
        assert world.recipient("new@example.org").agreed is YES
        assert world.recipient("old@example.org").status is SubscriberStatus.ABSENT
        assert world.changes("old@example.org")[-1] == ("service", "service", "subscribed", "moved")
        assert world.changes("new@example.org") == [("service", "service", "subscribed", "subscribed")]

    def test_an_unsubscribe_under_the_new_address_reaches_the_contact(self, world: Any) -> None:
        world.service.put("old@example.org")
        world.imports()
        world.service.move("old@example.org", "new@example.org")
        world.imports()
        world.service.put("new@example.org", UNSUBSCRIBED)
        world.imports()
        assert world.everybody() == {"old@example.org": NO}

    def test_the_freed_address_can_belong_to_somebody_else(self, world: Any) -> None:
        """In one read: a recipient leaves an address, and another one takes it."""
        world.service.put("first@example.org", FNAME="First")
        world.imports()
        world.service.move("first@example.org", "elsewhere@example.org")
        world.service.put("first@example.org", FNAME="Second")
        world.imports()
        assert world.recipient("first@example.org").status is SubscriberStatus.SUBSCRIBED
        assert world.recipient("elsewhere@example.org").status is SubscriberStatus.SUBSCRIBED


class TestReading:
    def test_the_second_import_reads_only_what_changed(self, world: Any) -> None:
        for number in range(4):
            world.service.put(f"p{number}@example.org")
        world.imports()
        world.service.put("p2@example.org", UNSUBSCRIBED)
        assert world.imports().counts["read"] == 1

    def test_a_full_read_notices_who_is_gone(self, world: Any) -> None:
        world.service.put("ann@example.org")
        world.service.put("bob@example.org")
        world.imports()
        world.service.delete("ann@example.org")
        world.imports()
        assert world.opt_in("ann@example.org") is YES
        world.imports(full=True)
        assert world.everybody() == {"ann@example.org": NO, "bob@example.org": YES}
        assert world.recipient("ann@example.org").withdrawn

    def test_from_a_service_that_forgets_who_left_everybody_is_read_each_time(self, world: Any) -> None:
        provider = world.workspace.connection("news").provider
        provider.info = replace(provider.info, forgets_who_left=True)
        world.service.put("ann@example.org")
        world.service.put("bob@example.org")
        world.imports()
        world.service.delete("ann@example.org")
        world.imports()
        assert world.everybody() == {"ann@example.org": NO, "bob@example.org": YES}
        world.exports()
        assert world.service.find("ann@example.org") is None

    def test_an_old_full_read_is_repeated_by_itself(self, world: Any) -> None:
        world.service.put("ann@example.org")
        world.imports()
        world.service.delete("ann@example.org")
        world.clock.pass_days(8)
        world.imports()
        assert world.opt_in("ann@example.org") is NO

    def test_full_reads_can_be_left_to_the_user(self, make_world: Callable[..., Any]) -> None:
        world = make_world(full_import_days=0)
        world.service.put("ann@example.org")
        world.imports()
        world.service.delete("ann@example.org")
        world.clock.pass_days(800)
        world.imports()
        assert world.opt_in("ann@example.org") is YES

    def test_one_gone_who_comes_back_is_opted_in_again(self, world: Any) -> None:
        world.service.put("ann@example.org")
        world.imports()
        world.service.delete("ann@example.org")
        world.imports(full=True)
        world.service.put("ann@example.org")
        world.imports()
        assert world.opt_in("ann@example.org") is YES
        assert not world.recipient("ann@example.org").withdrawn

    def test_a_read_that_broke_goes_on_in_its_middle(self, world: Any) -> None:
        for number in range(7):
            world.service.put(f"p{number}@example.org")
        fail_at_call(world, 3)
        with pytest.raises(ServiceUnavailable):
            world.imports()
        assert world.everybody() == {}
        pages_before = world.service.calls["page"]
        world.imports()
        assert len(world.everybody()) == 7
        assert world.service.calls["page"] - pages_before < 4

    def test_a_service_that_will_not_name_its_fields_leaves_the_crm_as_it_was(self, world: Any) -> None:
        """What has to be asked is asked before the CRM is written, so that what is done is on record at once."""

        def fail(call: str) -> None:
            if call == "fields":
                raise ServiceUnavailable("The service is down.", hint="Try again later.")

        world.add("ann@example.org")
        world.service.put("ann@example.org", FNAME="Ann")
        world.service.before = fail
        with pytest.raises(ServiceUnavailable):
            world.imports()
        assert world.everybody() == {"ann@example.org": UNKNOWN}
        world.service.before = lambda call: None
        world.imports()
        assert world.everybody() == {"ann@example.org": YES}
        assert [one.became for one in world.journal("ann@example.org") if one.place == "crm"] == ["yes"]

    def test_a_full_read_that_broke_still_notices_who_is_gone(self, world: Any) -> None:
        for number in range(7):
            world.service.put(f"p{number}@example.org")
        world.imports()
        world.service.delete("p6@example.org")
        fail_at_call(world, 3)
        with pytest.raises(ServiceUnavailable):
            world.imports(full=True)
        world.imports()
        assert world.opt_in("p6@example.org") is NO
        assert set(world.everybody().values()) == {YES, NO}

    def test_an_incremental_read_that_broke_takes_nobody_for_gone(self, world: Any) -> None:
        for number in range(7):
            world.service.put(f"p{number}@example.org")
        world.imports()
        for number in range(5):
            world.service.put(f"p{number}@example.org", FNAME="New")
        fail_at_call(world, 2)
        with pytest.raises(ServiceUnavailable):
            world.imports()
        world.imports()
        assert set(world.everybody().values()) == {YES}

    def test_one_who_is_deleted_and_signs_up_again_within_a_read_ends_up_opted_in(self, world: Any) -> None:
        """A *gone* that waits in the inbox must not be settled after the sign-up that follows it."""
        world.service.put("ann@example.org")
        world.service.put("bob@example.org")
        world.imports()
        world.service.delete("ann@example.org")
        fail_after_fetch(world)
        world.service.put("ann@example.org", FNAME="Again")
        world.imports()
        assert world.opt_in("ann@example.org") is YES
        world.exports()
        assert world.service.status("ann@example.org") is SubscriberStatus.SUBSCRIBED


def fail_at_call(world: Any, number: int) -> None:
    """Let the service be unreachable once, at the n-th page from now."""
    pages = []

    def before(call: str) -> None:
        if call == "page":
            pages.append(call)
            if len(pages) == number:
                raise ServiceUnavailable("Paperboy is asleep.")

    world.service.before = before


def fail_after_fetch(world: Any) -> None:
    """Run a full import that is stopped between reading and settling: the inbox is full, nothing is settled."""
    from rundbrief.errors import Interrupted

    class StopAtSettling:
        def phase(self, title: str, total: int | None) -> None:
            if title.startswith("Updating"):
                world.workspace.stop.set()

        def advance(self, count: int) -> None: ...
        def say(self, sentence: str) -> None: ...

    with pytest.raises(Interrupted):
        world.imports(full=True, progress=StopAtSettling())
    world.open()


class TestLists:
    def test_a_list_is_found_by_its_name(self, world: Any) -> None:
        from rundbrief.engine import import_list

        assert import_list(world.workspace, "news", "Customers").list_name == "Customers"

    def test_an_unknown_list_names_the_nearest(self, world: Any) -> None:
        from rundbrief.engine import import_list

        with pytest.raises(ListUnknown) as caught:
            import_list(world.workspace, "news", "Custommers")
        assert caught.value.hint == "Did you mean Customers (1)?"

    def test_settings_of_a_list_are_read_again_after_an_hour(self, world: Any) -> None:
        world.imports()
        world.imports()
        assert world.service.calls["import_lists"] == 1
        world.clock.at += timedelta(hours=1)
        world.imports()
        assert world.service.calls["import_lists"] == 2

    def test_the_crm_gets_a_field_for_each_list(self, world: Any) -> None:
        from rundbrief.models import MailingList

        world.service.lists["2"] = MailingList("2", "Press")
        world.pull()
        assert [(one.key, one.label) for one in world.crm.opt_in_fields()] == [
            ("news/1", "Customers"),
            ("news/2", "Press"),
        ]
