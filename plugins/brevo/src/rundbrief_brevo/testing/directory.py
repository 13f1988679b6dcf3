"""All contacts of the account, found by whatever identifies them."""

from collections.abc import Iterator, Mapping

from rundbrief_brevo.testing.contact import IDENTIFYING, Contact

__all__ = ["Directory"]


class Directory:
    """The contacts in the order of their creation."""

    def __init__(self) -> None:
        self.version = 0
        """Another number after any change of any contact."""
        self._by_id: dict[int, Contact] = {}
        self._by_identity: dict[tuple[str, str], Contact] = {}
        self._last_id = 0

    def __iter__(self) -> Iterator[Contact]:
        return iter(self._by_id.values())

    def new_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def get(self, contact_id: int) -> Contact | None:
        return self._by_id.get(contact_id)

    def known_as(self, kind: str, value: str) -> Contact | None:
        """Return the contact with an address (kind `email`) or a value of an identifying attribute."""
        return self._by_identity.get((kind, value))

    def clashes(self, identities: Mapping[str, str], own: Contact | None) -> list[str]:
        """Return the names, as errors have them, of those identities that a contact other than `own` has."""
        return [
            IDENTIFYING.get(kind, kind)
            for kind, value in identities.items()
            if (found := self.known_as(kind, value)) is not None and found is not own
        ]

    def add(self, contact: Contact) -> None:
        self._by_id[contact.id] = contact
        self.index(contact)

    def remove(self, contact: Contact) -> None:
        del self._by_id[contact.id]
        self.unindex(contact)

    def index(self, contact: Contact) -> None:
        """Make a contact known by its identities of now."""
        for identity in contact.identities.items():
            self._by_identity[identity] = contact
        self.version += 1

    def unindex(self, contact: Contact) -> None:
        """Take back what a contact is known by, before it changes."""
        for identity in contact.identities.items():
            del self._by_identity[identity]
        self.version += 1
