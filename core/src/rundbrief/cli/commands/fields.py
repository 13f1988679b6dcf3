"""`rundbrief fields`: both sides of the field map, read-only."""

import click

from rundbrief.cli.context import App, json_option, pass_app, shared_options

__all__ = ["command"]


@click.command("fields")
@click.argument("connection")
@click.argument("list_id", metavar="LIST")
@json_option
@shared_options
@pass_app
def command(app: App, connection: str, list_id: str) -> None:
    """Show which CRM field goes into which field of a list.

    LIST is an id or a name. Nothing is changed.
    """
    from rundbrief.engine.lists import find_list

    with app.workspace() as workspace:
        opened = workspace.connection(connection)
        mailing_list = find_list(workspace, opened, list_id, workspace.store, workspace.crm)
        crm_fields = {one.key: one for one in workspace.crm.fields()}
        wishes = opened.wishes(crm_fields)
        field_map = opened.provider.map_custom_fields(opened.session, mailing_list, wishes)
    linked = {link.crm_key: link.remote for link in field_map.links}
    rows = []
    for key, field in crm_fields.items():
        remote = linked.get(key)
        rows.append(
            {
                "crm": {"key": key, "label": field.label, "type": field.type.value},
                "service": remote
                and {
                    "key": remote.key,
                    "label": remote.label,
                    "type": remote.type.value,
                    "required": remote.required,
                },
            }
        )
    if app.json:
        app.output.document(
            {
                "connection": connection,
                "list": {"id": mailing_list.id, "name": mailing_list.name},
                "fields": rows,
                "problems": list(field_map.problems),
            }
        )
        return
    app.output.line(f"CRM -> {opened.title}, list {mailing_list.name}", bold=True)
    app.output.table(
        ["CRM field", "Label", "Type", "goes into", "Label", "Type"],
        [
            (
                one.key,
                one.label,
                one.type.value,
                *(
                    (remote.key, remote.label, f"{remote.type.value}{', required' if remote.required else ''}")
                    if (remote := linked.get(one.key))
                    else ("-", "", "")
                ),
            )
            for one in crm_fields.values()
        ],
    )
    for problem in field_map.problems:
        app.output.paragraph(f"Note: {problem}")
