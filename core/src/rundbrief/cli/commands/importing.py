"""`rundbrief import`: from the service into the CRM."""

from functools import partial

import click

from rundbrief.cli.context import App, json_option, pass_app, shared_options
from rundbrief.cli.running import additions_option, begin_runs, dry_run_option, withdrawals_option

__all__ = ["command"]


@click.command("import")
@click.argument("connection")
@click.option("--list", "lists", multiple=True, metavar="ID", help="Only this list, by id or name. Repeatable.")
@click.option("--full", is_flag=True, help="Read everybody again, not only what changed since the last import.")
@dry_run_option
@withdrawals_option
@additions_option
@json_option
@shared_options
@pass_app
def command(
    app: App,
    connection: str,
    lists: tuple[str, ...],
    full: bool,
    dry_run: bool,
    allow_withdrawals: bool,
    allow_additions: bool,
) -> None:
    """Take opt-ins and new subscribers over into the CRM.

    Without --list, of every list of CONNECTION. A contact that the CRM knows keeps its data: only the opt-in
    changes.
    """
    from rundbrief.engine import Progress, RunOptions, RunReport, import_list, lists_to_import

    with begin_runs(app) as runs:

        def run(list_id: str, progress: Progress) -> RunReport:
            options = RunOptions(full, dry_run, allow_withdrawals, allow_additions, progress=progress)
            return import_list(runs.workspace, connection, list_id, options)

        for list_id in lists or lists_to_import(runs.workspace, connection, dry_run=dry_run):
            runs.carry_out(partial(run, list_id))
