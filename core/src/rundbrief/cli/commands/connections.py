"""`rundbrief connections`: the configured connections, and a check whether one works."""

import click

from rundbrief.cli.context import SOMEBODY_WAITS, App, json_option, pass_app, shared_options

__all__ = ["command"]


@click.group("connections")
def command() -> None:
    """List the configured connections, or check one."""


@command.command("list")
@json_option
@shared_options
@pass_app
def list_connections(app: App) -> None:
    """List the configured connections. Contacts nobody."""
    connections = [{"name": one.name, "provider": one.provider} for one in app.config.connections.values()]
    if app.json:
        app.output.document({"connections": connections})
    elif connections:
        app.output.table(["Name", "Service"], [(one["name"], one["provider"]) for one in connections])
    else:
        app.output.line("No connection is configured yet. Add one to rundbrief.toml, as its comments show.")


@command.command("check")
@click.argument("name")
@json_option
@shared_options
@pass_app
def check(app: App, name: str) -> None:
    """Check that connection NAME works: plugin, settings, key, the service's answer, and the CRM's."""
    with app.workspace(patience=SOMEBODY_WAITS) as workspace:
        connection = workspace.connection(name)
        account = connection.provider.check_connection(connection.session)
        if account is None:
            # The plugin has no check of its own; asking for the lists shows as much.
            count = sum(1 for _ in connection.provider.import_lists(connection.session))
            account = f"an account with {count} lists"
        plugin = connection.provider.plugin
        crm = workspace.crm.check()
        warnings = workspace.crm.warnings([connection.provider.info.name])
        if app.json:
            app.output.document(
                {
                    "connection": name,
                    "provider": connection.provider.info.name,
                    "account": account,
                    "crm": {"plugin": app.config.crm.plugin, "account": crm},
                    "warnings": list(warnings),
                    "ok": True,
                }
            )
            return
        app.output.line(f"Connection {name} works: {connection.title}, account {account}.", bold=True)
        app.output.line(f"  plugin    {plugin.distribution} {plugin.version}")
        app.output.line("  settings  complete, and the key was found")
        app.output.line(f"  service   {connection.title} accepts the key")
        app.output.line(f"  CRM       {app.config.crm.plugin}, {crm}")
        for warning in warnings:
            app.output.line(f"Note: {warning}")
