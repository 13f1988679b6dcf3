"""Exports: the CRM's contacts, brought to the service as far as their opt-ins reach."""

from collections.abc import Callable
from typing import Any

import pytest

from rundbrief.errors import ImportFirst
from rundbrief.models import (
    ContactKind,
    MailingList,
    OptIn,
    Reason,
    Result,
    Selection,
    SubscriberStatus,
    WriteKind,
)

YES, NO, UNKNOWN = OptIn.YES, OptIn.NO, OptIn.UNKNOWN
SUBSCRIBED, UNSUBSCRIBED = SubscriberStatus.SUBSCRIBED, SubscriberStatus.UNSUBSCRIBED
PENDING = SubscriberStatus.PENDING
CREATE, UPDATE, WITHDRAW, CONFIRM = WriteKind.CREATE, WriteKind.UPDATE, WriteKind.WITHDRAW, WriteKind.CONFIRM


@pytest.fixture
def imported(world: Any) -> Any:
    """A world whose list was imported once; the service starts empty."""
    world.imports()
    return world


class TestFirstThingsFirst:
    def test_an_export_before_the_first_import_is_refused(self, world: Any) -> None:
        world.add("ann@example.org", YES)
        with pytest.raises(ImportFirst) as caught:
            world.exports()
        assert caught.value.hint == "Run: rundbrief import news --list 1"
        assert world.service.written == []

    def test_a_sync_imports_by_itself(self, world: Any) -> None:
        world.service.put("bob@example.org", UNSUBSCRIBED)
        world.add("ann@example.org", YES)
        world.add("bob@example.org", YES)
        world.syncs()
        assert world.everybody() == {"ann@example.org": YES, "bob@example.org": NO}
        assert world.service.writes() == [(CREATE, "ann@example.org")]


class TestCreate:
    def test_a_contact_with_an_opt_in_is_added_with_its_data_and_evidence(self, imported: Any) -> None:
        imported.add("Ann@Example.org", YES, first_name="Ann", company="Lee & Co")
        report = imported.exports()
        ((kind, write),) = imported.service.written
        assert (kind, write.address, dict(write.fields)) == (CREATE, "Ann@Example.org", {"FNAME": "Ann"})
        assert write.evidence.source == "by hand"
        assert write.evidence.at == imported.contact("ann@example.org").opt_in("news/1").since
        assert imported.outcomes(report) == {"ann@example.org": (Result.DONE, Reason.NEW)}
        assert imported.changes("ann@example.org") == [("service", "rundbrief", "absent", "subscribed")]

    @pytest.mark.parametrize("opt_in", [NO, UNKNOWN])
    def test_without_an_opt_in_nobody_is(self, imported: Any, opt_in: OptIn) -> None:
        imported.add("ann@example.org", opt_in)
        report = imported.exports()
        assert imported.service.written == []
        assert report.counts["without opt-in"] == 1

    def test_a_double_opt_in_list_leaves_the_question_to_the_person(self, imported: Any) -> None:
        imported.service.lists["1"] = MailingList("1", "Customers", double_opt_in=True)
        imported.clock.pass_days(1)
        imported.add("ann@example.org", YES)
        imported.exports()
        assert imported.recipient("ann@example.org").status is PENDING
        report = imported.exports()
        assert imported.outcomes(report) == {"ann@example.org": (Result.HELD, Reason.NOT_CONFIRMED)}
        imported.service.put("ann@example.org", SUBSCRIBED)
        imported.exports()
        assert imported.opt_in("ann@example.org") is YES

    def test_batches_are_cut_to_the_services_size(self, imported: Any) -> None:
        for number in range(7):
            imported.add(f"p{number}@example.org", YES)
        imported.exports()
        assert imported.service.calls["create"] == 3
        assert len(imported.service.members) == 7

    def test_who_has_no_usable_address_is_held(self, imported: Any) -> None:
        nobody, slip = imported.add(None, YES), imported.add("ann at example.org", YES)
        imported.add(None, NO)
        report = imported.exports()
        assert {(one.contact_id, one.reason) for one in imported.lines(report)} == {
            (nobody, Reason.NO_ADDRESS),
            (slip, Reason.INVALID_ADDRESS),
        }


class TestUpdate:
    def test_only_changed_data_is_sent(self, imported: Any) -> None:
        ann = imported.add("ann@example.org", YES, first_name="Ann")
        imported.add("bob@example.org", YES, first_name="Bob")
        imported.exports()
        imported.service.written.clear()
        imported.crm.edit(ann, fields={"first_name": "Anna"})
        imported.exports()
        ((kind, write),) = imported.service.written
        assert (kind, write.address, dict(write.fields)) == (UPDATE, "ann@example.org", {"FNAME": "Anna"})

    def test_nothing_changed_nothing_is_sent(self, imported: Any) -> None:
        imported.add("ann@example.org", YES, first_name="Ann")
        imported.exports()
        imported.service.written.clear()
        report = imported.exports()
        assert imported.service.written == []
        assert report.counts["unchanged"] >= 1

    def test_a_field_that_is_not_mapped_is_no_change(self, imported: Any) -> None:
        ann = imported.add("ann@example.org", YES)
        imported.exports()
        imported.service.written.clear()
        imported.crm.edit(ann, fields={"city": "Bonn"})
        imported.exports()
        assert imported.service.written == []

    def test_equal_data_that_came_by_import_is_not_sent_back(self, imported: Any) -> None:
        imported.service.put("ann@example.org", FNAME="Ann", LNAME="Lee")
        imported.syncs()
        assert imported.service.written == []

    def test_the_crm_leads_for_data(self, imported: Any) -> None:
        imported.add("ann@example.org", first_name="Ann")
        imported.service.put("ann@example.org", FNAME="Old")
        imported.syncs()
        assert imported.service.find("ann@example.org").fields == {"FNAME": "Ann"}
        assert imported.contact("ann@example.org").fields == {"first_name": "Ann"}

    def test_of_those_who_share_an_address_the_one_changed_last_is_sent(self, imported: Any) -> None:
        first = imported.add("ann@example.org", YES, first_name="First")
        imported.add("ann@example.org", YES, first_name="Second")
        imported.exports()
        assert imported.service.find("ann@example.org").fields == {"FNAME": "Second"}
        imported.crm.edit(first, fields={"first_name": "First again"})
        imported.exports()
        assert imported.service.find("ann@example.org").fields == {"FNAME": "First again"}


class TestWithdraw:
    def test_a_no_in_the_crm_unsubscribes(self, imported: Any) -> None:
        ann = imported.add("ann@example.org", YES)
        imported.exports()
        imported.say(ann, NO)
        report = imported.exports()
        assert imported.service.status("ann@example.org") is UNSUBSCRIBED
        assert imported.outcomes(report) == {"ann@example.org": (Result.DONE, Reason.WITHDRAWN_IN_CRM)}
        assert imported.changes("ann@example.org")[1:] == [
            ("crm", "crm", "yes", "no"),
            ("service", "rundbrief", "subscribed", "unsubscribed"),
        ]

    def test_one_no_among_those_who_share_the_address_is_enough(self, imported: Any) -> None:
        ann = imported.add("ann@example.org", YES)
        other = imported.add("ann@example.org", YES)
        imported.exports()
        imported.say(ann, NO)
        imported.exports()
        assert imported.service.status("ann@example.org") is UNSUBSCRIBED
        assert imported.contact(other).opt_in("news/1").value is NO

    def test_a_pending_one_who_withdraws_is_unsubscribed(self, imported: Any) -> None:
        imported.service.lists["1"] = MailingList("1", "Customers", double_opt_in=True)
        imported.clock.pass_days(1)
        ann = imported.add("ann@example.org", YES)
        imported.exports()
        imported.say(ann, NO)
        imported.exports()
        assert imported.service.status("ann@example.org") is UNSUBSCRIBED

    def test_report_only(self, make_world: Callable[..., Any]) -> None:
        world = make_world(withdrawals="report")
        world.imports()
        ann = world.add("ann@example.org", YES)
        world.exports()
        world.say(ann, NO)
        for _ in range(2):
            report = world.exports()
            assert world.outcomes(report) == {"ann@example.org": (Result.HELD, Reason.WITHDRAWAL_REPORTED)}
        assert world.service.status("ann@example.org") is SUBSCRIBED
        assert world.changes("ann@example.org").count(("crm", "crm", "yes", "no")) == 1

    def test_a_no_noted_by_an_import_is_heard_even_when_its_contact_is_deleted(self, imported: Any) -> None:
        ann = imported.add("ann@example.org", YES)
        imported.exports()
        imported.say(ann, NO)
        imported.service.put("ann@example.org", FNAME="News")
        imported.imports()
        imported.crm.delete(ann)
        imported.exports()
        assert imported.service.status("ann@example.org") is UNSUBSCRIBED


class TestHeld:
    def test_a_new_opt_in_after_a_withdrawal_at_the_service(self, imported: Any) -> None:
        imported.service.put("ann@example.org")
        imported.imports()
        imported.service.put("ann@example.org", UNSUBSCRIBED)
        imported.imports()
        imported.say(imported.contact("ann@example.org").id, YES)
        report = imported.exports()
        assert imported.outcomes(report) == {"ann@example.org": (Result.HELD, Reason.WITHDRAWN_AT_SERVICE)}
        assert imported.service.written == []
        assert imported.opt_in("ann@example.org") is YES

    def test_confirm_asks_once(self, make_world: Callable[..., Any]) -> None:
        world = make_world(reconsent="confirm")
        world.service.put("ann@example.org", UNSUBSCRIBED)
        world.add("ann@example.org", YES)
        world.imports()
        world.say(world.contact("ann@example.org").id, YES)
        report = world.exports()
        assert world.outcomes(report) == {"ann@example.org": (Result.DONE, Reason.CONFIRMATION_ASKED)}
        world.exports()
        assert world.service.writes() == [(CONFIRM, "ann@example.org")]
        assert world.recipient("ann@example.org").withdrawn

    @pytest.mark.parametrize(
        ("status", "reason"),
        [
            (PENDING, Reason.NOT_CONFIRMED),
            (SubscriberStatus.NEVER, Reason.NEVER_OPTED_IN),
            (SubscriberStatus.BOUNCED, Reason.BOUNCED),
            (SubscriberStatus.ARCHIVED, Reason.ARCHIVED),
        ],
    )
    def test_what_the_crm_may_not_decide_alone(
        self, imported: Any, status: SubscriberStatus, reason: Reason
    ) -> None:
        imported.add("ann@example.org", YES)
        imported.service.put("ann@example.org", status)
        report = imported.exports()
        assert imported.outcomes(report) == {"ann@example.org": (Result.HELD, reason)}
        assert imported.service.written == []

    def test_gone_is_not_forgotten(self, imported: Any) -> None:
        imported.service.put("ann@example.org")
        imported.imports()
        imported.service.put("ann@example.org", UNSUBSCRIBED)
        imported.imports()
        imported.service.delete("ann@example.org")
        imported.imports(full=True)
        imported.say(imported.contact("ann@example.org").id, YES)
        report = imported.exports()
        assert imported.outcomes(report) == {"ann@example.org": (Result.HELD, Reason.GONE)}
        assert imported.service.written == []

    def test_a_shared_address_with_a_no(self, imported: Any) -> None:
        imported.add("ann@example.org", YES)
        imported.add("ann@example.org", NO)
        report = imported.exports()
        assert imported.outcomes(report) == {"ann@example.org": (Result.HELD, Reason.SHARED_ADDRESS_NO)}
        assert imported.service.written == []


class TestRefused:
    @pytest.mark.parametrize("reason", [Reason.FAKE_OR_INVALID, Reason.INVALID_FIELDS, Reason.UNKNOWN_REFUSAL])
    def test_the_same_data_is_not_sent_again(self, imported: Any, reason: Reason) -> None:
        ann = imported.add("ann@example.org", YES, first_name="?")
        imported.service.refusals["ann@example.org"] = reason
        for _ in range(2):
            report = imported.exports()
            assert imported.outcomes(report) == {"ann@example.org": (Result.REFUSED, reason)}
        assert len(imported.service.written) == 1
        imported.crm.edit(ann, fields={"first_name": "Ann"})
        imported.service.refusals.clear()
        imported.exports()
        assert imported.service.status("ann@example.org") is SUBSCRIBED

    def test_too_many_signups_waits_for_half_a_day(self, imported: Any) -> None:
        imported.add("ann@example.org", YES)
        imported.service.refusals["ann@example.org"] = Reason.TOO_MANY_SIGNUPS
        imported.exports()
        imported.exports()
        assert len(imported.service.written) == 1
        imported.service.refusals.clear()
        imported.clock.pass_days(0.5)
        imported.exports()
        assert imported.service.status("ann@example.org") is SUBSCRIBED

    def test_one_who_exists_unseen_is_left_alone(self, imported: Any) -> None:
        """A recipient whom no read shows is hidden, and may hide a "no"."""
        imported.add("ann@example.org", YES)
        imported.service.refusals["ann@example.org"] = Reason.ALREADY_EXISTS
        imported.exports()
        report = imported.exports()
        assert imported.outcomes(report) == {"ann@example.org": (Result.HELD, Reason.ARCHIVED)}
        assert len(imported.service.written) == 1

    @pytest.mark.parametrize("reason", [Reason.COMPLIANCE, Reason.FORGOTTEN])
    def test_the_services_no_is_kept(self, imported: Any, reason: Reason) -> None:
        imported.add("ann@example.org", YES)
        imported.service.refusals["ann@example.org"] = reason
        imported.exports()
        assert imported.recipient("ann@example.org").withdrawn
        imported.exports()
        imported.exports()
        assert len(imported.service.written) == 1

    def test_temporary_trouble_is_tried_again(self, imported: Any) -> None:
        imported.add("ann@example.org", YES)
        imported.service.refusals["ann@example.org"] = Reason.TEMPORARY
        imported.exports()
        imported.service.refusals.clear()
        imported.exports()
        assert imported.service.status("ann@example.org") is SUBSCRIBED


class TestSelection:
    def test_only_the_chosen_are_sent(self, imported: Any) -> None:
        ann = imported.add("ann@example.org", YES)
        imported.add("bob@example.org", YES)
        imported.exports(Selection(contact_ids=(ann,)))
        assert imported.service.writes() == [(CREATE, "ann@example.org")]

    def test_by_kind_and_campaign(self, imported: Any) -> None:
        ann = imported.add("ann@example.org", YES)
        imported.crm.create_campaign("Spring")
        imported.crm.add_participants("Spring", [ann])
        imported.add("bob@example.org", YES)
        imported.exports(Selection(kinds=frozenset({ContactKind.CUSTOMER})))
        assert imported.service.written == []
        imported.exports(Selection(campaign="Spring"))
        assert imported.service.writes() == [(CREATE, "ann@example.org")]

    def test_a_no_of_one_who_was_not_chosen_counts(self, imported: Any) -> None:
        ann = imported.add("ann@example.org", YES)
        imported.add("ann@example.org", NO)
        imported.exports(Selection(contact_ids=(ann,)))
        assert imported.service.written == []
