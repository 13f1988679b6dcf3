"""`rundbrief plugins`: the group; without a subcommand it shows what is installed."""

import click

from rundbrief.cli.commands.new_plugin import command as new
from rundbrief.cli.commands.plugins import command as show

__all__ = ["command"]


class _ShowsByDefault(click.Group):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        is_named = bool(args) and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if is_named else ["show", *args])


@click.group("plugins", cls=_ShowsByDefault)
def command() -> None:
    """Show which plugins are installed; try one, begin one.

    Without a subcommand it is `show`: `rundbrief plugins --check NAME` tries a plugin out.
    """


command.add_command(show)
command.add_command(new)
