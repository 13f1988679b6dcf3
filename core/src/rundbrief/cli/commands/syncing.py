"""`rundbrief sync`: import, then export, every list; made for cron."""

import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from rundbrief.cli.context import App, json_option, pass_app, shared_options
from rundbrief.cli.failures import show_failure, unexpected
from rundbrief.cli.progress import progress
from rundbrief.cli.reports import of_run, print_report, report_document
from rundbrief.cli.rounds import Interval, Rounds
from rundbrief.cli.running import additions_option, dry_run_option, prune_option, withdrawals_option
from rundbrief.cli.stopping import stop_on_signals
from rundbrief.errors import Interrupted, RundbriefError
from rundbrief.models import Result

if TYPE_CHECKING:
    from rundbrief.engine import ConnectionSync, RunReport, Workspace

__all__ = ["command"]


@click.command("sync")
@click.argument("connections", nargs=-1, metavar="[CONNECTION]...")
@dry_run_option
@withdrawals_option
@additions_option
@prune_option
@click.option(
    "--every",
    type=Interval(),
    help="Keep running, and sync again after this time, such as 15m; for a service manager.",
)
@json_option
@shared_options
@pass_app
def command(
    app: App,
    connections: tuple[str, ...],
    dry_run: bool,
    allow_withdrawals: bool,
    allow_additions: bool,
    prune: bool,
    every: timedelta | None,
) -> None:
    """Import, then export, every list of the connections, side by side.

    Without a CONNECTION: of all of them. Trouble with one does not keep the others from running; the exit
    code is that of the first trouble.
    """
    from rundbrief.engine import RunOptions, sync_connections

    names = list(dict.fromkeys(connections)) or list(app.config.connections)
    for name in names:
        app.config.connection(name)  # a misspelt one is told before anything runs
    if every is not None:
        if dry_run or allow_withdrawals or allow_additions or prune:
            raise click.UsageError(
                "--every runs unattended: without --dry-run, --allow-withdrawals, --allow-additions and --prune."
            )
        _keep_running(app, names, every)
        return
    ended: list[ConnectionSync] = []
    with stop_on_signals() as stop, app.workspace(stop) as workspace:
        with progress() as shown:
            labels = names if len(names) > 1 else [""]
            drawn = {name: shown(label) for name, label in zip(names, labels, strict=True)}
            ended += sync_connections(
                names,
                lambda: app.open_workspace(stop),
                lambda name: RunOptions(
                    dry_run=dry_run,
                    allow_withdrawals=allow_withdrawals,
                    allow_additions=allow_additions,
                    prune=prune,
                    progress=drawn[name],
                ),
            )
        ended.sort(key=lambda one: names.index(one.connection))
        failures = {one.connection: _explained(app, one.error) for one in ended if one.error}
        if app.json:
            app.output.document(_document(ended, failures))
        else:
            _print(app, workspace, ended, failures)
    _tell(failures, several=len(names) > 1)
    for failure in failures.values():
        raise click.exceptions.Exit(failure.exit_code)


def _keep_running(app: App, names: Sequence[str], every: timedelta) -> None:
    from rundbrief.engine import RunOptions, Silent, sync_connections

    def tell(document: Mapping[str, Any], line: str) -> None:
        if app.json:
            app.output.document(document, on_one_line=True)
        else:
            app.output.line(line)
        sys.stdout.flush()  # a service manager reads each line as it comes

    with stop_on_signals() as stop:
        Rounds(
            names,
            every,
            sync=lambda due: sync_connections(
                due, lambda: app.open_workspace(stop), lambda _: RunOptions(progress=Silent())
            ),
            explained=lambda error: _explained(app, error),
            tell=tell,
            wait=stop.wait,
        ).run()


def _explained(app: App, error: Exception) -> RundbriefError:
    return error if isinstance(error, RundbriefError) else unexpected(error, app)


def _tell(failures: "dict[str, RundbriefError]", *, several: bool) -> None:
    for name, failure in failures.items():
        if several:
            click.echo(f"Connection {name}:", err=True)
        show_failure(failure)


def _document(
    ended: "Sequence[ConnectionSync]", failures: "dict[str, RundbriefError]"
) -> dict[str, list[dict[str, Any]]]:
    """Return `runs`, see `report_document`, and `failures`: a connection with what stopped it."""
    return {
        "runs": [report_document(report) for one in ended for report in one.reports],
        "failures": [
            {"connection": name, "message": one.message, "hint": one.hint, "exit_code": one.exit_code}
            for name, one in failures.items()
        ],
    }


def _print(
    app: App,
    workspace: "Workspace",
    ended: "Sequence[ConnectionSync]",
    failures: "dict[str, RundbriefError]",
) -> None:
    for one in ended:
        for report in one.reports:
            print_report(app.output, of_run(workspace, report))
    if len(ended) > 1:
        app.output.line()
        app.output.table(
            ["Connection", "List", "Changes", "Held back", "Refused", "Not done"],
            [row for one in ended for row in _rows(one, failures.get(one.connection))],
        )


def _rows(one: "ConnectionSync", failure: RundbriefError | None) -> list[list[str]]:
    rows = [[one.connection, report.list_name, *_numbers(report)] for report in one.reports]
    if failure:
        word = "stopped" if isinstance(failure, Interrupted) else f"failed, exit code {failure.exit_code}"
        rows.append([one.connection, word, "", "", "", ""])
    elif not rows:
        rows.append([one.connection, "has no list", "", "", "", ""])
    return rows


def _numbers(report: "RunReport") -> list[str]:
    results = (Result.DONE, Result.HELD, Result.REFUSED, Result.FAILED)
    return [f"{sum(n for (result, _), n in report.tally.items() if result is one):,}" for one in results]
