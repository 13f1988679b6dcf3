"""Level *trustworthy*: nobody's "no" is lost, and nobody's "yes" is made up."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from rundbrief.models import (
    Evidence,
    MailingList,
    Result,
    Subscriber,
    SubscriberStatus,
    WriteKind,
    address_key,
)
from rundbrief.testing.contract.bench import Bench
from rundbrief.testing.contract.frame import Frame, offered, require
from rundbrief.testing.contract.memory import BLOCKS_EACH, UNSTEADY, peak_blocks
from rundbrief.testing.contract.reading import pages_of
from rundbrief.testing.contract.rules import expect
from rundbrief.testing.contract.trouble import SOME, plan, requests_of
from rundbrief.testing.faults import meanwhile
from rundbrief.testing.sandbox import NotOffered

__all__ = ["Trustworthily", "in_every_state"]

SUBSCRIBED = SubscriberStatus.SUBSCRIBED
UNSUBSCRIBED = SubscriberStatus.UNSUBSCRIBED


class Trustworthily(Frame):
    def test_t01_who_unsubscribes_meanwhile_stays_out(self, bench: Bench) -> None:
        """Somebody unsubscribes between our read and our write: no create and no update subscribes her again.

        Tried out before every single request that the write makes.

        Why: the race is won by the "no", since a data write carries no consent and a create changes nobody.
        """
        for kind in (WriteKind.CREATE, WriteKind.UPDATE):
            if kind in bench.provider.info.batch_sizes:
                for people in (1, SOME):
                    for number in range(requests_of(bench, kind, people)):
                        _race(bench, kind, people, number)

    def test_t02_data_writes_leave_consent_alone(self, bench: Bench) -> None:
        """An update changes nobody's status and sends no mail: subscribed, withdrawn, bounced, pending or hidden.

        Neither does it touch the evidence of the opt-in.

        Why: data and consent travel apart; a new last name is no opt-in.
        """
        require(bench, WriteKind.UPDATE)
        mailing_list = bench.add_list()
        addresses = [*in_every_state(bench, mailing_list), *bench.signed_up(mailing_list)]
        field = dict.fromkeys(bench.text_fields(mailing_list)[:1], "Changed")
        mails = len(bench.sandbox.confirmation_mails)
        before = bench.sandbox.recipients(mailing_list.id)
        for join in (False, True) if bench.is_account_wide else (False,):
            writes = bench.writes(addresses, mailing_list, fields=field, join=join)
            bench.export(mailing_list, WriteKind.UPDATE, writes)
        after = bench.sandbox.recipients(mailing_list.id)
        for address in map(address_key, addresses):
            was, became = before[address], after[address]
            expect(became.status is was.status, f"A recipient who was {was.status} became {became.status}.")
            expect(became.evidence == was.evidence, f"The evidence of a recipient who is {was.status} changed.")
        expect(len(bench.sandbox.confirmation_mails) == mails, "A change of data sent a confirmation mail.")

    def test_t03_only_an_opt_in_is_read_as_one(self, bench: Bench) -> None:
        """Pending, bounced, complained, blocked and hidden recipients are read as what they are, if they are read.

        Where a service does not tell a bounce from an opt-out, it is read as an opt-out.

        Why: consent is never invented. Nor is an opt-out: bounced is undeliverable, and no wish.
        """
        mailing_list = bench.add_list()
        addresses = in_every_state(bench, mailing_list)
        lists = [mailing_list]
        try:
            lists.append(bench.add_list("Asks first", double_opt_in=True))
            bench.signed_up(lists[-1], 2)
        except NotOffered:
            pass  # then nobody is pending there, and the other states remain
        expect(addresses, "The sandbox has nobody who is not subscribed.")
        for one in lists:
            truth = bench.sandbox.recipients(one.id)
            for address, found in bench.read(one).by_address.items():
                # A blacklist of the account may name somebody who was never on the list: a "no" all the same.
                true = truth[address].status if address in truth else UNSUBSCRIBED
                cautious = true is SubscriberStatus.BOUNCED and found.status is UNSUBSCRIBED
                expect(found.status is true or cautious, f"A recipient who is {true} is read as {found.status}.")

    def test_t04_who_was_deleted_is_not_brought_back(self, bench: Bench) -> None:
        """Of somebody who unsubscribed and was then deleted a read says nothing, and no write adds her.

        Why: gone is not forgotten. The host keeps the withdrawal; a provider that adds whom it does not find
        would turn it into a subscription.
        """
        mailing_list = bench.add_list()
        (gone,) = bench.signed_up(mailing_list)
        bench.sandbox.unsubscribe(mailing_list.id, gone)
        bench.clock.advance(3600)
        cursor = bench.read(mailing_list).cursors[-1]
        field = dict.fromkeys(bench.text_fields(mailing_list)[:1], "Changed")
        writes = bench.writes([gone], mailing_list, fields=field)
        bench.sandbox.delete(mailing_list.id, gone)
        bench.clock.advance(3600)
        expect(address_key(gone) not in bench.read(mailing_list).by_address, "Who was deleted is still read.")
        expect(address_key(gone) not in bench.read(mailing_list, cursor).opted_in(), "Who is gone opts in.")
        for kind in (WriteKind.UPDATE, WriteKind.WITHDRAW):
            if kind in bench.provider.info.batch_sizes:
                bench.export(mailing_list, kind, writes)
                status = bench.sandbox.status(mailing_list.id, gone)
                expect(status not in (SUBSCRIBED, SubscriberStatus.PENDING), f"By {kind} she became {status}.")

    def test_t05_evidence_arrives(self, bench: Bench) -> None:
        """Time and source of an opt-in are read as the service has them, and go along with a create.

        Where the service keeps none there is nothing to read, and nothing to send.

        Why: whoever is asked for a proof has only what was written down.
        """
        mailing_list = bench.add_list()
        (address,) = bench.signed_up(mailing_list)
        bench.clock.advance(3600)
        held = bench.held(mailing_list, address)
        if held is None or held.evidence.at is None:
            pytest.skip(f"{bench.provider.info.title} keeps no time of an opt-in.")
        read = bench.read(mailing_list).by_address[address_key(address)].evidence
        expect(read.at == held.evidence.at, "The time of an opt-in is not the one the service has.")
        expect(read.source, "The source of an opt-in is not told.")
        if WriteKind.CREATE in bench.provider.info.batch_sizes:
            _expect_sent_evidence(bench, mailing_list)

    def test_t06_a_change_of_address_keeps_a_withdrawal(self, bench: Bench) -> None:
        """Who unsubscribed stays so under a new address, whether we change it or she does; her id stays as well.

        A withdrawal under the old address of somebody who moved meanwhile reaches her, or is not told as DONE.

        Why: the "no" is the person's, not the address's.
        """
        require(bench, WriteKind.UPDATE)
        mailing_list = bench.add_list()
        ours, hers, moves = bench.signed_up(mailing_list, 3)
        for address in (ours, hers):
            bench.sandbox.unsubscribe(mailing_list.id, address)
        _move(bench, mailing_list, ours)
        if not bench.forgets:
            _moves_herself(bench, mailing_list, hers)
        _withdraw_who_moved(bench, mailing_list, moves)

    def test_t07_memory_does_not_grow_with_the_list(self, make_bench: Callable[[], Bench]) -> None:
        """While 100,000 recipients stream by, hardly more memory is needed than for two pages of them.

        `crowd` sets another number.

        Why: runs go on small machines beside a CRM, and lists only grow.
        """
        few = pages_of(make_bench(), 2)
        peaks = [_peak_of_reading(make_bench(), people) for people in (few, self.crowd)]
        each = (peaks[1] - peaks[0] - UNSTEADY) / (self.crowd - few)
        expect(each < BLOCKS_EACH, f"Each recipient keeps {each:.1f} blocks of memory until the end of the read.")

    def test_t08_a_list_that_asks_first_is_obeyed(self, bench: Bench) -> None:
        """On a double opt-in list whom we create is pending, gets the mail, and is subscribed by her click alone.

        Why: the service takes our word for it. Whoever runs the list does not.
        """
        require(bench, WriteKind.CREATE)
        mailing_list = offered(bench.add_list, "Asks first", double_opt_in=True)
        told = {one.id: one for one in bench.provider.import_lists(bench.session)}[mailing_list.id]
        if not told.double_opt_in:
            pytest.skip(f"{bench.provider.info.title} does not tell which of its lists ask for confirmation.")
        new = [bench.somebody(), bench.somebody()]
        outcomes = bench.export(mailing_list, WriteKind.CREATE, bench.writes(new, mailing_list))
        expect(all(one.result is Result.DONE for one in outcomes.values()), "A new recipient was not added.")
        statuses = {bench.sandbox.status(mailing_list.id, address) for address in new}
        expect(statuses == {SubscriberStatus.PENDING}, f"They are {', '.join(sorted(statuses))}.")
        mailed = {address_key(one) for one in bench.sandbox.confirmation_mails}
        expect(mailed.issuperset(new), "Nobody was asked to confirm.")


def in_every_state(bench: Bench, mailing_list: MailingList) -> list[str]:
    """Bring a person into each state that is no opt-in, as far as the service has it."""
    acts = (
        bench.sandbox.unsubscribe,
        bench.sandbox.complain,
        bench.sandbox.bounce,
        bench.sandbox.block,
        bench.sandbox.archive,
    )
    found = []
    for act in acts:
        (address,) = bench.signed_up(mailing_list)
        try:
            act(mailing_list.id, address)
        except NotOffered:
            continue
        if address_key(address) in bench.sandbox.recipients(mailing_list.id):  # some are deleted by it
            found.append(address)
    return found


# --- the race ---------------------------------------------------------------------------------------------


def _race(bench: Bench, kind: WriteKind, people: int, number: int) -> None:
    """Write, and let one of the people unsubscribe just before the request of that number is applied."""
    decided = plan(bench, kind, people)
    mailing_list, writes = decided.mailing_list, decided.writes
    person = writes[0].address
    left = []

    def leaves() -> None:
        if kind is WriteKind.CREATE:
            bench.sandbox.subscribe(mailing_list.id, person)
        bench.sandbox.unsubscribe(mailing_list.id, person)
        left.append(person)

    bench.sandbox.faults.add(meanwhile(leaves), skip=number)
    bench.try_export(mailing_list, kind, writes)
    bench.sandbox.faults.clear()
    status = bench.sandbox.status(mailing_list.id, person)
    expect(
        status in bench.left or not left,
        f"She unsubscribed before request {number + 1} of a {kind}; after it she is {status}.",
    )


# --- evidence, addresses, memory --------------------------------------------------------------------------


def _expect_sent_evidence(bench: Bench, mailing_list: MailingList) -> None:
    stated = bench.clock() - timedelta(days=30)
    evidence = Evidence(stated, "CRM import", "203.0.113.9")
    address = bench.somebody()
    bench.export(mailing_list, WriteKind.CREATE, bench.writes([address], mailing_list, evidence=evidence))
    held = bench.held(mailing_list, address)
    expect(held and held.evidence.at, "A create left no time of the opt-in.")
    assert held is not None
    assert held.evidence.at is not None
    off = abs(held.evidence.at - stated)
    expect(off < timedelta(days=1), f"The time of an opt-in arrived {off} beside the one that was sent.")


def _move(bench: Bench, mailing_list: MailingList, address: str) -> None:
    """Change the address of somebody who has unsubscribed."""
    new = bench.somebody()
    writes = bench.writes([address], mailing_list, new_address=new)
    (outcome,) = bench.export(mailing_list, WriteKind.UPDATE, writes).values()
    statuses = {one: bench.sandbox.status(mailing_list.id, one) for one in (address, new)}
    expect(SUBSCRIBED not in statuses.values(), "Our change of her address subscribed her.")
    if outcome.result is Result.DONE:
        expect(statuses[new] in bench.left, f"Under the address we gave her she is {statuses[new]}.")


def _moves_herself(bench: Bench, mailing_list: MailingList, address: str) -> None:
    """Let somebody who has unsubscribed change her address at the service."""
    before = bench.read(mailing_list).by_address[address_key(address)]
    new = bench.somebody()
    bench.sandbox.change_address(mailing_list.id, address, new)
    read = bench.read(mailing_list).by_address[address_key(new)]
    expect(read.status is UNSUBSCRIBED, f"Under her new address she is read as {read.status}.")
    expect(read.remote_id == before.remote_id, "Under her new address she has a new id.")


def _withdraw_who_moved(bench: Bench, mailing_list: MailingList, address: str) -> None:
    """Withdraw somebody under the address that we know, and that she has left."""
    if WriteKind.WITHDRAW not in bench.provider.info.batch_sizes:
        return
    writes, new = bench.writes([address], mailing_list), bench.somebody()
    bench.sandbox.change_address(mailing_list.id, address, new)
    (outcome,) = bench.export(mailing_list, WriteKind.WITHDRAW, writes).values()
    is_in = bench.sandbox.status(mailing_list.id, new) is SUBSCRIBED
    expect(not is_in or outcome.result is not Result.DONE, "A withdrawal was told as done, and did not reach her.")


def _peak_of_reading(bench: Bench, people: int) -> int:
    """Return how many blocks of memory were in use at most, beyond those before, when a page had come."""
    mailing_list = bench.add_list()
    bench.sandbox.seed(mailing_list.id, people)
    next(bench.stream(mailing_list))  # whatever the sandbox itself has to build up for it
    came = 0

    def pages() -> Iterator[None]:
        nonlocal came
        for item in bench.stream(mailing_list):
            if isinstance(item, Subscriber):
                came += 1
            else:
                bench.sandbox.requests.reset()
                yield

    peak = peak_blocks(pages())
    expect(came > 0.9 * people, f"{came} of {people} recipients came.")
    return peak
