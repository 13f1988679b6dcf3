"""Level *robust*: nobody is lost, doubled or given away when things go wrong."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count

import pytest

from rundbrief.crm import Crm
from rundbrief.errors import RateLimited, RundbriefError, ServiceUnavailable, SignInAgain
from rundbrief.models import OptIn, Selection
from rundbrief.session import BasicAuth
from rundbrief.testing.contract.ears import Ears, repeating
from rundbrief.testing.contract.rules import expect
from rundbrief.testing.crm_contract.bench import CrmBench
from rundbrief.testing.crm_contract.frame import CrmFrame
from rundbrief.testing.crm_contract.trouble import (
    FOREVER,
    attempts,
    expect_told,
    look,
    looks,
    plans,
    settle,
)
from rundbrief.testing.faults import (
    Fault,
    afterwards,
    answer_with,
    html_error,
    lost_before,
    retry_after,
    timeout_after,
    truncated,
)

__all__ = ["Robustly"]

LOGIN_PAGE = "<!doctype html><html><body>Please sign in to the guest network.</body></html>"
LONG = 4 * 3600
"""Seconds that no run waits."""


class Robustly(CrmFrame):
    def test_r01_a_wait_that_is_asked_for_is_granted(self, bench: CrmBench) -> None:
        """After a 429 the work goes on when the time it names is over, and loses nothing; or where it names none.

        Where it is longer than a run waits, or does not end, `RateLimited` reaches the host.

        Why: a CRM is its owner's daily work. A newsletter that takes all of its capacity is switched off.
        """
        for fault, seconds in ((retry_after(90), 90), (answer_with(429), 0)):
            waited = sum(bench.pauses)
            for found in looks(bench, fault):
                expect(not found.error, f"A look is given up: {found.error}")
                expect(sum(bench.pauses) - waited >= seconds, "The wait that was asked for was cut short.")
                waited = sum(bench.pauses)
            for plan in attempts(bench, fault):
                expect(plan.error is None, f"A {plan.what} is given up: {plan.error}")
                settle(bench, plan)
        _expect_told(bench, retry_after(LONG), RateLimited)

    def test_r02_a_5xx_is_survived_or_told(self, bench: CrmBench) -> None:
        """A single 500, or a line that breaks, does not end a look. Of a write it is told truthfully.

        One that lasts reaches the host, as `ServiceUnavailable`; the next run brings everything to its end.

        Why: whoever is missing from a complete look is taken as deleted.
        """
        for fault in (answer_with(500), lost_before):
            for found in looks(bench, fault):
                expect(not found.error, f"A look is given up: {found.error}")
        for fault in (answer_with(500), lost_before):
            for plan in attempts(bench, fault):
                settle(bench, plan)
        _expect_told(bench, answer_with(503), ServiceUnavailable)

    def test_r03_what_is_no_answer_is_not_taken_for_one(self, bench: CrmBench) -> None:
        """A page of HTML with status 200, or half of a JSON, makes no look complete and no write done.

        Why: an answer without rows is not an empty CRM.
        """
        for fault in (html_error(502), answer_with(200, body=LOGIN_PAGE, content_type="text/html"), truncated):
            list(looks(bench, fault))
            for plan in attempts(bench, fault):
                settle(bench, plan)

    def test_r04_a_write_whose_answer_is_lost_is_not_made_twice(self, bench: CrmBench) -> None:
        """When a write was applied and its answer is lost, or a 500, nobody is doubled and nothing untrue is told.

        Neither by this run nor by the next, which decides by what it finds.

        Why: the write may have been applied or not; whatever is done about it must be right in both cases.
        """
        for fault in (timeout_after, answer_with(500, applied=True)):
            for plan in attempts(bench, fault):
                settle(bench, plan)

    def test_r05_a_look_that_is_given_up_leaves_no_gap(self, bench: CrmBench) -> None:
        """After a look that was killed or failed at any point, the next process sees everybody.

        Why: what was seen may be remembered; that there was more must be remembered as well.
        """
        ids = set(bench.users.seed(self.many))
        for _ in bench.crm.contacts(Selection()):
            break
        expect(
            set(bench.everybody(bench.open())) == ids, "After a look that was given up some contacts do not come."
        )
        if bench.users.application is None:
            return
        for number in count():
            bench.users.edit_contact(min(ids), email=bench.somebody())
            bench.clock.advance(60)
            bench.service.faults.add(answer_with(400), skip=number, times=FOREVER)
            folder = bench.new_folder()
            found = look(bench.open(folder))
            bench.service.faults.clear()
            came = bench.everybody(bench.open(folder))
            expect(set(came) == ids, f"After a look that failed {len(ids - set(came))} contacts do not come.")
            if not found.error:
                return

    def test_r06_changes_between_pages_hide_nobody(self, bench: CrmBench) -> None:
        """While everybody is read, contacts are deleted, changed and added; who is there all the time comes once.

        Tried out after every single request of the read, and once the first contact has come.

        Why: paging by offset skips as many as have gone from the pages before.
        """
        ids = list(bench.users.seed(self.many))
        for number in count(-1):
            stir = _Stir(bench, ids[:2], ids[2:4])
            came = []
            if number >= 0:
                bench.service.faults.add(afterwards(stir), skip=number)
            for one in bench.open(bench.new_folder()).contacts(Selection()):
                came.append(one.id)
                if number < 0 and not stir.done:
                    stir()
            if not stir.done:
                return
            ids = ids[2:]
            expect(len(came) == len(set(came)), "Somebody comes twice when others are changed.")
            missing = len(set(ids).difference(came))
            expect(not missing, f"{missing} contacts do not come when others are deleted, changed or added.")
            if bench.users.application is None:
                return

    def test_r07_a_wrong_key_is_told(self, bench: CrmBench) -> None:
        """A key that the CRM does not take is `SignInAgain`, for a check and for everything else.

        Why: a person has to act. Trying again later helps nobody.
        """
        wrong = _wrong(bench)
        for check in (True, False):
            crm = bench.open(bench.new_folder(), environ=wrong)
            error = _trouble_of_checking(crm) if check else look(crm).error
            expect(error, "A wrong key is not told.")
            is_told = isinstance(error, SignInAgain) and error.hint
            expect(is_told, f"A wrong key is told as {type(error).__name__}, or without saying what to do.")

    def test_r08_connections_are_not_in_each_others_way(self, bench: CrmBench) -> None:
        """While connections are synced side by side, all of their writes are made.

        With an API, tried out over a real port, where every way out is seen: it never sees more requests at once
        than the info declares.

        Why: all connections share one CRM; and its limit is the tenant's, shared with everybody who works there.
        """
        fields = [bench.opt_in_field() for _ in range(3)]
        people = bench.contacts(12)
        new = [[bench.new_contact(bench.somebody(), one) for _ in range(4)] for one in fields]
        changes = [[bench.change(each, one) for each in people] for one in fields]
        with bench.served() as crm, ThreadPoolExecutor(len(fields)) as pool:
            made = list(pool.map(crm.create_contacts, new))
            unmade = [one for some in pool.map(crm.set_opt_ins, changes) for one in some]
        expect(not unmade, f"{len(unmade)} changes of different fields were in each other's way.")
        held = bench.users.contacts()
        are_set = all(held[one].opt_ins.get(each.key) is OptIn.YES for one in people for each in fields)
        expect(are_set, "An opt-in that was set beside others is not set.")
        ids = {one for some in made for one in some}
        expect(len(ids & held.keys()) == 12, "Contacts that were made side by side are not all there.")
        if bench.users.application is not None:
            most, limit = bench.service.requests.most_at_once, bench.plugin.info.concurrency
            expect(most <= limit, f"{most} requests were under way at once, and {limit} are declared.")

    def test_r09_what_is_there_is_not_written_again(self, bench: CrmBench) -> None:
        """Looks, fields that exist, and contacts and opt-ins that are as they should be cost no write.

        Why: a run that has nothing to do must not show up in the CRM's history, nor in its triggers.
        """
        for plan in plans(bench):
            plan.carry_out(bench, bench.crm)
            field = bench.crm.opt_in_fields()
            crm = bench.open(bench.new_folder())
            bench.service.requests.reset()
            look(crm)
            crm.ensure_opt_in_fields(field)
            crm.set_opt_ins([])
            crm.create_contacts([bench.new_contact(one, plan.opt_in) for one in plan.addresses])
            writes = bench.service.requests.writes
            expect(not writes, f"{writes} writes were sent though everything was as it should be.")

    def test_r10_nobody_is_given_away(self, bench: CrmBench) -> None:
        """No key, no token and no full address stands in a log line, a repr or an error.

        Whatever happens: refusals that repeat the address, error pages, wrong keys; at the log's finest level.

        Why: logs and reports are copied into tickets, and read by people who may not see either.
        """
        with Ears() as ears:
            ears.addresses.add(address := bench.somebody())
            bench.users.add_contact(address)
            _overhear(bench, ears, None)
            if bench.users.application is not None:
                faults = (html_error(500), truncated, lost_before, answer_with(200, body="{}"))
                refusals = (repeating(status, {address}) for status in (400, 401, 403, 404, 409, 422))
                for fault in (*faults, *refusals):
                    _overhear(bench, ears, fault)
                ears.listen(_trouble_of_checking(bench.open(environ=_wrong(bench))))
        found = ears.heard_of(_secrets(bench), (bench.crm, bench.settings(), bench.endpoint()))
        expect(not found, f"{found} is given away.")


def _expect_told(bench: CrmBench, fault: Fault, expected: type[RateLimited] | type[ServiceUnavailable]) -> None:
    """Let a fault last from some request on, and see that the host hears of it in every case."""
    for found in looks(bench, fault, times=FOREVER):
        expect_told(found.error, expected)
    for plan in attempts(bench, fault, times=FOREVER):
        expect_told(plan.error, expected)
        settle(bench, plan)


def _trouble_of_checking(crm: Crm) -> RundbriefError | None:
    try:
        crm.check()
    except RundbriefError as error:
        return error
    return None


@dataclass(slots=True)
class _Stir:
    """Users who delete some, change others and add more, once."""

    bench: CrmBench
    leaving: Sequence[str]
    changing: Sequence[str]
    done: bool = False

    def __call__(self) -> None:
        self.done = True
        self.bench.clock.advance(60)
        for one in self.leaving:
            self.bench.users.delete_contact(one)
        for one in self.changing:
            self.bench.users.edit_contact(one, email=self.bench.somebody())
        self.bench.contacts(2)
        self.bench.clock.advance(60)


def _overhear(bench: CrmBench, ears: Ears, fault: Fault | None) -> None:
    """Look and write, and listen to what is said of it."""
    crm = bench.open()
    for plan in plans(bench):
        ears.addresses.update(plan.addresses)
        if fault is not None:
            bench.service.faults.add(fault, times=FOREVER)
        plan.carry_out(bench, crm)
        ears.listen(plan.error)
        ears.listen(look(bench.open()).error)
        if fault is not None:
            bench.service.faults.clear()


def _wrong(bench: CrmBench) -> dict[str, str]:
    secrets = bench.users.environ()
    if not secrets:
        pytest.skip(f"{bench.title} needs no key.")
    return {name: f"wrong{secret[5:]}" for name, secret in secrets.items()}


def _secrets(bench: CrmBench) -> Iterator[str]:
    yield from bench.users.environ().values()
    endpoint = bench.endpoint()
    if endpoint is not None and isinstance(endpoint.auth, BasicAuth):
        yield b64encode(f"{endpoint.auth.user}:{endpoint.auth.password.reveal()}".encode()).decode()
