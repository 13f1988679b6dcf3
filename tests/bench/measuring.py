"""Measuring a scenario: service and run each in a process of its own, so that peak memory is the run's alone."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Measurement", "client", "service"]

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Measurement:
    scenario: str
    size: int
    seconds: float
    cpu_seconds: float
    """Of the run's process alone."""
    requests: int
    peak_mb: float
    state_mb: float
    """Size of the state database once the run has ended."""
    crm_mb: float

    @property
    def per_second(self) -> float:
        return self.size / self.seconds


@contextmanager
def service(
    folder: Path,
    provider: str,
    people: int,
    latency_ms: int = 0,
    settings: Mapping[str, Any] | None = None,
) -> Iterator[None]:
    """Serve a sandbox with so many subscribers from another process, and write its configuration into `folder`.

    Args:
        settings: of the connection, where they are to differ from the sandbox's own.
    """
    command = [sys.executable, str(HERE / "service.py"), str(folder), provider, str(people), str(latency_ms)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        if process.stdout.readline().strip() != "ready":
            raise SystemExit("the sandbox did not start")
        if settings:
            told = json.loads((folder / "service.json").read_text(encoding="utf-8"))
            told["settings"] |= settings
            (folder / "service.json").write_text(json.dumps(told), encoding="utf-8")
        yield
    finally:
        process.communicate("stop\n")


def client(folder: Path, scenario: str, size: int) -> Measurement:
    """Run one scenario in a fresh process, and ask the operating system for its peak memory."""
    script = [sys.executable, str(HERE / "client.py"), str(folder)]
    subprocess.run([*script, "prepare", scenario, str(size)], check=True)
    command = [*script, "run", scenario, str(size)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        answer = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{scenario} with {size:,} contacts failed")
    told = json.loads(answer)
    unit = 1024 if sys.platform == "linux" else 1024 * 1024
    return Measurement(
        scenario,
        size,
        told["seconds"],
        usage.ru_utime + usage.ru_stime,
        told["requests"],
        usage.ru_maxrss / unit,
        megabytes(folder, "rundbrief.db"),
        megabytes(folder, "contacts.db"),
    )


def megabytes(folder: Path, name: str) -> float:
    """Return the size of a database with its journal files."""
    return sum(file.stat().st_size for file in folder.glob(f"{name}*")) / 1e6
