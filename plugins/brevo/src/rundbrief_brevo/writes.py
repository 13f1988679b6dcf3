"""Writing contacts that the account has, each kind in the one way that touches no consent it was not asked to.

========  ===========================  ==========================================================================
CREATE    `POST /contacts/import`      `updateExistingContacts: false` leaves everybody alone who is there already
UPDATE    `POST /contacts/batch`       carries attributes and, for whoever joins, the list; no `emailBlacklisted`
a move    `PUT /contacts/{id}`         carries the flag along where it is set, as a new address would lift it
WITHDRAW  `POST /contacts/batch`       carries `emailBlacklisted: true` and nothing else
========  ===========================  ==========================================================================

`emailBlacklisted: false` is sent by none of them: it makes a person mailable who had said no.
"""

from collections.abc import Iterator, Sequence

from rundbrief.fields import FieldMap
from rundbrief.models import ContactWrite, MailingList, Outcome, Reason
from rundbrief.session import Session
from rundbrief_brevo.batches import Change, send
from rundbrief_brevo.moves import move
from rundbrief_brevo.values import left_out, wire

__all__ = ["update", "withdraw"]


def update(
    session: Session, mailing_list: MailingList, batch: Sequence[ContactWrite], field_map: FieldMap
) -> Iterator[Outcome]:
    """Overwrite data, put on the list whoever joins it, and follow a changed address."""
    changes = [_change(mailing_list, write, field_map) for write in batch]
    yield from send(session, [one for one in changes if not one.write.new_address], Reason.CHANGED)
    for one in changes:
        if one.write.new_address:
            yield move(session, one, one.write.new_address)


def withdraw(session: Session, batch: Sequence[ContactWrite]) -> Iterator[Outcome]:
    """Blocklist. By the id, so that a "no" follows the person to an address that we have not read yet."""
    return send(session, [Change(write, {"emailBlacklisted": True}) for write in batch], Reason.WITHDRAWN_IN_CRM)


def _change(mailing_list: MailingList, write: ContactWrite, field_map: FieldMap) -> Change:
    """Return attributes and list in one: a request of its own for the list would answer for 150, in parts."""
    attributes = wire(write.fields, field_map)
    lists = {"listIds": [int(mailing_list.id)]} if write.join else {}
    return Change(write, {"attributes": attributes, **lists}, left_out(write.fields, attributes))
