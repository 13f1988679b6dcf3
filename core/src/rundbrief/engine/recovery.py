"""What a run had set in the CRM when it was killed, before it could put it on record."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from rundbrief.engine.import_journal import change_entry
from rundbrief.engine.lookups import by_addresses, by_ids
from rundbrief.engine.recording import why
from rundbrief.engine.run import RunContext
from rundbrief.models import Contact
from rundbrief.store import Intent, JournalEntry, Planned

__all__ = ["record_cut_off"]

PAGE = 500


def record_cut_off(context: RunContext) -> None:
    """Complete the record of what killed runs had set in the CRM.

    What an export had sent to the service stays in the outbox until the next read tells what became of it.
    """
    _record_intents(context)
    _record_settling(context)


def _record_intents(context: RunContext) -> None:
    """Look through what killed imports of the connection were about to set, and put on record what they did set.

    A contact tells by value, time and source of its opt-in that it was us. Did a user change it since, nobody can
    tell any more what it was in between.
    """
    with context.store.transaction() as transaction:
        intents = transaction.intents(context.connection.name).all()
    if not intents:
        return
    known = by_ids(context.crm, (one.change.contact_id for one in intents if one.change.contact_id))
    made = by_addresses(context.crm, (one.address for one in intents if not one.change.contact_id))
    entries = [
        change_entry(context, one.address, replace(one.change, contact_id=contact.id))
        for one in intents
        for contact in _candidates(one, known, made)
        if contact.opt_in(one.change.key) == one.change.opt_in
    ]
    with context.store.transaction() as transaction:
        transaction.journal.add(entries, context.now())
        transaction.intents(context.connection.name).clear()


def _candidates(
    intent: Intent, known: Mapping[str, Contact], made: Mapping[str, Sequence[Contact]]
) -> Sequence[Contact]:
    if not intent.change.contact_id:
        return made.get(intent.address, ())
    contact = known.get(intent.change.contact_id)
    return [contact] if contact else []


def _record_settling(context: RunContext) -> None:
    """Look through the steps that earlier, killed exports of the list left behind, and drop those never sent.

    A step was done if the contact has the value it should have, and tells that it has it from us.
    """
    while True:
        with context.store.transaction() as transaction:
            steps = transaction.outbox(context.run_id).left_behind(PAGE)
        if not steps:
            break
        contacts = by_ids(context.crm, (one for step in steps for one in step.crm_expected))
        with context.store.transaction() as transaction:
            transaction.journal.add(_entries(context, steps, contacts), context.now())
            transaction.outbox(context.run_id).done(step.seq for step in steps)
    with context.store.transaction() as transaction:
        transaction.outbox(context.run_id).drop_unsent()


def _entries(
    context: RunContext, steps: Sequence[Planned], contacts: Mapping[str, Contact]
) -> Iterator[JournalEntry]:
    for step in steps:
        for contact_id, was in step.crm_expected.items():
            contact = contacts.get(contact_id)
            opt_in = contact.opt_in(context.opt_in_key) if contact else None
            if opt_in and opt_in.value is step.crm_value and opt_in.source == why(context, step):
                yield context.entry(
                    step.address,
                    "crm",
                    "rundbrief",
                    was.value,
                    opt_in.value.value,
                    opt_in.source,
                    stated_at=opt_in.since,
                    contact_id=contact_id,
                )
