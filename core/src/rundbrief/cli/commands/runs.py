"""`rundbrief runs`: what was done, when, and what became of each contact."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from rundbrief.cli.context import App, json_option, pass_app, shared_options
from rundbrief.cli.reports import headline, outcome_document, print_counts, tally_document
from rundbrief.cli.times import iso, local
from rundbrief.cli.wording import SENTENCES, done_phrase
from rundbrief.errors import InputError
from rundbrief.models import Reason, Result

if TYPE_CHECKING:
    from rundbrief.store import OutcomeLine, Run, Transaction

__all__ = ["command"]

_RESULTS = {
    Result.DONE: "done",
    Result.HELD: "held back",
    Result.REFUSED: "refused",
    Result.FAILED: "not this time",
}


@click.command("runs")
@click.argument("run_id", metavar="[ID]", type=int, required=False)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    default=20,
    show_default=True,
    help="How many past runs at most.",
)
@click.option("--all", "everything", is_flag=True, help="With an ID: also the contacts for whom all went well.")
@json_option
@shared_options
@pass_app
def command(app: App, run_id: int | None, limit: int, everything: bool) -> None:
    """Show past runs, or the report of one.

    The report names the contacts that were held, refused or not done, each with the reason.
    """
    with app.workspace() as workspace, workspace.store.transaction() as transaction:
        if run_id is None:
            _show_latest(app, transaction, limit)
        else:
            _show_one(app, transaction, run_id, everything)


def _show_latest(app: App, transaction: "Transaction", limit: int) -> None:
    runs = transaction.runs.latest(limit)
    if app.json:
        app.output.document(
            {"runs": [_document(transaction, run, transaction.runs.tally(run.id)) for run in runs]}
        )
        return
    if not runs:
        app.output.line("Nothing has run yet. Start with: rundbrief lists CONNECTION --pull")
        return
    rows = []
    for run in runs:
        changed = sum(n for (result, _), n in transaction.runs.tally(run.id).items() if result is Result.DONE)
        where = f"{run.connection}: {_list_name(transaction, run)}"
        rows.append((str(run.id), local(run.started_at), run.kind, where, run.state, f"{changed:,}"))
    app.output.table(["Run", "Started", "What", "Where", "Ended", "Changed"], rows)


def _show_one(app: App, transaction: "Transaction", run_id: int, everything: bool) -> None:
    run = transaction.runs.get(run_id)
    if run is None:
        raise InputError(f"There is no run {run_id}.", hint="See them all: rundbrief runs")
    tally = transaction.runs.tally(run_id)
    results = tuple(Result) if everything else (Result.HELD, Result.REFUSED, Result.FAILED)
    lines = transaction.runs.outcomes(run_id, results)
    if app.json:
        document = _document(transaction, run, tally)
        app.output.document(document | {"contacts": [outcome_document(line) for line in lines]})
        return
    title = f"connection {run.connection}"
    app.output.line(headline(run.kind, _list_name(transaction, run), title, tally, dry_run=False), bold=True)
    app.output.line(f"  Run {run.id}, {local(run.started_at)} to {local(run.ended_at) or '?'}: {run.state}.")
    if run.message:
        app.output.paragraph(run.message, indent="  ")
    print_counts(app.output, run.kind, run.counts, tally)
    _print_contacts(app, run, lines)


def _print_contacts(app: App, run: "Run", lines: "Iterator[OutcomeLine]") -> None:
    rows = [
        (line.address or f"contact {line.contact_id}", _RESULTS[line.result], _why(run.kind, line))
        for line in lines
    ]
    if rows:
        app.output.line()
        app.output.table(["Contact", "Result", "Why"], rows)


def _why(kind: str, line: "OutcomeLine") -> str:
    if line.result is Result.DONE:
        return done_phrase(kind, line.reason).one
    return f"{SENTENCES[line.reason]} ({line.detail})" if line.detail else SENTENCES[line.reason]


def _list_name(transaction: "Transaction", run: "Run") -> str:
    from rundbrief.store import ACCOUNT_SCOPE, WHOLE_ACCOUNT

    names = {one.mailing_list.id: one.mailing_list.name for one in transaction.lists(run.connection).all()}
    if run.list_id == ACCOUNT_SCOPE:
        return WHOLE_ACCOUNT
    return names.get(run.list_id or "", run.list_id or "all lists")


def _document(
    transaction: "Transaction", run: "Run", tally: Mapping[tuple[Result, Reason], int]
) -> dict[str, Any]:
    """Return a past run: `state` is running, done, stopped, failed or cut off."""
    return {
        "run": run.id,
        "kind": run.kind,
        "connection": run.connection,
        "list": _list_name(transaction, run),
        "list_id": run.list_id,
        "state": run.state,
        "started_at": iso(run.started_at),
        "ended_at": iso(run.ended_at),
        "counts": dict(run.counts),
        "tally": tally_document(tally),
        "message": run.message,
    }
