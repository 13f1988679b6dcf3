"""The command line: it prints, and never decides."""

import gc
import sys
from io import TextIOWrapper

from rundbrief.cli.app import cli

__all__ = ["main"]

GARBAGE = 20_000
"""Objects that are made before the collector looks for cycles. Its usual 700 are passed a hundred times while
modules are imported, of which nothing is garbage: a tenth of a command's start."""


def main() -> None:
    """Run the command that `sys.argv` asks for, and exit with its code."""
    gc.set_threshold(GARBAGE)
    if isinstance(sys.stdout, TextIOWrapper):
        # A name that this terminal's encoding cannot spell is worth a question mark, not the end of a report.
        sys.stdout.reconfigure(errors="replace")
    cli(prog_name="rundbrief")
