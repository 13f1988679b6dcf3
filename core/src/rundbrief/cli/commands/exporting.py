"""`rundbrief export`: from the CRM to the service."""

import click

from rundbrief.cli.context import App, json_option, pass_app, shared_options
from rundbrief.cli.running import begin_runs, dry_run_option, withdrawals_option
from rundbrief.models import ContactKind, Selection

__all__ = ["command"]


@click.command("export")
@click.argument("connection")
@click.option("--list", "list_id", required=True, metavar="ID", help="The list to write to, by id or name.")
@click.option("--contact", "contacts", multiple=True, metavar="ID", help="Only this contact. Repeatable.")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice([kind.value for kind in ContactKind]),
    help="Only contacts of this kind. Repeatable.",
)
@click.option("--campaign", metavar="ID", help="Only those who take part in this campaign, by id or name.")
@dry_run_option
@withdrawals_option
@json_option
@shared_options
@pass_app
def command(
    app: App,
    connection: str,
    list_id: str,
    contacts: tuple[str, ...],
    kinds: tuple[str, ...],
    campaign: str | None,
    dry_run: bool,
    allow_withdrawals: bool,
) -> None:
    """Bring a list up to date with the CRM's contacts.

    Only contacts with an active opt-in for that list are sent: new ones are added, changed ones overwritten.
    Whoever unsubscribed at the service stays out.
    """
    from rundbrief.engine import RunOptions, export_list

    selection = Selection(contacts, frozenset(ContactKind(kind) for kind in kinds), campaign)
    with begin_runs(app) as runs:
        runs.carry_out(
            lambda progress: export_list(
                runs.workspace,
                connection,
                list_id,
                selection,
                RunOptions(dry_run=dry_run, allow_withdrawals=allow_withdrawals, progress=progress),
            )
        )
