"""One case: a command that is killed, perhaps killed again, and let to finish; and what has become of it all."""

import json
import os
import random
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from crashes.clients import Call, Clients
from crashes.instants import AFTER_AN_ANSWER, REQUEST_INSTANTS, Guillotine, Instant, choose
from crashes.snapshot import Snapshot, differences, take, without
from crashes.witness import Witness
from crashes.world import World, now
from rundbrief.models import SubscriberStatus

__all__ = ["Case", "Job", "Undisturbed", "carry_out", "run_undisturbed"]

KILLED = -9


@dataclass(frozen=True, slots=True)
class Job:
    """A command that is killed, and those that come after."""

    command: Sequence[str]
    then: Sequence[Sequence[str]] = ()
    """What is run afterwards, to its end; nothing: the same command."""

    @property
    def to_the_end(self) -> Sequence[Sequence[str]]:
        return self.then or [self.command]


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """What comes of a job that nobody kills."""

    counts: Mapping[str, int]
    """Kind of instant -> how many the command has."""
    snapshot: Snapshot


@dataclass(slots=True)
class Case:
    """What was done in a case, and what is wrong."""

    kills: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    """What the run after a kill told of it."""
    wrong: list[str] = field(default_factory=list)


def run_undisturbed(world: World, job: Job, clients: Clients, folder: Path) -> Undisturbed:
    """Run a job as its users mean it; call it in a fork."""
    began = now()
    guillotine, witness = Guillotine(0), Witness(world)
    for one in world.applications().values():
        guillotine.watch(one)
    with world.moved_to(folder):
        counted = folder / "counts.json"
        client = _Client(world, guillotine, clients, counted)
        commands = [job.command] if not job.then or "--dry-run" not in job.command else [job.command, *job.then]
        requests = 0
        for number, command in enumerate(commands):
            code, errors = client.run(command)
            assert code == 0, errors
            if number == 0:
                counts, requests = json.loads(counted.read_text(encoding="utf-8")), guillotine.requests
    counts |= dict.fromkeys(REQUEST_INSTANTS, requests)
    return Undisturbed(counts, {**take(world, began), **witness.seen()})


def carry_out(
    world: World, job: Job, undisturbed: Undisturbed, dice: random.Random, clients: Clients, folder: Path
) -> Case:
    """Kill a job, let it be finished, and look at what there is; call it in a fork."""
    began, case = now(), Case()
    guillotine, witness = Guillotine(dice.uniform(0, AFTER_AN_ANSWER)), Witness(world)
    for one in world.applications().values():
        guillotine.watch(one)
    with world.moved_to(folder):
        client = _Client(world, guillotine, clients)
        _kill(client, job.command, choose(dice, undisturbed.counts), case)
        if dice.random() < 0.5:
            _kill(client, job.to_the_end[0], choose(dice, undisturbed.counts), case)
        for command in job.to_the_end:
            _finish(client, command, case)
        found = {**take(world, began), **witness.seen()}
        stranded = _stranded(world, case)
        case.wrong += differences(without(undisturbed.snapshot, stranded), without(found, stranded))
        case.wrong += _left_behind(world)
    return case


def _kill(client: "_Client", command: Sequence[str], instant: Instant, case: Case) -> None:
    cut_off = client.runs_cut_off()
    code, errors = client.run(command, instant)
    case.kills.append(str(instant) if code == KILLED else f"{instant} (not reached)")
    if code not in (KILLED, 0):
        case.wrong.append(f"{' '.join(command)} at {instant} ended with {code}: {errors}")
    if code == 0:
        _look_for_words(cut_off, errors, case)


def _finish(client: "_Client", command: Sequence[str], case: Case) -> None:
    cut_off = client.runs_cut_off()
    code, errors = client.run(command)
    if code != 0:
        case.wrong.append(f"{' '.join(command)} ended with {code}: {errors}")
    _look_for_words(cut_off, errors, case)


def _look_for_words(cut_off: Sequence[int], errors: str, case: Case) -> None:
    """A run that goes on after others were killed has to say so, and what it goes on with."""
    for number in cut_off:
        said = [line for line in errors.splitlines() if f" {number} (" in line and "cut off" in line]
        case.said += said
        if not said:
            case.wrong.append(f"run {number} was killed, and the next one says only: {errors!r}")


def _stranded(world: World, case: Case) -> Sequence[str]:
    """Return who was left on no list of Brevo's, as the run was killed in the middle of giving her a new address.

    The move takes her off her lists for a moment, so that a "no" that comes in between is not lost. Killed there,
    it leaves her where nobody mails her, and each export names her: that is meant, and once for each kill at most.
    """
    stranded = [
        address
        for box in world.boxes
        if box.service.account_wide
        for address, held in box.sandbox.recipients(box.lists[0]).items()
        if held.status is SubscriberStatus.NEVER and address in world.people.moved
    ]
    if len(stranded) > len(case.kills):
        case.wrong.append(f"{len(stranded)} people are on no list after {len(case.kills)} kills")
    if stranded:
        case.said.append(f"Killed in the middle of a move: {', '.join(stranded)} on no list.")
    return stranded


def _left_behind(world: World) -> Iterator[str]:
    for lock in world.folder.glob("*.lock"):
        try:
            FileLock(lock, timeout=0).acquire().lock.release()
        except Timeout:
            yield f"{lock.name} is still held"
    for one in (*world.folder.glob("*.dry-run"), *world.folder.joinpath("tmp").iterdir()):
        yield f"{one.name} was left behind"


@dataclass(frozen=True)
class _Client:
    world: World
    guillotine: Guillotine
    clients: Clients
    counted: Path | None = None

    def run(self, command: Sequence[str], kill_at: Instant | None = None) -> tuple[int, str]:
        """Run the command to its end, or to `kill_at`; return its exit code and what it said on stderr."""
        temporary = self.world.folder / "tmp"
        temporary.mkdir(exist_ok=True)
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.world.folder),
            "TMPDIR": str(temporary),
            **self.world.environ(),
        }
        if kill_at and kill_at.kind not in REQUEST_INSTANTS:
            environ["RUNDBRIEF_KILL"] = str(kill_at)
        if self.counted:
            environ["RUNDBRIEF_COUNTS"] = str(self.counted)
        call = Call(command, self.world.folder, environ)
        code = self.clients(call, lambda pid: self.guillotine.set(pid, kill_at))
        self.guillotine.rest()
        return code, call.errors.read_text(encoding="utf-8")

    def runs_cut_off(self) -> list[int]:
        """Return the runs that nobody has ended."""
        if not self.world.state.exists():
            return []
        with closing(sqlite3.connect(self.world.state)) as connection:
            try:
                rows = connection.execute("SELECT id FROM runs WHERE state = 'running'").fetchall()
            except sqlite3.OperationalError:
                return []  # killed before there was any table
        return [number for (number,) in rows]


def tally(cases: Sequence[Case]) -> Counter[str]:
    """Return how many kills there were at each kind of instant."""
    return Counter(one.partition(":")[0] for case in cases for one in case.kills if "not reached" not in one)
