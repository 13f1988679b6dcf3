"""Matching: which recipients we know, and which contacts of the CRM they are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from rundbrief.consent import Decision, Standing, combine
from rundbrief.engine.lookups import by_addresses, by_ids
from rundbrief.engine.run import RunContext
from rundbrief.models import Contact, SubscriberStatus, WriteKind
from rundbrief.store import Incoming, Planned, Recipient

__all__ = ["Match", "match"]


@dataclass(frozen=True, slots=True)
class Match:
    """One incoming recipient, what we knew of it, and whom it concerns."""

    incoming: Incoming
    known: Recipient
    """As the state holds it, under the address it now has; a blank one for a stranger."""
    moved_from: str | None
    """The address it had, when the service has changed it."""
    contacts: Sequence[Contact]
    was_linked: bool
    """A contact was linked to it once. Without `contacts` this means: deleted in the CRM."""
    is_anothers: bool = False
    """It came by its address at the service, and its contacts are not those that it was linked to."""
    ours: Sequence[Planned] = ()
    """The steps of killed runs that this is the effect of; what is known takes them in. See `unanswered`."""
    before_ours: SubscriberStatus = SubscriberStatus.ABSENT
    """Its status before them; without them of no meaning."""

    begun: Sequence[str] = ()
    """The contacts that a killed import had begun to give a *yes* for it. See `recovery`."""

    @property
    def is_news(self) -> bool:
        """Tell whether the service says anything that we do not know yet."""
        if self.is_echo:
            return False
        return (
            bool(self.ours)
            or self.moved_from is not None
            or self.known.status is not self.incoming.status
            or self.known.remote_id != self.incoming.remote_id
            or self.known.since != self.incoming.since
            or self.known.lists != self.incoming.lists
            or self.known.left != self.left
        )

    @property
    def is_echo(self) -> bool:
        """Tell whether the service still speaks of somebody who was erased.

        Nothing but her own new opt-in makes her known again: one that is later than the erasure, or, where the
        service tells no date, one on a list that had let go of her.
        """
        erasure = self.known.erasure
        if erasure is None:
            return False
        if self.incoming.status is not SubscriberStatus.SUBSCRIBED:
            return True
        since = self.incoming.since
        return since <= erasure.at if since else erasure.may_remain

    @property
    def left(self) -> frozenset[str]:
        """Return the lists that the recipient left, or was taken off, by whomever: we do not put it back there."""
        return (self.incoming.left | self.known.left | self.known.lists) - self.incoming.lists

    def standing(self, key: str) -> Standing:
        """Return the three states, with the CRM's for the opt-in field `key`.

        An unsubscribe that was agreed on with other contacts is news to those that had the address before.
        """
        is_news_to_them = self.is_anothers and self.incoming.status is SubscriberStatus.UNSUBSCRIBED
        return Standing(
            agreed=None if is_news_to_them else self.known.agreed,
            crm=combine(contact.opt_in(key) for contact in self.contacts),
            service=self.incoming.status,
            service_since=self.incoming.since,
            withdrawn=self.known.withdrawn,
        )

    def after(self, decision: Decision) -> Recipient:
        """Return the recipient as it is once an import has carried the decision out.

        A step that only an export takes (withdraw) leaves the baseline as it is.
        """
        agreed = decision.agreed if _is_settled_by_import(decision) else self.known.agreed
        return replace(
            self.known,
            spelling=self.incoming.spelling,
            status=self.incoming.status,
            remote_id=None if self.incoming.status is SubscriberStatus.GONE else self.incoming.remote_id,
            since=self.incoming.since,
            source=self.incoming.source,
            agreed=agreed,
            withdrawn=decision.withdrawn,
            lists=self.incoming.lists,
            left=self.left,
        )


def match(context: RunContext, page: Sequence[Incoming]) -> list[Match]:
    """Match a page of the inbox with the state and the CRM, in a fixed number of queries."""
    with context.store.transaction() as transaction:
        recipients = transaction.recipients(context.connection.name, context.scope)
        by_remote_id = recipients.by_remote_id(one.remote_id for one in page)
        by_address = recipients.by_address(one.address for one in page)
        addresses = {one.address for one in page} | {one.address for one in by_remote_id.values()}
        linked = transaction.links(context.connection.name, context.scope).by_address(addresses)
    owners = by_addresses(context.crm, (one.address for one in page))
    linked_contacts = by_ids(context.crm, (one for ids in linked.values() for one in ids))

    matches = []
    for incoming in page:
        known, moved_from = _known(incoming, by_remote_id, by_address)
        ids = [*linked.get(incoming.address, ()), *(linked.get(moved_from, ()) if moved_from else ())]
        contacts = owners.get(incoming.address) or _existing(ids, linked_contacts)
        is_anothers = moved_from is not None and not {one.id for one in contacts}.intersection(ids)
        matches.append(Match(incoming, known, moved_from, contacts, bool(ids), is_anothers))
    return matches


def _known(
    incoming: Incoming, by_remote_id: Mapping[str, Recipient], by_address: Mapping[str, Recipient]
) -> tuple[Recipient, str | None]:
    blank = Recipient(incoming.address, incoming.spelling)
    here = by_address.get(incoming.address, blank)
    same = by_remote_id.get(incoming.remote_id)
    if same is None or same.address == incoming.address:
        return here, None
    # The person is the same under a new address, so the baseline goes along. A "no" of either address stays.
    moved = replace(
        same, address=incoming.address, withdrawn=same.withdrawn or here.withdrawn, left=same.left | here.left
    )
    return moved, same.address


def _existing(ids: Iterable[str], contacts: Mapping[str, Contact]) -> list[Contact]:
    return [contacts[one] for one in dict.fromkeys(ids) if one in contacts]


def _is_settled_by_import(decision: Decision) -> bool:
    return decision.service in (None, WriteKind.UPDATE, WriteKind.CONFIRM)
