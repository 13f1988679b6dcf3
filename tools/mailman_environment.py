"""Make the virtual environment in which `make test-mailman` runs a real GNU Mailman.

usage: python tools/mailman_environment.py FOLDER CONSTRAINTS

Mailman refuses to be run by root, and its SQLAlchemy is older than ours. So it has an environment of its own, with
a Python that the account which is to run it can reach: one in root's home is none.
"""

import os
import pwd
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PYTHONS = (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3")
UNPRIVILEGED = "nobody"


def main(folder: Path, constraints: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    run([python_for_all(), "-m", "venv", "--without-pip", str(folder)])
    python = str(folder / "bin/python")
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    run([*pip, "--constraint", str(constraints), "mailman"])
    if not can_run(python, "import mailman"):
        sys.exit(f"{folder} is out of reach for {UNPRIVILEGED}. Name another one: make test-mailman MAILMAN=...")


def python_for_all() -> str:
    """Return a Python that is new enough, and that the account which is to run Mailman can start.

    In a virtual environment `sys.executable` is a link to the real one, which may be out of its reach.
    """
    named = os.environ.get("PYTHON")
    wanted = (named,) if named else PYTHONS
    for python in wanted:
        if can_run(python, "import sys, venv; sys.exit(sys.version_info < (3, 11))"):
            return python
    raise SystemExit(
        f"No Python 3.11 or newer that everybody can run; tried {', '.join(wanted)}. Name one: PYTHON=..."
    )


def can_run(python: str, code: str) -> bool:
    try:
        done = subprocess.run([python, "-c", code], cwd="/", capture_output=True, check=False, **as_whom())
    except OSError:
        return False
    return done.returncode == 0


def as_whom() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam(UNPRIVILEGED)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def run(command: Sequence[str]) -> None:
    if subprocess.run(command, check=False).returncode:
        sys.exit("Setting up the environment failed; the reason stands above.")


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), Path(sys.argv[2]))
