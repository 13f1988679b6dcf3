"""People: everybody in the CRM with one address, and the recipient behind it.

A contact's address can change on either side, and the link remembers both sides' address when they were last in
step. So there are four cases:

* not linked yet: the recipient is whoever has the contact's address;
* both as they were: that recipient;
* changed at the service: the recipient under its new address; the CRM's address is left to its users. Where
  another contact has that new address, the recipient's data is that one's;
* changed in the CRM: the new address's recipient. What is left behind is *abandoned*, unless another contact
  still uses it, and a withdrawal goes along to the new address.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from rundbrief.consent import Standing, combine
from rundbrief.engine.lookups import by_addresses
from rundbrief.engine.run import RunContext
from rundbrief.models import CrmOptIn, OptIn, SubscriberStatus
from rundbrief.store import Candidate, Recipient, Sent, Transaction

__all__ = ["Person", "next_people"]

PAGE = 500
"""Addresses that are decided together."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Person:
    """Everybody in the CRM with one address, and the recipient behind it."""

    contacts: Sequence[Candidate]
    """The one changed last comes first: its data is sent."""
    stored: Recipient | None
    """The recipient as the state has it."""
    recipient: Recipient
    """The recipient as a decision must see it: with what an earlier address brings along."""
    abandoned: Recipient | None
    """The recipient these contacts have left by a change of address in the CRM."""
    linked: bool
    """All contacts are linked to this very recipient under their present address."""
    sent: Sent | None
    is_second: bool
    """Others in the CRM have the recipient's own address, so its data is theirs."""
    is_undecided: bool
    """The service's word on them is read and could not be settled: what is stored of them is out of date."""

    @property
    def crm_address(self) -> str:
        return self.contacts[0].address

    @property
    def opt_in(self) -> CrmOptIn:
        return combine(one.opt_in for one in self.contacts)

    @property
    def standing(self) -> Standing:
        one = self.recipient
        return Standing(one.agreed, self.opt_in, one.status, one.since, one.withdrawn)


def next_people(context: RunContext, after: str) -> list[Person]:
    """Read the next addresses with all that a decision needs, in a fixed number of queries."""
    name, scope = context.connection.name, context.scope
    with context.store.transaction() as transaction:
        addresses = transaction.candidates(context.run_id).addresses(after, PAGE)
        contacts = transaction.candidates(context.run_id).with_addresses(addresses)
        ids = [one.contact_id for group in contacts.values() for one in group]
        links = transaction.links(name, scope).by_contact(ids)
        elsewhere = {address for _, address in links.values()} - set(addresses)
        recipients = transaction.recipients(name, scope).by_address({*addresses, *elsewhere})
        sent = transaction.sent(name, scope).by_address({*addresses, *elsewhere})
        used = {*addresses, *_in_use(context, transaction, elsewhere)}
        unsettled = transaction.inbox(name, scope).whom()
    return [_person(contacts[address], links, recipients, sent, used, unsettled) for address in addresses]


def _in_use(context: RunContext, transaction: Transaction, addresses: set[str]) -> set[str]:
    if not addresses:
        return set()
    staged = transaction.candidates(context.run_id).with_addresses(addresses)
    return {*staged, *by_addresses(context.crm, sorted(addresses - staged.keys()))}


def _person(
    contacts: Sequence[Candidate],
    links: Mapping[str, tuple[str, str]],
    recipients: Mapping[str, Recipient],
    sent: Mapping[str, Sent],
    used: set[str],
    unsettled: set[str],
) -> Person:
    address = contacts[0].address
    stored = recipients.get(address)
    known = [links[one.contact_id] for one in contacts if one.contact_id in links]
    followed = _followed(address, stored, known, recipients)
    recipient = followed or stored or Recipient(address, contacts[0].spelling)
    former = [
        recipients[there] for here, there in known if here != address and there != address and there in recipients
    ]
    left = [one for one in former if one.address not in used]
    return Person(
        contacts=sorted(contacts, key=lambda one: one.changed_at or _LONG_AGO, reverse=True),
        stored=followed or stored,
        recipient=_carry_over(recipient, former, contacts),
        abandoned=left[0] if left else None,
        linked=len(known) == len(contacts) and all(link == (address, recipient.address) for link in known),
        sent=sent.get(recipient.address),
        is_second=recipient.address != address and recipient.address in used,
        is_undecided=bool(unsettled) and not unsettled.isdisjoint(_names(address, recipient, *former)),
    )


def _names(address: str, *recipients: Recipient) -> set[str]:
    """Return every address and remote id that the service may call them by."""
    ids = {one.remote_id for one in recipients if one.remote_id}
    return {address, *ids, *(one.address for one in recipients)}


def _followed(
    address: str, stored: Recipient | None, links: Sequence[tuple[str, str]], recipients: Mapping[str, Recipient]
) -> Recipient | None:
    """Return the recipient under the new address that it was given at the service, if it was."""
    if stored is not None and stored.status is not SubscriberStatus.ABSENT:
        return None
    moved = [recipients[there] for here, there in links if here == address != there and there in recipients]
    return moved[0] if moved else None


def _carry_over(recipient: Recipient, former: Sequence[Recipient], contacts: Sequence[Candidate]) -> Recipient:
    """A withdrawn address stays withdrawn under its new name, and so does one that the CRM withdraws meanwhile.

    Who is subscribed under the new name keeps that baseline: a "no" of the CRM's is still to be heard there.
    """
    crm_says_no = combine(one.opt_in for one in contacts).value is OptIn.NO
    if any(one.withdrawn or (one.agreed is OptIn.YES and crm_says_no) for one in former):
        is_heard = recipient.status is not SubscriberStatus.SUBSCRIBED
        return replace(recipient, withdrawn=True, agreed=recipient.agreed or (OptIn.NO if is_heard else None))
    return recipient
