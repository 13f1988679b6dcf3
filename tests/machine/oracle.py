"""The oracle: who said what, and what rundbrief may therefore do.

It is told of every act by whoever performs it, and of every effect by the watched services and the watched CRM. A
consent scope goes by the key of its opt-in field, which names the connection and, where consent is not
account-wide, the list. For each scope and address the oracle keeps

* **the service's word**: the last statement that was made at the service. A sign-up (on a list with double opt-in:
  its confirmation) is a *yes*; an unsubscribe, a complaint, or an administrator's unsubscribe is a *no*. Pending,
  bounced, archived and deleted are no statements: they leave the last one standing. When the address is changed at
  the service, its word goes along, and a *no* that a complete import had seen stays with the old address as well.
* **the CRM's word**: the opt-in fields of all contacts with that address, as the engine could last read them; one
  *no* among them outweighs every *yes*. A reading takes more than a moment where the CRM has an API.

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


At rest (`at_rest`):

R5  Nothing is lost once everything is quiet.
R8  Whoever leaves one service leaves all, where the connections say so (`withdrawals = "everywhere"`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from machine.statements import Broken, Field, ServiceWord
from rundbrief.models import Contact, OptIn, OptInChange, address_key

__all__ = ["Oracle"]


RAISED = ("subscribed", "pending")
At = tuple[str, str]
"""Scope and address."""


@dataclass
class Oracle:
    confirms: bool
    """The connection asks for confirmation after a withdrawal."""
    reports: bool
    """The connection only reports the CRM's withdrawals."""
    words: dict[At, ServiceWord] = field(default_factory=dict)
    last_yes: dict[At, int] = field(default_factory=dict)
    """On the count of everything that is said: when the service's word was last a *yes*."""
    shown: dict[At, str] = field(default_factory=dict)
    """The status that the service last showed in an answer."""
    addresses: dict[str, str] = field(default_factory=dict)
    """Contact id -> present address in the CRM."""
    former: dict[str, set[str]] = field(default_factory=dict)
    """Contact id -> all addresses that it or its recipients ever had."""
    fields: dict[tuple[str, str], Field] = field(default_factory=dict)
    """Contact id and scope -> field."""
    readable: dict[At, list[list[OptIn]]] = field(default_factory=dict)
    """The opt-ins of all contacts with an address, at each moment of the engine's last reading of them."""
    made_by_us: list[tuple[str, str, str]] = field(default_factory=list)
    """Contact id, scope, value: what we set in the CRM, for the journal to tell of."""
    cleared: set[str] = field(default_factory=set)
    """The addresses whose consent this run has taken away, on either side."""
    left: dict[tuple[str, str, str], ServiceWord] = field(default_factory=dict)
    """Where consent is account-wide: scope, list id and address of who unsubscribed from one list only."""

    off_lists: set[At] = field(default_factory=set)
    """Where consent is account-wide: whom we took off all lists, so that her new address does not get mail before
    we know that she still wants it."""

    out_already: set[At] = field(default_factory=set)
    """Who is out as far as rundbrief knows: because it has read so, or by its own hand."""

    _count: int = 0

    # --- acts at the service --------------------------------------------------------------------------------

    def said(self, scope: str, address: str, *, yes: bool) -> None:
        repeats = not yes and (scope, address) in self.out_already
        self.words[scope, address] = ServiceWord(yes, self._now(), repeats)
        if yes:
            self.last_yes[scope, address] = self._count

    def renamed_at_service(self, scope: str, old: str, new: str) -> None:
        self._take_word_along(scope, old, new)
        for known in self.former.values():
            if old in known:
                known.add(new)

    def _take_word_along(self, scope: str, old: str, new: str) -> None:
        self.last_yes[scope, new] = max(self.last_yes.get((scope, one), 0) for one in (old, new))
        word = self.words.get((scope, old))
        if word is None:
            self.words.pop((scope, new), None)
        else:
            self.words[scope, new] = replace(word)
            if word.yes or not word.seen:
                del self.words[scope, old]
        self._take_along_what_was_left(scope, old, new)

    def left_one_list(self, scope: str, list_id: str, address: str) -> None:
        self.left[scope, list_id, address] = ServiceWord(False, self._now())

    def signed_up(self, scope: str, list_id: str, address: str) -> None:
        self.left.pop((scope, list_id, address), None)

    def _take_along_what_was_left(self, scope: str, old: str, new: str) -> None:
        """As with the service's word: it goes along, and what an import had seen stays behind as well."""
        for (place, list_id, address), word in list(self.left.items()):
            if (place, address) == (scope, old):
                self.left[scope, list_id, new] = ServiceWord(False, word.at, word.seen)
                if not word.seen:
                    del self.left[scope, list_id, old]

    def read_completely(self, before: Iterable[ServiceWord], after: Iterable[ServiceWord]) -> None:
        """An import has ended. It has seen what was visible all the time: the rest may have come too late.

        Args:
            before: the words that were visible when it began.
            after: those that are now.
        """
        still_visible = {id(word) for word in after}
        news = {id(word) for word in before if id(word) in still_visible and not word.seen}
        for key, word in [*self.words.items(), *self.left.items()]:
            if id(word) not in news:
                continue
            word.seen = True
            if len(key) == 2:
                (self.out_already.discard if word.yes else self.out_already.add)(key)

    def visible_words(self, scope: str, members: Mapping[str, str]) -> list[ServiceWord]:
        """Return the words that an import which begins now will see. An archived member hides its own."""
        stated = [
            word
            for (place, address), word in self.words.items()
            if place == scope and members.get(address, "archived") != "archived"
        ]
        left = [word for (place, _, address), word in self.left.items() if place == scope and address in members]
        return [*stated, *left]

    # --- acts in the CRM ------------------------------------------------------------------------------------

    def contact_has(self, contact_id: str, address: str | None) -> None:
        key = address_key(address or "")
        if self.addresses.get(contact_id, key) != key:
            # A user gives the contact's opt-ins to another address: that is the user's word from now on.
            for (owner, _), one in self.fields.items():
                if owner == contact_id:
                    one.ours, one.set_at = False, self._now()
        self.addresses[contact_id] = key
        self.former.setdefault(contact_id, set()).add(key)

    def contact_deleted(self, contact_id: str) -> None:
        self.addresses.pop(contact_id, None)

    def user_set(self, contact_id: str, scope: str, value: OptIn) -> None:
        one = self.fields.setdefault((contact_id, scope), Field())
        if one.value is value:
            return
        word = self.words.get((scope, self.addresses[contact_id]))
        counted = one.value is OptIn.YES and (word is None or (word.yes and word.seen))
        one.withdrawn_at = self._now() if value is OptIn.NO and counted else None
        one.value, one.ours, one.set_at = value, False, self._now()
        one.set_by_users += 1

    def opt_ins(self, scope: str, address: str) -> list[OptIn]:
        return [
            self.fields.get((contact_id, scope), Field()).value
            for contact_id, key in self.addresses.items()
            if key == address
        ]

    # --- what rundbrief does --------------------------------------------------------------------------------

    def engine_reads(self, at: Iterable[At], *, anew: bool) -> None:
        """The engine asks the CRM for these addresses, and may get to see what it has at this moment.

        Args:
            anew: forget what it has seen before; else this is a later moment of the same reading.
        """
        for scope, address in at:
            seen = [] if anew else self.readable.get((scope, address), [])
            self.readable[scope, address] = [*seen, self.opt_ins(scope, address)]

    def service_showed(self, scope: str, address: str, status: str) -> None:
        self.shown[scope, address] = status

    def we_wrote(
        self, scope: str, before: tuple[str, str] | None, after: tuple[str, str] | None, how: str
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
                self._may_raise(scope, address, how)
            return
        if before[0] != address:
            self._take_word_along(scope, before[0], address)
            if (before[1], status) == ("subscribed", "never"):
                self.off_lists.add((scope, address))
                return
        if (before[1], status) == ("never", "subscribed") and (scope, address) in self.off_lists:
            self.off_lists.remove((scope, address))
            self._may_raise(scope, address, "the end of a move")
            return
        if (before[1], status) == ("never", "subscribed") and self._has_just_left_a_list(scope, address):
            return  # she was on none when we put her on another one: see `we_put_on`
        if before[1] != status:
            # *never*: she had left all lists of the account before we withdrew what the CRM had taken back.
            lowered = before[1] in (*RAISED, "bounced", "never") and status == "unsubscribed"
            if lowered:
                self.cleared.add(address)
                self.out_already.add((scope, address))
            # Archived since we have read her as unsubscribed: no request can tell, and it only asks.
            just_archived = before[1] == "archived" and self.shown.get((scope, address)) == "unsubscribed"
            was_out = before[1] == "unsubscribed" or just_archived
            asked = self.confirms and was_out and status == "pending"
            if asked and not self._is_wanted(scope, address):
                raise Broken(f"R1: {how} asked {address}, whom the CRM does not want")
            if not lowered and not asked and (before[1], status) != ("archived", "unsubscribed"):
                raise Broken(f"R1: {how} turned {before[1]} {address} into {status}")
        if before[0] != address and status in RAISED:
            self._may_raise(scope, address, "a change of address")

    def we_put_on(self, scope: str, list_id: str, address: str) -> None:
        """Where consent is account-wide: a request of ours has put a recipient on a list."""
        if (scope, list_id, address) in self.left:
            raise Broken(f"R1: {address} was put on a list again that she had left")

    def _has_just_left_a_list(self, scope: str, address: str) -> bool:
        """She left one list for good, and so was on none, before we put her on another one."""
        unseen = {(place, who) for (place, _, who), word in self.left.items() if not word.seen}
        return (scope, address) in unseen

    def we_offer(self, scope: str, address: str) -> None:
        """A request of ours holds a new recipient. Whether the service takes it or not: we must not even try."""
        word = self.words.get((scope, address))
        if word is not None and not word.yes and word.seen:
            raise Broken(f"R3: we tried to subscribe {address}, whose withdrawal we had read")

    def _is_wanted(self, scope: str, address: str) -> bool:
        """Tell whether the CRM wants the person, also by an address that she gave up at the service."""
        known_as = {key for one, key in self.addresses.items() if address in self.former[one]}
        read = (self.readable.get((scope, one), []) for one in known_as | {address})
        return any(OptIn.YES in opt_ins for moments in read for opt_ins in moments)

    def _may_raise(self, scope: str, address: str, how: str) -> None:
        word = self.words.get((scope, address))
        if word is not None and not word.yes:
            raise Broken(f"R1/R3: {how} subscribed {address}, who had withdrawn at the service")
        moments = self.readable.get((scope, address), [])
        if not any(OptIn.YES in opt_ins and OptIn.NO not in opt_ins for opt_ins in moments):
            said = [[one.value for one in opt_ins] for opt_ins in moments]
            raise Broken(f"R1: {how} subscribed {address}, of whom the CRM says {said}")

    def we_set(self, scope: str, change: OptInChange) -> None:
        one = self.fields.setdefault((change.contact_id, scope), Field())
        if change.opt_in.value is OptIn.YES:
            if not any(self._is_shown(scope, address) for address in self.recipients(change.contact_id)):
                raise Broken(f"R4: we set yes for contact {change.contact_id}, whom the service never showed so")
            if one.withdrawn_at and not self._said_yes_since(scope, change.contact_id, one.withdrawn_at):
                raise Broken(f"R1: we set yes for contact {change.contact_id} over a no")
        if one.value is OptIn.YES:
            self.cleared.add(self.addresses.get(change.contact_id, ""))
        one.value, one.ours, one.withdrawn_at = change.opt_in.value, True, None
        one.set_at = self._now()
        self.made_by_us.append((change.contact_id, scope, change.opt_in.value.value))

    def we_created(self, contact: Contact, scope: str) -> None:
        self.contact_has(contact.id, contact.email)
        if not self._is_shown(scope, self.addresses[contact.id]):
            raise Broken("R4: we made a contact of somebody whom the service never showed as subscribed")
        self.fields[contact.id, scope] = Field(OptIn.YES, ours=True, set_at=self._now())
        self.made_by_us.append((contact.id, scope, OptIn.YES.value))

    def _said_yes_since(self, scope: str, contact_id: str, moment: int) -> bool:
        """Tell whether the service has had a *yes* since. She may have left again after the engine had read it."""
        return any(self.last_yes.get((scope, address), 0) > moment for address in self.recipients(contact_id))

    def _now(self) -> int:
        self._count += 1
        return self._count

    def _is_shown(self, scope: str, address: str) -> bool:
        return self.shown.get((scope, address)) == "subscribed"

    def recipients(self, contact_id: str) -> set[str]:
        """Return the addresses under which the service may know a contact, or one that shares its address."""
        sharers = (one for one, key in self.addresses.items() if key == self.addresses.get(contact_id))
        return set().union(self.former[contact_id], *(self.former[one] for one in sharers))
