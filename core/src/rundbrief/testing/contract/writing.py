"""Level *correct*, third room: what is written."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from rundbrief.models import (
    ContactWrite,
    Evidence,
    MailingList,
    Outcome,
    Reason,
    Result,
    SubscriberStatus,
    WriteKind,
    address_key,
)
from rundbrief.testing.contract.bench import Bench
from rundbrief.testing.contract.frame import Frame, require
from rundbrief.testing.contract.reading import UNUSUAL
from rundbrief.testing.contract.rules import expect

__all__ = ["WritingCorrectly"]

LARGEST = 1_000
"""Writes of a full batch that are tried out at most."""


class WritingCorrectly(Frame):
    def test_c14_create_adds_and_overwrites_nobody(self, bench: Bench) -> None:
        """New addresses are added as subscribed; one that is there already is REFUSED, unchanged.

        The outcome of a new one has its id, where the service tells it at once.

        Each of them has exactly one outcome; that of the known one is `already_exists`.

        Why: between our read and our write somebody may have signed up by herself. Her data and her consent are
        newer than ours.
        """
        require(bench, WriteKind.CREATE)
        mailing_list = bench.add_list()
        (known,) = bench.signed_up(mailing_list)
        before = bench.held(mailing_list, known)
        new = [bench.somebody(), bench.somebody()]
        field = dict.fromkeys(bench.text_fields(mailing_list)[:1], "Overwritten")
        writes = bench.writes([*new, known], mailing_list, fields=field, evidence=_evidence(bench))
        writes = [replace(one, remote_id=None) for one in writes]  # the host does not know that she is there
        outcomes = _by_address(bench, mailing_list, WriteKind.CREATE, writes)
        for address in new:
            expect(outcomes[address].result is Result.DONE, "A new recipient was not added.")
            told_id, true_id = outcomes[address].remote_id, bench.held(mailing_list, address)
            expect(
                told_id is None or (true_id is not None and told_id == true_id.remote_id),
                "The outcome of a new recipient has another id than the recipient.",
            )
            status = bench.sandbox.status(mailing_list.id, address)
            expect(status is SubscriberStatus.SUBSCRIBED, f"A new recipient is {status}.")
        told = outcomes[known]
        expect(told.result is Result.REFUSED, f"Who was there already was told as {told.result}.")
        expect(told.reason is Reason.ALREADY_EXISTS, f"Who was there already was told as {told.reason}.")
        expect(bench.held(mailing_list, known) == before, "A recipient who was there already was changed.")

    def test_c15_update_brings_the_data(self, bench: Bench) -> None:
        """The fields of known recipients arrive as they were sent, and those of nobody else change.

        Each recipient has exactly one outcome. One that the service does not have is REFUSED.

        Why: what is told as DONE is not sent again until the CRM's data changes once more.
        """
        require(bench, WriteKind.UPDATE)
        mailing_list = bench.add_list()
        keys = bench.text_fields(mailing_list)[:2]
        if not keys:
            pytest.skip("The service has no text field for any of the CRM's standard fields.")
        *known, other = bench.signed_up(mailing_list, 5)
        before = bench.held(mailing_list, other)
        fields = {key: f"Jördis {key}" for key in keys}
        writes = bench.writes([*known, bench.somebody()], mailing_list, fields=fields)
        *outcomes, stranger = _by_address(bench, mailing_list, WriteKind.UPDATE, writes).values()
        expect(all(one.result is Result.DONE for one in outcomes), "A recipient's data was not updated.")
        for address in known:
            held = bench.held(mailing_list, address)
            expect(held and {key: held.fields.get(key) for key in keys} == fields, "Data did not arrive.")
        expect(stranger.result is Result.REFUSED, f"Somebody who is not there was told as {stranger.result}.")
        expect(bench.held(mailing_list, other) == before, "Somebody else's data changed.")

    def test_c16_withdraw_is_an_opt_out(self, bench: Bench) -> None:
        """Withdrawn recipients are unsubscribed, and still there: neither deleted nor hidden.

        A second time is fine. Each has exactly one outcome, also one that the service does not have; it subscribes
        nobody.

        Why: a recipient who is deleted is forgotten, and the next form, import or colleague brings her back.
        """
        require(bench, WriteKind.WITHDRAW)
        mailing_list = bench.add_list()
        *known, stays = bench.signed_up(mailing_list, 5)
        bench.sandbox.unsubscribe(mailing_list.id, known[0])
        stranger = bench.somebody()
        writes = bench.writes([*known, stranger], mailing_list, evidence=_evidence(bench))
        outcomes = _by_address(bench, mailing_list, WriteKind.WITHDRAW, writes)
        for address in known:
            was_there = address != known[0] or not bench.forgets
            expect(outcomes[address].result is Result.DONE or not was_there, "An opt-out was not taken.")
            status = bench.sandbox.status(mailing_list.id, address)
            expect(status in bench.left, f"After her opt-out a recipient is {status}.")
        opted_in = bench.true_opt_ins(mailing_list)
        expect(address_key(stranger) not in opted_in, "Somebody unknown was subscribed by it.")
        expect(address_key(stays) in opted_in, "Somebody else was withdrawn.")

    def test_c17_confirm_only_asks(self, bench: Bench) -> None:
        """A withdrawn person gets one double opt-in mail, and is not subscribed before she clicks.

        Each has exactly one outcome.

        Why: the mail is the question; the answer is hers.
        """
        require(bench, WriteKind.CONFIRM)
        mailing_list = bench.add_list()
        asked = bench.signed_up(mailing_list, 5)
        for address in asked:
            bench.sandbox.unsubscribe(mailing_list.id, address)
        mails = len(bench.sandbox.confirmation_mails)
        writes = bench.writes(asked, mailing_list)
        outcomes = _by_address(bench, mailing_list, WriteKind.CONFIRM, writes)
        expect(all(one.result is Result.DONE for one in outcomes.values()), "Somebody could not be asked.")
        sent = sorted(address_key(one) for one in bench.sandbox.confirmation_mails[mails:])
        expect(sent == sorted(asked), f"{len(sent)} mails went out for {len(asked)} persons.")
        statuses = {bench.sandbox.status(mailing_list.id, address) for address in asked}
        expect(SubscriberStatus.SUBSCRIBED not in statuses, "Somebody is subscribed who has not clicked.")

    def test_c18_full_batches_are_carried_out(self, bench: Bench) -> None:
        """A batch as large as the info allows (here at most 1,000) is carried out to its last write.

        Why: the host cuts batches by what the provider says. What the service cuts off silently is lost.
        """
        require(bench, WriteKind.CREATE)
        mailing_list = bench.add_list()
        size = min(bench.provider.info.batch_sizes[WriteKind.CREATE], LARGEST)
        new = [bench.somebody() for _ in range(size)]
        outcomes = bench.export(mailing_list, WriteKind.CREATE, bench.writes(new, mailing_list))
        done = sum(one.result is Result.DONE for one in outcomes.values())
        expect(done == size, f"{done} of {size} new recipients were told as done.")
        added = len(bench.true_opt_ins(mailing_list) & {address_key(one) for one in new})
        expect(added == size, f"{added} of {size} new recipients are there.")

    def test_c19_unusual_addresses_can_be_written_to(self, bench: Bench) -> None:
        """Whoever the service has under an unusual address can be withdrawn; new ones are added as they are.

        The service may refuse a new one. What it says is DONE is there under that very address.

        Why: a "no" must reach everybody. And an address with a plus is no address with a blank.
        """
        require(bench, WriteKind.WITHDRAW)
        require(bench, WriteKind.CREATE)
        mailing_list = bench.add_list()
        writes = bench.writes(UNUSUAL, mailing_list)
        for address, outcome in _by_address(bench, mailing_list, WriteKind.CREATE, writes).items():
            held = bench.held(mailing_list, address)
            expect(bool(held) == (outcome.result is Result.DONE), f"{address} was told as {outcome.result}.")
        for address in UNUSUAL:
            bench.sandbox.subscribe(mailing_list.id, address)
        withdrawals = bench.writes(UNUSUAL, mailing_list)
        for address, outcome in _by_address(bench, mailing_list, WriteKind.WITHDRAW, withdrawals).items():
            status = bench.sandbox.status(mailing_list.id, address)
            expect(status is not SubscriberStatus.SUBSCRIBED, f"{address} is {status}, told as {outcome.result}.")

    def test_c20_one_consent_for_the_account_knows_lists(self, bench: Bench) -> None:
        """Where consent is account-wide, recipients name their lists, and only `join` puts them on another one.

        Why: lists are only places there, but people do not belong everywhere. Who left one is not put back by a
        change of her address.
        """
        if not bench.is_account_wide:
            pytest.skip("Consent is per list.")
        require(bench, WriteKind.UPDATE)
        first, second = bench.add_list("First"), bench.add_list("Second")
        joins, stays = bench.signed_up(first, 2)
        lists = bench.read(first).by_address[address_key(joins)].lists
        expect(lists == {first.id}, f"Somebody on one list is said to be on {len(lists)}.")
        for address, join in ((joins, True), (stays, False)):
            outcomes = bench.export(second, WriteKind.UPDATE, bench.writes([address], second, join=join))
            expect(all(one.result is Result.DONE for one in outcomes.values()), "An update was not done.")
            held = bench.held(second, address)
            expect(held and held.is_member is join, f"With join={join}, is_member is {not join}.")

    def test_c21_a_new_address_is_taken(self, bench: Bench) -> None:
        """A known recipient is given a new address together with new data, and the old address is free.

        Why: who gets another address in the CRM would else lose her newsletter, or get it at the old one.
        """
        require(bench, WriteKind.UPDATE)
        mailing_list = bench.add_list()
        (old,), new = bench.signed_up(mailing_list), bench.somebody()
        field = dict.fromkeys(bench.text_fields(mailing_list)[:1], "Jördis")
        writes = bench.writes([old], mailing_list, new_address=new, fields=field)
        (outcome,) = bench.export(mailing_list, WriteKind.UPDATE, writes).values()
        expect(outcome.result is Result.DONE, f"A change of address was {outcome.result}.")
        held = bench.held(mailing_list, new)
        expect(held, "Nobody is there under the new address.")
        assert held is not None
        expect(bench.held(mailing_list, old) is None, "Somebody is still there under the old address.")
        expect({key: held.fields.get(key) for key in field} == field, "Data did not arrive.")


def _evidence(bench: Bench) -> Evidence:
    return Evidence(bench.clock(), "CRM import")


def _by_address(
    bench: Bench, mailing_list: MailingList, kind: WriteKind, writes: list[ContactWrite]
) -> Mapping[str, Outcome]:
    """Carry out a batch and return address -> outcome, in the order of the writes."""
    outcomes = bench.export(mailing_list, kind, writes)
    return {one.address: outcomes[one.key] for one in writes}
