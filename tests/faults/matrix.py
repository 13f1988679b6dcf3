"""The matrix: which cells there are, and what comes of one.

Each cell starts from the same stage: people and users have acted, and no run has seen it. A job meets the fault at
one kind of request, once or for ever; just before it, somebody unsubscribes. Then what was done is compared with
what was said, and an undisturbed run has to bring everything to where it would be without the fault.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

from werkzeug.wrappers import Response

from faults.catalogue import FAULTS, Surroundings, Trouble
from faults.forking import in_a_copy
from faults.kinds import KINDS, Kind
from faults.outcomes import Ending, Outcome, judged
from faults.stage import JOBS, Stage
from rundbrief.errors import RundbriefError
from rundbrief.testing.faults import Answer, Fault
from rundbrief.testing.requestlog import RequestRecord

__all__ = ["CLOCKS", "SERVICES", "Cell", "Place", "Stages", "cells", "outcomes_with_wrong_clocks"]

CLOCKS = {"our clock is an hour ahead": 1, "our clock is an hour behind": -1}

RUNS = ("full import", "import", "export")

SERVICES = ("mailchimp", "cleverreach", "brevo", "weclapp")
FOREVER = 1_000_000


@dataclass(frozen=True)
class Place:
    """A kind of request in a job."""

    service: str
    job: str
    kind: Kind

    @property
    def name(self) -> str:
        return f"{self.job}: {self.kind.title}"

    @property
    def side(self) -> str:
        return "crm" if self.service == "weclapp" else "service"


@dataclass(frozen=True)
class Cell:
    """A place, and the fault that happens there."""

    place: Place
    trouble: Trouble
    is_lasting: bool
    """For ever; else once."""


class Stages:
    """The stages that cells start from, each prepared once."""

    def __init__(self) -> None:
        self._ready: dict[tuple[str, str], Stage] = {}
        self._calm: dict[Place, Ending] = {}
        self._ended_at_once: dict[tuple[Place, str], Outcome] = {}
        """Where a fault has ended the job the first time, there was no second: for ever is the same."""

    def close(self) -> None:
        for stage in self._ready.values():
            stage.close()

    def places(self, service: str) -> list[Place]:
        """Run each job undisturbed, and return where to look at which kind of request, in the order of `KINDS`.

        That is the export, in which most is at stake; for a kind that it does not send, the first job that does.

        Raises:
            LookupError: a request fits no kind, or several; or a kind is sent by no job.
        """
        sent = {job: in_a_copy(partial(_kinds_sent, self._stage(service, job), service, job)) for job in JOBS}
        found = []
        for kind in KINDS[service]:
            jobs = [job for job in JOBS if kind in sent[job]]
            if not jobs:
                raise LookupError(f"No job sends to {service}: {kind.title}")
            found.append(Place(service, "export" if "export" in jobs else jobs[0], kind))
        return found

    def outcome(self, cell: Cell) -> Outcome | None:
        """Let a job meet a fault; None where that cannot be."""
        stage = self._stage(cell.place.service, cell.place.job)
        if cell.trouble.needs_a_job and not cell.place.kind.asks_after_a_job:
            return None
        if cell.trouble.make(_around(stage, cell.place)) is None:
            return None
        ended = self._ended_at_once.get((cell.place, cell.trouble.name))
        if cell.is_lasting and ended:
            return ended
        if cell.place not in self._calm:
            self._calm[cell.place] = in_a_copy(partial(_ending, stage, replace(cell, trouble=_NOTHING), None))
        calm = self._calm[cell.place]
        outcome = judged(in_a_copy(partial(_ending, stage, cell, calm)), calm)
        if outcome.has_ended_the_job and not cell.is_lasting:
            self._ended_at_once[cell.place, cell.trouble.name] = outcome
        return outcome

    def _stage(self, service: str, job: str) -> Stage:
        names = _stage_for(service, job)
        if names not in self._ready:
            self._ready[names] = _prepared(*names)
        return self._ready[names]


_NOTHING = Trouble("nothing", "", lambda _: lambda answer: answer())


def outcomes_with_wrong_clocks(service: str) -> Iterator[tuple[str, str, Outcome]]:
    """Let runs go with our clock ahead of everybody else's, or behind; yield job, clock and what came of it."""
    calm: dict[str, Ending] = {}
    for name, hours in {"right": 0, **CLOCKS}.items():
        stage = _prepared(*_stage_for(service, "export"), skew=timedelta(hours=-hours))
        for job in RUNS:
            cell = Cell(Place(service, job, KINDS[service][0]), _NOTHING, is_lasting=False)
            ending = in_a_copy(partial(_ending, stage, cell, calm.get(job)))
            if job in calm:
                yield job, name, judged(ending, calm[job])
            calm.setdefault(job, ending)
        stage.close()


def cells(places: list[Place]) -> Iterator[Cell]:
    for place in places:
        for trouble in FAULTS.values():
            for is_lasting in (False, True):
                yield Cell(place, trouble, is_lasting)


def _stage_for(service: str, job: str) -> tuple[str, str]:
    """Name service and CRM. A push of fields needs a CRM with choices; else the embedded one is the quickest."""
    if service == "weclapp":
        return "cleverreach", "weclapp"
    return service, "weclapp" if job == "fields" else "local"


def _prepared(service: str, crm: str, skew: timedelta = timedelta()) -> Stage:
    stage = Stage(service, crm, skew=skew)
    stage.come_into_step()
    if crm == "weclapp" and "add_choices" in stage.connection.provider.capabilities:
        stage.let_fields_differ()
    stage.let_things_happen()
    stage.pause()
    return stage


# --- in a copy --------------------------------------------------------------------------------------------


def _kinds_sent(stage: Stage, service: str, job: str) -> list[Kind]:
    stage.move_to_a_copy()
    application = stage.applications["crm" if service == "weclapp" else "service"]
    application.requests.reset()
    JOBS[job].run(stage)
    sent = Counter(_kind_of(service, record) for record in application.requests)
    stage.close()
    return [one for one in KINDS[service] if one in sent]


def _kind_of(service: str, record: RequestRecord) -> Kind:
    fitting = [one for one in KINDS[service] if one.fits(record)]
    if len(fitting) != 1:
        raise LookupError(f"{record.method} {record.path}?{record.query} fits {[one.title for one in fitting]}")
    return fitting[0]


def _around(stage: Stage, place: Place) -> Surroundings:
    expire = getattr(stage.applications[place.side], "expire_tokens", None)
    return Surroundings(stage.theirs, expire, stage.wait)


def _ending(stage: Stage, cell: Cell, calm: Ending | None) -> Ending:
    """Run the job with the fault, look, and let undisturbed runs follow."""
    stage.move_to_a_copy()
    place, application = cell.place, stage.applications[cell.place.side]
    before = sum(len(one.requests) for one in stage.applications.values())
    fault = cell.trouble.make(_around(stage, place))
    assert fault is not None
    application.faults.add(
        _somebody_leaves_before(stage, fault),
        method=place.kind.method,
        path=place.kind.path,
        query=place.kind.query,
        times=FOREVER if cell.is_lasting else 1,
    )
    report: Any = None
    error: BaseException | None = None
    try:
        report = JOBS[place.job].run(stage)
    except Exception as caught:
        error = caught
    application.faults.clear()
    stage.leave_now()
    requests = sum(len(one.requests) for one in stage.applications.values()) - before
    ending = Ending.of(stage, report, error, requests)
    stage.wait(3600)
    _follow(stage, ending, *(["fields"] if place.job == "fields" else []), "export")
    if calm is not None and ending.final != calm.final:
        # Who was added with the date of an old opt-in shows in no list of changes (CleverReach).
        _follow(stage, ending, "full import")
    stage.close()
    return ending


def _follow(stage: Stage, ending: Ending, *jobs: str) -> None:
    for job in jobs:
        try:
            JOBS[job].run(stage)
        except RundbriefError as caught:
            ending.aftermath.append(f"the next {job} fails: {caught}")
    ending.settle(stage)


def _somebody_leaves_before(stage: Stage, fault: Fault) -> Fault:
    def both(answer: Answer) -> Response:
        stage.leave_now()
        return fault(answer)

    return both
