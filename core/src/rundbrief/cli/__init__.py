"""The command line: it prints, and never decides."""

import sys
from io import TextIOWrapper

from rundbrief.cli.app import cli

__all__ = ["main"]


def main() -> None:
    """Run the command that `sys.argv` asks for, and exit with its code."""
    if isinstance(sys.stdout, TextIOWrapper):
        # A name that this terminal's encoding cannot spell is worth a question mark, not the end of a report.
        sys.stdout.reconfigure(errors="replace")
    cli(prog_name="rundbrief")
