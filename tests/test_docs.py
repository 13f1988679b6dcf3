"""The documentation says what the code does."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_tables_made_from_the_code_are_up_to_date() -> None:
    command = [sys.executable, "-m", "docs_tables", "--check"]
    checked = subprocess.run(command, cwd=ROOT / "tools", capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
