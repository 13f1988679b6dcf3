"""Who is who: the numbers behind contact ids, and the names by which people are told apart."""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rundbrief.models import FieldValue, address_key

__all__ = ["Identity", "Name", "contact_number", "identity_of"]

_LARGEST_NUMBER = 2**53
"""Ids beyond it are not ours: spreadsheets could not even hold them, and SQLite would soon run out of new ones."""


def contact_number(contact_id: str) -> int | None:
    """Return the row number behind a contact's id; None for a text that cannot be one."""
    if not (contact_id.isascii() and contact_id.isdecimal()) or contact_id.startswith("0"):
        return None
    number = int(contact_id) if len(contact_id) <= 16 else _LARGEST_NUMBER
    return number if number < _LARGEST_NUMBER else None


class Name(tuple[str, str, str]):
    """First name, last name, and for somebody without either the company; in a form that compares."""

    __slots__ = ()

    def agrees_with(self, other: "Name") -> bool:
        """Tell whether both can mean the same: nobody contradicts anybody, and no part that both have differs.

        A company alone never means one of its people.
        """
        if not any(self) or not any(other):
            return True
        first_and_last = zip(self[:2], other[:2], strict=True)
        return self[2] == other[2] and all(
            mine == theirs or not (mine and theirs) for mine, theirs in first_and_last
        )


@dataclass(frozen=True, slots=True)
class Identity:
    """By what somebody is known, each part in a form that compares."""

    number: str | None
    """The customer number."""
    address: str | None
    name: Name
    namesake: str | None
    """Name, company and postcode of somebody without an address."""

    def signs(self) -> Iterator[tuple[str, str]]:
        """Yield what the contact can be looked up by."""
        for kind, sign in (("number", self.number), ("address", self.address), ("namesake", self.namesake)):
            if sign:
                yield kind, sign

    def is_alien_to(self, other: "Identity") -> bool:
        """Tell whether nothing that both have to show is the same."""
        same = [
            mine == theirs
            for mine, theirs in ((self.number, other.number), (self.address, other.address))
            if mine and theirs
        ]
        if any(self.name) and any(other.name):
            same.append(self.name.agrees_with(other.name))
        return bool(same) and not any(same)

    def may_have_number_of(self, other: "Identity") -> bool:
        """Tell whether the customer numbers allow both to be one."""
        return not (self.number and other.number) or self.number == other.number


def identity_of(fields: Mapping[str, FieldValue], email: str | None) -> Identity:
    first, last, company = (_folded(fields, key) for key in ("first_name", "last_name", "company"))
    address = address_key(email) if email else None
    namesake = "\n".join((first, last, company, _folded(fields, "postcode")))
    return Identity(
        number=_folded(fields, "customer_number") or None,
        address=address,
        name=Name((first, last, "" if first or last else company)),
        namesake=namesake if not address and (first or last or company) else None,
    )


def _folded(fields: Mapping[str, FieldValue], key: str) -> str:
    value = fields.get(key)
    return " ".join(unicodedata.normalize("NFC", str(value)).casefold().split()) if value else ""
