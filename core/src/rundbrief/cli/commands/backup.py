"""`rundbrief backup`: a copy of what cannot be made again, while runs go on."""

import os
from pathlib import Path

import click

from rundbrief.cli.context import App, json_option, pass_app, shared_options

__all__ = ["command"]


@click.command("backup")
@click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path))
@json_option
@shared_options
@pass_app
def command(app: App, folder: Path | None) -> None:
    """Copy the state and the embedded CRM, while runs go on.

    The copy is consistent and verified, and lies in a new folder inside FOLDER; without one, inside backups,
    beside the state. Nothing is overwritten. It holds no OAuth tokens.
    """
    from rundbrief.engine import utc_now
    from rundbrief.engine.backup import make_backup

    backup = make_backup(app.config, folder, environ=os.environ, now=utc_now())
    if app.json:
        files = [{"name": one.name, "bytes": one.size, "rows": dict(one.rows)} for one in backup.files]
        app.output.document({"folder": str(backup.folder), "files": files})
        return
    app.output.line(f"Backed up to {backup.folder}, and verified.", bold=True)
    app.output.table(
        ["File", "Size", "Rows"],
        [(one.name, f"{one.size / 1e6:,.1f} MB", f"{sum(one.rows.values()):,}") for one in backup.files],
    )
