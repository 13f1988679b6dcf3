"""`rundbrief fields`: both sides of the field map, what is missing, and where it is written down."""

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from rundbrief.cli.context import App, json_option, pass_app, shared_options
from rundbrief.errors import SettingsError

if TYPE_CHECKING:
    from rundbrief.engine.fields import FieldRow, FieldView
    from rundbrief.fields import CrmField, RemoteField

__all__ = ["command"]


@click.command("fields")
@click.argument("connection")
@click.argument("list_id", metavar="LIST")
@click.option("--push", is_flag=True, help="Make the fields and choices that are missing at the service.")
@click.option("--field", "only", multiple=True, metavar="KEY", help="With --push: only for this field of the CRM.")
@click.option("--dry-run", is_flag=True, help="With --push: only show what would be made.")
@click.option("--write-config", is_flag=True, help="Write the map into rundbrief.toml; comments stay.")
@json_option
@shared_options
@pass_app
def command(
    app: App, connection: str, list_id: str, push: bool, only: Sequence[str], dry_run: bool, write_config: bool
) -> None:
    """Show which CRM field goes into which field of a list.

    LIST is an id or a name. Without --push and --write-config nothing is changed.
    """
    from rundbrief.engine.fields import push_fields, view_fields

    if not push and (only or dry_run):
        raise click.UsageError("--field and --dry-run go with --push.")
    if dry_run and write_config:
        raise click.UsageError("--dry-run writes nothing: without --write-config.")
    with app.workspace() as workspace:
        view = view_fields(workspace, connection, list_id)
        wanted = push_fields(view, only, dry_run=dry_run) if push else []
        path = workspace.config.path
    written = _write(view, path) if write_config else {}
    if app.json:
        app.output.document(_document(view, wanted, written))
        return
    _show(app, view)
    _show_unused(app, view)
    if push:
        _show_made(app, view, wanted, dry_run=dry_run)
    for problem in view.problems:
        app.output.paragraph(f"Note: {problem}")
    if write_config:
        app.output.line()
        app.output.paragraph(f"Added to {path}: {', '.join(written)}." if written else f"{path} has all of them.")
    _show_next(app, view, push=push, dry_run=dry_run, write_config=write_config)


def _write(view: "FieldView", path: Any) -> dict[str, str]:
    from rundbrief.config.writing import write_fields

    if path is None:
        raise SettingsError("There is no rundbrief.toml to write to.", hint="Make one: rundbrief init")
    return write_fields(path, view.connection.name, view.linked)


def _show(app: App, view: "FieldView") -> None:
    app.output.line(f"CRM -> {view.connection.title}, list {view.mailing_list.name}", bold=True)
    app.output.table(
        ["In the CRM", "Type", f"At {view.connection.title}", "What becomes of it"],
        [_row(one) for one in view.rows],
    )
    if any(one.remote and one.remote.max_bytes for one in view.rows):
        app.output.line("Letters: an umlaut or accent counts as two, an emoji as four or more.", dim=True)


def _row(one: "FieldRow") -> tuple[str, str, str, str]:
    crm = f"{one.crm.label} ({one.crm.key})"
    if one.remote is None:
        return crm, one.crm.type.value, "-", f"stays here: {_why_not(one)}"
    label = f"{one.remote.label} ({one.remote.key})" if one.remote.label != one.remote.key else one.remote.key
    return crm, one.crm.type.value, f"{label}{', required' if one.remote.required else ''}", _becomes(one)


def _why_not(one: "FieldRow") -> str:
    if one.is_astray:
        return "rundbrief.toml names another field, see the note"
    return "rundbrief.toml does not name it" if one.is_kept_back else "no field there fits"


def _becomes(one: "FieldRow") -> str:
    assert one.remote is not None
    assert one.cell is not None
    limit = f"; at most {one.remote.max_bytes} letters" if one.remote.max_bytes else ""
    return f"{one.cell.lost or 'arrives as it is'}{limit}"


def _show_unused(app: App, view: "FieldView") -> None:
    """Name the fields there that nothing goes into; the required ones first, as they cost contacts."""
    required = [one for one in view.unused if one.required]
    others = [one.label for one in view.unused if not one.required]
    title = view.connection.title
    if required or others:
        app.output.line()
    if required:
        labels = ", ".join(one.label for one in required)
        app.output.paragraph(
            f"{title} refuses every contact that lacks {labels}, and nothing goes into it. Name a field of the CRM"
            f" for it in rundbrief.toml, below [connections.{view.connection.name}.fields], such as"
            f' {required[0].key} = "city"; or let it be optional at {title}.'
        )
    if others:
        app.output.paragraph(f"Only at {title}, and left alone: {', '.join(others)}.")


def _show_made(app: App, view: "FieldView", wanted: "Sequence[CrmField]", *, dry_run: bool) -> None:
    app.output.line()
    if dry_run and view.limit and not view.problems:
        app.output.paragraph(view.limit)
    for key, choices in view.new_choices.items():
        verb = "Would be added to" if dry_run else "Added to"
        app.output.paragraph(f"{verb} {key}: {', '.join(choices)}.")
    if not wanted and not view.new_choices:
        app.output.line(f"Nothing is missing at {view.connection.title}.")
    elif wanted and dry_run:
        app.output.paragraph(f"Would be made: {', '.join(one.label for one in wanted)}.")
    elif wanted:
        keys = {crm_key: remote_key for remote_key, crm_key in view.linked.items()}
        made = [f"{one.label} as {keys[one.key]}" for one in wanted if one.key in keys]
        app.output.paragraph(f"Made: {', '.join(made) or 'none'}.")


def _show_next(app: App, view: "FieldView", *, push: bool, dry_run: bool, write_config: bool) -> None:
    """Name the command that comes next, if there is one."""
    this = f"rundbrief fields {view.connection.name} {shlex.quote(view.mailing_list.name)}"
    homeless = sum(1 for one in view.rows if one.is_homeless)
    can_make = "create_fields" in view.connection.provider.capabilities
    if dry_run:
        app.output.line("Nothing was changed.")
    elif homeless and can_make and not push and not write_config:
        app.output.line()
        app.output.line(f"Fields that stay here: {homeless}. What could be made for them: {this} --push --dry-run")
    elif push and not write_config:
        app.output.line(f"So that it stays like this, whatever fields are called: {this} --write-config")


def _document(view: "FieldView", wanted: "Sequence[CrmField]", written: dict[str, str]) -> dict[str, Any]:
    return {
        "connection": view.connection.name,
        "list": {"id": view.mailing_list.id, "name": view.mailing_list.name},
        "fields": [_row_document(one) for one in view.rows],
        "missing": [one.key for one in wanted],
        "new_choices": view.new_choices,
        "only_at_the_service": [_remote_document(one) for one in view.unused],
        "limit": view.limit or None,
        "written": written,
        "problems": view.problems,
    }


def _row_document(one: "FieldRow") -> dict[str, Any]:
    remote = one.remote
    return {
        "crm": {"key": one.crm.key, "label": one.crm.label, "type": one.crm.type.value},
        "service": remote and _remote_document(remote),
        "quality": one.cell.quality.value if one.cell else None,
        "lost": one.cell.lost if one.cell else None,
        "configured": one.is_configured,
    }


def _remote_document(one: "RemoteField") -> dict[str, Any]:
    return {"key": one.key, "label": one.label, "type": one.type.value, "required": one.required}
