"""`rundbrief export`: from the CRM to the service."""

import sys

import click

from rundbrief.cli.context import App, json_option, pass_app, shared_options
from rundbrief.cli.running import additions_option, begin_runs, dry_run_option, prune_option, withdrawals_option
from rundbrief.errors import InputError
from rundbrief.models import ContactKind

__all__ = ["command"]


@click.command("export")
@click.argument("connection")
@click.option("--list", "list_id", required=True, metavar="ID", help="The list to write to, by id or name.")
@click.option(
    "--contact",
    "contacts",
    multiple=True,
    metavar="ID",
    help="Only this contact. Repeatable; - reads ids from standard input, one a line.",
)
@click.option(
    "--where",
    metavar="EXPR",
    help='Only those of whom this holds, such as: city = "Köln" and customer_number is not empty',
)
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
@additions_option
@prune_option
@json_option
@shared_options
@pass_app
def command(
    app: App,
    connection: str,
    list_id: str,
    contacts: tuple[str, ...],
    where: str | None,
    kinds: tuple[str, ...],
    campaign: str | None,
    dry_run: bool,
    allow_withdrawals: bool,
    allow_additions: bool,
    prune: bool,
) -> None:
    """Bring a list up to date with the CRM's contacts.

    Only contacts with an active opt-in for that list are sent: new ones are added, changed ones overwritten.
    Whoever unsubscribed at the service stays out.
    """
    from rundbrief.engine import RunOptions, export_list, selection_of

    with begin_runs(app) as runs:
        selection = selection_of(
            runs.workspace,
            contact_ids=_named(contacts),
            kinds=[ContactKind(kind) for kind in kinds],
            campaign=campaign,
            where=where,
        )
        runs.carry_out(
            lambda progress: export_list(
                runs.workspace,
                connection,
                list_id,
                selection,
                RunOptions(
                    dry_run=dry_run,
                    allow_withdrawals=allow_withdrawals,
                    allow_additions=allow_additions,
                    prune=prune,
                    progress=progress,
                ),
            )
        )


def _named(contacts: tuple[str, ...]) -> list[str]:
    """Return the ids, with those on standard input in the place of `-`.

    Raises:
        InputError: there are none on standard input, which would otherwise mean everybody.
    """
    named = [one for one in contacts if one != "-"]
    if "-" in contacts:
        read = sys.stdin.read().split()
        if not read:
            raise InputError("There are no ids on standard input.", hint="Write one contact's id a line.")
        named += read
    return named
