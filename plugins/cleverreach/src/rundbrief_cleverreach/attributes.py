"""Attributes: what the account and a group have, and where the CRM's fields go.

The account's attributes go by their names, a group's own by `group:NAME`. Proposals are made among the account's
alone; a group's is used where the configuration names it, and asked for only then.
"""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from rundbrief.fields import FieldLink, FieldMap, FieldType, RemoteField
from rundbrief.hookspecs import FieldWish
from rundbrief.models import MailingList
from rundbrief.session import Session
from rundbrief_cleverreach.schemas import AttributeSchema, read

__all__ = ["GROUP", "map_fields"]

GROUP = "group:"

_TYPES = {"number": FieldType.NUMBER, "date": FieldType.DATE}
"""The rest (text, gender) is text."""

_NAMES: Mapping[str, Sequence[str]] = {
    "salutation": ("salutation", "anrede"),
    "title": ("title", "titel"),
    "first_name": ("firstname", "vorname"),
    "last_name": ("lastname", "nachname"),
    "company": ("company", "firma"),
    "street": ("street", "strasse"),
    "postcode": ("zip", "plz", "postcode"),
    "city": ("city", "ort", "stadt"),
    "country": ("country", "land"),
    "phone": ("phone", "telefon"),
    "birthday": ("birthday", "geburtstag"),
    "language": ("language", "sprache"),
    "customer_number": ("customernumber", "kundennummer"),
}
"""CRM field key -> names that the vendor's own integrations use, and German ones."""

_FITTING = {FieldType.NUMBER: (FieldType.NUMBER, FieldType.TEXT), FieldType.DATE: (FieldType.DATE, FieldType.TEXT)}


def map_fields(session: Session, mailing_list: MailingList, wanted: Sequence[FieldWish]) -> FieldMap:
    """Return where each wish goes: first what is configured, then proposals among the attributes that are left."""
    there = _fields_of(session, "/attributes")
    configured = {wish.field.key: wish.remote_key for wish in wanted if wish.remote_key}
    if any(name.lower() not in there for name in configured.values()):
        there |= _fields_of(session, f"/groups/{mailing_list.id}/attributes", GROUP)
    found = {crm_key: _found(name, there) for crm_key, name in configured.items()}
    problems = [_problem(configured[key], there) for key, field in found.items() if field is None]
    taken = {field.key for field in found.values() if field}
    left = {key: field for key, field in there.items() if key not in taken and not key.startswith(GROUP)}
    links = []
    for wish in wanted:
        field = found.get(wish.field.key) if wish.remote_key else _proposal(wish, left)
        if field:
            links.append(FieldLink(wish.field.key, field))
            left.pop(field.key, None)
    return FieldMap(tuple(links), tuple(problems))


def _fields_of(session: Session, path: str, prefix: str = "") -> dict[str, RemoteField]:
    rows: Sequence[Mapping[str, Any]] = read(session.http.get(path), AttributeSchema(many=True))
    return {
        prefix + row["name"].lower(): RemoteField(
            prefix + row["name"].lower(),
            row["description"] or row["name"],
            _TYPES.get(row["type"], FieldType.TEXT),
        )
        for row in rows
    }


def _found(name: str, there: Mapping[str, RemoteField]) -> RemoteField | None:
    return there.get(name.lower()) or there.get(GROUP + name.lower())


def _problem(name: str, there: Mapping[str, RemoteField]) -> str:
    near = get_close_matches(name.lower(), there, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(there)) or 'none'}."
    return f"Neither the account nor the list has an attribute {name}. {hint}"


def _proposal(wish: FieldWish, left: Mapping[str, RemoteField]) -> RemoteField | None:
    names = {_plain(name) for name in (wish.field.key, wish.field.label, *_NAMES.get(wish.field.key, ()))}
    fitting = _FITTING.get(wish.field.type, (FieldType.TEXT,))
    by_name = [field for key, field in left.items() if _plain(key) in names and field.type in fitting]
    by_label = [field for field in left.values() if _plain(field.label) in names and field.type in fitting]
    found = by_name or by_label
    return found[0] if len(found) == 1 else None


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())
