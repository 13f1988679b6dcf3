"""Which remote field each CRM field goes into: first what is configured, then clear matches among what is left.

A value that does not fit makes some services refuse the whole contact, and others drop it without a word. So a
proposal is careful where a configured field is free.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches

from rundbrief.fields import (
    POSTAL_ADDRESS,
    CrmField,
    FieldLink,
    FieldMap,
    FieldType,
    Quality,
    RemoteField,
    cell,
)
from rundbrief.fields.lettering import spell_out
from rundbrief.hookspecs import FieldWish

__all__ = ["did_you_mean", "match_fields"]

_NAMES: Mapping[str, Sequence[str]] = {
    "salutation": ("salutation", "anrede", "civilité"),
    "title": ("title", "titel"),
    "first_name": ("first name", "fname", "vorname", "prénom", "nombre", "nome"),
    "last_name": ("last name", "lname", "surname", "nachname", "nom", "apellidos", "cognome"),
    "company": ("company", "company name", "organisation", "organization", "firma", "unternehmen", "société"),
    "street": ("street", "straße"),
    "postcode": ("postcode", "postal code", "zip", "zip code", "plz", "postleitzahl"),
    "city": ("city", "town", "ort", "stadt", "ville"),
    "country": ("country", "land", "pays"),
    "phone": ("phone", "phone number", "telefon", "telefonnummer", "téléphone"),
    "birthday": ("birthday", "birth date", "date of birth", "geburtstag", "geburtsdatum"),
    "language": ("language", "sprache", "langue"),
    "customer_number": ("customer number", "customer no", "kundennummer", "kundennr"),
}
"""CRM field key -> what people and services call such a field."""

_FITTING: Mapping[FieldType, frozenset[FieldType]] = {
    FieldType.NUMBER: frozenset({FieldType.NUMBER}),
    FieldType.INTEGER: frozenset({FieldType.NUMBER}),
    FieldType.CHOICE: frozenset({FieldType.CHOICE}),
    FieldType.CHOICES: frozenset({FieldType.CHOICES}),
    FieldType.ADDRESS: frozenset({FieldType.ADDRESS}),
    FieldType.BOOLEAN: frozenset({FieldType.BOOLEAN}),
    FieldType.DATE: frozenset({FieldType.DATE, FieldType.BIRTHDAY}),
    FieldType.DATETIME: frozenset({FieldType.DATETIME, FieldType.DATE}),
    FieldType.BIRTHDAY: frozenset({FieldType.BIRTHDAY}),
    FieldType.PHONE: frozenset({FieldType.PHONE}),
    FieldType.URL: frozenset({FieldType.URL}),
}
"""What a CRM type fits beside text."""


def match_fields(
    wanted: Sequence[FieldWish],
    there: Iterable[RemoteField],
    *,
    find: Callable[[str], RemoteField | str],
) -> FieldMap:
    """Return where each wish goes.

    Args:
        there: the fields that may be proposed; others can be configured all the same.
        find: the field that a configured key means, or a sentence that says why there is none.
    """
    found = {wish.remote_key: _fitting(wish, find(wish.remote_key)) for wish in wanted if wish.remote_key}
    taken = {field.key for field in found.values() if isinstance(field, RemoteField)}
    everything = list(there)
    left = {field.key: field for field in everything if field.key not in taken}
    links = []
    for wish in wanted:
        field = found[wish.remote_key] if wish.remote_key else _proposal(wish.field, left.values())
        if isinstance(field, RemoteField):
            links.append(FieldLink(wish.field.key, field))
            left.pop(field.key, None)
    problems = tuple(
        problem + _renamed(wish, problem, left.values())
        for wish in wanted
        if wish.remote_key and isinstance(problem := found[wish.remote_key], str)
    )
    used = {link.remote.key for link in links}
    return FieldMap(tuple(links), problems, tuple(one for one in everything if one.key not in used))


def _fitting(wish: FieldWish, found: RemoteField | str) -> RemoteField | str:
    """Return the configured field, or a sentence where no value of the CRM's field could ever go into it."""
    if isinstance(found, str) or cell(wish.field.type, found.type).quality is not Quality.REFUSED:
        return found
    kinds = f"{wish.field.key} ({wish.field.type.value}) does not fit {found.key} ({found.type.value})"
    hint = f" An address is the field {POSTAL_ADDRESS!r}." if found.type is FieldType.ADDRESS else ""
    return f"The CRM's field {kinds}; choose another one.{hint}"


def _renamed(wish: FieldWish, problem: str, left: Iterable[RemoteField]) -> str:
    """Return a sentence about a field that a configured one may have become at the service, if there is one."""
    there = _proposal(wish.field, left)
    if there is None or f"Did you mean {there.key}?" in problem:
        return ""
    return (
        f" {there.key} there has the name of the CRM's {wish.field.label}: it may be {wish.remote_key}, renamed."
    )


def did_you_mean(key: str, there: Iterable[str]) -> str:
    """Return a sentence that names the key that was probably meant, or all there are."""
    by_plain = {one.casefold(): one for one in there}
    near = get_close_matches(key.casefold(), by_plain, n=1, cutoff=0.5)
    if near:
        return f"Did you mean {by_plain[near[0]]}?"
    return f"There are: {', '.join(sorted(by_plain.values())) or 'none'}."


def _proposal(wanted: CrmField, left: Iterable[RemoteField]) -> RemoteField | None:
    """Return the field that clearly stands for a CRM field: by its key, else by its label."""
    names = {_plain(name) for name in (wanted.key, wanted.label, *_NAMES.get(wanted.key, ()))} - {""}
    fitting = [field for field in left if field.type in {FieldType.TEXT, *_FITTING.get(wanted.type, ())}]
    by_key = [field for field in fitting if _plain(field.key) in names]
    found = by_key or [field for field in fitting if _plain(field.label) in names]
    return found[0] if len(found) == 1 else None


def _plain(name: str) -> str:
    """Return a name in which spelling does not matter: `Größe` and GROESSE, `First name` and FIRST_NAME."""
    return re.sub(r"[\W_]+", "", spell_out(name))
