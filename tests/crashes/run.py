"""Kill `rundbrief` many times, at instants that a seed chooses, and compare what comes of it.

    python tests/crashes/run.py                       300 cases over all services and jobs
    python tests/crashes/run.py --seed 7 --cases 20   others, and fewer
    python tests/crashes/run.py --case 7-31           one case again

The exit code is 1 when a case went wrong.
"""

import argparse
import os
import pickle
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from crashes.case import Case, Job, Undisturbed, carry_out, run_undisturbed, tally
from crashes.clients import Clients, cold_clients, preload, warm_clients
from crashes.people import People
from crashes.world import Box, World

SMALL = 200
"""Contacts of a CRM with an API, which takes one request to change one."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a case begins, and what is run."""

    services: Sequence[str]
    crm: str
    job: str

    def __str__(self) -> str:
        return f"{self.job}, {' + '.join(self.services)}, {self.crm}"

    @property
    def is_first(self) -> bool:
        """Nothing has run before."""
        return self.job.startswith("first")


ALL = ("mailchimp", "cleverreach", "brevo")

SCENES = (
    *(Scene((name,), "local", job) for name in ALL for job in ("first import", "export", "export", "full import")),
    *(Scene((name,), "local", job) for name in ALL for job in ("export, then import", "dry run", "erase")),
    Scene(ALL, "local", "sync"),
    Scene(ALL, "local", "sync"),
    Scene(ALL, "local", "first sync"),
    *(Scene((name,), "weclapp", "sync") for name in ALL),
)
"""A case takes one of them; those that stand twice are taken twice as often."""


def job_of(scene: Scene, world: World) -> Job:
    box = world.boxes[0]
    export = ("export", box.name, "--list", box.lists[0])
    return {
        "first import": Job(("import", box.name)),
        "full import": Job(("import", box.name, "--full")),
        "export": Job(export),
        "export, then import": Job(export, [("import", *export[1:]), export]),
        "erase": Job(("erase", world.people.quiet[0], "--yes")),
        "dry run": Job((*export, "--dry-run"), [export]),
        "sync": Job(("sync",)),
        "first sync": Job(("sync",)),
    }[scene.job]


def main() -> None:
    options = _options()
    cases: list[Case] = []
    failed: list[str] = []
    began = time.monotonic()
    preload()
    with tempfile.TemporaryDirectory(prefix="rundbrief-kills-") as folder:
        theatre = Theatre(Path(folder), options.size, cold_clients if options.cold else warm_clients)
        for seed, number in options.numbers:
            name = f"{seed}-{number}"
            dice = random.Random(name)
            scene = dice.choice(options.scenes)
            case = theatre.stage(scene).case(dice, name)
            cases.append(case)
            print(f"{name}: {scene}: {', '.join(case.kills)}: {'WRONG' if case.wrong else 'ok'}", flush=True)
            if options.verbose:
                print("\n".join(f"    {line}" for line in case.said), flush=True)
            if case.wrong:
                failed.append(name)
                print("\n".join(f"    {line}" for line in case.wrong))
                print(f"    Again: python tests/crashes/run.py --case {name}{options.again}", flush=True)
    kills = tally(cases)
    print(f"{len(cases)} cases, {kills.total()} kills in {time.monotonic() - began:.0f} s: {dict(kills)}")
    if failed:
        sys.exit(f"{len(failed)} cases went wrong: {' '.join(failed)}")


class Theatre:
    """All scenes, each prepared when it is first needed; scenes that begin alike share a world."""

    def __init__(self, folder: Path, size: int, clients: Callable[[], AbstractContextManager[Clients]]) -> None:
        self._folder = folder
        self._size = size
        self._clients = clients
        self._worlds: dict[tuple[Sequence[str], str, bool], World] = {}
        self._stages: dict[Scene, Stage] = {}

    def stage(self, scene: Scene) -> "Stage":
        if scene not in self._stages:
            place = self._folder / f"scene-{len(self._stages)}"
            self._stages[scene] = Stage(place, scene, self._world(scene), self._clients)
        return self._stages[scene]

    def _world(self, scene: Scene) -> World:
        key = scene.services, scene.crm, scene.is_first
        if key not in self._worlds:
            people = People(self._size if scene.crm == "local" else min(self._size, SMALL))
            boxes = [Box.of(name) for name in scene.services]
            world = World(self._folder / f"world-{len(self._worlds)}", boxes, scene.crm, people)
            world.prepare(in_step=not scene.is_first)
            self._worlds[key] = world
        return self._worlds[key]


class Stage:
    """A scene that is prepared, and what comes of its job when nobody kills it."""

    def __init__(
        self, folder: Path, scene: Scene, world: World, clients: Callable[[], AbstractContextManager[Clients]]
    ) -> None:
        folder.mkdir()
        self._folder = folder
        self._world = world
        self._job = job_of(scene, world)
        self._clients = clients
        self._undisturbed: Undisturbed = self._forked("undisturbed", self._run_undisturbed)

    def case(self, dice: random.Random, name: str) -> Case:
        case: Case = self._forked(
            name,
            lambda clients, place: carry_out(self._world, self._job, self._undisturbed, dice, clients, place),
        )
        return case

    def _run_undisturbed(self, clients: Clients, place: Path) -> Undisturbed:
        return run_undisturbed(self._world, self._job, clients, place)

    def _forked(self, name: str, work: Callable[[Clients, Path], Any]) -> Any:
        """Do something in a fork, in a folder of its own, and return what it returns."""
        place, answer = self._folder / name, self._folder / f"{name}.answer"
        sys.stdout.flush()
        child = os.fork()
        if not child:
            try:
                with self._clients() as clients:
                    result = work(clients, place)
                answer.write_bytes(pickle.dumps(result))
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(0)
        os.waitpid(child, 0)
        if not answer.exists():
            raise SystemExit(f"{name} did not come to its end")
        result = pickle.loads(answer.read_bytes())
        answer.unlink()
        shutil.rmtree(place, ignore_errors=True)
        return result


@dataclass(frozen=True, slots=True)
class Options:
    numbers: Sequence[tuple[int, int]]
    scenes: Sequence[Scene]
    size: int
    cold: bool
    verbose: bool
    again: str
    """The options that the same case needs once more."""


def _options() -> Options:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1, help="which instants are chosen (default: 1)")
    parser.add_argument("--cases", type=int, default=300, help="how many (default: 300)")
    parser.add_argument("--case", metavar="SEED-NUMBER", help="only this one")
    parser.add_argument("--size", type=int, default=5_000, help="contacts in the CRM (default: 5,000)")
    parser.add_argument("--only", default="", metavar="TEXT", help="scenes that have this in their name")
    parser.add_argument("--cold", action="store_true", help="start an interpreter for each run, instead of a fork")
    parser.add_argument("--verbose", action="store_true", help="show what the runs after a kill say")
    given = parser.parse_args()
    if given.case:
        seed, _, number = given.case.partition("-")
        numbers = [(int(seed), int(number))]
    else:
        numbers = [(given.seed, number) for number in range(1, given.cases + 1)]
    scenes = [one for one in SCENES if given.only in str(one)]
    again = (f" --size {given.size}" if given.size != 5_000 else "") + (
        f" --only '{given.only}'" if given.only else ""
    )
    return Options(numbers, scenes, given.size, given.cold, given.verbose, again)


if __name__ == "__main__":
    main()
