"""Recipients whose contact is gone: what is still owed to them, and what may be done about them."""

from collections.abc import Sequence

from rundbrief.engine.lookups import by_addresses, by_ids
from rundbrief.engine.run import RunContext
from rundbrief.models import OptIn, Reason, Result, WriteKind, address_key
from rundbrief.store import OutcomeLine, Planned, Recipient

__all__ = ["plan_deleted", "plan_unheard", "withdrawal_of"]

PAGE = 500
"""Recipients that are looked at together."""


def plan_unheard(context: RunContext) -> None:
    """Plan the withdrawals that an earlier run noted and could not carry out, and whose contact is gone since."""
    with context.store.transaction() as transaction:
        waiting = transaction.recipients(context.connection.name, context.scope).unheard_withdrawals()
        planned = transaction.outbox(context.run_id).addresses(WriteKind.WITHDRAW)
    waiting = [one for one in waiting if one.address not in planned]
    if context.connection.config.withdrawals == "report":
        waiting = [one for one in waiting if one.agreed is OptIn.NO]
    # A contact that exists speaks for itself, in this export or, if it was not chosen, in another one.
    spoken_for = _spoken_for(context, [one.address for one in waiting])
    with context.store.transaction() as transaction:
        transaction.outbox(context.run_id).put(
            withdrawal_of(one, Reason.WITHDRAWN_IN_CRM) for one in waiting if one.address not in spoken_for
        )


def plan_deleted(context: RunContext) -> None:
    """Report the subscribers whose contact was deleted in the CRM, or withdraw them if that is asked for."""
    after = ""
    while True:
        with context.store.transaction() as transaction:
            recipients = transaction.recipients(context.connection.name, context.scope)
            page = recipients.without_candidate(context.run_id, after, PAGE)
        if not page:
            return
        after = page[-1].address
        deleted = _without_contact(context, page)
        with context.store.transaction() as transaction:
            if context.options.prune:
                transaction.outbox(context.run_id).put(
                    withdrawal_of(one, Reason.DELETED_IN_CRM) for one in deleted
                )
            else:
                lines = [OutcomeLine(one.address, Result.HELD, Reason.DELETED_IN_CRM, None) for one in deleted]
                context.report(transaction, lines)


def _without_contact(context: RunContext, recipients: Sequence[Recipient]) -> list[Recipient]:
    """Return those whose contacts are all gone. One that only lost its address is still there."""
    with context.store.transaction() as transaction:
        links = transaction.links(context.connection.name, context.scope)
        owners = links.by_address(one.address for one in recipients)
    there = by_ids(context.crm, (contact_id for ids in owners.values() for contact_id in ids))
    return [one for one in recipients if not any(contact_id in there for contact_id in owners[one.address])]


def _spoken_for(context: RunContext, addresses: Sequence[str]) -> set[str]:
    """Return those recipients whom the CRM knows: by their address, or by one that they have given up there."""
    present = set(by_addresses(context.crm, addresses))
    with context.store.transaction() as transaction:
        links = transaction.links(context.connection.name, context.scope)
        owners = links.by_address(one for one in addresses if one not in present)
        linked = links.by_contact(contact_id for ids in owners.values() for contact_id in ids)
    contacts = by_ids(context.crm, linked)
    return present | {
        address
        for contact_id, (crm_address, address) in linked.items()
        if contact_id in contacts and address_key(contacts[contact_id].email or "") == crm_address
    }


def withdrawal_of(recipient: Recipient, reason: Reason) -> Planned:
    """Return the step that unsubscribes a recipient for whom no contact speaks."""
    return Planned(
        kind=WriteKind.WITHDRAW,
        address=recipient.address,
        spelling=recipient.spelling,
        contact_ids=(),
        reason=reason,
        remote_id=recipient.remote_id,
        agreed=OptIn.NO,
        withdrawn=True,
    )
