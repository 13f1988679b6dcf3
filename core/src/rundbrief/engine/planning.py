"""Planning: decide for every staged address, and put what follows into the outbox.

Nothing is written to the service or the CRM here. So the whole plan can be counted, shown by a dry run, and
stopped by the guard rail.
"""

import logging
from dataclasses import dataclass, field, replace

from rundbrief.consent import Decision
from rundbrief.engine.fingerprint import fingerprint_of
from rundbrief.engine.growth import guard_newcomers
from rundbrief.engine.orphans import plan_deleted, plan_unheard, withdrawal_of
from rundbrief.engine.people import Person, next_people
from rundbrief.engine.run import RunContext, guard
from rundbrief.fields import Outgoing
from rundbrief.models import FieldValue, OptIn, Reason, Result, SubscriberStatus, WriteKind
from rundbrief.store import SETTLE, OutcomeLine, Planned, Recipient

__all__ = ["plan"]

log = logging.getLogger(__name__)

_MAILED = (SubscriberStatus.SUBSCRIBED, SubscriberStatus.PENDING)


@dataclass(slots=True)
class _Page:
    """What follows for one page of people."""

    steps: list[Planned] = field(default_factory=list)
    lines: list[OutcomeLine] = field(default_factory=list)


def plan(context: RunContext, *, everybody: bool) -> None:
    """Fill the outbox, then let the guard rail look at it.

    Args:
        everybody: the CRM's contacts are all staged, so that whoever is not is not there.

    Raises:
        GuardRail: the plan would take away too many consents, or bring too many.
    """
    with context.store.transaction() as transaction:
        total = transaction.candidates(context.run_id).count()
    context.progress.phase("Comparing", total)
    after = ""
    while people := next_people(context, after):
        context.stop.check()
        after = people[-1].crm_address
        page = _Page()
        for person in people:
            # Who is undecided is reported already, and is the next run's: a create could miss a "no".
            if any(one.selected for one in person.contacts) and not person.is_undecided:
                _plan_person(context, person, page)
        with context.store.transaction() as transaction:
            transaction.outbox(context.run_id).put(page.steps)
            context.report(transaction, page.lines)
        context.progress.advance(sum(len(person.contacts) for person in people))
    _note_another_map(context)
    plan_unheard(context)
    if everybody:
        plan_deleted(context)
    with context.store.transaction() as transaction:
        clearings = transaction.outbox(context.run_id).count_clearings()
        base = transaction.recipients(context.connection.name, context.scope).count_opted_in()
        tally = transaction.runs.tally(context.run_id)
    taken_in = sum(count for (result, _), count in tally.items() if result is Result.DONE)
    guard(context, clearings, base, written=_written(context, taken_in))
    guard_newcomers(context)


def _written(context: RunContext, taken_in: int) -> str:
    """Return what an export has written before its plan is carried out."""
    if not taken_in or context.options.dry_run:
        return "Nothing was written."
    changes = "one change" if taken_in == 1 else f"{taken_in} changes"
    return f"Nothing was sent there; {changes} from there had been taken into the CRM before."


def _note_another_map(context: RunContext) -> None:
    """Say, before anything is sent, to how many an other field map than the last one sends their data again."""
    list_id, signature = context.mailing_list.id, context.translation().signature
    with context.store.transaction() as transaction:
        maps = transaction.field_maps(context.connection.name)
        before = maps.signature(list_id)
        again = transaction.outbox(context.run_id).count().get(WriteKind.UPDATE, 0)
        maps.put(list_id, signature)
    if before not in (None, signature) and again:
        whom = "1 recipient is sent its data" if again == 1 else f"{again} recipients are sent their data"
        sentence = f"The fields are mapped otherwise than in the last run: {whom}."
        context.problems.append(sentence)
        log.warning("%s", sentence)


def _plan_person(context: RunContext, person: Person, page: _Page) -> None:
    decision = context.decide(person.standing)
    if person.abandoned is not None and _moves(person.abandoned, decision):
        if context.connection.config.address_change == "move":
            outgoing = _outgoing(context, person, page)
            if outgoing is not None:
                page.steps.append(_move(person, person.abandoned, outgoing.fields))
                page.lines += _left_out(person, outgoing)
            return
        if not _can_confirm_address(context):
            page.steps.append(withdrawal_of(person.abandoned, Reason.ADDRESS_ABANDONED))
            page.lines.append(_line(person, Result.HELD, Reason.ADDRESS_CHANGED))
            return
    if _needs_settling(person, decision):
        page.steps.append(_settle(person, decision))
    if person.abandoned and person.abandoned.status in _MAILED:
        page.steps.append(withdrawal_of(person.abandoned, Reason.ADDRESS_ABANDONED))
    match decision.service:
        case WriteKind.UPDATE if person.is_second:
            context.counts["without data of their own"] += len(person.contacts)
        case WriteKind.CREATE | WriteKind.UPDATE:
            _plan_data(context, person, decision, page)
        case WriteKind.WITHDRAW | WriteKind.CONFIRM:
            page.steps.append(_step(decision.service, person, decision))
        case None:
            _note_why_nothing_is_sent(context, person, decision, page)


# --- a changed address ------------------------------------------------------------------------------------


def _moves(abandoned: Recipient, decision: Decision) -> bool:
    """Tell whether the subscriber under the old address could simply be given the new one."""
    return decision.service is WriteKind.CREATE and abandoned.status is SubscriberStatus.SUBSCRIBED


def _can_confirm_address(context: RunContext) -> bool:
    """Tell whether the new address can be asked: by adding it to a list with double opt-in.

    If not, it waits for its owner. As its old one was withdrawn with this change, and a withdrawal goes along,
    nothing but a new opt-in ends the waiting.
    """
    return context.connection.config.address_change == "confirm" and context.mailing_list.double_opt_in


def _move(person: Person, abandoned: Recipient, fields: dict[str, FieldValue]) -> Planned:
    return Planned(
        kind=WriteKind.UPDATE,
        address=person.crm_address,
        spelling=person.contacts[0].spelling,
        contact_ids=_ids(person),
        reason=Reason.MOVED,
        remote_id=abandoned.remote_id,
        moved_from=abandoned.address,
        fields=fields,
        fingerprint=fingerprint_of(fields),
        agreed=OptIn.YES,
    )


# --- what the CRM and the baseline get --------------------------------------------------------------------


def _needs_settling(person: Person, decision: Decision) -> bool:
    stored = person.stored
    if stored is not None and stored.erasure and person.abandoned is None:
        return False  # it holds as it is, and would make her known again
    if stored is None and person.abandoned is None and not person.recipient.withdrawn:
        return False
    return (
        stored is None
        or not person.linked
        or person.abandoned is not None
        or bool(_crm_expected(person, decision))
        or stored.withdrawn != decision.withdrawn
        or stored.agreed is not _settled_baseline(person, decision)
    )


def _settle(person: Person, decision: Decision) -> Planned:
    """Bring CRM and baseline in line before anything is sent.

    `moved_from` marks the abandoned recipient as withdrawn in the same transaction that forgets who it was, so
    that a crash before its unsubscribe is sent cannot lose it.
    """
    opt_in = person.opt_in
    crm_withdrew = opt_in.value is OptIn.NO and decision.withdrawn
    return Planned(
        kind=SETTLE,
        address=person.recipient.address,
        spelling=person.recipient.spelling,
        contact_ids=_ids(person),
        reason=Reason.WITHDRAWN_IN_CRM if crm_withdrew else decision.reason,
        moved_from=person.abandoned.address if person.abandoned else None,
        since=opt_in.since,
        source=opt_in.source,
        crm_value=decision.crm,
        crm_expected=_crm_expected(person, decision),
        agreed=_settled_baseline(person, decision),
        withdrawn=decision.withdrawn,
        crm_address=person.crm_address,
    )


def _settled_baseline(person: Person, decision: Decision) -> OptIn | None:
    """Return the baseline before the service has answered: a create or a withdrawal is not agreed on yet."""
    if decision.service in (WriteKind.CREATE, WriteKind.WITHDRAW):
        return person.recipient.agreed
    return decision.agreed


def _crm_expected(person: Person, decision: Decision) -> dict[str, OptIn]:
    if decision.crm is None or decision.service is WriteKind.CREATE:
        return {}
    return {one.contact_id: one.opt_in.value for one in person.contacts if one.opt_in.value is not decision.crm}


# --- what the service gets --------------------------------------------------------------------------------


def _outgoing(context: RunContext, person: Person, page: _Page) -> Outgoing | None:
    """Return a person's data as the service gets it; None, and told, when the contact may not go like that."""
    found = context.translation().outward(person.contacts[0].fields)
    if found.left_out:
        context.counts["values left out"] += len(found.left_out)
    if found.is_refused:
        page.lines.append(_line(person, Result.REFUSED, Reason.UNFIT_VALUE, "; ".join(found.left_out)))
        return None
    return found


def _left_out(person: Person, outgoing: Outgoing) -> list[OutcomeLine]:
    """Tell of the values that do not go along with a contact's data. They are told again when it changes."""
    return [_line(person, Result.HELD, Reason.VALUE_LEFT_OUT, sentence) for sentence in outgoing.left_out]


def _plan_data(context: RunContext, person: Person, decision: Decision, page: _Page) -> None:
    joins = _joins(context, person, decision)
    if (joins or decision.service is WriteKind.CREATE) and context.mailing_list.id in person.recipient.left:
        page.lines.append(_line(person, Result.HELD, Reason.LEFT_THE_LIST))
        return
    outgoing = _outgoing(context, person, page)
    if outgoing is None:
        return
    fields = outgoing.fields
    fingerprint = fingerprint_of(fields)
    sent = person.sent if person.sent and person.sent.fingerprint == fingerprint else None
    if sent and sent.result is Result.DONE and decision.service is WriteKind.UPDATE and not joins:
        context.counts["unchanged"] += 1
    elif sent and (sent.result is Result.REFUSED or (sent.not_before and sent.not_before > context.now())):
        page.lines.append(_line(person, sent.result, sent.reason, "as before; not sent again"))
    else:
        kind = decision.service or WriteKind.UPDATE
        reason = Reason.NEW if kind is WriteKind.CREATE else Reason.CHANGED
        step = _step(kind, person, decision)
        page.steps.append(replace(step, reason=reason, fields=fields, fingerprint=fingerprint, joins=joins))
        page.lines += _left_out(person, outgoing)


def _joins(context: RunContext, person: Person, decision: Decision) -> bool:
    """Tell whether a recipient of the account is still to be put on this list."""
    return (
        context.connection.is_account_wide
        and decision.service is WriteKind.UPDATE
        and context.mailing_list.id not in person.recipient.lists
    )


def _step(kind: WriteKind, person: Person, decision: Decision) -> Planned:
    opt_in = person.opt_in
    return Planned(
        kind=kind,
        address=person.recipient.address,
        spelling=person.contacts[0].spelling if kind is WriteKind.CREATE else person.recipient.spelling,
        contact_ids=_ids(person),
        reason=decision.reason,
        remote_id=person.recipient.remote_id,
        since=opt_in.since,
        source=opt_in.source,
        agreed=decision.agreed,
        withdrawn=decision.withdrawn,
        crm_address=person.crm_address,
    )


def _note_why_nothing_is_sent(context: RunContext, person: Person, decision: Decision, page: _Page) -> None:
    values = {one.opt_in.value for one in person.contacts}
    if decision.held:
        page.lines.append(_line(person, Result.HELD, decision.reason))
    elif {OptIn.YES, OptIn.NO} <= values and person.recipient.status is SubscriberStatus.ABSENT:
        page.lines.append(_line(person, Result.HELD, Reason.SHARED_ADDRESS_NO))
    else:
        context.counts["without opt-in"] += len(person.contacts)


def _ids(person: Person) -> tuple[str, ...]:
    return tuple(one.contact_id for one in person.contacts)


def _line(person: Person, result: Result, reason: Reason, detail: str = "") -> OutcomeLine:
    return OutcomeLine(person.crm_address, result, reason, person.contacts[0].contact_id, detail)
