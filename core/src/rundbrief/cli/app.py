"""The `rundbrief` command: its table of commands, its global options, and its last line of defence."""

import errno
import os
from collections.abc import Mapping
from typing import Any

import click

from rundbrief import __version__
from rundbrief.cli.context import App, global_options
from rundbrief.cli.failures import show_failure, unexpected
from rundbrief.cli.lazy import LazyCommand, LazyGroup
from rundbrief.errors import Interrupted, RundbriefError

__all__ = ["SECTIONS", "GuardedGroup", "cli"]

_COMMANDS = "rundbrief.cli.commands"

SECTIONS: Mapping[str, Mapping[str, LazyCommand]] = {
    "First steps": {
        "demo": LazyCommand("rundbrief.cli.demo", "Watch the whole cycle on a sandbox; nothing leaves this PC."),
        "init": LazyCommand(f"{_COMMANDS}.init", "Write a commented rundbrief.toml to start from."),
        "plugins": LazyCommand(
            f"{_COMMANDS}.plugin_commands", "Show which plugins are installed; try one, begin one."
        ),
        "connections": LazyCommand(f"{_COMMANDS}.connections", "List the configured connections, or check one."),
        "sandbox": LazyCommand(f"{_COMMANDS}.sandbox", "Let an imitation of a service run on a port."),
    },
    "Runs": {
        "lists": LazyCommand(f"{_COMMANDS}.lists", "Show a connection's lists; --pull makes them opt-in fields."),
        "fields": LazyCommand(f"{_COMMANDS}.fields", "Show which CRM field goes into which field of a list."),
        "import": LazyCommand(f"{_COMMANDS}.importing", "Take opt-ins and new subscribers over into the CRM."),
        "export": LazyCommand(f"{_COMMANDS}.exporting", "Bring a list up to date with the CRM's contacts."),
        "sync": LazyCommand(
            f"{_COMMANDS}.syncing", "Import, then export, every list of the connections, side by side."
        ),
    },
    "Looking into it": {
        "opt-ins": LazyCommand(f"{_COMMANDS}.opt_ins", "Show where an address stands, and its consent journal."),
        "runs": LazyCommand(f"{_COMMANDS}.runs", "Show past runs, or the report of one."),
        "journal": LazyCommand(f"{_COMMANDS}.journal", "Tell whether the consent journal is as it was written."),
        "erase": LazyCommand(f"{_COMMANDS}.erase", "Erase a person everywhere; her no is kept without her name."),
        "doctor": LazyCommand(f"{_COMMANDS}.doctor", "Check the state, the CRM's files and what is around them."),
        "backup": LazyCommand(f"{_COMMANDS}.backup", "Copy the state and the embedded CRM, while runs go on."),
    },
    "The embedded CRM": {
        "contacts": LazyCommand(
            f"{_COMMANDS}.contacts", "Contacts: CSV in and out, show, add, edit, set an opt-in."
        ),
        "campaigns": LazyCommand(f"{_COMMANDS}.campaigns", "Campaigns and who takes part in them."),
    },
}


class GuardedGroup(LazyGroup):
    """Turns whatever goes wrong below into one sentence and an exit code; nobody sees a stack trace."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except RundbriefError as error:
            failure = error
        except KeyboardInterrupt:
            failure = Interrupted("Stopped.")
        except Exception as error:
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise  # whoever read our output has had enough: click ends without a word
            failure = unexpected(error, ctx.ensure_object(App))
        show_failure(failure)
        raise click.exceptions.Exit(failure.exit_code)


@click.group(
    cls=GuardedGroup,
    sections=SECTIONS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with: rundbrief demo",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
@global_options
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Keep the contacts of a CRM and the recipients of newsletter services in step.

    The CRM leads for data, the service leads for consent, and nobody's "no" is ever lost.
    """
    if os.environ.get("NO_COLOR"):
        ctx.color = False
