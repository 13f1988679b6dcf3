"""The oracle: who said what, and what rundbrief may therefore do.

It is told of every act by whoever performs it, and of every effect by the watched service and the watched CRM. For
each consent scope (called *list* here; it is `*` where consent is account-wide) and address it keeps

* **the service's word**: the last statement that was made at the service. A sign-up (on a list with double opt-in:
  its confirmation) is a *yes*; an unsubscribe, a complaint, or an administrator's unsubscribe is a *no*. Pending,
  bounced, archived and deleted are no statements: they leave the last one standing. When the address is changed at
  the service, its word goes along, and a *no* that a complete import had seen stays with the old address as well.
* **the CRM's word**: the opt-in fields of all contacts with that address, as the engine could last read them; one
  *no* among them outweighs every *yes*.

From these follow the rules (numbers as in the design, section 3):

R1  Whenever a write of ours makes an address *subscribed* or *pending*, the CRM's word must be *yes*, and the
    service's word must not be *no*. On one exception the connection's owner decides: `reconsent = "confirm"` lets
    us turn *unsubscribed* into *pending*, which only asks. A recipient who exists is never raised otherwise.
R2  A write that carries data or an address carries no status.
    Whoever unsubscribed from one list of an account is not put on it again.
R3  follows from R1, as an act may wipe a recipient out at the service together with its memory of it. Whose
    withdrawal a complete import has read is not even offered to the service.
R4  We set a CRM field to *yes* only if the service last showed the contact's recipient as *subscribed*.
R6  What we change is in the journal; an entry that was seen once stays as it was.
R7  A run takes away no more consents than it may, once while it takes in what the service says and once while it
    exports.

R5 (nothing is lost once everything is quiet) is checked by `rules`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rundbrief.models import Contact, OptIn, OptInChange, address_key

__all__ = ["Broken", "Field", "Oracle", "ServiceWord"]


class Broken(AssertionError):
    """A rule does not hold."""


@dataclass
class ServiceWord:
    yes: bool
    at: int
    """Counts up with everything that is said."""
    seen: bool = False
    """A complete import of the list ended after the statement."""


@dataclass
class Field:
    """One opt-in field of one contact."""

    value: OptIn = OptIn.UNKNOWN
    ours: bool = False
    """We set it last, not a user of the CRM."""
    withdrawn_at: int | None = None
    """A user took back a *yes* that counted: the service had nothing against it, as far as an import had seen."""
    set_by_users: int = 0
    """How often."""


RAISED = ("subscribed", "pending")
Scope = tuple[str, str]
"""List id and address."""


@dataclass
class Oracle:
    confirms: bool
    """The connection asks for confirmation after a withdrawal."""
    reports: bool
    """The connection only reports the CRM's withdrawals."""
    words: dict[Scope, ServiceWord] = field(default_factory=dict)
    shown: dict[Scope, str] = field(default_factory=dict)
    """The status that the service last showed in an answer."""
    addresses: dict[str, str] = field(default_factory=dict)
    """Contact id -> present address in the CRM."""
    former: dict[str, set[str]] = field(default_factory=dict)
    """Contact id -> all addresses that it or its recipients ever had."""
    fields: dict[tuple[str, str], Field] = field(default_factory=dict)
    """Contact id and list id -> field."""
    readable: dict[Scope, list[OptIn]] = field(default_factory=dict)
    """The CRM's word on an address, when the engine last read it."""
    made_by_us: list[tuple[str, str, str]] = field(default_factory=list)
    """Contact id, list id, value: what we set in the CRM, for the journal to tell of."""
    cleared: set[str] = field(default_factory=set)
    """The addresses whose consent this run has taken away, on either side."""
    left: dict[Scope, ServiceWord] = field(default_factory=dict)
    """Where consent is account-wide: who unsubscribed from one list only."""

    off_lists: set[Scope] = field(default_factory=set)
    """Where consent is account-wide: whom we took off all lists, so that her new address does not get mail before
    we know that she still wants it."""

    _count: int = 0

    # --- acts at the service --------------------------------------------------------------------------------

    def said(self, list_id: str, address: str, *, yes: bool) -> None:
        self.words[list_id, address] = ServiceWord(yes, self._now())

    def renamed_at_service(self, list_id: str, old: str, new: str) -> None:
        self._take_word_along(list_id, old, new)
        for known in self.former.values():
            if old in known:
                known.add(new)

    def _take_word_along(self, list_id: str, old: str, new: str) -> None:
        word = self.words.get((list_id, old))
        if word is None:
            self.words.pop((list_id, new), None)
        else:
            self.words[list_id, new] = ServiceWord(word.yes, word.at, word.seen)
            if word.yes or not word.seen:
                del self.words[list_id, old]
        self._take_along_what_was_left(old, new)

    def left_one_list(self, list_id: str, address: str) -> None:
        self.left[list_id, address] = ServiceWord(False, self._now())

    def _take_along_what_was_left(self, old: str, new: str) -> None:
        """As with the service's word: it goes along, and what an import had seen stays behind as well."""
        for (place, address), word in list(self.left.items()):
            if address == old:
                self.left[place, new] = ServiceWord(False, word.at, word.seen)
                if not word.seen:
                    del self.left[place, old]

    def visible_words(self, list_id: str, members: Mapping[str, str]) -> list[ServiceWord]:
        """Return the words that an import which begins now will see. An archived member hides its own."""
        stated = [
            word
            for (place, address), word in self.words.items()
            if place == list_id and members.get(address, "archived") != "archived"
        ]
        return [*stated, *(word for (_, address), word in self.left.items() if address in members)]

    # --- acts in the CRM ------------------------------------------------------------------------------------

    def contact_has(self, contact_id: str, address: str | None) -> None:
        key = address_key(address or "")
        if self.addresses.get(contact_id, key) != key:
            # A user gives the contact's opt-ins to another address: that is the user's word from now on.
            for (owner, _), one in self.fields.items():
                if owner == contact_id:
                    one.ours = False
        self.addresses[contact_id] = key
        self.former.setdefault(contact_id, set()).add(key)

    def contact_deleted(self, contact_id: str) -> None:
        self.addresses.pop(contact_id, None)

    def user_set(self, contact_id: str, list_id: str, value: OptIn) -> None:
        one = self.fields.setdefault((contact_id, list_id), Field())
        if one.value is value:
            return
        word = self.words.get((list_id, self.addresses[contact_id]))
        counted = one.value is OptIn.YES and (word is None or (word.yes and word.seen))
        one.withdrawn_at = self._now() if value is OptIn.NO and counted else None
        one.value, one.ours = value, False
        one.set_by_users += 1

    def opt_ins(self, list_id: str, address: str) -> list[OptIn]:
        return [
            self.fields.get((contact_id, list_id), Field()).value
            for contact_id, key in self.addresses.items()
            if key == address
        ]

    # --- what rundbrief does --------------------------------------------------------------------------------

    def engine_read(self, lists: Iterable[str], address: str) -> None:
        for list_id in lists:
            self.readable[list_id, address] = self.opt_ins(list_id, address)

    def service_showed(self, list_id: str, address: str, status: str) -> None:
        self.shown[list_id, address] = status

    def we_wrote(
        self, list_id: str, before: tuple[str, str] | None, after: tuple[str, str] | None, how: str
    ) -> None:
        """One member was changed by a request of ours.

        Args:
            before: address and status; None: there was no such member.
        """
        if after is None:
            raise Broken(f"R2: a member was removed by {how}")
        address, status = after
        if before is None:
            if status in RAISED:
                self._may_raise(list_id, address, how)
            return
        if before[0] != address:
            self._take_word_along(list_id, before[0], address)
            if (before[1], status) == ("subscribed", "never"):
                self.off_lists.add((list_id, address))
                return
        if (before[1], status) == ("never", "subscribed") and (list_id, address) in self.off_lists:
            self.off_lists.remove((list_id, address))
            self._may_raise(list_id, address, "the end of a move")
            return
        if before[1] != status:
            lowered = before[1] in (*RAISED, "bounced") and status == "unsubscribed"
            if lowered:
                self.cleared.add(address)
            asked = self.confirms and (before[1], status) == ("unsubscribed", "pending")
            if asked and not self._is_wanted(list_id, address):
                raise Broken(f"R1: {how} asked {address}, whom the CRM does not want")
            if not lowered and not asked and (before[1], status) != ("archived", "unsubscribed"):
                raise Broken(f"R1: {how} turned {before[1]} {address} into {status}")
        if before[0] != address and status in RAISED:
            self._may_raise(list_id, address, "a change of address")

    def we_put_on(self, list_id: str, address: str) -> None:
        """Where consent is account-wide: a request of ours has put a recipient on a list."""
        if (list_id, address) in self.left:
            raise Broken(f"R1: {address} was put on a list again that she had left")

    def we_offer(self, list_id: str, address: str) -> None:
        """A request of ours holds a new recipient. Whether the service takes it or not: we must not even try."""
        word = self.words.get((list_id, address))
        if word is not None and not word.yes and word.seen:
            raise Broken(f"R3: we tried to subscribe {address}, whose withdrawal we had read")

    def _is_wanted(self, list_id: str, address: str) -> bool:
        """Tell whether the CRM wants the person, also by an address that she gave up at the service."""
        known_as = {key for one, key in self.addresses.items() if address in self.former[one]}
        return any(OptIn.YES in self.readable.get((list_id, one), []) for one in known_as | {address})

    def _may_raise(self, list_id: str, address: str, how: str) -> None:
        word = self.words.get((list_id, address))
        if word is not None and not word.yes:
            raise Broken(f"R1/R3: {how} subscribed {address}, who had withdrawn at the service")
        crm = self.readable.get((list_id, address), [])
        if OptIn.YES not in crm or OptIn.NO in crm:
            raise Broken(f"R1: {how} subscribed {address}, of whom the CRM says {[one.value for one in crm]}")

    def we_set(self, list_id: str, change: OptInChange) -> None:
        one = self.fields.setdefault((change.contact_id, list_id), Field())
        if change.opt_in.value is OptIn.YES:
            if not any(self._is_shown(list_id, address) for address in self._recipients(change.contact_id)):
                raise Broken(f"R4: we set yes for contact {change.contact_id}, whom the service never showed so")
            if one.withdrawn_at and not self._said_yes_since(list_id, change.contact_id, one.withdrawn_at):
                raise Broken(f"R1: we set yes for contact {change.contact_id} over a no")
        if one.value is OptIn.YES:
            self.cleared.add(self.addresses.get(change.contact_id, ""))
        one.value, one.ours, one.withdrawn_at = change.opt_in.value, True, None
        self.made_by_us.append((change.contact_id, list_id, change.opt_in.value.value))

    def we_created(self, contact: Contact, list_id: str) -> None:
        self.contact_has(contact.id, contact.email)
        if not self._is_shown(list_id, self.addresses[contact.id]):
            raise Broken("R4: we made a contact of somebody whom the service never showed as subscribed")
        self.fields[contact.id, list_id] = Field(OptIn.YES, ours=True)
        self.made_by_us.append((contact.id, list_id, OptIn.YES.value))

    def _said_yes_since(self, list_id: str, contact_id: str, moment: int) -> bool:
        words = (self.words.get((list_id, address)) for address in self._recipients(contact_id))
        return any(word is not None and word.yes and word.at > moment for word in words)

    def _now(self) -> int:
        self._count += 1
        return self._count

    def _is_shown(self, list_id: str, address: str) -> bool:
        return self.shown.get((list_id, address)) == "subscribed"

    # --- once everything is quiet ---------------------------------------------------------------------------

    def agree(self, list_id: str, members: Mapping[str, str], reported: Mapping[str, set[str]]) -> None:
        """Compare both sides at rest.

        Args:
            members: address -> status at the service.
            reported: address -> results in the last run's report.
        """
        for (contact_id, place), one in self.fields.items():
            if place != list_id or contact_id not in self.addresses:
                continue
            address = self.addresses[contact_id]
            status = members.get(address, "absent")
            told = reported.get(address, set()) & {"held", "refused", "failed"}
            sharers = self.opt_ins(list_id, address)
            if status == "subscribed" and one.value is OptIn.NO and not (self.reports and told):
                raise Broken(f"R5: {address} is subscribed, and contact {contact_id} says no")
            if status == "unsubscribed" and one.value is OptIn.YES and (one.ours or not told):
                raise Broken(f"R5: {address} is unsubscribed, and contact {contact_id} says yes")
            if (
                status != "subscribed"
                and one.value is OptIn.YES
                and OptIn.NO not in sharers
                and "@" in address
                and not told
                and not self._moved_on(list_id, contact_id, members)
            ):
                raise Broken(f"R5: {address} is {status}, contact {contact_id} says yes, and no report names it")
            if one.withdrawn_at and not self.reports and self._is_mailed(list_id, contact_id, members):
                raise Broken(f"R5: the no of contact {contact_id} was lost")
        for (place, address), word in self.words.items():
            if place == list_id and not word.yes and members.get(address) == "subscribed":
                raise Broken(f"R5: {address} withdrew at the service and is subscribed")

    def _moved_on(self, list_id: str, contact_id: str, members: Mapping[str, str]) -> bool:
        """The recipient has another address at the service than the contact in the CRM."""
        return any(members.get(address) == "subscribed" for address in self._recipients(contact_id))

    def _recipients(self, contact_id: str) -> set[str]:
        """Return the addresses under which the service may know a contact, or one that shares its address."""
        sharers = (one for one, key in self.addresses.items() if key == self.addresses.get(contact_id))
        return set().union(self.former[contact_id], *(self.former[one] for one in sharers))

    def _is_mailed(self, list_id: str, contact_id: str, members: Mapping[str, str]) -> bool:
        return members.get(self.addresses[contact_id]) == "subscribed"
