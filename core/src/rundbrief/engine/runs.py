"""The runs themselves: import, export, and both in one."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rundbrief.engine.importing import take_in
from rundbrief.engine.lists import find_list, whole_account
from rundbrief.engine.observing import tell_observers
from rundbrief.engine.planning import plan
from rundbrief.engine.preview import state_and_crm
from rundbrief.engine.run import RunContext, RunOptions, RunReport, running, sum_up
from rundbrief.engine.staging import stage
from rundbrief.engine.workspace import Connection, Workspace
from rundbrief.engine.writing import write
from rundbrief.errors import ImportFirst, RunLocked
from rundbrief.models import OptIn, Reason, Result, Selection, WriteKind
from rundbrief.store import SETTLE, OutcomeLine, Planned

__all__ = ["export_list", "import_list", "sync_list"]

PREVIEW_PAGE = 500

_CANNOT_ASK = '{title} cannot ask for a new opt-in by mail: reconsent = "confirm" holds back instead.'


def import_list(
    workspace: Workspace, connection: str, list_id: str, options: RunOptions | None = None
) -> RunReport:
    """Take the opt-ins of one list over into the CRM.

    Args:
        connection: a connection's name.
        list_id: a list's id or exact name. Where one consent is good for the whole account, the account is read.

    Raises:
        RundbriefError: whatever stopped the run; what was done before is saved.
    """
    return _run(workspace, connection, list_id, "import", options, take_in)


def export_list(
    workspace: Workspace,
    connection: str,
    list_id: str,
    selection: Selection | None = None,
    options: RunOptions | None = None,
) -> RunReport:
    """Bring the recipients of one list up to date with the CRM's contacts.

    Takes in the opt-ins that changed at the service first, so that no older state is acted on.

    Raises:
        ImportFirst: the list was never imported.
        RundbriefError: whatever stopped the run; what was done before is saved.
    """

    def steps(context: RunContext) -> None:
        _refuse_before_first_import(context)
        _export(context, selection or Selection())

    return _run(workspace, connection, list_id, "export", options, steps)


def sync_list(workspace: Workspace, connection: str, list_id: str, options: RunOptions | None = None) -> RunReport:
    """Import, then export everybody, in one run. Raises as the two do."""
    return _run(workspace, connection, list_id, "sync", options, lambda context: _export(context, Selection()))


def _run(
    workspace: Workspace,
    name: str,
    list_id: str,
    kind: str,
    options: RunOptions | None,
    steps: Callable[[RunContext], None],
) -> RunReport:
    options = options or RunOptions()
    connection = workspace.connection(name)
    requests_before = connection.client.requests_sent
    with state_and_crm(workspace, name, dry_run=options.dry_run) as (store, crm):
        if kind == "import" and connection.is_account_wide:
            mailing_list = whole_account()
        else:
            mailing_list = find_list(workspace, connection, list_id, store, crm)
        with (
            _observed(workspace, connection, options) as problems,
            running(workspace, connection, kind, mailing_list, options, store, crm) as context,
        ):
            if connection.config.reconsent == "confirm" and not connection.can_confirm:
                context.problems.append(_CANNOT_ASK.format(title=connection.title))
            context.problems.extend(crm.warnings([connection.config.provider]))
            steps(context)
        context.problems.extend(problems)
        return sum_up(context, requests_before)


@contextmanager
def _observed(workspace: Workspace, connection: Connection, options: RunOptions) -> Iterator[Sequence[str]]:
    """Tell the observers of a run that has ended, well or not; yield what will be said of those that failed.

    A dry run has changed nothing, and one that never began because another is under way is that one's to tell.
    """
    problems: list[str] = []
    is_told = not options.dry_run
    try:
        yield problems
    except RunLocked:
        is_told = False
        raise
    finally:
        if is_told:
            problems += tell_observers(workspace, connection.name)


def _refuse_before_first_import(context: RunContext) -> None:
    """The service leads for consent, so its word has to be known before anything is sent there."""
    with context.store.transaction() as transaction:
        reading = transaction.cursors(context.connection.name, context.scope).get()
    if reading.full_read_at is None:
        raise ImportFirst(
            f"The list {context.mailing_list.name!r} was never imported, so nobody's opt-in there is known.",
            hint=f"Run: rundbrief import {context.connection.name} --list {context.mailing_list.id}",
        )


def _export(context: RunContext, selection: Selection) -> None:
    take_in(context)
    stage(context, selection)
    plan(context, everybody=selection.is_everything)
    if context.options.dry_run:
        _preview(context)
    else:
        write(context, context.field_map())
    with context.store.transaction() as transaction:
        transaction.outbox(context.run_id).clear()


def _preview(context: RunContext) -> None:
    """Put the plan into the report instead of carrying it out."""
    for kind in (SETTLE, *WriteKind):
        after = 0
        while True:
            with context.store.transaction() as transaction:
                steps = transaction.outbox(context.run_id).page(kind, PREVIEW_PAGE, after)
                context.report(transaction, [line for step in steps for line in _foreseen(step)])
            if not steps:
                break
            after = steps[-1].seq


def _foreseen(step: Planned) -> list[OutcomeLine]:
    """Return the lines that the step will have in the report if nothing comes in between."""
    if step.kind == SETTLE:
        reason = Reason.OPTED_IN if step.crm_value is OptIn.YES else Reason.OPTED_OUT
        return [OutcomeLine(step.address, Result.DONE, reason, contact_id) for contact_id in step.crm_expected]
    contact_id = step.contact_ids[0] if step.contact_ids else None
    return [OutcomeLine(step.address, Result.DONE, step.reason, contact_id)]
