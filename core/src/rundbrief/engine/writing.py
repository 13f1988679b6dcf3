"""Writing: the outbox goes to the CRM and to the service, batch by batch, and each effect is recorded with it."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field

from rundbrief.consent import combine
from rundbrief.engine.lookups import by_addresses
from rundbrief.engine.recording import record_outcomes, record_settled, why
from rundbrief.engine.run import RunContext
from rundbrief.errors import RundbriefError
from rundbrief.fields import FieldMap
from rundbrief.models import (
    Contact,
    ContactWrite,
    CrmOptIn,
    Evidence,
    OptIn,
    OptInChange,
    Outcome,
    Reason,
    Result,
    WriteKind,
)
from rundbrief.store import SETTLE, OutcomeLine, Planned

__all__ = ["write"]

SETTLE_BATCH = 500

_ORDER = (WriteKind.WITHDRAW, WriteKind.UPDATE, WriteKind.CREATE, WriteKind.CONFIRM)
"""A "no" goes first: should the run be cut off, it is what must not be late."""

_RAISES_CONSENT = (WriteKind.CREATE, WriteKind.CONFIRM)


@dataclass(slots=True)
class _Answer:
    """What became of one batch. An error may come after some outcomes have."""

    steps: Sequence[Planned]
    outcomes: list[Outcome] = field(default_factory=list)
    error: RundbriefError | None = None


def write(context: RunContext, field_map: FieldMap) -> None:
    """Carry out the plan.

    Up to the service's own limit of batches are under way at once; this thread alone records. After an error no
    new batch is begun, those under way are recorded, and the error is raised. One of them that waits, such as for
    the rate budget, is woken, and its rest is the next run's.
    """
    with context.store.transaction() as transaction:
        counts = transaction.outbox(context.run_id).count()
    _settle(context, counts.get(SETTLE, 0))
    for kind in _ORDER:
        if counts.get(kind):
            _send(context, field_map, kind, counts[kind])


def _settle(context: RunContext, total: int) -> None:
    if not total:
        return
    context.progress.phase("Updating the CRM's opt-ins", total)
    after = 0
    while True:
        with context.store.transaction() as transaction:
            steps = transaction.outbox(context.run_id).page(SETTLE, SETTLE_BATCH, after)
        if not steps:
            return
        context.stop.check()
        after = steps[-1].seq
        changes = {step.seq: _changes(context, step) for step in steps}
        undone = set(context.crm.set_opt_ins([change for group in changes.values() for change in group]))
        record_settled(context, steps, changes, undone)
        context.progress.advance(len(steps))


def _changes(context: RunContext, step: Planned) -> list[OptInChange]:
    if step.crm_value is None:
        return []
    opt_in = CrmOptIn(step.crm_value, context.now(), why(context, step))
    return [
        OptInChange(contact_id, context.opt_in_key, expected, opt_in)
        for contact_id, expected in step.crm_expected.items()
    ]


# --- the service ------------------------------------------------------------------------------------------

_TITLES = {
    WriteKind.WITHDRAW: "Unsubscribing",
    WriteKind.UPDATE: "Sending changed data",
    WriteKind.CREATE: "Adding new recipients",
    WriteKind.CONFIRM: "Asking for confirmation",
}


def _send(context: RunContext, field_map: FieldMap, kind: WriteKind, total: int) -> None:
    info = context.connection.provider.info
    if kind not in info.batch_sizes:
        context.problems.append(f"{info.title} has no way to {kind.value} recipients; {total} were left out.")
        return
    context.progress.phase(_TITLES[kind], total)
    batches = _batches(context, kind, info.batch_sizes[kind])
    failure: RundbriefError | None = None
    with (
        context.connection.waits.together() as call_off,
        ThreadPoolExecutor(max_workers=info.concurrency, thread_name_prefix="export") as pool,
        ExitStack() as before_the_pool_ends,
    ):
        before_the_pool_ends.callback(call_off)  # whatever is raised here is not held up by waits in the threads
        pending: set[Future[_Answer]] = set()
        while True:
            try:
                while failure is None and len(pending) < info.concurrency and (batch := next(batches, None)):
                    pending.add(pool.submit(_deliver, context, field_map, kind, batch))
            except RundbriefError as error:
                failure = error
            if failure:
                call_off()
            if not pending:
                break
            finished, pending = wait(pending, return_when=FIRST_COMPLETED)
            for answer in (one.result() for one in finished):
                record_outcomes(context, kind, answer.steps, answer.outcomes)
                context.progress.advance(len(answer.steps))
                failure = failure or answer.error
    if failure:
        raise failure


def _batches(context: RunContext, kind: WriteKind, size: int) -> Iterator[Sequence[Planned]]:
    after = 0
    while True:
        context.stop.check()
        with context.store.transaction() as transaction:
            steps = transaction.outbox(context.run_id).page(kind, size, after)
        if not steps:
            return
        after = steps[-1].seq
        wanted = _still_wanted(context, steps)
        if wanted:
            _announce(context, wanted)
            yield wanted


def _still_wanted(context: RunContext, steps: Sequence[Planned]) -> Sequence[Planned]:
    """Leave out what the CRM no longer wants: where an address would become a recipient, the plan may be old.

    Everybody who has the address by now is asked, also a contact that was added since.
    """
    raising = [step for step in steps if step.kind in _RAISES_CONSENT or step.moved_from]
    contacts = by_addresses(context.crm, [step.crm_address for step in raising])
    unwanted = [step for step in raising if not _opts_in(context, contacts.get(step.crm_address, ()))]
    with context.store.transaction() as transaction:
        context.report(
            transaction,
            [
                OutcomeLine(step.address, Result.HELD, Reason.CRM_CHANGED_MEANWHILE, step.contact_ids[0])
                for step in unwanted
            ],
        )
    left_out = {step.seq for step in unwanted}
    return [step for step in steps if step.seq not in left_out]


def _announce(context: RunContext, steps: Sequence[Planned]) -> None:
    """Note what is about to be sent: should the answer get lost, a later run knows by it what was our doing."""
    with context.store.transaction() as transaction:
        transaction.outbox(context.run_id).mark_sent(step.seq for step in steps)


def _opts_in(context: RunContext, contacts: Iterable[Contact]) -> bool:
    return combine(one.opt_in(context.opt_in_key) for one in contacts).value is OptIn.YES


def _deliver(context: RunContext, field_map: FieldMap, kind: WriteKind, steps: Sequence[Planned]) -> _Answer:
    """Send one batch; runs in a worker thread, so it touches neither the state nor the CRM."""
    answer = _Answer(steps)
    writes = [_contact_write(step) for step in steps]
    try:
        for outcome in context.connection.provider.export_contacts(
            context.connection.session, context.mailing_list, kind, writes, field_map
        ):
            answer.outcomes.append(outcome)
    except RundbriefError as error:
        answer.error = error
    return answer


def _contact_write(step: Planned) -> ContactWrite:
    return ContactWrite(
        key=str(step.seq),
        address=step.moved_from or step.spelling,
        remote_id=step.remote_id,
        fields=step.fields,
        evidence=Evidence(step.since, step.source),
        new_address=step.spelling if step.moved_from else None,
        join=step.joins,
    )
