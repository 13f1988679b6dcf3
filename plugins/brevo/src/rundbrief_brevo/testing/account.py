"""The account: everything behind one key, and the steps that all changes are made of."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rundbrief_brevo.testing.attributes import NAMES, default_attributes
from rundbrief_brevo.testing.contact import Contact, Event, identities
from rundbrief_brevo.testing.directory import Directory
from rundbrief_brevo.testing.problems import duplicate, invalid, no_list
from rundbrief_brevo.testing.times import stamp

__all__ = ["Account", "ContactList", "PendingOptIn", "Undocumented"]

FOLDER = 1
"""The folder that every account has."""
DOI_TEMPLATE = 1
"""The one active template that has the double opt-in link."""


@dataclass(frozen=True, slots=True)
class Undocumented:
    """What the service does where neither its documentation nor anybody's measurement tells."""

    import_lifts_blocklist: bool
    """An import that updates a blocklisted contact without `emailBlacklist` makes it mailable again."""
    list_changes_bump_modified: bool
    blocklist_changes_bump_modified: bool
    import_date_format: str
    """The form of dates that imports take, as `strptime` spells it; the account's setting."""


@dataclass(slots=True, eq=False)
class ContactList:
    id: int
    name: str
    folder_id: int
    created_at: str
    members: dict[int, Contact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PendingOptIn:
    """A double opt-in mail that nobody has clicked yet. Its address is no contact for that."""

    include: Sequence[ContactList]
    exclude: Sequence[ContactList]
    attributes: Mapping[str, Any]


class Account:
    """The state behind one key.

    Args:
        clock: tells the time.
        undocumented: how the service behaves where nobody knows.
    """

    def __init__(self, clock: Callable[[], datetime], undocumented: Undocumented, language: str) -> None:
        self.clock = clock
        self.names = NAMES[language]
        """What first and last names are called."""
        self.undocumented = undocumented
        self.contacts = Directory()
        self.lists: dict[int, ContactList] = {}
        self.attributes = default_attributes(language)
        self.pending: dict[str, list[PendingOptIn]] = {}
        """Address in lower case -> its unanswered double opt-in mails."""
        self.confirmation_mails: list[str] = []
        self.notification_mails: list[int] = []
        """The imports that the owner was mailed about."""

    def now(self) -> str:
        """Return the time as an answer shows it."""
        return stamp(self.clock())

    # --- lists -----------------------------------------------------------------------------------------------

    def add_list(self, name: str, folder_id: int = FOLDER) -> ContactList:
        """Make a list.

        Raises:
            Problem: there is no such folder.
        """
        if folder_id != FOLDER:
            raise invalid("Folder ID does not exist")
        list_id = FOLDER + len(self.lists) + 1  # no list has the folder's number, so that nobody mixes them up
        self.lists[list_id] = ContactList(list_id, name, folder_id, self.now())
        return self.lists[list_id]

    def list(self, list_id: int) -> ContactList:
        """Return a list.

        Raises:
            Problem: 404.
        """
        if list_id not in self.lists:
            raise no_list()
        return self.lists[list_id]

    def lists_named(self, list_ids: Iterable[int]) -> Sequence[ContactList]:
        """Return the lists that a body or query names.

        Raises:
            Problem: 400; one of them does not exist.
        """
        named = list(list_ids)
        if not all(list_id in self.lists for list_id in named):
            raise invalid("Invalid list IDs")
        return [self.lists[list_id] for list_id in named]

    # --- steps -----------------------------------------------------------------------------------------------

    def create(self, email: str | None, attributes: Mapping[str, Any], at: str | None = None) -> Contact:
        """Add a contact that is on no list, now or at a time in the past.

        Raises:
            Problem: another contact has one of its identities.
        """
        at = at or self.now()
        contact = Contact(self.contacts.new_id(), email, at, at, _without_empty(attributes))
        if clashes := self.contacts.clashes(contact.identities, None):
            raise duplicate("create", clashes)
        self.contacts.add(contact)
        return contact

    def delete(self, contact: Contact) -> None:
        """Forget a contact, its opt-out included. Trap: whoever imports it again can mail it again."""
        for list_id in contact.lists:
            del self.lists[list_id].members[contact.id]
        self.contacts.remove(contact)

    def set_values(self, contact: Contact, attributes: Mapping[str, Any], email: str | None = None) -> None:
        """Take over values, of which an empty text erases, and a new address.

        Raises:
            Problem: another contact has one of the identities among them; nothing was changed.
        """
        if clashes := self.contacts.clashes(identities(email, attributes), contact):
            raise duplicate("update", clashes)
        self.contacts.unindex(contact)
        for name, value in attributes.items():
            if value == "":
                contact.attributes.pop(name, None)
            else:
                contact.attributes[name] = value
        contact.email = email or contact.email
        self.contacts.index(contact)
        contact.modified_at = self.now()

    def block(self, contact: Contact, event: Event) -> None:
        """Take a contact out of all campaigns, and say why in its statistics."""
        contact.email_blacklisted = True
        contact.events += (event,)
        self._blocklist_changed(contact)

    def block_by_key(self, contact: Contact) -> None:
        """Blocklist a contact as the account's owner.

        Who is blocklisted already stays so for the old reason alone: a bounce stays a bounce (not documented).
        """
        if not contact.email_blacklisted:
            self.block(contact, Event("adminUnsubscription", self.now()))

    def lift(self, contact: Contact) -> None:
        """Make a contact mailable again; its statistics stay."""
        if contact.email_blacklisted:
            contact.email_blacklisted = False
            self._blocklist_changed(contact)

    def join(self, contact: Contact, one: ContactList) -> None:
        """Put a contact on a list.

        Trap: that ends its unsubscription from this list (not documented; taken for the worse), though it does not
        make a blocklisted contact mailable. Blocklisted contacts join like others.
        """
        contact.left -= {one.id}
        if contact.id not in one.members:
            one.members[contact.id] = contact
            contact.lists |= {one.id}
            self._lists_changed(contact)

    def leave(self, contact: Contact, one: ContactList) -> None:
        """Take a contact off a list."""
        if contact.id in one.members:
            del one.members[contact.id]
            contact.lists -= {one.id}
            self._lists_changed(contact)

    def _blocklist_changed(self, contact: Contact) -> None:
        self.contacts.version += 1
        if self.undocumented.blocklist_changes_bump_modified:
            contact.modified_at = self.now()

    def _lists_changed(self, contact: Contact) -> None:
        self.contacts.version += 1
        if self.undocumented.list_changes_bump_modified:
            contact.modified_at = self.now()


def _without_empty(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if value != ""}
