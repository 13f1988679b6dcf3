"""The consent machine for as long as one likes: new examples of every case, until the time is up or a rule breaks.

    python tests/soak.py                                    half an hour
    python tests/soak.py --minutes 5 --pair brevo-weclapp   shorter, and only the cases that begin so

A round is a number of examples of one case, out of a seed of its own. Whatever breaks a rule is made as small as
possible and shown, with the command that finds it again, and the exit code is 1.
"""

import argparse
import os
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, cycle
from pathlib import Path
from random import SystemRandom
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from machine.cases import CASES
from machine.small import small_pages
from machine.watched_plugin import write_metadata

EXAMPLES = 10
"""In a round; one takes some seconds."""

COLUMNS = (
    "examples",
    "rules",
    "runs",
    "requests",
    "instants",
    "acts between runs",
    "acts at an instant",
    "kills",
    "faults",
)


@dataclass(frozen=True)
class Round:
    case: str
    seed: int


@dataclass(frozen=True)
class Ended:
    """What became of a round."""

    round: Round
    tally: Counter[str]
    failure: str = ""
    """What broke, with the example; empty if nothing did."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30.0, help="how long to go on (default: 30)")
    parser.add_argument("--seed", type=int, help="of the first round; the next has the next (default: any)")
    parser.add_argument("--rounds", type=int, help="stop after so many")
    parser.add_argument("--pair", action="append", help=f"only cases that begin so: {', '.join(CASES)}")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count(), help="rounds at a time (default: one for each core)"
    )
    options = parser.parse_args()

    cases = [name for name in CASES if not options.pair or any(name.startswith(one) for one in options.pair)]
    if not cases:
        parser.error(f"no case begins so; there are {', '.join(CASES)}")
    first = SystemRandom().randrange(2**31) if options.seed is None else options.seed
    print(f"{len(cases)} cases, from seed {first}, for {options.minutes:g} minutes", flush=True)
    tallies: dict[str, Counter[str]] = {name: Counter() for name in cases}
    failures = []
    for ended in go_on(rounds(cases, first, options.rounds), options.minutes * 60, options.jobs):
        tallies[ended.round.case] += ended.tally
        if ended.failure:
            failures.append(ended)
    show(tallies)
    for ended in failures:
        again = f"--pair {ended.round.case} --seed {ended.round.seed} --rounds 1"
        print(f'\n{ended.failure}\nAgain: make soak ARGS="{again}"')
    sys.exit(1 if failures else 0)


def rounds(cases: Sequence[str], first: int, most: int | None) -> Iterator[Round]:
    for number, case in zip(count(first), cycle(cases), strict=False):
        if most is not None and number >= first + most:
            return
        yield Round(case, number)


def go_on(wanted: Iterator[Round], seconds: float, jobs: int) -> Iterator[Ended]:
    """Play rounds until the time is up or one fails; those under way are played to their end."""
    until = time.monotonic() + seconds
    is_over = False
    with ProcessPoolExecutor(max_workers=jobs) as pool:
        playing: set[Future[Ended]] = set()
        while True:
            while not is_over and len(playing) < jobs and (one := next(wanted, None)):
                playing.add(pool.submit(play, one))
            if not playing:
                return
            done, playing = wait(playing, return_when=FIRST_COMPLETED)
            for ended in (one.result() for one in done):
                is_over = is_over or bool(ended.failure)
                yield ended
            is_over = is_over or time.monotonic() > until


def play(one: Round) -> Ended:
    """Play one round, in a process of its own."""
    tally: Counter[str] = Counter()
    machine = seed(one.seed)(CASES[one.case].machine(tally))
    try:
        with watched_crm(), small_pages():
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=EXAMPLES,
                    stateful_step_count=25,
                    database=None,
                    deadline=None,
                    print_blob=True,
                    report_multiple_bugs=False,
                    phases=[Phase.generate, Phase.shrink],
                    suppress_health_check=list(HealthCheck),
                ),
            )
    except Exception:
        return Ended(one, tally, traceback.format_exc())
    return Ended(one, tally)


@contextmanager
def watched_crm() -> Iterator[None]:
    with TemporaryDirectory(prefix="consent-machine-") as folder:
        write_metadata(Path(folder))
        sys.path.insert(0, folder)
        try:
            yield
        finally:
            sys.path.remove(folder)


def show(tallies: Mapping[str, Counter[str]]) -> None:
    """Print what was done in each case, and in all."""
    together = sum(tallies.values(), Counter())
    width = max(len(name) for name in tallies)
    print(f"\n{'':{width}}  " + "  ".join(COLUMNS))
    for name, tally in (*tallies.items(), ("together", together)):
        print(f"{name:{width}}  " + "  ".join(f"{tally[column]:>{len(column)},}" for column in COLUMNS))


if __name__ == "__main__":
    main()
