"""Benchmarks: import and export against the Mailchimp sandbox on a port, and the start-up of the command.

    python tests/bench/run.py                      everything; some minutes
    python tests/bench/run.py --sizes 1000 10000   smaller

The service runs in a process of its own, each measurement in a fresh one, so that peak memory is the client's
alone. Timings depend on the machine; requests do not. Nothing here asserts.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from measuring import Measurement, client, service
from requests_per_job import count_jobs

from rundbrief.plugins import installed

SCENARIOS = ("import", "import again", "export new", "export changed", "export again")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--latencies", type=int, nargs="+", default=[0, 50], help="milliseconds per request")
    options = parser.parse_args()

    print_row("scenario", "contacts", "latency", "seconds", "contacts/s", "requests", "peak memory")
    measurements = []
    for latency in options.latencies:
        for size in options.sizes:
            for one in measure(size, latency):
                measurements.append(one)
                print_row(
                    one.scenario,
                    f"{one.size:,}",
                    f"{latency} ms",
                    f"{one.seconds:.2f}",
                    f"{one.per_second:,.0f}",
                    f"{one.requests:,}",
                    f"{one.peak_mb:.0f} MB",
                )
    report_memory(measurements)
    report_requests()
    report_start_up()


def print_row(*cells: str) -> None:
    widths = (16, 9, 8, 9, 11, 9, 12)
    print("  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True)), flush=True)


def measure(size: int, latency_ms: int) -> Iterator[Measurement]:
    """Run the scenarios of one size in their order: each stands on the state of the one before."""
    with tempfile.TemporaryDirectory(prefix="rundbrief-bench-") as folder:
        for people, scenarios in ((size, SCENARIOS[:2]), (0, SCENARIOS[2:])):
            place = Path(folder) / scenarios[0].replace(" ", "-")
            place.mkdir()
            with service(place, "mailchimp", people, latency_ms):
                for scenario in scenarios:
                    yield client(place, scenario, size)


def report_memory(measurements: list[Measurement]) -> None:
    print("\npeak memory of the largest against the next smaller size")
    for scenario in SCENARIOS:
        peaks: dict[int, float] = {}
        for one in measurements:
            if one.scenario == scenario:
                peaks[one.size] = max(peaks.get(one.size, 0.0), one.peak_mb)
        sizes = sorted(peaks)[-2:]
        if len(sizes) == 2:
            small, large = sizes
            print(f"  {scenario:14}  {small:,} -> {large:,}: {peaks[large] / peaks[small]:.2f}x")


def report_requests() -> None:
    """Count the requests of each job at every installed provider's sandbox."""
    print("\nrequests, reads + writes")
    counted = {plugin.name: list(count_jobs(plugin.name)) for plugin in installed()}
    names = sorted(counted)
    print("".join(f"  {title:>24}" for title in ("", *names)))
    for jobs in zip(*(counted[name] for name in names), strict=True):
        cells = (jobs[0].job, *(f"{one.reads} + {one.writes}" for one in jobs))
        print("".join(f"  {cell:>24}" for cell in cells), flush=True)


def report_start_up(runs: int = 15) -> None:
    """Time `rundbrief --help` against importing click alone, in turn, so that a slow moment hits both."""
    script = Path(sys.executable).with_name("rundbrief")
    commands = {
        "rundbrief --help": [str(script), "--help"],
        "import click": [sys.executable, "-c", "import click"],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs + 1):
        for name, command in commands.items():
            began = time.perf_counter()
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
            times[name].append(time.perf_counter() - began)
    medians = {name: statistics.median(values[1:]) for name, values in times.items()}
    print("\nstart-up, median of", runs)
    for name, seconds in medians.items():
        print(f"  {name:16}  {seconds * 1000:.0f} ms")
    print(f"  ratio             {medians['rundbrief --help'] / medians['import click']:.2f}x")


if __name__ == "__main__":
    main()
