"""`rundbrief erase`: a person who wants to be forgotten."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from rundbrief.cli.context import App, json_option, pass_app, shared_options
from rundbrief.cli.reports import contact_name
from rundbrief.cli.stopping import stop_on_signals
from rundbrief.cli.times import iso, local

if TYPE_CHECKING:
    from rundbrief.engine import Findings, Place

__all__ = ["command"]

_ALWAYS = (
    "Backups of rundbrief.db and of the CRM: they have her until they are thrown away. One that is put back brings"
    " her back, so run this command again then.",
    "CSV files, logs of cron, and error-….log files, as far as they name her.",
    "What observers and other programs have taken over from rundbrief.",
    "Transactional mail, orders and the like at the services, which are not newsletter recipients.",
)
"""What no program can find."""


@click.command("erase")
@click.argument("email")
@click.option("--dry-run", is_flag=True, help="Only tell where the address is known; ask no service.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@shared_options
@pass_app
def command(app: App, email: str, dry_run: bool, yes: bool) -> None:
    """Erase a person everywhere; her no is kept without her name.

    That is: at the services, and in rundbrief's own state. The no stays as a keyed hash of the address: no run
    adds her again, until she opts in anew herself. Contacts in the CRM lose their opt-ins and are not deleted.
    What is left, and what to do there, is printed at the end.

    Killed in the middle, or with a service out of reach, run it again: it completes what is left.
    """
    from rundbrief.engine import erase_person, find_person

    with stop_on_signals() as stop, app.workspace(stop) as workspace:
        found = find_person(workspace, email)
        if not dry_run:
            if not yes:
                _print_findings(app, found)
                click.confirm("Erase? This cannot be undone.", abort=True, err=True)
            found = erase_person(workspace, email)
    is_embedded = app.config.crm.plugin == "local"
    left = [] if dry_run else [*_left(found, is_embedded=is_embedded)]
    if app.json:
        app.output.document(_document(found, left, dry_run=dry_run))
    elif dry_run:
        _print_findings(app, found)
        app.output.line("Nothing was changed.", dim=True)
    else:
        _print_erased(app, found, left)


# --- as text ----------------------------------------------------------------------------------------------


def _print_findings(app: App, found: "Findings") -> None:
    app.output.line(found.address, bold=True)
    if found.erased_at:
        app.output.line(f"  Was erased on {local(found.erased_at)}.")
    for one in found.contacts:
        app.output.line(f"  In the CRM: {contact_name(one) or 'a contact'} ({one.kind}, id {one.id}).")
    for place in found.places:
        known = f"known as {place.recipient.status}" if place.is_known_there else "not known there"
        app.output.line(f"  {_place(place)}: {place.detail or known}.")
    rows = ", ".join(f"{table} {count:,}" for table, count in found.rows.items())
    app.output.line(f"  In the state: {rows or 'nothing'}.")
    if found.connected:
        app.output.line(f"  Also taken for the same person's: {', '.join(found.connected)}.")


def _print_erased(app: App, found: "Findings", left: list[str]) -> None:
    app.output.line(f"Erased {found.address}.", bold=True)
    for place in found.places:
        app.output.paragraph(f"{_place(place)}: {_answer(place)}", indent="  ")
    rows = sum(found.rows.values())
    app.output.line(f"  State: {rows:,} rows about her taken out, and its files written anew.")
    app.output.line("What is left, and is yours to do:", colour="yellow")
    for one in left:
        app.output.paragraph(f"- {one}", indent="  ")


def _place(place: "Place") -> str:
    name = place.mailing_list.name
    return f"{place.title}, {name} (connection {place.connection})" if name else f"Connection {place.connection}"


def _answer(place: "Place") -> str:
    return f"{place.answer}. {place.detail}".rstrip() if place.detail else f"{place.answer}."


# --- what is left -----------------------------------------------------------------------------------------


def _left(found: "Findings", *, is_embedded: bool) -> Iterator[str]:
    """Yield a sentence for each thing that rundbrief could not remove, with what to do there."""
    for one in found.contacts:
        who = f"Contact {one.id} in the CRM"
        what = f"rundbrief contacts delete {one.id}" if is_embedded else "delete it there"
        yield f"{who}: {what}. Its opt-ins are no; should they become yes again, reports will name it as held."
    if found.contacts and not is_embedded:
        yield (
            "weclapp.db and the like, where a plugin keeps the CRM's data: once she is deleted in the CRM, the"
            " next run takes her out there."
        )
    for place in found.places:
        if place.has_her_still:
            yield f"{_place(place)}: still has her. {place.detail} Delete her there by hand."
    for name in found.not_configured:
        yield f"Connection {name} stands in rundbrief.toml no more, and its service had her: look there yourself."
    for address in found.connected:
        yield f"The state took {address} for hers as well: rundbrief erase {address}"
    yield from _ALWAYS


# --- as a document ----------------------------------------------------------------------------------------


def _document(found: "Findings", left: list[str], *, dry_run: bool) -> dict[str, Any]:
    return {
        "address": found.address,
        "dry_run": dry_run,
        "erased_before": iso(found.erased_at),
        "contacts": [{"id": one.id, "name": contact_name(one)} for one in found.contacts],
        "services": [
            {
                "connection": place.connection,
                "list": place.mailing_list.name,
                "list_id": place.scope,
                "status": place.recipient.status.value,
                "answer": place.answer.value,
                "detail": place.detail,
            }
            for place in found.places
        ],
        "not_configured": list(found.not_configured),
        "state": found.rows,
        "connected": list(found.connected),
        "left": left,
    }
