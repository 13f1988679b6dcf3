"""The command, killed with SIGKILL at a few chosen instants and run again: nothing lost, nothing doubled.

`make kill-test` does the same with thousands of contacts, at hundreds of instants.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "crashes" / "run.py"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the harness forks its sandboxes")
@pytest.mark.parametrize(
    "scene", ["export, mailchimp, local", "export, then import, cleverreach", "export, brevo"]
)
def test_a_killed_run_comes_to_the_same_end(scene: str) -> None:
    options = ["--seed", "3", "--cases", "4", "--size", "60", "--only", scene]
    done = subprocess.run([sys.executable, str(SCRIPT), *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 cases" in done.stdout
