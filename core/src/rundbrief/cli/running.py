"""The frame around import, export and sync: signals, progress, and a report for each run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from rundbrief.cli.context import App, Function
from rundbrief.cli.progress import progress
from rundbrief.cli.reports import of_run, print_report, report_document
from rundbrief.cli.stopping import stop_on_signals

if TYPE_CHECKING:
    from rundbrief.engine import Progress, RunReport, Workspace

__all__ = [
    "Runs",
    "additions_option",
    "begin_runs",
    "dry_run_option",
    "prune_option",
    "withdrawals_option",
]


@dataclass(slots=True)
class Runs:
    """The runs of one command, one after the other."""

    app: App
    workspace: "Workspace"
    documents: list[dict[str, Any]] = field(default_factory=list)

    def carry_out(self, run: "Callable[[Progress], RunReport]") -> None:
        """Run, with bars on a terminal, and report."""
        with progress() as shown:
            report = run(shown(""))
        if self.app.json:
            self.documents.append(report_document(report))
        else:
            print_report(self.app.output, of_run(self.workspace, report))


@contextmanager
def begin_runs(app: App) -> Iterator[Runs]:
    """Yield what runs need. With --json, whatever was reported is printed at the end, also after an error."""
    with stop_on_signals() as stop, app.workspace(stop) as workspace:
        runs = Runs(app, workspace)
        try:
            yield runs
        finally:
            if app.json:
                app.output.document({"runs": runs.documents})


def dry_run_option(function: Function) -> Function:
    return click.option(
        "--dry-run", is_flag=True, help="Change nothing; print what would become of each contact, and why."
    )(function)


def withdrawals_option(function: Function) -> Function:
    return click.option(
        "--allow-withdrawals",
        is_flag=True,
        help="Go on even if this takes away more opt-ins than the configuration allows.",
    )(function)


def additions_option(function: Function) -> Function:
    return click.option(
        "--allow-additions",
        is_flag=True,
        help="Go on even if this adds more opt-ins than the configuration allows.",
    )(function)


def prune_option(function: Function) -> Function:
    return click.option(
        "--prune",
        is_flag=True,
        help="Unsubscribe those whose contact was deleted in the CRM; else they are reported.",
    )(function)
