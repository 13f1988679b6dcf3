"""Attributes: what the account has, and where the CRM's fields go."""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from rundbrief.fields import FieldLink, FieldMap, FieldType, RemoteField
from rundbrief.hookspecs import FieldWish
from rundbrief.session import Session
from rundbrief_brevo.schemas import AttributesSchema, read
from rundbrief_brevo.settings import PROOF_SETTINGS

__all__ = ["map_fields"]

_TYPES = {
    "text": FieldType.TEXT,
    "float": FieldType.NUMBER,
    "date": FieldType.DATE,
    "boolean": FieldType.BOOLEAN,
}
"""The others take ids, options or users of the account, which a CRM does not know."""

_IDENTITIES = frozenset({"EMAIL", "SMS", "WHATSAPP", "LANDLINE_NUMBER", "EXT_ID"})
"""Unique in the account: of two contacts who share a telephone one would be refused."""

_NAMES: Mapping[str, Sequence[str]] = {
    "salutation": ("salutation", "anrede", "civilite"),
    "title": ("title", "titel"),
    "first_name": ("firstname", "vorname", "prenom", "nombre", "nome"),
    "last_name": ("lastname", "surname", "nachname", "nom", "apellidos", "cognome"),
    "company": ("company", "firma", "unternehmen", "societe"),
    "street": ("street", "strasse"),
    "postcode": ("postcode", "zip", "zipcode", "plz", "postleitzahl"),
    "city": ("city", "ort", "stadt", "ville"),
    "country": ("country", "land", "pays"),
    "phone": ("phone", "telefon", "telephone"),
    "birthday": ("birthday", "geburtstag", "geburtsdatum"),
    "language": ("language", "sprache", "langue"),
    "customer_number": ("customernumber", "kundennummer"),
}
"""CRM field key -> what such an attribute is called. Those that every account has are named in its language."""

_FITTING: Mapping[FieldType, FieldType] = {
    FieldType.NUMBER: FieldType.NUMBER,
    FieldType.DATE: FieldType.DATE,
    FieldType.DATETIME: FieldType.DATE,
    FieldType.BOOLEAN: FieldType.BOOLEAN,
}
"""What a CRM type fits beside text. Proposals are careful where a configured field is free."""


def map_fields(session: Session, wanted: Sequence[FieldWish]) -> FieldMap:
    """Return where each wish goes: first what is configured, then proposals among the attributes that are left."""
    rows = read(session.http.get("/contacts/attributes"), AttributesSchema)["attributes"]
    normal = {row["name"]: row for row in rows if row["category"] == "normal"}
    proofs = {session.settings[setting]: setting for setting in PROOF_SETTINGS if setting in session.settings}
    there = {name: row for name, row in normal.items() if name not in _IDENTITIES and name not in proofs}
    configured = [wish.remote_key for wish in wanted if wish.remote_key]
    problems = [problem for name in configured if (problem := _problem(name, there, proofs))]
    left = {name: row for name, row in there.items() if name not in configured}
    links = []
    for wish in wanted:
        name = wish.remote_key or _proposal(wish, left)
        if name and name in there and there[name]["type"] in _TYPES:
            links.append(FieldLink(wish.field.key, RemoteField(name, name, _TYPES[there[name]["type"]])))
            left.pop(name, None)
    return FieldMap(tuple(links), (*problems, *_problems_of_proofs(proofs, normal)))


def _problem(name: str, there: Mapping[str, Any], proofs: Mapping[str, str]) -> str | None:
    if name in _IDENTITIES:
        return f"The attribute {name} tells contacts apart and is not filled; choose another one."
    if name in proofs:
        return f"The attribute {name} is taken by {proofs[name]}; choose another one."
    if name not in there:
        near = get_close_matches(name.upper(), there, n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]}?" if near else f"It has: {', '.join(sorted(there)) or 'none'}."
        return f"The account has no attribute {name}. {hint}"
    if there[name]["type"] not in _TYPES:
        return f"The attribute {name} is of the type {there[name]['type']}; choose a text attribute instead."
    return None


def _problems_of_proofs(proofs: Mapping[str, str], normal: Mapping[str, Any]) -> Iterator[str]:
    """Tell of attributes in which a proof would be lost without a word. Text alone keeps a time as it is."""
    for name, setting in proofs.items():
        if name not in normal:
            yield f"The account has no attribute {name}, which {setting} names: no proof of an opt-in is kept."
        elif normal[name]["type"] != "text":
            yield f"The attribute {name}, which {setting} names, has to be a text: no proof of an opt-in is kept."


def _proposal(wish: FieldWish, left: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return the attribute that clearly stands for a CRM field."""
    names = {_plain(name) for name in (wish.field.key, wish.field.label, *_NAMES.get(wish.field.key, ()))}
    fitting = {FieldType.TEXT, _FITTING.get(wish.field.type, FieldType.TEXT)}
    found = [name for name, row in left.items() if _plain(name) in names and _TYPES.get(row["type"]) in fitting]
    return found[0] if len(found) == 1 else None


def _plain(name: str) -> str:
    """Return a name in which spelling does not matter: `First name`, FIRST_NAME and FIRSTNAME are one."""
    return re.sub(r"[\W_]+", "", name.casefold())
