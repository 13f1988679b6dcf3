"""What the contract does not ask: moderators, several lists on one server, and a service that forgets.

Run on the sandbox, and on the real server. `box` is either: a `Sandbox` with `add_list_with` and `ask_to_leave`.
"""

from collections.abc import Iterator

import pytest
import rundbrief_mailman as plugin
from connected import connected

from rundbrief.errors import TryLater
from rundbrief.models import ContactWrite, Reason, Result, SubscriberStatus, WriteKind
from rundbrief.testing.faults import meanwhile, timeout_after

ANNA = "Anna.Berg@example.org"
BEN = "ben@example.org"

SUBSCRIBED, PENDING = SubscriberStatus.SUBSCRIBED, SubscriberStatus.PENDING
UNSUBSCRIBED, BOUNCED = SubscriberStatus.UNSUBSCRIBED, SubscriberStatus.BOUNCED
ABSENT = SubscriberStatus.ABSENT


class Consent:
    @pytest.fixture(autouse=True)
    def _connected(self, box) -> Iterator[None]:
        self.box = box
        with connected(box) as self.plugin:
            yield

    # --- moderators ----------------------------------------------------------------------------------------

    def test_on_a_moderated_list_a_new_one_waits_for_the_moderator_and_gets_no_mail(self) -> None:
        list_id = self.box.add_list_with("moderate", "Moderated")
        outcome = self.plugin.write(WriteKind.CREATE, list_id, ANNA)
        assert (outcome.result, outcome.status) == (Result.DONE, PENDING)
        assert self.plugin.read(list_id)[ANNA.lower()].status is PENDING
        assert list(self.box.confirmation_mails) == []
        self.box.confirm(list_id, ANNA)
        assert self.plugin.read(list_id)[ANNA.lower()].status is SUBSCRIBED

    def test_where_both_have_to_agree_her_click_is_not_enough(self) -> None:
        list_id = self.box.add_list_with("confirm_then_moderate", "Both")
        assert self.plugin.mailing_list(list_id).double_opt_in
        self.plugin.write(WriteKind.CREATE, list_id, ANNA)
        assert [one.lower() for one in self.box.confirmation_mails] == [ANNA.lower()]
        self.box.confirm(list_id, ANNA)
        assert self.plugin.read(list_id)[ANNA.lower()].status is PENDING
        self.box.confirm(list_id, ANNA)
        assert self.plugin.read(list_id)[ANNA.lower()].status is SUBSCRIBED

    def test_whom_a_moderator_has_refused_is_not_put_forward_again(self) -> None:
        list_id = self.box.add_list_with("moderate", "Moderated")
        token = self.plugin.write(WriteKind.CREATE, list_id, ANNA).remote_id
        self.plugin.session.http.post(f"/lists/{list_id}/requests/{token}", json={"action": "discard"})
        again = self.plugin.write(WriteKind.CREATE, list_id, ANNA)
        assert (again.result, again.reason) == (Result.REFUSED, Reason.FORGOTTEN)
        assert self.plugin.read(list_id) == {}

    def test_who_waits_already_is_left_alone(self) -> None:
        list_id = self.box.add_list_with("moderate", "Moderated")
        self.plugin.write(WriteKind.CREATE, list_id, ANNA)
        again = self.plugin.write(WriteKind.CREATE, list_id, ANNA)
        assert (again.result, again.reason, again.status) == (Result.REFUSED, Reason.ALREADY_EXISTS, PENDING)

    def test_an_invitation_that_would_pass_a_moderator_by_is_not_sent(self) -> None:
        list_id = self.box.add_list_with("moderate", "Moderated")
        outcome = self.plugin.write(WriteKind.CONFIRM, list_id, ANNA)
        assert (outcome.result, outcome.reason) == (Result.REFUSED, Reason.COMPLIANCE)
        assert self.plugin.read(list_id) == {}

    def test_on_an_open_list_too_whom_we_ask_is_asked(self) -> None:
        list_id = self.box.add_list("Open")
        self.box.subscribe(list_id, ANNA)
        self.box.unsubscribe(list_id, ANNA)
        assert self.plugin.write(WriteKind.CONFIRM, list_id, ANNA).reason is Reason.CONFIRMATION_ASKED
        assert self.box.status(list_id, ANNA) is PENDING
        self.box.confirm(list_id, ANNA)
        assert self.box.status(list_id, ANNA) is SUBSCRIBED

    def test_a_list_that_asks_is_not_told_that_the_address_is_hers(self) -> None:
        list_id = self.box.add_list("Asks", double_opt_in=True)
        self.plugin.write(WriteKind.CREATE, list_id, ANNA)
        assert "verified_on" not in self.plugin.session.http.get(f"/addresses/{ANNA.lower()}").json()

    # --- withdrawals ---------------------------------------------------------------------------------------

    def test_a_withdrawal_takes_back_what_waits(self) -> None:
        list_id = self.box.add_list("Asks", double_opt_in=True)
        self.box.subscribe(list_id, ANNA)
        waiting = self.plugin.read(list_id)[ANNA.lower()]
        outcome = self.plugin.write(WriteKind.WITHDRAW, list_id, ANNA, remote_id=waiting.remote_id)
        assert outcome.result is Result.DONE
        assert self.box.status(list_id, ANNA) is ABSENT

    def test_a_withdrawal_reaches_a_member_under_the_address_that_she_has_by_now(self) -> None:
        list_id = self.box.add_list("Open")
        self.box.subscribe(list_id, ANNA)
        member = self.plugin.read(list_id)[ANNA.lower()]
        self.box.change_address(list_id, ANNA, "anna@example.net")
        outcome = self.plugin.write(WriteKind.WITHDRAW, list_id, ANNA, remote_id=member.remote_id)
        assert outcome.result is Result.DONE
        assert self.box.status(list_id, "anna@example.net") is ABSENT

    def test_a_withdrawal_of_somebody_unknown_is_not_told_as_done(self) -> None:
        outcome = self.plugin.write(WriteKind.WITHDRAW, self.box.add_list("Open"), ANNA)
        assert (outcome.result, outcome.reason) == (Result.REFUSED, Reason.NOT_FOUND)

    def test_a_withdrawal_from_one_list_leaves_the_others_alone(self) -> None:
        first, second = self.box.add_list("First"), self.box.add_list("Second")
        for list_id in (first, second):
            self.box.subscribe(list_id, ANNA)
        self.plugin.write(
            WriteKind.WITHDRAW, first, ANNA, remote_id=self.plugin.read(first)[ANNA.lower()].remote_id
        )
        assert (self.box.status(first, ANNA), self.box.status(second, ANNA)) == (ABSENT, SUBSCRIBED)

    def test_who_waits_to_be_let_go_has_said_no(self) -> None:
        list_id = self.box.add_list("Open")
        for address in (ANNA, BEN):
            self.box.subscribe(list_id, address)
        self.box.ask_to_leave(list_id, ANNA)
        assert {key: one.status for key, one in self.plugin.read(list_id).items()} == {
            ANNA.lower(): UNSUBSCRIBED,
            BEN: SUBSCRIBED,
        }

    # --- a service that forgets ----------------------------------------------------------------------------

    def test_who_left_is_not_there_any_more(self) -> None:
        list_id = self.box.add_list("Open")
        for address in (ANNA, BEN):
            self.box.subscribe(list_id, address)
        self.box.unsubscribe(list_id, ANNA)
        assert set(self.plugin.read(list_id)) == {BEN}

    def test_who_left_is_not_added_again(self) -> None:
        list_id = self.box.add_list("Open")
        self.box.subscribe(list_id, ANNA)
        self.box.unsubscribe(list_id, ANNA)
        outcome = self.plugin.write(WriteKind.CREATE, list_id, ANNA)
        assert (outcome.result, outcome.reason) == (Result.REFUSED, Reason.FORGOTTEN)
        assert self.box.status(list_id, ANNA) is ABSENT

    def test_who_is_on_another_list_can_be_added(self) -> None:
        first, second = self.box.add_list("First"), self.box.add_list("Second")
        self.box.subscribe(first, ANNA)
        assert self.plugin.write(WriteKind.CREATE, second, ANNA).result is Result.DONE
        assert self.box.status(second, ANNA) is SUBSCRIBED

    @pytest.mark.parametrize("kind", [WriteKind.UPDATE, WriteKind.WITHDRAW])
    def test_who_leaves_before_any_request_of_a_write_stays_out(self, kind: WriteKind) -> None:
        left = []
        for number in range(4):
            list_id, address = self.box.add_list(f"List {number}"), f"person{number}@example.org"
            self.box.subscribe(list_id, address)
            member, mailing_list = self.plugin.read(list_id)[address], self.plugin.mailing_list(list_id)

            def leaves(where: str = list_id, who: str = address) -> None:
                self.box.unsubscribe(where, who)
                left.append((where, who))

            self.box.faults.add(meanwhile(leaves), skip=number)
            fields = {"display_name": "Another Name"} if kind is WriteKind.UPDATE else {}
            batch = [ContactWrite("1", address, remote_id=member.remote_id, fields=fields)]
            list(plugin.export_contacts(self.plugin.session, mailing_list, kind, batch))
            self.box.faults.clear()
        assert len(left) > 1
        assert {self.box.status(where, who) for where, who in left} == {ABSENT}

    def test_who_comes_and_leaves_before_we_look_stays_out(self) -> None:
        """The policy, the address, the sign-up: between the last two there is a moment that has no cure."""
        for number in range(2):
            list_id = self.box.add_list(f"List {number}")
            address = f"person{number}@example.org"
            mailing_list = self.plugin.mailing_list(list_id)

            def comes_and_leaves(where: str = list_id, who: str = address) -> None:
                self.box.subscribe(where, who)
                self.box.unsubscribe(where, who)

            self.box.faults.add(meanwhile(comes_and_leaves), skip=number)
            batch = [ContactWrite("1", address)]
            [outcome] = plugin.export_contacts(self.plugin.session, mailing_list, WriteKind.CREATE, batch)
            assert (outcome.reason, self.box.status(list_id, address)) == (Reason.FORGOTTEN, ABSENT)

    def test_whose_sign_up_was_applied_though_its_answer_was_lost_is_not_signed_up_twice(self) -> None:
        list_id = self.box.add_list("Open")
        self.box.faults.add(timeout_after, method="POST", path="/members$")
        with pytest.raises(TryLater):
            self.plugin.write(WriteKind.CREATE, list_id, ANNA)
        assert self.box.status(list_id, ANNA) is SUBSCRIBED
        self.box.unsubscribe(list_id, ANNA)
        assert self.plugin.write(WriteKind.CREATE, list_id, ANNA).reason is Reason.FORGOTTEN
        assert self.box.status(list_id, ANNA) is ABSENT

    # --- states and data -----------------------------------------------------------------------------------

    def test_whose_delivery_is_disabled_gets_no_mail_and_so_has_no_opt_in(self) -> None:
        list_id = self.box.add_list("Open")
        wanted = {
            "by_user": UNSUBSCRIBED,
            "by_moderator": UNSUBSCRIBED,
            "by_bounces": BOUNCED,
            "unknown": UNSUBSCRIBED,
        }
        for delivery in wanted:
            self.box.subscribe(list_id, f"{delivery}@example.org")
        self.box.subscribe(list_id, ANNA)
        for address, one in self.plugin.read(list_id).items():
            delivery = address.partition("@")[0]
            if delivery in wanted:
                body = {"delivery_status": delivery}
                self.plugin.session.http.patch(f"/members/{one.remote_id}/preferences", json=body)
        statuses = {address.partition("@")[0]: one.status for address, one in self.plugin.read(list_id).items()}
        assert statuses == {**wanted, "anna.berg": SUBSCRIBED}

    def test_a_name_arrives_with_a_new_member_and_is_changed_later(self) -> None:
        list_id = self.box.add_list("Open")
        new = self.plugin.write(WriteKind.CREATE, list_id, ANNA, fields={"display_name": "Anna Berg"})
        assert self.plugin.read(list_id)[ANNA.lower()].fields == {"display_name": "Anna Berg"}
        name = {"display_name": "Anna Berg-Ruh"}
        assert (
            self.plugin.write(WriteKind.UPDATE, list_id, ANNA, remote_id=new.remote_id, fields=name).result
            is Result.DONE
        )
        assert self.plugin.read(list_id)[ANNA.lower()].fields == name

    def test_a_name_arrives_where_mailman_had_the_address_already(self) -> None:
        first, second = self.box.add_list("First"), self.box.add_list("Second")
        self.box.subscribe(first, ANNA)
        self.plugin.write(WriteKind.CREATE, second, ANNA, fields={"display_name": "Anna Berg"})
        assert self.plugin.read(second)[ANNA.lower()].fields == {"display_name": "Anna Berg"}

    def test_an_update_of_an_address_that_is_on_no_list_is_refused(self) -> None:
        list_id = self.box.add_list("Open")
        self.box.subscribe(list_id, ANNA)
        member = self.plugin.read(list_id)[ANNA.lower()]
        self.box.unsubscribe(list_id, ANNA)
        name = {"display_name": "Anna Berg"}
        outcome = self.plugin.write(WriteKind.UPDATE, list_id, ANNA, remote_id=member.remote_id, fields=name)
        assert (outcome.result, outcome.reason) == (Result.REFUSED, Reason.NOT_FOUND)

    def test_a_member_moves_to_a_new_address_and_back(self) -> None:
        list_id = self.box.add_list("Open")
        self.box.subscribe(list_id, ANNA)
        remote_id = self.plugin.read(list_id)[ANNA.lower()].remote_id
        for old, new in ((ANNA, BEN), (BEN, ANNA)):
            outcome = self.plugin.write(WriteKind.UPDATE, list_id, old, remote_id=remote_id, new_address=new)
            assert (outcome.result, set(self.plugin.read(list_id))) == (Result.DONE, {new.lower()})

    def test_an_address_of_somebody_else_is_not_taken(self) -> None:
        list_id = self.box.add_list("Open")
        for address in (ANNA, BEN):
            self.box.subscribe(list_id, address)
        remote_id = self.plugin.read(list_id)[ANNA.lower()].remote_id
        outcome = self.plugin.write(WriteKind.UPDATE, list_id, ANNA, remote_id=remote_id, new_address=BEN)
        assert (outcome.result, outcome.reason) == (Result.REFUSED, Reason.ADDRESS_TAKEN)
        assert set(self.plugin.read(list_id)) == {ANNA.lower(), BEN}

    def test_a_banned_address_is_neither_added_nor_moved_to(self) -> None:
        list_id = self.box.add_list("Open")
        self.box.subscribe(list_id, ANNA)
        self.box.ban(list_id, BEN)
        remote_id = self.plugin.read(list_id)[ANNA.lower()].remote_id
        new = self.plugin.write(WriteKind.CREATE, list_id, BEN)
        moved = self.plugin.write(WriteKind.UPDATE, list_id, ANNA, remote_id=remote_id, new_address=BEN)
        assert (new.reason, moved.reason) == (Reason.COMPLIANCE, Reason.COMPLIANCE)
        assert set(self.plugin.read(list_id)) == {ANNA.lower()}
