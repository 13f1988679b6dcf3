"""Opt-in fields of the embedded CRM."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rundbrief.crm.local import LocalCrm
from rundbrief.errors import InputError
from rundbrief.models import CrmOptIn, OptIn, OptInChange, OptInField

NOON = datetime(2026, 2, 1, 12, tzinfo=UTC)
YES = CrmOptIn(OptIn.YES, NOON, "Mailchimp: sign-up form")
NO = CrmOptIn(OptIn.NO, NOON, "Mailchimp: unsubscribed")


def change(contact_id: str, expected: OptIn, opt_in: CrmOptIn, key: str = "news/1") -> OptInChange:
    return OptInChange(contact_id, key, expected, opt_in)


class TestFields:
    def test_a_field_is_found_again_by_its_key_and_takes_over_a_new_label(self, crm: LocalCrm) -> None:
        ann = crm.add()
        crm.set_opt_in(ann.id, "Customers", OptIn.YES, "form")
        crm.ensure_opt_in_fields([OptInField("news/1", "Clients")])
        assert crm.opt_in_field("Clients").key == "news/1"
        assert len(crm.opt_in_fields()) == 2
        assert crm.find(ann.id).opt_in("news/1").value is OptIn.YES

    def test_an_unknown_one_names_those_there_are(self, crm: LocalCrm) -> None:
        with pytest.raises(InputError, match="'Nwes'") as caught:
            crm.opt_in_field("Nwes")
        assert "news/1, news/2" in caught.value.hint

    def test_a_label_of_two_fields_needs_the_key(self, crm: LocalCrm) -> None:
        crm.ensure_opt_in_fields([OptInField("other/1", "Customers")])
        with pytest.raises(InputError, match="2 opt-in fields") as caught:
            crm.set_opt_in(crm.add().id, "Customers", OptIn.YES, "form")
        assert "news/1, other/1" in caught.value.hint


class TestByHand:
    def test_it_has_a_date_and_a_source(self, crm: LocalCrm, clock: Any) -> None:
        crm.add(email="ann@example.org")
        crm.set_opt_in("Ann@example.org", "news/1", OptIn.YES, "trade fair")
        assert crm.find("ann@example.org").opt_ins == {"news/1": CrmOptIn(OptIn.YES, clock.at, "trade fair")}

    def test_saying_it_again_moves_nothing_saying_otherwise_does(self, crm: LocalCrm, clock: Any) -> None:
        ann = crm.add()
        crm.set_opt_in(ann.id, "news/1", OptIn.YES, "trade fair")
        first = crm.find(ann.id)
        clock.pass_days(1)
        crm.set_opt_in(ann.id, "news/1", OptIn.YES, "phone")
        assert crm.find(ann.id) == first
        crm.set_opt_in(ann.id, "news/1", OptIn.NO, "phone")
        assert crm.find(ann.id).opt_in("news/1") == CrmOptIn(OptIn.NO, clock.at, "phone")

    def test_it_is_no_edit_of_the_data(self, crm: LocalCrm, clock: Any) -> None:
        ann = crm.add()
        clock.pass_days(1)
        crm.set_opt_in(ann.id, "news/1", OptIn.YES, "form")
        assert crm.find(ann.id).changed_at == ann.changed_at

    def test_unknown_takes_it_away(self, crm: LocalCrm) -> None:
        ann = crm.add()
        crm.set_opt_in(ann.id, "news/1", OptIn.YES, "form")
        crm.set_opt_in(ann.id, "news/1", OptIn.UNKNOWN, "slip")
        assert crm.find(ann.id).opt_ins == {}


class TestCompareAndSet:
    def test_a_fitting_change_is_made_and_touches_nothing_else(self, crm: LocalCrm, clock: Any) -> None:
        ann = crm.add(email="ann@example.org", fields={"city": "Bonn"})
        crm.set_opt_in(ann.id, "news/2", OptIn.NO, "phone")
        before = crm.find(ann.id)
        clock.pass_days(1)
        assert crm.set_opt_ins([change(ann.id, OptIn.UNKNOWN, YES)]) == []
        after = crm.find(ann.id)
        assert after.opt_ins == {**before.opt_ins, "news/1": YES}
        assert (after.fields, after.changed_at) == (before.fields, before.changed_at)

    def test_what_does_not_hold_any_more_comes_back(self, crm: LocalCrm) -> None:
        ann, bob, eve = crm.add(), crm.add(), crm.add()
        crm.set_opt_in(ann.id, "news/1", OptIn.NO, "phone")
        crm.delete(eve.id)
        stale = change(ann.id, OptIn.UNKNOWN, YES)
        gone = [change(one, OptIn.UNKNOWN, YES) for one in (eve.id, "x", "9" * 30)]
        good = change(bob.id, OptIn.UNKNOWN, YES)
        assert crm.set_opt_ins([stale, good, *gone]) == [stale, *gone]
        assert crm.find(ann.id).opt_in("news/1").value is OptIn.NO
        assert crm.find(bob.id).opt_in("news/1") == YES

    def test_changes_of_one_field_follow_each_other(self, crm: LocalCrm) -> None:
        ann = crm.add()
        first, late, second = (
            change(ann.id, OptIn.UNKNOWN, YES),
            change(ann.id, OptIn.UNKNOWN, NO),
            change(ann.id, OptIn.YES, NO),
        )
        assert crm.set_opt_ins([first, late, second]) == [late]
        assert crm.find(ann.id).opt_in("news/1") == NO

    def test_unknown_can_be_set_and_expected(self, crm: LocalCrm) -> None:
        ann = crm.add()
        crm.set_opt_ins([change(ann.id, OptIn.UNKNOWN, YES)])
        assert crm.set_opt_ins([change(ann.id, OptIn.YES, CrmOptIn()), change(ann.id, OptIn.UNKNOWN, NO)]) == []
        assert crm.find(ann.id).opt_ins == {"news/1": NO}

    def test_thousands_at_once(self, crm: LocalCrm) -> None:
        people = [crm.add().id for _ in range(5)]
        changes = [change(one, OptIn.UNKNOWN, YES, f"list/{n}") for one in people for n in range(500)]
        assert crm.set_opt_ins(changes) == []
        assert len(crm.find(people[-1]).opt_ins) == 500
        assert crm.set_opt_ins([]) == []

    def test_of_two_at_the_same_time_one_comes_back(self, crm: LocalCrm, path: Path) -> None:
        ann = crm.add()
        together = threading.Barrier(2)

        def set_one(opt_in: CrmOptIn) -> int:
            own = LocalCrm(path)
            together.wait()
            left_out = own.set_opt_ins([change(ann.id, OptIn.UNKNOWN, opt_in)])
            own.close()
            return len(left_out)

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(set_one, [YES, NO])) == [0, 1]
