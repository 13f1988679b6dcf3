"""Which contact a row of a CSV file is about.

1. The id that an earlier export wrote, in the column *rundbrief id*: believed unless name, address and customer
   number all say that it is somebody else. In a CRM that never had it, the id goes to the new contact; that of a
   deleted contact goes to nobody.
2. The customer number together with the name: colleagues may share their company's number.
3. The address together with the name: different names at one address are different people.
4. Without an address: name, company and postcode, among the contacts without an address.

A name that is missing on one side fits, as long as only one contact does. Two different customer numbers are
always two contacts.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, or_

from rundbrief.crm.local import reading, schema
from rundbrief.crm.local.csv_columns import ID_HEADING
from rundbrief.crm.local.csv_rows import Row, RowProblem
from rundbrief.crm.local.identity import Identity, contact_number, identity_of
from rundbrief.models import Contact

__all__ = ["Card", "Cards", "load_cards"]


@dataclass(slots=True, eq=False)
class Card:
    """A contact during the import: one that the CRM has, or one that is going to be added."""

    contact: Contact
    """Its id is empty while it is new, unless the file brought one along."""
    identity: Identity
    line: int | None = None
    """The row that was about it already."""


def load_cards(connection: Connection, rows: Sequence[Row], lines: Mapping[str, int]) -> "Cards":
    """Read every contact that one of these rows could be about.

    Args:
        rows: at most `reading.CHUNK`.
        lines: contact id -> the row that was about it, in the file so far.
    """
    columns = schema.contacts.c
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        for kind, sign in row.identity.signs():
            wanted[kind].add(sign)
    contacts = reading.select_contacts(
        connection,
        or_(
            columns.id.in_([number for row in rows if (number := contact_number(row.id))]),
            columns.customer_number.in_(wanted["number"]),
            columns.address.in_(wanted["address"]),
            columns.namesake.in_(wanted["namesake"]),
        ),
    )
    return Cards(Card(one, identity_of(one.fields, one.email), lines.get(one.id)) for one in contacts)


class Cards:
    """The contacts that rows are matched with, oldest first."""

    def __init__(self, cards: Iterable[Card]) -> None:
        self._by_id: dict[str, Card] = {}
        self._by_sign: defaultdict[tuple[str, str], list[Card]] = defaultdict(list)
        for card in cards:
            self.add(card)

    def add(self, card: Card) -> None:
        if card.contact.id:
            self._by_id[card.contact.id] = card
        for sign in card.identity.signs():
            self._by_sign[sign].append(card)

    def change(self, card: Card, contact: Contact) -> None:
        """Let a card be found by what its contact has become, and no longer by what it was."""
        before = set(card.identity.signs())
        card.contact, card.identity = contact, identity_of(contact.fields, contact.email)
        after = set(card.identity.signs())
        for sign in before - after:
            self._by_sign[sign].remove(card)
        for sign in after - before:
            self._by_sign[sign].append(card)

    def find(self, row: Row) -> Card | None:
        """Return the card that a row is about, or None for somebody new.

        Raises:
            RowProblem: the id is somebody else's, there is nothing to know anybody by, or several fit.
        """
        if not row.id:
            if not any(row.identity.signs()):
                raise RowProblem("It has neither a name nor an e-mail address nor a customer number.")
            return self._by_identity(row.identity, lambda _: True)
        if contact_number(row.id) is None:
            raise RowProblem(f"The column {ID_HEADING!r} holds no id that rundbrief has given.")
        card = self._by_id.get(row.id)
        if card is None:
            return self._from_elsewhere(row)
        if card.identity.is_alien_to(row.identity):
            raise RowProblem("The id belongs to somebody else: neither name nor address nor customer number fit.")
        return card

    def _from_elsewhere(self, row: Row) -> Card | None:
        """Find somebody who has an id that this CRM does not know."""
        # Whoever has another id in the same file is another contact.
        return self._by_identity(row.identity, lambda card: card.line is None)

    def _by_identity(self, identity: Identity, may_be: Callable[[Card], bool]) -> Card | None:
        for sign in identity.signs():
            cards = [card for card in self._by_sign[sign] if may_be(card)]
            fitting = [card for card in cards if card.identity.may_have_number_of(identity)]
            if card := _best(fitting, identity):
                return card
        return None


def _best(cards: Sequence[Card], identity: Identity) -> Card | None:
    same_name = [card for card in cards if card.identity.name == identity.name]
    if same_name:
        return same_name[0]
    near = [card for card in cards if card.identity.name.agrees_with(identity.name)]
    if len(near) > 1:
        raise RowProblem("It fits several contacts; add the whole name or the rundbrief id.")
    return near[0] if near else None
