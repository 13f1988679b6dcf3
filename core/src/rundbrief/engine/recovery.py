"""What a run had set in the CRM when it was killed, before it could put it on record."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rundbrief.consent import combine
from rundbrief.engine.import_journal import change_entry
from rundbrief.engine.lookups import by_addresses, by_ids
from rundbrief.engine.matching import Match
from rundbrief.engine.recording import why
from rundbrief.engine.run import RunContext
from rundbrief.models import Contact, CrmOptIn, OptIn, OptInChange
from rundbrief.store import Intent, JournalEntry, Planned

__all__ = ["Begun", "as_begun", "look_through_intents", "record_cut_off"]

PAGE = 500


@dataclass(frozen=True, slots=True)
class Begun:
    """What a killed import had begun to set in the CRM, and put on no record."""

    entries: Sequence[JournalEntry]
    """What the CRM shows of it."""
    opted_in: Mapping[str, Sequence[str]]
    """Address whose contacts were to get a *yes* -> their ids; only where it was set, whatever it is now."""
    opted_out: Collection[str]
    """The addresses whose contacts were given a *no*."""


def look_through_intents(context: RunContext) -> Begun | None:
    """Look through what killed imports of the scope were about to set; None if there is nothing.

    A contact tells by value, time and source of its opt-in that it was us. Did a user change it since, nobody can
    tell any more what it was in between; that there was a *yes* is believed then, as the user's word is the later.
    """
    with context.store.transaction() as transaction:
        intents = transaction.intents(context.connection.name, context.opt_in_key).all()
    if not intents:
        return None
    known = by_ids(context.crm, (one.change.contact_id for one in intents if one.change.contact_id))
    made = by_addresses(context.crm, (one.address for one in intents if not one.change.contact_id))
    entries: list[JournalEntry] = []
    opted_in: defaultdict[str, list[str]] = defaultdict(list)
    opted_out: set[str] = set()
    for one in intents:
        contacts = _candidates(one, known, made)
        is_yes = one.change.opt_in.value is OptIn.YES
        if is_yes and one.change.contact_id and not contacts:
            opted_in[one.address].append(one.change.contact_id)  # deleted since
        for contact in contacts:
            now = contact.opt_in(one.change.key)
            if now == one.change.opt_in:
                entries.append(change_entry(context, one.address, replace(one.change, contact_id=contact.id)))
                if not is_yes and one.change.key == context.opt_in_key:
                    opted_out.add(one.address)
            if is_yes and (now == one.change.opt_in or _is_later(now, one.change)):
                opted_in[one.address].append(contact.id)
    return Begun(entries, opted_in, opted_out - opted_in.keys())


def as_begun(context: RunContext, one: Match, begun: Begun, contacts: Mapping[str, Contact]) -> Match:
    """Return a match that knows of the *yes* that a killed import had begun to set for it.

    Was it taken back since, the *yes* is what was agreed on before.
    """
    ids = begun.opted_in.get(one.incoming.address)
    if not ids:
        return one
    hers = one.contacts or [contacts[contact_id] for contact_id in ids if contact_id in contacts]
    is_taken_back = combine(contact.opt_in(context.opt_in_key) for contact in hers).value is not OptIn.YES
    known = replace(one.known, agreed=OptIn.YES, withdrawn=False) if is_taken_back else one.known
    return replace(one, known=known, contacts=hers, was_linked=True, begun=ids)


def _is_later(now: CrmOptIn, change: OptInChange) -> bool:
    """Tell whether a user has said something since that the change was read to be due."""
    if now.value is not change.expected:
        return True
    said, due = now.since, change.opt_in.since
    return said is not None and due is not None and said > due


def _candidates(
    intent: Intent, known: Mapping[str, Contact], made: Mapping[str, Sequence[Contact]]
) -> Sequence[Contact]:
    if not intent.change.contact_id:
        return made.get(intent.address, ())
    contact = known.get(intent.change.contact_id)
    return [contact] if contact else []


def record_cut_off(context: RunContext) -> None:
    """Put on record what killed exports of the scope had set in the CRM, and drop what they had not sent.

    A step was done if the contact has the value it should have, and tells that it has it from us. What was sent to
    the service stays in the outbox until the next read tells what became of it.
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
