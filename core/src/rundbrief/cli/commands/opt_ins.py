"""`rundbrief opt-ins`: where an address stands, and how that came to be; for a data-protection officer."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rundbrief.cli.context import App, json_option, pass_app, shared_options
from rundbrief.cli.reports import contact_name
from rundbrief.cli.times import iso, local
from rundbrief.cli.wording import OPT_IN, STATUS, mail_sentence
from rundbrief.consent import ConsentPolicy, Standing, combine, decide
from rundbrief.errors import ConnectionUnknown, InputError
from rundbrief.models import CrmOptIn

if TYPE_CHECKING:
    from rundbrief.config import Config
    from rundbrief.engine import ListState, PersonState, Workspace
    from rundbrief.store import JournalEntry

__all__ = ["command"]

_ACTORS = {"crm": "a user of the CRM", "service": "the person or the service", "rundbrief": "rundbrief"}


_WORDS = {state.value: words for group in (STATUS, OPT_IN) for state, words in group.items()}
"""For what stands in a journal entry: a status of the service's, or an opt-in of the CRM's."""


@dataclass(frozen=True, slots=True)
class _InList:
    """Where the address stands in one list."""

    known: "ListState"
    crm: CrmOptIn
    sentence: str


@click.command("opt-ins")
@click.argument("email")
@click.option(
    "--export",
    "kind",
    type=click.Choice(["json", "csv"]),
    help="Give out everything that is held about her, for her right of access.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="With --export: write to a file that only you can read, instead of standard output.",
)
@json_option
@shared_options
@pass_app
def command(app: App, email: str, kind: str | None, output: str | None) -> None:
    """Show where an address stands, and its consent journal.

    Asks the CRM and our own state, not the services: run an import first to have their latest word.
    """
    from rundbrief.engine import person_state

    if output is not None and kind is None:
        raise InputError("--output is for --export.", hint="Write --export json or --export csv before it.")
    with app.workspace() as workspace:
        if kind is not None:
            _export(app, workspace, email, kind, output)
            return
        state = person_state(workspace, email)
    lists = [_in_list(app.config, state, one) for one in state.lists]
    if app.json:
        app.output.document(
            {
                "address": state.address,
                "erased_at": iso(state.erased_at),
                "contacts": [{"id": one.id, "name": contact_name(one)} for one in state.contacts],
                "lists": [_list_document(one) for one in lists],
                "journal": [_entry_document(one) for one in state.journal],
            }
        )
        return
    _print_contacts(app, state)
    _print_lists(app, lists)
    _print_journal(app, state)


def _export(app: App, workspace: "Workspace", email: str, kind: str, output: str | None) -> None:
    """Give out everything, as text or as a file."""
    from rundbrief.cli.held_data import as_csv, as_json, held_document
    from rundbrief.engine import held_data
    from rundbrief.private_files import replacement

    held = held_data(workspace, email)
    lists = [_list_document(_in_list(app.config, held.person, one)) for one in held.person.lists]
    document = held_document(held, lists, [_entry_document(one) for one in held.person.journal])
    text = as_csv(document) if kind == "csv" else as_json(document)
    if output is None:
        app.output.text(text)
        return
    # A German Excel takes a file for UTF-8 only with the mark.
    encoding = "utf-8-sig" if kind == "csv" else "utf-8"
    try:
        with replacement(Path(output), encoding=encoding, newline="") as file:
            file.write(text)
    except OSError as error:
        raise InputError(f"The file {output} cannot be written: {error.strerror}.") from None
    app.output.line(f"Written to {output}.")


def _in_list(config: "Config", state: "PersonState", known: "ListState") -> _InList:
    """Say what the next run would think of the address, by the function that the runs ask as well."""
    recipient = known.recipient
    crm = combine(contact.opt_in(known.opt_in_key) for contact in state.contacts)
    standing = Standing(recipient.agreed, crm, recipient.status, recipient.since, recipient.withdrawn)
    decision = decide(standing, _policy(config, known.connection))
    return _InList(known, crm, mail_sentence(recipient.status, crm.value, decision))


def _policy(config: "Config", connection: str) -> ConsentPolicy:
    """Return what the connection's configuration says of consent; the defaults once it is configured no more."""
    try:
        return config.connection(connection).policy
    except ConnectionUnknown:
        return ConsentPolicy()


# --- as text ----------------------------------------------------------------------------------------------


def _print_contacts(app: App, state: "PersonState") -> None:
    app.output.line(state.address, bold=True)
    if state.erased_at:
        app.output.line(
            f"  Was erased on {local(state.erased_at)}; only her own new opt-in makes her known again."
        )
    if not state.contacts:
        app.output.line("  Not in the CRM.")
    for one in state.contacts:
        app.output.line(
            f"  In the CRM as {contact_name(one) or 'a contact without a name'} ({one.kind}, id {one.id})."
        )
    if len(state.contacts) > 1:
        app.output.line("  One no of these contacts counts for all of them.")


def _print_lists(app: App, lists: Sequence[_InList]) -> None:
    if not lists:
        app.output.line("  No list that was imported knows the address.")
        return
    for one in lists:
        recipient = one.known.recipient
        app.output.line()
        app.output.line(f"{one.known.list_name} (connection {one.known.connection})", bold=True)
        app.output.paragraph(one.sentence, indent="  ")
        app.output.table(
            ["", "Says", "Since", "How"],
            [
                ("Service", STATUS[recipient.status], local(recipient.since), recipient.source),
                ("CRM", OPT_IN[one.crm.value], local(one.crm.since), one.crm.source),
                ("Last agreed", OPT_IN[recipient.agreed] if recipient.agreed else "nothing yet", "", ""),
            ],
            indent=2,
        )


def _print_journal(app: App, state: "PersonState") -> None:
    app.output.line()
    if not state.journal:
        app.output.line("The journal has no entry for this address.")
        return
    app.output.line("Journal", bold=True)
    app.output.table(
        ["Recorded", "Run", "Change"],
        [(local(one.recorded_at), str(one.run_id), (_change(one), _evidence(one))) for one in state.journal],
        indent=2,
    )


def _change(one: "JournalEntry") -> str:
    where = f"At the service ({one.connection})" if one.place == "service" else "In the CRM"
    was, became = (_WORDS.get(state, state) for state in (one.was, one.became))
    return f"{where}: {was} -> {became}, by {_ACTORS.get(one.actor, one.actor)}"


def _evidence(one: "JournalEntry") -> str:
    stated = f"Stated {local(one.stated_at)}: " if one.stated_at else ""
    return f"{stated}{one.grounds}"


# --- as a document ----------------------------------------------------------------------------------------


def _list_document(one: _InList) -> dict[str, Any]:
    recipient = one.known.recipient
    return {
        "connection": one.known.connection,
        "list": one.known.list_name,
        "list_id": one.known.list_id,
        "sentence": one.sentence,
        "service": {
            "status": recipient.status.value,
            "since": iso(recipient.since),
            "source": recipient.source,
        },
        "crm": {"opt_in": one.crm.value.value, "since": iso(one.crm.since), "source": one.crm.source},
        "agreed": recipient.agreed.value if recipient.agreed else None,
        "withdrawn": recipient.withdrawn,
    }


def _entry_document(one: "JournalEntry") -> dict[str, Any]:
    return {
        "seq": one.seq,
        "recorded_at": iso(one.recorded_at),
        "connection": one.connection,
        "scope": one.scope,
        "place": one.place,
        "was": one.was,
        "became": one.became,
        "actor": one.actor,
        "stated_at": iso(one.stated_at),
        "evidence": one.evidence,
        "other_address": one.other_address,
        "contact": one.contact_id,
        "run": one.run_id,
    }
