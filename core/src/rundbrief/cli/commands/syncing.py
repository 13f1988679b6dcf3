"""`rundbrief sync`: import, then export, every list; made for cron."""

from functools import partial

import click

from rundbrief.cli.context import App, json_option, pass_app, shared_options
from rundbrief.cli.failures import show_failure
from rundbrief.cli.running import Runs, begin_runs, dry_run_option, withdrawals_option
from rundbrief.errors import Interrupted, RundbriefError

__all__ = ["command"]


@click.command("sync")
@click.argument("connections", nargs=-1, metavar="[CONNECTION]...")
@dry_run_option
@withdrawals_option
@json_option
@shared_options
@pass_app
def command(app: App, connections: tuple[str, ...], dry_run: bool, allow_withdrawals: bool) -> None:
    """Import, then export, every list of the connections.

    Without a CONNECTION: of all of them. Trouble with one does not keep the others from running; the exit
    code is that of the first trouble.
    """
    first_trouble: RundbriefError | None = None
    with begin_runs(app) as runs:
        for name in connections or list(app.config.connections):
            try:
                _sync(runs, name, dry_run=dry_run, allow_withdrawals=allow_withdrawals)
            except Interrupted:
                raise
            except RundbriefError as error:
                show_failure(error)
                first_trouble = first_trouble or error
    if first_trouble:
        raise click.exceptions.Exit(first_trouble.exit_code)


def _sync(runs: Runs, connection: str, *, dry_run: bool, allow_withdrawals: bool) -> None:
    from rundbrief.engine import Progress, RunOptions, RunReport, sync_list

    def run(list_id: str, progress: Progress) -> RunReport:
        options = RunOptions(dry_run=dry_run, allow_withdrawals=allow_withdrawals, progress=progress)
        return sync_list(runs.workspace, connection, list_id, options)

    for list_id in runs.lists_of(connection, dry_run=dry_run):
        runs.carry_out(partial(run, list_id))
