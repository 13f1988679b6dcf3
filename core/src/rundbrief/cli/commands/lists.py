"""`rundbrief lists`: what a service has, and which opt-in field each list becomes."""

from typing import TYPE_CHECKING, Any

import click

from rundbrief.cli.context import SOMEBODY_WAITS, App, json_option, pass_app, shared_options

if TYPE_CHECKING:
    from rundbrief.engine import Connection
    from rundbrief.models import MailingList

__all__ = ["command"]


@click.command("lists")
@click.argument("connection")
@click.option("--pull", is_flag=True, help="Remember them, and make each an opt-in field on the CRM's contacts.")
@json_option
@shared_options
@pass_app
def command(app: App, connection: str, pull: bool) -> None:
    """Show a connection's lists; --pull makes them opt-in fields.

    CONNECTION is a name from rundbrief.toml.
    """
    from rundbrief.engine import pull_lists

    with app.workspace(patience=SOMEBODY_WAITS) as workspace:
        opened = workspace.connection(connection)
        lists = pull_lists(workspace, opened) if pull else list(opened.provider.import_lists(opened.session))
        rows = [_document(opened, one) for one in lists]
    if app.json:
        app.output.document({"connection": connection, "pulled": pull, "lists": rows})
        return
    _print(app, opened.title, rows)
    if pull and rows:
        app.output.line()
        app.output.line(f"{_what_became(opened, len(rows))} Next: rundbrief import {connection}")


def _what_became(connection: "Connection", count: int) -> str:
    if connection.is_account_wide:
        return f"{connection.title} has one opt-in for all lists: it is an opt-in field on the CRM's contacts now."
    return f"{'Each' if count > 1 else 'It'} is an opt-in field on the CRM's contacts now."


def _document(connection: "Connection", one: "MailingList") -> dict[str, Any]:
    opt_in = connection.opt_in_field(one)
    return {
        "id": one.id,
        "name": one.name,
        "double_opt_in": one.double_opt_in,
        "size": one.size,
        "opt_in_field": {"key": opt_in.key, "label": opt_in.label},
    }


def _print(app: App, title: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        app.output.line(f"{title} has no list yet. Create one there first.")
        return
    app.output.table(
        ["Id", "Name", "Recipients", "Sign-up", "Opt-in field"],
        [
            (
                one["id"],
                one["name"],
                "?" if one["size"] is None else f"{one['size']:,}",
                "confirmed by mail" if one["double_opt_in"] else "at once",
                one["opt_in_field"]["key"],
            )
            for one in rows
        ],
    )
