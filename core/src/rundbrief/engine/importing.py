"""The import: read, match, decide, write the CRM's opt-ins, record.

For a contact that the CRM knows, only the opt-in changes. A subscriber it does not know becomes a contact. One
who is not subscribed does not: the "no" is kept in the state, without making a contact of somebody who left.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from rundbrief.engine.fingerprint import fingerprint_of
from rundbrief.engine.growth import guard_arrivals
from rundbrief.engine.import_journal import (
    ImportStep,
    entries_of,
    entries_of_missed,
    evidence,
)
from rundbrief.engine.lookups import by_ids
from rundbrief.engine.matching import Match, match
from rundbrief.engine.reading import fetch
from rundbrief.engine.recovery import as_begun, look_through_intents, record_cut_off
from rundbrief.engine.run import RunContext, guard
from rundbrief.engine.unanswered import give_up, with_answers
from rundbrief.errors import GuardRail
from rundbrief.models import (
    Contact,
    CrmOptIn,
    NewContact,
    OptIn,
    OptInChange,
    Reason,
    Result,
    SubscriberStatus,
    address_key,
    mask_address,
)
from rundbrief.store import Intent, JournalEntry, OutcomeLine, Recipient, Sent, Transaction

__all__ = ["take_in"]

_LEFT = (SubscriberStatus.UNSUBSCRIBED, SubscriberStatus.GONE)

PAGE = 500
"""Recipients that are matched, written and recorded together."""


def take_in(context: RunContext) -> None:
    """Fetch what changed at the service, and settle it: the whole of an import, and the start of an export."""
    context.crm.ensure_opt_in_fields([context.connection.opt_in_field(context.mailing_list)])
    record_cut_off(context)
    _complete(context)
    fetch(context)
    _guard(context)
    guard_arrivals(context)
    with context.store.transaction() as transaction:
        total = transaction.inbox(context.connection.name, context.scope).count()
    context.progress.phase("Updating the CRM's opt-ins", total)
    after = 0
    while page := _page(context, after):
        context.stop.check()
        after = page[-1].incoming.seq
        _settle(context, page)
        context.progress.advance(len(page))
    give_up(context)


def _complete(context: RunContext) -> None:
    """Complete what a killed import had begun in the CRM, by what it had read. What is read now comes after that.

    Otherwise a *yes* that we had set would pass for the CRM's, and what its users said to it would go unheard.
    """
    begun = look_through_intents(context)
    if begun is None:
        return
    with context.store.transaction() as transaction:
        inbox = transaction.inbox(context.connection.name, context.scope)
        rows = [*inbox.of(begun.opted_in), *(row for row in inbox.of(begun.opted_out) if row.status in _LEFT)]
    contacts = by_ids(context.crm, (one for ids in begun.opted_in.values() for one in ids))
    matches = with_answers(context, match(context, rows)) if rows else []
    _settle(context, [as_begun(context, one, begun, contacts) for one in matches], begun.entries)


def _page(context: RunContext, after: int) -> list[Match]:
    with context.store.transaction() as transaction:
        rows = transaction.inbox(context.connection.name, context.scope).page(after, PAGE)
    return _independent(with_answers(context, match(context, rows))) if rows else []


def _independent(matches: Sequence[Match]) -> list[Match]:
    """Return the matches up to the first that must see what an earlier one of them has changed."""
    touched: set[tuple[str, str]] = set()
    for position, one in enumerate(matches):
        concerned = {("contact", contact.id) for contact in one.contacts} | {("address", one.incoming.address)}
        if one.moved_from:
            concerned.add(("address", one.moved_from))
        if concerned & touched:
            return list(matches[:position])
        touched |= concerned
    return list(matches)


def _guard(context: RunContext) -> None:
    """Count the opt-ins that this import would clear; one by one only if there could be too many."""
    with context.store.transaction() as transaction:
        inbox = transaction.inbox(context.connection.name, context.scope)
        leaving, subscribed = inbox.count_leaving(), inbox.count_subscribed()
        agreed = transaction.recipients(context.connection.name, context.scope).count_opted_in()
    base = agreed or subscribed
    try:
        guard(context, leaving, base)
    except GuardRail:
        guard(context, _count_clearings(context), base)


def _count_clearings(context: RunContext) -> int:
    clearings, after = 0, 0
    while page := _page(context, after):
        after = page[-1].incoming.seq
        for one in page:
            decision = context.decide(one.standing(context.opt_in_key))
            values = {contact.opt_in(context.opt_in_key).value for contact in one.contacts}
            clearings += decision.crm is OptIn.NO and OptIn.YES in values
    return clearings


def _settle(context: RunContext, page: Sequence[Match], owed: Sequence[JournalEntry] = ()) -> None:
    """Write a page to the CRM, then save what was done.

    In this order: doing the first twice changes nothing, whereas a state that runs ahead of the CRM would take
    the missing opt-in for the CRM's own wish.

    Args:
        owed: entries that a killed run owes the journal.
    """
    steps = [_decide(context, one) for one in page if one.is_news]
    context.problems.extend(_echoes(context, page))
    _announce(context, steps)
    undone = set(context.crm.set_opt_ins([change for step in steps for change in step.changes]))
    new = [step for step in steps if step.new]
    ids = context.crm.create_contacts([step.new for step in new if step.new])
    for step, contact_id in zip(new, ids, strict=True):
        step.created = contact_id
    missed = [step for step in steps if undone.intersection(step.changes)]
    # A missed row stays in the inbox: somebody edited the contact in between, so the next run decides again.
    kept = {step.match.incoming.seq for step in missed}
    with context.store.transaction() as transaction:
        transaction.journal.add(owed, context.now())
        context.report(transaction, [line for step in missed for line in _missed(step)])
        transaction.journal.add(
            [entry for step in missed for entry in entries_of_missed(context, step, undone)], context.now()
        )
        transaction.recipients(context.connection.name, context.scope).put(
            _agreed_all_the_same(context, missed, undone)
        )
        _record(context, transaction, [step for step in steps if step.match.incoming.seq not in kept])
        transaction.inbox(context.connection.name, context.scope).done(
            one.incoming.seq for one in page if one.incoming.seq not in kept
        )
        transaction.intents(context.connection.name, context.opt_in_key).clear()


def _echoes(context: RunContext, page: Sequence[Match]) -> list[str]:
    """Return a sentence about each who was erased and is mailed all the same."""
    return [
        f"{mask_address(one.incoming.address)} was erased here, and is still subscribed at {context.place}: erase"
        " the address again, or look there."
        for one in page
        if one.is_echo and one.incoming.status is SubscriberStatus.SUBSCRIBED
    ]


def _announce(context: RunContext, steps: Sequence[ImportStep]) -> None:
    """Note what is about to be set, so that a run that is killed in between owes the journal nothing for good."""
    intents = [Intent(step.match.incoming.address, change) for step in steps for change in step.all_changes]
    if intents:
        with context.store.transaction() as transaction:
            transaction.intents(context.connection.name, context.opt_in_key).put(intents)


def _decide(context: RunContext, one: Match) -> ImportStep:
    step = ImportStep(one, context.decide(one.standing(context.opt_in_key)))
    # What was read before the run was killed is good for a record, and too old for a new *yes*.
    if step.decision.crm is not None and not (one.begun and step.decision.crm is OptIn.YES):
        _change_crm(context, step, step.decision.crm)
    step.fingerprint = one.ours[-1].fingerprint if one.ours else _seen(context, step)
    return step


def _change_crm(context: RunContext, step: ImportStep, value: OptIn) -> None:
    one = step.match
    opt_in = CrmOptIn(value, one.incoming.since or context.now(), evidence(context, one))
    for contact in one.contacts:
        expected = contact.opt_in(context.opt_in_key).value
        if expected is not value:
            step.changes.append(OptInChange(contact.id, context.opt_in_key, expected, opt_in))
        step.changes += _spread(context, step, contact, opt_in)
    if value is OptIn.YES and not one.contacts and not one.was_linked:
        incoming = context.translation().inward(one.incoming.fields)
        step.new = NewContact(one.incoming.spelling, incoming.fields, context.opt_in_key, opt_in, context.place)
        step.left_out = incoming.left_out


def _spread(context: RunContext, step: ImportStep, contact: Contact, opt_in: CrmOptIn) -> list[OptInChange]:
    """Take a withdrawal at this service for one everywhere, if the connection says so. Others are told later.

    Only when it is first heard of: who is out for both sides may be there by our own hand, or have come back
    elsewhere since.
    """
    known = step.match.known
    is_withdrawal = step.match.incoming.status is SubscriberStatus.UNSUBSCRIBED and opt_in.value is OptIn.NO
    is_heard = known.status is SubscriberStatus.UNSUBSCRIBED and known.agreed is OptIn.NO
    if not is_withdrawal or is_heard or context.connection.config.withdrawals != "everywhere":
        return []
    return [
        OptInChange(contact.id, key, OptIn.YES, opt_in)
        for key, one in contact.opt_ins.items()
        if key != context.opt_in_key and one.value is OptIn.YES
    ]


def _missed(step: ImportStep) -> list[OutcomeLine]:
    address = step.match.incoming.address
    return [
        OutcomeLine(address, Result.FAILED, Reason.CRM_CHANGED_MEANWHILE, contact_id)
        for contact_id in step.contact_ids
    ]


def _agreed_all_the_same(
    context: RunContext, missed: Iterable[ImportStep], undone: Collection[OptInChange]
) -> Iterator[Recipient]:
    """Yield the recipients whom one of the contacts opts in, before or by now, as the service does: that stands.

    The rest of the row is decided upon again. Without this, a *no* that a user says until then would come before
    any agreement, and the service would lead.
    """
    for step in missed:
        was_yes = step.match.standing(context.opt_in_key).crm.value is OptIn.YES
        is_yes = any(change.key == context.opt_in_key and change not in undone for change in step.changes)
        if step.decision.agreed is OptIn.YES and (was_yes or is_yes):
            yield replace(step.match.known, agreed=OptIn.YES)


def _record(context: RunContext, transaction: Transaction, steps: Sequence[ImportStep]) -> None:
    name, scope = context.connection.name, context.scope
    links, sent = transaction.links(name, scope), transaction.sent(name, scope)
    for step in steps:
        if step.match.moved_from:
            links.rename(step.match.moved_from, step.match.incoming.address)
            sent.rename(step.match.moved_from, step.match.incoming.address)
    links.put(link for step in steps for link in _links_of_ours(step))
    links.add(link for step in steps for link in (*_links_of_begun(step), *_links(step)))
    transaction.recipients(name, scope).put(row for step in steps for row in _recipients(step))
    sent.put(Sent(step.match.incoming.address, step.fingerprint) for step in steps if step.fingerprint)
    entries = [entry for step in steps for entry in entries_of(context, step)]
    transaction.journal.add(entries, context.now())
    context.report(transaction, [line for step in steps for line in _lines(context, step)])
    transaction.outbox(context.run_id).done(one.seq for step in steps for one in step.match.ours)
    if found := sum(bool(step.match.ours) for step in steps):
        context.counts["found done"] += found


def _links(step: ImportStep) -> list[tuple[str, str, str]]:
    address = step.match.incoming.address
    if step.created:
        return [(step.created, address, address)]
    return [(contact.id, address_key(contact.email or ""), address) for contact in step.match.contacts]


def _links_of_ours(step: ImportStep) -> list[tuple[str, str, str]]:
    """Return the links as they were when the step was sent, so that a change of address since then is seen."""
    return [(one, sent.crm_address, sent.address) for sent in step.match.ours[-1:] for one in sent.contact_ids]


def _links_of_begun(step: ImportStep) -> list[tuple[str, str, str]]:
    address = step.match.incoming.address
    return [(contact_id, address, address) for contact_id in step.match.begun]


def _recipients(step: ImportStep) -> list[Recipient]:
    rows = [step.match.after(step.decision)]
    if step.match.moved_from:
        known, old = step.match.known, step.match.moved_from
        rows.append(Recipient(old, old, withdrawn=known.withdrawn, left=known.left))
    return rows


def _seen(context: RunContext, step: ImportStep) -> str | None:
    """At first sight of a subscriber, tell the data the service has, so that equal data is not sent again.

    Before the CRM is written: this may have to ask the service for its fields, and after that nothing may come
    between what was done and its record.
    """
    one = step.match.incoming
    is_first_sight = step.match.known.agreed is None and one.status is SubscriberStatus.SUBSCRIBED
    if not is_first_sight or not (step.match.contacts or step.new):
        return None
    return fingerprint_of(context.translation().there(one.fields))


def _lines(context: RunContext, step: ImportStep) -> list[OutcomeLine]:
    one, decision = step.match.incoming, step.decision
    if step.created:
        if step.left_out:
            context.counts["values left out"] += len(step.left_out)
        return [
            OutcomeLine(one.address, Result.DONE, Reason.NEW_CONTACT, step.created),
            *(
                OutcomeLine(one.address, Result.HELD, Reason.VALUE_LEFT_OUT, step.created, sentence)
                for sentence in step.left_out
            ),
        ]
    if not step.match.contacts:
        context.counts["deleted_in_crm" if step.match.was_linked else "remembered"] += 1
        return []
    if decision.held and context.kind != "import":
        return []  # the export that follows reports everybody it holds
    if decision.held:
        return [OutcomeLine(one.address, Result.HELD, decision.reason, step.contact_ids[0])]
    reason = Reason.OPTED_IN if decision.crm is OptIn.YES else decision.reason
    lines = [OutcomeLine(one.address, Result.DONE, reason, change.contact_id) for change in step.changes]
    if not lines and context.kind == "import":
        context.counts["unchanged"] += 1
    return lines
