"""`rundbrief plugins new NAME`: a package to start a plugin from."""

from pathlib import Path

import click

from rundbrief.cli.context import App, pass_app, shared_options
from rundbrief.errors import InputError

__all__ = ["command"]


@click.command("new")
@click.argument("name")
@click.option("--title", help="How people call the service; by default NAME with a capital.")
@click.option(
    "--into", type=click.Path(path_type=Path), default=Path(), help="The folder to make the package in; this one."
)
@shared_options
@pass_app
def command(app: App, name: str, title: str | None, into: Path) -> None:
    """Begin a plugin for a newsletter service.

    Makes the folder rundbrief-NAME with a package that installs, a small sandbox of an invented service, and the
    contract as its test, which tells what is left to do.
    """
    from rundbrief.plugins import installed
    from rundbrief.scaffold import PluginNames, new_plugin

    names = PluginNames(name, title or name.replace("-", " ").title())
    if owners := [one.distribution for one in installed() if one.name == name]:
        raise InputError(f"There is a plugin named {name!r} already: {owners[0]}.", hint="Choose another name.")
    home = new_plugin(names, into)
    app.output.line(f"Made {home}: a plugin that does not do its job yet.", bold=True)
    app.output.line("Next:")
    app.output.line(f"  cd {home}")
    app.output.line("  python -m pip install --editable '.[test]'")
    app.output.line(f"  rundbrief plugins --check {name}")
