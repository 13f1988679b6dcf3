"""Run cells of the matrix, print what may not be so, and compare with the record, or write it.

The record is what the page docs/reference/faults.md is made of.
"""

import argparse
import logging
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from faults.matrix import SERVICES
from faults.record import CLOCKS_ARE_WRONG, Entry, entries, save

__all__: list[str] = []


def main(arguments: Sequence[str]) -> int:
    """Return the exit code: 1 when something may not be so, or is other than on record."""
    parser = argparse.ArgumentParser(prog="python -m faults", description=__doc__)
    parser.add_argument("services", nargs="*", default=(*SERVICES, CLOCKS_ARE_WRONG))
    parser.add_argument("--sample", type=int, metavar="N", help="only so many cells of each service")
    parser.add_argument("--seed", type=int, default=0, help="which ones")
    parser.add_argument("--only", default="", metavar="TEXT", help="only cells whose name holds this text")
    parser.add_argument("--write", action="store_true", help="write the record")
    parser.add_argument("--processes", type=int, default=1, metavar="N", help="services at once")
    chosen = parser.parse_args(arguments)
    logging.getLogger("rundbrief").setLevel(logging.ERROR)
    work = partial(entries, sample=chosen.sample, seed=chosen.seed, only=chosen.only)
    found = []
    with ProcessPoolExecutor(chosen.processes, get_context("fork")) as pool:
        for service, some in zip(chosen.services, pool.map(work, chosen.services), strict=True):
            found += some
            if chosen.write:
                save(service, some, as_a_whole=not (chosen.only or chosen.sample))
    return _report(found)


def _report(found: Sequence[Entry]) -> int:
    bad = [one for one in found if one.complaints]
    differ = [one for one in found if one.word != one.on_record]
    for one in differ:
        on_record = one.on_record or "nothing"
        sys.stdout.write(f"{one.name}: {one.word}, and {on_record} is on record. {one.message}\n")
    sys.stdout.write(f"{len(found)} cells, {len(bad)} with complaints, {len(differ)} other than on record.\n")
    return 1 if bad or differ else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
