"""`rundbrief demo`: the whole cycle, told step by step on a sandbox."""

from typing import TYPE_CHECKING

import click

from rundbrief.cli.context import shared_options
from rundbrief.errors import FixSettings, PluginMissing

if TYPE_CHECKING:
    from rundbrief.plugins import CrmPlugin

__all__ = ["command"]


@click.command("demo")
@click.argument("provider", required=False)
@click.option("--crm", "crm_name", metavar="NAME", help="Let an imitation of this CRM lead, such as weclapp.")
@shared_options
def command(provider: str | None, crm_name: str | None) -> None:
    """Watch the whole cycle on a sandbox; nothing leaves this PC.

    With one of the installed newsletter services, then with all of them side by side; or with PROVIDER alone.
    Each command is really run, in a folder that is removed afterwards; if a story does not hold, the demo fails.
    """
    from rundbrief.cli.demo.leading_system import tell_leading_system
    from rundbrief.cli.demo.story import can_be_told, tell
    from rundbrief.cli.demo.together import tell_together
    from rundbrief.plugins import installed, load_provider

    names = [provider] if provider else list(dict.fromkeys(plugin.name for plugin in installed()))
    providers = [one for one in map(load_provider, names) if "sandbox" in one.capabilities]
    if not providers:
        raise PluginMissing(
            "The demo needs a newsletter service with a sandbox, and none is installed.",
            hint="Install one: pip install rundbrief-mailchimp",
        )
    if crm_name is not None:
        tell_leading_system(_crm_with_sandbox(crm_name), providers[-1])
        return
    able = [one for one in providers if can_be_told(one)]
    if able:
        tell(max(able, key=lambda one: len(one.info.batch_sizes)))  # the one that can do most
    if len(providers) > 1 or not able:
        if able:
            click.echo("\n")
        tell_together(providers)


def _crm_with_sandbox(name: str) -> "CrmPlugin":
    from rundbrief.plugins import load_crm

    crm = load_crm(name)
    if crm.sandbox() is None:
        raise FixSettings(f"The CRM {name!r} ships no sandbox.")
    return crm
