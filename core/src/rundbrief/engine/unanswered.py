"""Steps that a killed run had sent, and whose answer nobody recorded: the next read shows which of them were done.

The outbox still knows them. What a read finds of their effects is put on record as ours, on the evidence that was
sent, and not as something that happened at the service.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from rundbrief.engine.lookups import by_ids
from rundbrief.engine.matching import Match
from rundbrief.engine.recording import STATUS_AFTER
from rundbrief.engine.run import RunContext
from rundbrief.models import Contact, SubscriberStatus, WriteKind
from rundbrief.store import Planned

__all__ = ["give_up", "with_answers"]

LATE = timedelta(days=1)
"""So long after it was handed in, an asynchronous job of a service may still be done."""

_STANDS_AS_WITHDRAWN = (WriteKind.WITHDRAW, WriteKind.CONFIRM)


def with_answers(context: RunContext, matches: Sequence[Match]) -> Sequence[Match]:
    """Return the matches of a page, such that those that show a step to be done know of its answer.

    What was agreed on with the step is the baseline from then on, and the contacts that it was for are linked.
    Without it the effect of our own write would pass for the person's word, and outweigh what the CRM's users have
    said since. Several steps are one attempt and its repetitions, by runs that were killed in a row; the last one
    counts.
    """
    found = _found_done(context, matches)
    if not found:
        return matches
    contacts = by_ids(context.crm, {one for steps in found.values() for one in steps[-1].contact_ids})
    return [_as_answered(context, one, found.get(one.incoming.seq, ()), contacts) for one in matches]


def give_up(context: RunContext) -> None:
    """Forget the steps of which a read has shown nothing that began late enough: they never arrived.

    What happens after that is the person's doing, also if it is the same.
    """
    if context.left.sent_steps:
        with context.store.transaction() as transaction:
            transaction.outbox(context.run_id).drop_sent(LATE)


def _found_done(context: RunContext, matches: Sequence[Match]) -> Mapping[int, Sequence[Planned]]:
    """Return what a page of the inbox shows to be done: number of the row -> the steps it is the effect of."""
    news = [one for one in matches if one.is_news]
    if not news or not context.left.sent_steps:
        return {}
    with context.store.transaction() as transaction:
        sent = transaction.outbox(context.run_id).unanswered(one.incoming.address for one in news)
    found = {}
    for one in news:
        done = [step for step in sent.get(one.incoming.address, ()) if _shows(context, one, step)]
        if done:
            found[one.incoming.seq] = done
    return found


def _as_answered(
    context: RunContext, one: Match, ours: Sequence[Planned], contacts: Mapping[str, Contact]
) -> Match:
    if not ours:
        return one
    step, before = ours[-1], one.known
    known = replace(
        before,
        status=_status_after(context, step, before.status),
        agreed=step.agreed,
        withdrawn=before.withdrawn or step.kind in _STANDS_AS_WITHDRAWN,
    )
    return replace(
        one,
        known=known,
        contacts=one.contacts or [contacts[it] for it in step.contact_ids if it in contacts],
        was_linked=one.was_linked or bool(step.contact_ids),
        ours=ours,
        before_ours=before.status,
    )


def _status_after(context: RunContext, step: Planned, before: SubscriberStatus) -> SubscriberStatus:
    """Return the status that a step leaves its recipient with."""
    if step.moved_from:
        return before
    if step.kind is WriteKind.CREATE and context.mailing_list.double_opt_in:
        return SubscriberStatus.PENDING
    return STATUS_AFTER[WriteKind(step.kind)]


def _shows(context: RunContext, one: Match, step: Planned) -> bool:
    """Tell whether a recipient is as the step would have left it, and was not before."""
    if step.moved_from or one.moved_from:
        return step.moved_from is not None and step.moved_from == one.moved_from
    if step.kind is WriteKind.UPDATE or one.known.status is one.incoming.status:
        return False
    expected = [_status_after(context, step, one.known.status)]
    if step.kind is WriteKind.CREATE:
        expected.append(SubscriberStatus.SUBSCRIBED)  # asked by us, and confirmed meanwhile
    return one.incoming.status in expected
