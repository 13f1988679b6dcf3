"""`rundbrief init`: a configuration to start from."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from rundbrief.cli.context import App, pass_app, shared_options
from rundbrief.errors import InputError, PluginError

if TYPE_CHECKING:
    from marshmallow import Schema

__all__ = ["command"]


@click.command("init")
@shared_options
@pass_app
def command(app: App) -> None:
    """Write a commented rundbrief.toml to start from.

    Into this folder, or to --config PATH. An existing file is never overwritten.
    """
    from rundbrief.config import FILE_NAME, starter_config
    from rundbrief.plugins import installed
    from rundbrief.private_files import private_file

    providers = list(dict.fromkeys(plugin.name for plugin in installed()))
    path = app.config_path or Path(FILE_NAME)
    try:
        with private_file(path) as file:
            file.write(starter_config({name: _settings_of(name) for name in providers}))
    except FileExistsError:
        raise InputError(
            f"{path} exists already; it was left as it is.", hint="Remove it first, or name another: --config PATH"
        ) from None
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}.") from None
    app.output.line(f"Wrote {path}.", bold=True)
    name = providers[0] if providers else "mailchimp"
    if not providers:
        app.output.line(f"Install the plugin of a newsletter service, such as: pip install rundbrief-{name}")
    app.output.line("Next: remove the # before a connection, and then")
    for line in (f"connections check {name}", f"lists {name} --pull", f"import {name}"):
        app.output.line(f"  rundbrief {line}")


def _settings_of(name: str) -> "Schema | None":
    """Return what a provider's connection has to say; None for a broken plugin, which is told when used."""
    from rundbrief.plugins import load_provider

    try:
        return load_provider(name).info.settings()
    except PluginError:
        return None
