"""All levels, for providers that have the hook: people who are erased."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest

from rundbrief.hookspecs import ERASED_AT_ONCE
from rundbrief.models import (
    ContactWrite,
    MailingList,
    Outcome,
    Reason,
    Result,
    SubscriberStatus,
    WriteKind,
    address_key,
)
from rundbrief.testing.contract.bench import Bench
from rundbrief.testing.contract.frame import Frame, can_erase, require
from rundbrief.testing.contract.reading import UNUSUAL
from rundbrief.testing.contract.robust import LOGIN_PAGE
from rundbrief.testing.contract.rules import expect
from rundbrief.testing.contract.trouble import FOREVER
from rundbrief.testing.contract.trustworthy import in_every_state
from rundbrief.testing.faults import Fault, answer_with, retry_after, timeout_after, truncated

__all__ = ["Erasing"]

FAULTS: Sequence[tuple[Fault, int]] = (
    (timeout_after, 1),
    (answer_with(500, applied=True), 1),
    (retry_after(90), 1),
    (truncated, 1),
    (answer_with(200, body=LOGIN_PAGE, content_type="text/html"), 1),
    (answer_with(404, body=LOGIN_PAGE, content_type="text/html"), 1),
    (answer_with(503), FOREVER),
)
"""What meets a request, and how many after it."""

GETS_MAIL = (SubscriberStatus.SUBSCRIBED, SubscriberStatus.PENDING)


class Erasing(Frame):
    @pytest.fixture
    def eraser(self, bench: Bench) -> Bench:
        if not can_erase(bench):
            pytest.skip(f"{bench.provider.info.title} has no erase_contacts.")
        return bench

    def test_c24_who_is_erased_is_gone(self, eraser: Bench) -> None:
        """Erased recipients are in no read any more, complete or since a cursor, and nobody else has changed.

        By their address alone as well, where the host knows no id. A second time, and for somebody whom the
        service never had, the outcome is DONE with `not_found`.

        Why: a person has the right to be forgotten, and an erasure that broke off has to be done once more.
        """
        mailing_list = eraser.add_list()
        by_id, by_address, *others = eraser.signed_up(mailing_list, 5)
        cursor = eraser.read(mailing_list).cursors[-1]
        before = {one: eraser.held(mailing_list, one) for one in others}
        writes = eraser.writes([by_id, by_address], mailing_list)
        writes = [writes[0], replace(writes[1], remote_id=None)]
        _expect(eraser.erase(mailing_list, writes).values(), Result.DONE, Reason.ERASED)
        _expect_gone(eraser, mailing_list, writes)
        for reading in (eraser.read(mailing_list), eraser.read(mailing_list, cursor)):
            left = {address_key(by_id), address_key(by_address)} & reading.by_address.keys()
            expect(not left, "Somebody who was erased is still read.")
        after = {one: eraser.held(mailing_list, one) for one in others}
        expect(after == before, "Somebody else was changed.")
        again = [*writes, ContactWrite("stranger", eraser.somebody())]
        _expect(eraser.erase(mailing_list, again).values(), Result.DONE, Reason.NOT_FOUND)
        expect(set(eraser.sandbox.recipients(mailing_list.id)) == set(others), "Others are there than should be.")

    def test_c25_everybody_can_be_erased(self, eraser: Bench) -> None:
        """More people than go into one call are erased to the last, and whoever has an unusual address.

        Why: an address with a plus is no address with a blank, and what answers *not found* for it looks done.
        """
        mailing_list = eraser.add_list()
        (stays,) = eraser.signed_up(mailing_list)
        for address in UNUSUAL:
            eraser.sandbox.subscribe(mailing_list.id, address)
        addresses = [*UNUSUAL, *eraser.signed_up(mailing_list, ERASED_AT_ONCE)]
        writes = eraser.writes(addresses, mailing_list)
        _expect(eraser.erase(mailing_list, writes).values(), Result.DONE, Reason.ERASED)
        _expect_gone(eraser, mailing_list, writes)
        expect(eraser.held(mailing_list, stays), "Somebody else was erased.")

    def test_r14_an_erasure_survives_trouble(self, eraser: Bench) -> None:
        """Whatever happens to any request of an erasure, nobody is told as erased who is still there.

        Not as *not found* either, by a proxy's 404 say, and nobody as refused for the service's trouble. When it
        is done once more, all are gone.

        Why: the person is told that she was erased, and nobody looks again.
        """
        for fault, times in FAULTS:
            for number in range(_requests_of(eraser)):
                _meet(eraser, fault, number, times)

    def test_t09_nobody_else_is_erased(self, eraser: Bench) -> None:
        """Whoever has moved to another address is left alone, and told so: `has_moved`.

        People of every status are erased under their own. None of it subscribes anybody, or sends a mail.

        Why: an erasure cannot be taken back. The address says who is meant; an id that has another one by now may
        have become somebody else's.
        """
        mailing_list = eraser.add_list()
        (moves,), new = eraser.signed_up(mailing_list), eraser.somebody()
        addresses = in_every_state(eraser, mailing_list)
        writes = eraser.writes([moves, *addresses], mailing_list)
        eraser.sandbox.change_address(mailing_list.id, moves, new)
        before, mails = eraser.held(mailing_list, new), len(eraser.sandbox.confirmation_mails)
        outcomes = eraser.erase(mailing_list, writes)
        expect(eraser.held(mailing_list, new) == before, "Somebody was changed who has another address by now.")
        _expect([outcomes.pop(writes[0].key)], Result.REFUSED, Reason.HAS_MOVED)
        _expect(outcomes.values(), Result.DONE, Reason.ERASED)
        for address in (moves, *addresses):
            status = eraser.sandbox.status(mailing_list.id, address)
            expect(status not in GETS_MAIL, f"After her erasure somebody is {status}.")
        expect(len(eraser.sandbox.confirmation_mails) == mails, "An erasure sent a confirmation mail.")

    def test_t10_what_becomes_of_the_erased_is_told(self, eraser: Bench) -> None:
        """When an erased address is created again all the same, the outcome tells what the service has made of it.

        It takes her as a new recipient, or refuses her.

        Why: a host does not do that by itself. But people change their minds, and then she gets her newsletter, or
        somebody has to know that she does not.
        """
        require(eraser, WriteKind.CREATE)
        mailing_list = eraser.add_list()
        (back,) = eraser.signed_up(mailing_list)
        eraser.erase(mailing_list, eraser.writes([back], mailing_list))
        writes = eraser.writes([back], mailing_list)
        (outcome,) = eraser.export(mailing_list, WriteKind.CREATE, writes).values()
        is_there = eraser.held(mailing_list, back) is not None
        expect(is_there == (outcome.result is Result.DONE), f"It is told as {outcome.result}, which is not so.")


def _expect(outcomes: Iterable[Outcome], result: Result, reason: Reason) -> None:
    for one in outcomes:
        expect(
            (one.result, one.reason) == (result, reason),
            f"An erasure is told as {one.result} ({one.reason}), not as {result} ({reason}).",
        )


def _expect_gone(bench: Bench, mailing_list: MailingList, writes: Iterable[ContactWrite]) -> None:
    still = sum(bench.held(mailing_list, one.address) is not None for one in writes)
    expect(not still, f"{still} of those who were to be erased are still there.")


def _doomed(bench: Bench) -> tuple[MailingList, list[ContactWrite]]:
    mailing_list = bench.add_list()
    return mailing_list, bench.writes(bench.signed_up(mailing_list, 2), mailing_list)


def _requests_of(bench: Bench) -> int:
    """Return how many requests an erasure takes when all goes well."""
    mailing_list, writes = _doomed(bench)
    bench.sandbox.requests.reset()
    bench.erase(mailing_list, writes)
    return len(bench.sandbox.requests)


def _meet(bench: Bench, fault: Fault, number: int, times: int) -> None:
    """Let a request of an erasure meet a fault, look at what is told, and do it once more in peace."""
    mailing_list, writes = _doomed(bench)
    bench.sandbox.faults.add(fault, skip=number, times=times)
    outcomes, _ = bench.try_erasing(mailing_list, writes)
    bench.sandbox.faults.clear()
    for write in writes:
        outcome = outcomes.get(write.key)
        if outcome is not None and outcome.result is not Result.FAILED:
            expect(outcome.result is Result.DONE, f"The service's trouble was told as {outcome.reason}.")
            _expect_gone(bench, mailing_list, [write])
    again = bench.erase(mailing_list, writes, bench.connect())
    expect(all(one.result is Result.DONE for one in again.values()), "It could not be done once more.")
    _expect_gone(bench, mailing_list, writes)
