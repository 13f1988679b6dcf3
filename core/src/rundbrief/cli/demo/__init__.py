"""`rundbrief demo`: the whole cycle, told step by step on a sandbox."""

import click

from rundbrief.cli.context import shared_options
from rundbrief.errors import PluginMissing

__all__ = ["command"]


@click.command("demo")
@click.argument("provider", required=False)
@shared_options
def command(provider: str | None) -> None:
    """Watch the whole cycle on a sandbox; nothing leaves this PC.

    With every installed newsletter service that ships a sandbox, or with PROVIDER alone. Each command is really
    run, in a folder that is removed afterwards; if the story does not hold, the demo fails.
    """
    from rundbrief.cli.demo.story import tell
    from rundbrief.plugins import installed, load_provider

    names = [provider] if provider else list(dict.fromkeys(plugin.name for plugin in installed()))
    providers = [one for one in map(load_provider, names) if "sandbox" in one.capabilities]
    if not providers:
        raise PluginMissing(
            "The demo needs a newsletter service with a sandbox, and none is installed.",
            hint="Install one: pip install rundbrief-mailchimp",
        )
    for one in providers:
        tell(one)
