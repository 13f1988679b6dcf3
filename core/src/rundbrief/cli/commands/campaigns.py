"""`rundbrief campaigns`: the embedded CRM's campaigns, to export their participants."""

import click

from rundbrief.cli.context import App, json_option, pass_app, shared_options
from rundbrief.cli.embedded import embedded_crm

__all__ = ["command"]


@click.group("campaigns")
def command() -> None:
    """Campaigns and who takes part in them."""


@command.command("list")
@json_option
@shared_options
@pass_app
def list_campaigns(app: App) -> None:
    """List the campaigns."""
    with embedded_crm(app) as crm:
        campaigns = crm.campaigns()
    if app.json:
        rows = [{"id": one.id, "name": one.name, "participants": one.participants} for one in campaigns]
        app.output.document({"campaigns": rows})
    elif campaigns:
        app.output.table(
            ["Id", "Name", "Participants"], [(one.id, one.name, f"{one.participants:,}") for one in campaigns]
        )
    else:
        app.output.line("No campaign yet. Create one: rundbrief campaigns create NAME")


@command.command("create")
@click.argument("name")
@shared_options
@pass_app
def create(app: App, name: str) -> None:
    """Create a campaign."""
    with embedded_crm(app) as crm:
        campaign = crm.create_campaign(name)
    app.output.line(f"Created campaign {campaign.name} (id {campaign.id}).")


@command.command("add")
@click.argument("campaign")
@click.argument("contacts", nargs=-1, required=True, metavar="CONTACT...")
@shared_options
@pass_app
def add(app: App, campaign: str, contacts: tuple[str, ...]) -> None:
    """Let contacts take part. CAMPAIGN is an id or a name, CONTACT an id or an address."""
    with embedded_crm(app) as crm:
        added = crm.add_participants(campaign, contacts)
    already = len(contacts) - added
    app.output.line(f"{added} added" + (f", {already} took part already." if already else "."))
