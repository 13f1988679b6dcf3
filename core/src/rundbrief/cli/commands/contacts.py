"""`rundbrief contacts`: the embedded CRM's contacts."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rundbrief.cli.context import App, json_option, pass_app, shared_options
from rundbrief.cli.embedded import embedded_crm
from rundbrief.cli.reports import contact_name
from rundbrief.cli.times import iso, local
from rundbrief.cli.wording import OPT_IN
from rundbrief.errors import InputError
from rundbrief.fields import FieldType
from rundbrief.models import Contact, ContactKind, OptIn, Selection, address_key

if TYPE_CHECKING:
    from rundbrief.crm.local import LocalCrm
    from rundbrief.models import OptInField

__all__ = ["command"]

BAD_ROWS = 20
"""Bad rows that are named; a file with the wrong columns has as many as it has rows."""


@click.group("contacts")
def command() -> None:
    """Contacts: CSV in and out, show, add, edit, set an opt-in."""


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--source", help="Where the file's opt-ins come from, for the journal, where no column says so.")
@click.option("--allow-withdrawals", is_flag=True, help="Go on even if it takes away unusually many opt-ins.")
@click.option("--allow-additions", is_flag=True, help="Go on even if it gives unusually many to known contacts.")
@json_option
@shared_options
@pass_app
def import_csv(app: App, file: Path, source: str | None, allow_withdrawals: bool, allow_additions: bool) -> None:
    """Take contacts in from a CSV file.

    Its first line holds the titles, in English or German; columns that nobody knows become fields of their own.
    A column "Opt-in LIST" sets opt-ins. Importing a file twice changes nothing; a bad row is named, and the rest
    goes in. A file that changes unusually many opt-ins is not taken in: a column may have slipped.
    """
    from rundbrief.crm.local.csv_guard import Allowance

    with embedded_crm(app) as crm:
        report = crm.import_csv(file, source=source, allowance=Allowance(allow_withdrawals, allow_additions))
    if app.json:
        app.output.document(
            {
                "created": report.created,
                "changed": report.changed,
                "unchanged": report.unchanged,
                "bad_rows": [{"line": one.line, "problem": one.problem} for one in report.bad_rows],
                "new_fields": [{"key": one.key, "label": one.label} for one in report.new_fields],
            }
        )
        return
    numbers = f"{report.created:,} new contacts, {report.changed:,} changed, {report.unchanged:,} as they were"
    app.output.line(f"{file.name}: {numbers}.", bold=True)
    if report.new_fields:
        app.output.paragraph(f"New fields: {', '.join(one.label for one in report.new_fields)}", indent="  ")
    if report.bad_rows:
        app.output.line(f"Not taken in ({len(report.bad_rows):,}):", colour="yellow")
    for one in report.bad_rows[:BAD_ROWS]:
        app.output.paragraph(f"line {one.line}: {one.problem}", indent="  ")
    if len(report.bad_rows) > BAD_ROWS:
        app.output.line(f"  and {len(report.bad_rows) - BAD_ROWS:,} more; --json has them all")


@command.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--delimiter",
    type=click.Choice([";", ",", "\t"]),
    metavar="CHARACTER",
    default=";",
    show_default=True,
    help="What stands between two cells: a semicolon, a comma or a tab.",
)
@click.option("--bom/--no-bom", default=True, show_default=True, help="A byte order mark, as Excel wants it.")
@shared_options
@pass_app
def export_csv(app: App, file: Path, delimiter: str, bom: bool) -> None:
    """Write all contacts, with their opt-ins, to a CSV file that `contacts import` reads back."""
    with embedded_crm(app) as crm:
        count = crm.export_csv(file, delimiter=delimiter, bom=bom)
    app.output.line(f"Wrote {count:,} contacts to {file}.")


@command.command("list")
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", default=50, show_default=True, help="How many at most."
)
@json_option
@shared_options
@pass_app
def list_contacts(app: App, limit: int) -> None:
    """List contacts with their opt-ins."""
    with embedded_crm(app) as crm:
        fields = crm.opt_in_fields()
        contacts = list(islice(crm.contacts(Selection()), limit))
        total = crm.count(Selection())
    if app.json:
        app.output.document({"total": total, "contacts": [_document(one, fields) for one in contacts]})
        return
    if not contacts:
        app.output.line("No contact yet. Bring some: rundbrief contacts import FILE")
        return
    app.output.table(
        ["Id", "Name", "E-mail", *(field.label for field in fields)],
        [
            (
                one.id,
                contact_name(one),
                one.email or "",
                *(OPT_IN[one.opt_in(field.key).value] for field in fields),
            )
            for one in contacts
        ],
    )
    if total > len(contacts):
        app.output.line(f"{total - len(contacts):,} more; see --limit.", dim=True)


@command.command("show")
@click.argument("contact")
@json_option
@shared_options
@pass_app
def show(app: App, contact: str) -> None:
    """Show everybody with this id or address."""
    from rundbrief.fields.spelling import spell

    with embedded_crm(app) as crm:
        fields = crm.opt_in_fields()
        found = _everybody(crm, contact)
        labels = {one.key: one.label for one in crm.fields()}
    if app.json:
        app.output.document({"contacts": [_document(one, fields) for one in found]})
        return
    for one in found:
        app.output.line(f"{contact_name(one) or 'No name'} <{one.email or 'no address'}>", bold=True)
        app.output.line(f"  id {one.id}, {one.kind}, changed {local(one.changed_at)}")
        for key, value in one.fields.items():
            app.output.line(f"  {labels.get(key, key)}: {spell(value)}")
        for field in fields:
            opt_in = one.opt_in(field.key)
            since = f", since {local(opt_in.since)}" if opt_in.since else ""
            app.output.line(f"  Opt-in {field.label}: {OPT_IN[opt_in.value]}{since}")
            if opt_in.source:
                app.output.paragraph(opt_in.source, indent="    ", dim=True)


@command.command("add")
@click.argument("email")
@click.argument("values", nargs=-1, metavar="[FIELD=VALUE]...")
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in ContactKind]),
    default=ContactKind.CONTACT.value,
    show_default=True,
    help="What the new one is.",
)
@shared_options
@pass_app
def add(app: App, email: str, values: tuple[str, ...], kind: str) -> None:
    """Add a contact. It has no opt-in until somebody sets one."""
    pairs = [_pair(value) for value in values]
    with embedded_crm(app) as crm:
        sharers = crm.by_addresses([address_key(email)]).get(address_key(email), ())
        one = crm.add(email=email, kind=ContactKind(kind), fields=dict(pairs))
    app.output.line(f"Added {contact_name(one) or 'the contact'} (id {one.id}).")
    for other in sharers:
        app.output.line(f"  Shares the address with {contact_name(other) or 'a contact'} (id {other.id}).")


@command.command("add-field")
@click.argument("label")
@click.option(
    "--type",
    "kind",
    type=click.Choice([kind.value for kind in FieldType if kind is not FieldType.ADDRESS]),
    default=FieldType.TEXT.value,
    show_default=True,
    help="What it holds.",
)
@shared_options
@pass_app
def add_field(app: App, label: str, kind: str) -> None:
    """Add a field of your own. A column of that name in a CSV file goes into it.

    A column that nobody knows becomes a text. As a number, a date, or yes and no, its values can go into such
    fields of a service, and be compared in --where.
    """
    with embedded_crm(app) as crm:
        field = crm.define_field(label, FieldType(kind))
    app.output.line(f"Added the field {field.label} ({field.key}), for: {field.type}.")


@command.command("edit")
@click.argument("contact")
@click.argument("changes", nargs=-1, metavar="[FIELD=VALUE]...")
@click.option("--email", help="The new address.")
@shared_options
@pass_app
def edit(app: App, contact: str, changes: tuple[str, ...], email: str | None) -> None:
    """Change a contact's data. FIELD= without a value empties the field."""
    pairs = [_pair(change) for change in changes]
    with embedded_crm(app) as crm:
        one = crm.edit(contact, fields=dict(pairs), email=email)
    app.output.line(f"Saved {contact_name(one) or 'the contact'} (id {one.id}).")


@command.command("set-opt-in")
@click.argument("field")
@click.argument("value", type=click.Choice([one.value for one in OptIn]))
@click.argument("contacts", nargs=-1, required=True, metavar="CONTACT...")
@click.option(
    "--source",
    default="set by hand",
    show_default=True,
    help="Where the wish was stated: the evidence for the journal, such as 'form at the trade fair'.",
)
@shared_options
@pass_app
def set_opt_in(app: App, field: str, value: str, contacts: tuple[str, ...], source: str) -> None:
    """Set an opt-in of contacts. FIELD is its key or label, CONTACT an id or an address."""
    with embedded_crm(app) as crm:
        label = crm.opt_in_field(field).label
        for contact in contacts:
            crm.set_opt_in(contact, field, OptIn(value), source)
    who = contacts[0] if len(contacts) == 1 else f"{len(contacts)} contacts"
    app.output.line(f"Opt-in {label} of {who}: {OPT_IN[OptIn(value)]}.")


@command.command("delete")
@click.argument("contact")
@shared_options
@pass_app
def delete(app: App, contact: str) -> None:
    """Delete a contact. What the journal says of the address stays, so that no withdrawal is lost."""
    with embedded_crm(app) as crm:
        one = crm.find(contact)
        crm.delete(one.id)
    app.output.line(f"Deleted {contact_name(one) or 'the contact'} (id {one.id}).")


def _everybody(crm: "LocalCrm", text: str) -> Sequence[Contact]:
    sharing = [one for group in crm.by_addresses([text]).values() for one in group]
    return sharing or [crm.find(text)]


def _pair(change: str) -> tuple[str, str]:
    key, equals, value = change.partition("=")
    if not equals or not key.strip():
        raise InputError(f"{change!r} is no change.", hint="Write FIELD=VALUE, such as first_name=Anna")
    return key.strip(), value.strip()


def _document(one: Contact, fields: "Sequence[OptInField]") -> dict[str, Any]:
    """Return a contact; each opt-in field is there, set or not."""
    return {
        "id": one.id,
        "email": one.email,
        "kind": one.kind.value,
        "party": one.party.value,
        "fields": {
            key: list(value) if isinstance(value, tuple) else _plain(value) for key, value in one.fields.items()
        },
        "opt_ins": {
            field.key: {
                "label": field.label,
                "value": one.opt_in(field.key).value.value,
                "since": iso(one.opt_in(field.key).since),
                "source": one.opt_in(field.key).source,
            }
            for field in fields
        },
        "changed_at": iso(one.changed_at),
    }


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | bool | int) else str(value)
