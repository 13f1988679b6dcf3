"""Who is who: the numbers behind contact ids, and the names by which people are told apart."""

import unicodedata
from collections.abc import Mapping

from rundbrief.models import FieldValue

__all__ = ["CUSTOMER_NUMBER", "Name", "contact_number", "customer_number", "name_of", "namesake_key"]

CUSTOMER_NUMBER = "customer_number"

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
        return self[2] == other[2] and all(mine == theirs or not (mine and theirs) for mine, theirs in first_and_last)


def name_of(fields: Mapping[str, FieldValue]) -> Name:
    first, last = _folded(fields, "first_name"), _folded(fields, "last_name")
    return Name((first, last, "" if first or last else _folded(fields, "company")))


def customer_number(fields: Mapping[str, FieldValue]) -> str | None:
    """Return the customer number in a form that compares, or None."""
    return _folded(fields, CUSTOMER_NUMBER) or None


def namesake_key(fields: Mapping[str, FieldValue]) -> str | None:
    """Return by what somebody without an e-mail address is found again: name, company and postcode."""
    parts = [_folded(fields, key) for key in ("first_name", "last_name", "company", "postcode")]
    return "\n".join(parts) if any(parts[:3]) else None


def _folded(fields: Mapping[str, FieldValue], key: str) -> str:
    text = unicodedata.normalize("NFC", str(fields.get(key, "")))
    return " ".join(text.casefold().split())
