"""Level *robust*: nobody is lost, doubled or given away when things go wrong."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from werkzeug.wrappers import Response

from rundbrief.errors import RateLimited, ServiceUnavailable
from rundbrief.models import Checkpoint, Result, WriteKind, address_key
from rundbrief.testing.contract.bench import Bench
from rundbrief.testing.contract.frame import Frame, require
from rundbrief.testing.contract.moving import MOVES, missing_when_moved
from rundbrief.testing.contract.overheard import Overheard
from rundbrief.testing.contract.reading import pages_of
from rundbrief.testing.contract.rules import expect
from rundbrief.testing.contract.trouble import (
    FOREVER,
    Plan,
    attempts,
    expect_all_done,
    expect_complete,
    expect_honest_outcomes,
    expect_honest_reading,
    expect_no_quiet_end,
    kinds,
    plan,
    readings,
    requests_of,
)
from rundbrief.testing.faults import (
    Answer,
    Fault,
    answer_with,
    html_error,
    meanwhile,
    retry_after,
    timeout_after,
    truncated,
)

__all__ = ["Robustly"]

IMPOSSIBLE = "two@signs@example.org"
"""No service takes it."""

LOGIN_PAGE = "<!doctype html><html><body>Please sign in to the guest network.</body></html>"
LONG = 4 * 3600
"""Seconds that no run waits."""


class Robustly(Frame):
    def test_r01_the_first_recipient_comes_after_one_page(self, make_bench: Callable[[], Bench]) -> None:
        """Until the first recipient comes, a long list takes no more requests than one of a single page.

        Why: reads are saved page by page. A provider that reads everything before it yields anything cannot be
        resumed, and fills the memory.
        """
        asked = []
        for pages in (1, 4):
            bench = make_bench()
            mailing_list = bench.add_list()
            bench.sandbox.seed(mailing_list.id, pages_of(bench, pages))
            bench.sandbox.requests.reset()
            next(bench.stream(mailing_list))
            asked.append(len(bench.sandbox.requests))
        expect(asked[0] == asked[1], f"It takes {asked[1]} requests with four pages, and {asked[0]} with one.")

    def test_r02_a_wait_that_is_asked_for_is_granted(self, bench: Bench) -> None:
        """After a 429 with `Retry-After` the work goes on when that time is over, and loses nothing.

        Where it is longer than a run waits, `RateLimited` reaches the host with that time.

        Why: services lock out those who do not listen. And a read that just ends here looks complete.
        """
        waited = sum(bench.pauses)
        for mailing_list, reading in readings(bench, retry_after(90)):
            expect_complete(bench, mailing_list, reading)
            expect(sum(bench.pauses) - waited >= 90, "The wait that the service asked for was cut short.")
            waited = sum(bench.pauses)
        for attempt in attempts(bench, retry_after(90)):
            expect_all_done(bench, attempt)
        _expect_told(bench, retry_after(LONG), RateLimited)

    def test_r03_a_429_without_a_time_is_survived(self, bench: Bench) -> None:
        """After a 429 without any header the work goes on after a while, and loses nothing.

        Where it does not end, `RateLimited` reaches the host.

        Why: not every service says how long, and a provider that counts on the header stops in mid-list.
        """
        for mailing_list, reading in readings(bench, answer_with(429)):
            expect_complete(bench, mailing_list, reading)
        for attempt in attempts(bench, answer_with(429)):
            expect_all_done(bench, attempt)
        _expect_told(bench, answer_with(429), RateLimited)

    def test_r04_a_5xx_is_survived_or_told(self, bench: Bench) -> None:
        """A single 500 does not end a read. Of a write it is told truthfully. One that lasts reaches the host.

        As `ServiceUnavailable`, never as an end of the list, a refusal of a contact or a success.

        Why: whoever is missing at the end of a complete read is withdrawn in the CRM.
        """
        for mailing_list, reading in readings(bench, answer_with(500)):
            expect_complete(bench, mailing_list, reading)
        for fault in (answer_with(500), answer_with(500, applied=True), answer_with(503)):
            for attempt in attempts(bench, fault):
                expect_honest_outcomes(bench, attempt)
        _expect_told(bench, answer_with(500), ServiceUnavailable)

    def test_r05_a_page_of_html_is_no_answer(self, bench: Bench) -> None:
        """A proxy's error page, or the sign-in page of a hotel with status 200, is not taken for the answer.

        Why: an answer without rows is not an empty list.
        """
        for mailing_list, reading in readings(bench, html_error(502)):
            expect_complete(bench, mailing_list, reading)
        _expect_honesty(bench, answer_with(200, body=LOGIN_PAGE, content_type="text/html"))

    def test_r06_half_an_answer_is_none(self, bench: Bench) -> None:
        """JSON that ends in its middle makes neither a list shorter nor a write successful.

        Why: what could be read of it may hold the recipients, and lack the errors.
        """
        _expect_honesty(bench, truncated)

    def test_r07_a_write_whose_answer_is_lost_does_no_harm(self, bench: Bench) -> None:
        """When the answer times out after the write was applied, nothing is told that is not so.

        Who unsubscribes in that very moment stays out, also when the same is written again by the next run.

        Why: the write may have been applied or not; whatever is done about it must be right in both cases.
        """
        for attempt in attempts(bench, timeout_after):
            expect_honest_outcomes(bench, attempt)
        for kind in (WriteKind.CREATE, WriteKind.UPDATE):
            for number in range(requests_of(bench, kind) if kind in kinds(bench) else 0):
                _lose_an_answer(bench, plan(bench, kind), number)

    def test_r08_a_token_that_expires_in_mid_run_is_renewed(self, bench: Bench) -> None:
        """When the access token ends between two requests the work goes on with a new one, and loses nothing.

        Why: runs are longer than tokens live.
        """
        expire: Callable[[], object] | None = getattr(bench.sandbox, "expire_tokens", None)
        if expire is None:
            pytest.skip(f"The credentials of {bench.provider.info.title} do not expire.")
        for mailing_list, reading in readings(bench, meanwhile(expire)):
            expect_complete(bench, mailing_list, reading)
        for attempt in attempts(bench, meanwhile(expire)):
            expect_all_done(bench, attempt)

    def test_r09_pages_that_move_hide_nobody(self, make_bench: Callable[[], Bench]) -> None:
        """While a list is read, people are deleted, leave, sign up or move; who is there all the time still comes.

        Why: paging by offset skips as many as have gone from the pages before, and the skipped look deleted.
        """
        for what, move in MOVES.items():
            missing = missing_when_moved(make_bench(), move)
            expect(not missing, f"When people {what}, {missing} others who stay do not come.")

    def test_r10_one_bad_write_does_not_spoil_the_others(self, bench: Bench) -> None:
        """Of a batch with an impossible address all others are done; after a batch that failed the next one works.

        Why: one typing error in the CRM must not keep a thousand people from their "no".
        """
        for kind in (one for one in kinds(bench) if one is not WriteKind.UPDATE):
            good = plan(bench, kind)
            (bad,) = bench.writes([IMPOSSIBLE], good.mailing_list)
            batch = [*good.writes[:2], replace(bad, key="bad"), *good.writes[2:]]
            outcomes = bench.export(good.mailing_list, kind, batch)
            told = outcomes.pop("bad")
            expect(all(one.result is Result.DONE for one in outcomes.values()), f"A bad {kind} spoilt its batch.")
            expect(all(good.is_done(bench, one) for one in good.writes), f"A bad {kind} spoilt its batch.")
            expect(
                kind is not WriteKind.CREATE or told.result is not Result.DONE, "An impossible address was added."
            )
        for attempt in attempts(bench, answer_with(500), times=FOREVER):
            after = plan(bench, attempt.plan.kind)
            told_after = bench.export(after.mailing_list, after.kind, after.writes).values()
            expect(
                all(one.result is Result.DONE for one in told_after), "After a failed batch the next one failed."
            )

    def test_r11_a_checkpoint_is_where_to_go_on(self, bench: Bench) -> None:
        """A read that is cut off after any of its checkpoints goes on there, in a new session, without a gap.

        Why: runs are killed. What came before the checkpoint is saved, and nothing of it is read again.
        """
        mailing_list = bench.add_list()
        bench.sandbox.seed(mailing_list.id, pages_of(bench, 3))
        everybody = bench.true_opt_ins(mailing_list)
        came: set[str] = set()
        for item in bench.stream(mailing_list):
            if not isinstance(item, Checkpoint):
                came.add(address_key(item.address))
                continue
            rest = bench.read(mailing_list, item.cursor, bench.connect()).opted_in()
            expect(came | rest >= everybody, f"{len(everybody - came - rest)} recipients are in neither part.")

    def test_r12_no_more_requests_at_once_than_declared(self, bench: Bench) -> None:
        """With as many batches side by side as the info allows, the service never sees more requests at once.

        Tried out over a real port, where every way out is seen.

        Why: the limit is the account's, and shared with everything else that its owner runs.
        """
        limit = bench.provider.info.concurrency
        with bench.sandbox.serve() as base_url, ThreadPoolExecutor(limit) as pool:
            session = bench.connect(base_url)
            batches = [plan(bench, kind) for kind in kinds(bench) for _ in range(limit + 1)]
            bench.sandbox.requests.reset()
            bench.sandbox.latency = 0.02
            list(pool.map(lambda one: bench.export(one.mailing_list, one.kind, one.writes, session), batches))
            for one in batches[:3]:
                bench.read(one.mailing_list, session=session)
        most = bench.sandbox.requests.most_at_once
        expect(most <= limit, f"{most} requests were under way at once, and {limit} are declared.")

    def test_r13_nobody_is_given_away(self, bench: Bench) -> None:
        """No key, no token and no full address stands in a log line, a repr, an error or an outcome's detail.

        Whatever happens: refusals that repeat the address, error pages, wrong keys; at the log's finest level.

        Why: logs and reports are copied into tickets, and read by people who may not see either.
        """
        require(bench, WriteKind.CREATE)
        with Overheard(bench) as overheard:
            for kind in kinds(bench):
                overheard.write(kind, IMPOSSIBLE)
            overheard.read()
            overheard.meet_every_trouble()
        found = overheard.given_away()
        expect(not found, f"{found} is given away.")


def _expect_told(bench: Bench, fault: Fault, error: type[RateLimited] | type[ServiceUnavailable]) -> None:
    """Let a fault last from some request on, and see that the host hears of it in every case."""
    for _, reading in readings(bench, fault, times=FOREVER):
        expect_no_quiet_end(reading.error, error)
    for attempt in attempts(bench, fault, times=FOREVER):
        expect_no_quiet_end(attempt.error, error)
        expect_honest_outcomes(bench, attempt)


def _expect_honesty(bench: Bench, fault: Fault) -> None:
    for mailing_list, reading in readings(bench, fault):
        expect_honest_reading(bench, mailing_list, reading)
    for attempt in attempts(bench, fault):
        expect_honest_outcomes(bench, attempt)


def _lose_an_answer(bench: Bench, lost: Plan, number: int) -> None:
    """Apply a request, let a person unsubscribe, and lose its answer; then write all of it again."""
    person, left = lost.writes[0].address, []

    def fault(answer: Answer) -> Response:
        response = answer()
        if bench.held(lost.mailing_list, person):
            bench.sandbox.unsubscribe(lost.mailing_list.id, person)
            left.append(person)
        return timeout_after(lambda: response)

    bench.sandbox.faults.add(fault, skip=number)
    for session in (bench.session, bench.connect()):
        bench.try_export(lost.mailing_list, lost.kind, lost.writes, session)
        bench.sandbox.faults.clear()
    status = bench.sandbox.status(lost.mailing_list.id, person)
    expect(
        status in bench.left or not left,
        f"She unsubscribed when the answer to a {lost.kind} was lost; now she is {status}.",
    )
