"""Asking the CRM for any number of contacts, as many at once as it takes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeVar

from rundbrief.crm import Crm
from rundbrief.models import Contact

__all__ = ["CHUNK", "batched", "by_addresses", "by_ids"]

Item = TypeVar("Item")

CHUNK = 1000
"""Contacts that are looked up, or staged, at once."""


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield lists of up to `size` items (itertools.batched comes with Python 3.12)."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def by_ids(crm: Crm, contact_ids: Iterable[str]) -> Mapping[str, Contact]:
    """Return those of these contacts that exist, by id."""
    found: dict[str, Contact] = {}
    for chunk in batched(dict.fromkeys(contact_ids), CHUNK):
        found.update(crm.by_ids(chunk))
    return found


def by_addresses(crm: Crm, addresses: Iterable[str]) -> Mapping[str, Sequence[Contact]]:
    """Return address -> all contacts with it; only those found."""
    found: dict[str, Sequence[Contact]] = {}
    for chunk in batched(dict.fromkeys(addresses), CHUNK):
        found.update(crm.by_addresses(chunk))
    return found
