"""`rundbrief plugins`: what is installed. Reads metadata only, so one broken plugin cannot break the list."""

from collections.abc import Mapping
from typing import Any

import click

from rundbrief.cli.context import App, json_option, pass_app, shared_options
from rundbrief.errors import InputError, PluginError, PluginMissing

__all__ = ["command"]

_KINDS = {
    "rundbrief.providers": "newsletter service",
    "rundbrief.crms": "CRM",
    "rundbrief.observers": "observer",
}


@click.command("show")
@click.argument("name", required=False)
@click.option("--check", "checked", metavar="NAME", help="Run the contract for this one, on its own sandbox.")
@click.option(
    "--rule",
    "rules",
    multiple=True,
    metavar="NUMBER",
    help="With --check: run this rule only, such as R07; C, R or T is a level.",
)
@click.option(
    "--crowd",
    type=click.IntRange(min=1_000),
    metavar="N",
    help="With --check: let N stream by where memory is measured, instead of 100,000.",
)
@json_option
@shared_options
@pass_app
def command(app: App, name: str | None, checked: str | None, rules: tuple[str, ...], crowd: int | None) -> None:
    """Show which plugins are installed.

    With a NAME, that plugin is loaded and its capabilities are shown; --verbose loads all of them. With --check, a
    plugin is put through every rule of the contract for newsletter services, or of that for CRMs. That takes a
    minute or two.
    """
    if (rules or crowd) and not checked:
        raise InputError(
            "Rules are run for one plugin.", hint="Name it: rundbrief plugins --check NAME --rule R07"
        )
    if checked:
        from rundbrief.cli.plugin_check import check_plugin

        check_plugin(app, checked, [one.upper() for one in rules], crowd)
        return
    from rundbrief.plugins import InstalledPlugin, installed

    found = [plugin for group in _KINDS for plugin in installed(group) if name in (None, plugin.name)]
    if name and not found:
        raise PluginMissing(
            f"No plugin named {name!r} is installed.", hint=f"Install it: pip install rundbrief-{name}"
        )

    def row(plugin: InstalledPlugin) -> dict[str, Any]:
        known = {
            "name": plugin.name,
            "kind": _KINDS[plugin.group],
            "distribution": plugin.distribution,
            "version": plugin.version,
        }
        return known | _loaded(plugin) if name or app.verbose else known

    rows = [row(plugin) for plugin in found]
    if app.json:
        app.output.document({"plugins": rows})
        return
    app.output.table(
        ["Name", "Kind", "Package", "Version"],
        [(one["name"], one["kind"], one["distribution"], one["version"]) for one in rows],
    )
    for one in rows:
        if "error" in one:
            app.output.paragraph(f"{one['name']}: {one['error']}")
        elif "capabilities" in one:
            app.output.paragraph(f"{one['name']} ({one['title']}): {', '.join(one['capabilities'])}")
            for sentence in one["deprecations"]:
                app.output.paragraph(f"  Deprecated: {sentence}")
    if not any(one["kind"] == _KINDS["rundbrief.providers"] for one in rows) and not name:
        app.output.line()
        app.output.line("No newsletter service yet. For Mailchimp: pip install rundbrief-mailchimp")


def _loaded(plugin: Any) -> dict[str, Any]:
    """Return what only the plugin itself can tell, or why it cannot."""
    from rundbrief.plugins import load_crm, load_observer, load_provider

    loaders: Mapping[str, Any] = {
        "rundbrief.providers": load_provider,
        "rundbrief.crms": load_crm,
        "rundbrief.observers": load_observer,
    }
    try:
        loaded = loaders[plugin.group](plugin.name)
    except PluginError as error:
        return {"error": str(error)}
    return {
        "title": loaded.info.title,
        "capabilities": sorted(loaded.capabilities),
        "deprecations": list(loaded.deprecations),
    }
