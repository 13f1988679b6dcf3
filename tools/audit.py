"""Asks whether a weakness is known of a package that is pinned, and says so when nobody could be asked.

    usage: audit.py CONSTRAINTS [MEMORY]

`pip-audit` counts a package that it cannot find anything about as one without weaknesses. Where there is no
network, or an index that knows nothing of weaknesses, that is all of them: then this says that nobody could be
asked, and fails nothing. A weakness does. MEMORY is a file: what was found sound less than a day ago is not asked
about again.
"""

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

PROBE = "pip"
"""A package that every index has heard of: asked about first, as no network would cost minutes for all of them."""
A_DAY = 24 * 60 * 60.0
PATIENCE = 300.0
"""Seconds for all packages together."""


def main(constraints: Path, memory: Path | None) -> int:
    pins = [line for line in constraints.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    mark = hashlib.sha256("\n".join(pins).encode()).hexdigest()
    if memory and is_remembered(memory, mark):
        return 0
    if not answers([pin for pin in pins if pin.startswith(f"{PROBE}==")]):
        say("Whether weaknesses of the packages are known could not be asked: no index that would know answers.")
        return 0
    told = answers(pins)
    weak = [line for one in told for line in weaknesses(one)]
    for line in weak:
        say(line)
    if len(told) < len(pins):
        say(f"Of {len(pins) - len(told)} packages it could not be asked whether a weakness is known.")
    elif memory and not weak:
        memory.write_text(mark, encoding="utf-8")
    return 1 if weak else 0


def is_remembered(memory: Path, mark: str) -> bool:
    """Tell whether nothing was found about the same versions less than a day ago."""
    if not memory.is_file() or time.time() - memory.stat().st_mtime > A_DAY:
        return False
    return memory.read_text(encoding="utf-8") == mark


def answers(pins: Sequence[str]) -> list[dict[str, Any]]:
    """Return what is told of packages; those of which nothing could be told are left out."""
    with TemporaryDirectory() as folder:
        wanted = Path(folder) / "requirements.txt"
        wanted.write_text("\n".join(pins), encoding="utf-8")
        options = ["--no-deps", "--disable-pip", "--format=json", "--progress-spinner=off", "--timeout=5"]
        try:
            found = subprocess.run(
                [Path(sys.executable).with_name("pip-audit"), *options, "--requirement", wanted],
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
            packages = json.loads(found.stdout)["dependencies"]
        except (subprocess.TimeoutExpired, ValueError, KeyError, TypeError):
            return []
    return [one for one in packages if "skip_reason" not in one]


def weaknesses(package: dict[str, Any]) -> list[str]:
    """Return a sentence for each weakness of a package."""
    return [
        f"{package['name']} {package['version']} has a known weakness, {one['id']}; "
        f"it is mended in {', '.join(one['fix_versions']) or 'no version yet'}."
        for one in package["vulns"]
    ]


def say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None))
