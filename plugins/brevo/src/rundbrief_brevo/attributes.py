"""Attributes: what the account has, and where the CRM's fields go."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rundbrief.field_matching import did_you_mean, match_fields
from rundbrief.fields import FieldKind, FieldMap, FieldType, RemoteField
from rundbrief.hookspecs import FieldWish
from rundbrief.session import Session
from rundbrief_brevo.schemas import AttributesSchema, read
from rundbrief_brevo.settings import PROOF_SETTINGS

__all__ = ["KINDS", "attribute_names", "map_fields"]

_TYPES = {
    "text": FieldType.TEXT,
    "float": FieldType.NUMBER,
    "date": FieldType.DATE,
    "boolean": FieldType.BOOLEAN,
    "multiple-choice": FieldType.CHOICES,
}
"""The others take ids or users of the account, which a CRM does not know."""

KINDS = tuple(FieldKind(name, kind) for name, kind in _TYPES.items())

_IDENTITIES = frozenset({"EMAIL", "SMS", "WHATSAPP", "LANDLINE_NUMBER", "EXT_ID"})
"""Unique in the account: of two contacts who share a telephone one would be refused."""


def map_fields(session: Session, wanted: Sequence[FieldWish]) -> FieldMap:
    """Return where each wish goes."""
    rows = read(session.http.get("/contacts/attributes"), AttributesSchema)["attributes"]
    normal = {row["name"]: row for row in rows if row["category"] == "normal"}
    proofs = {session.settings[setting]: setting for setting in PROOF_SETTINGS if setting in session.settings}
    there = {name: row for name, row in normal.items() if name not in _IDENTITIES and name not in proofs}
    fields = {
        name: RemoteField(name, name, _TYPES[row["type"]], choices=tuple(row["options"]))
        for name, row in there.items()
        if row["type"] in _TYPES
    }
    found = match_fields(
        wanted, fields.values(), find=lambda name: fields.get(name) or _problem(name, there, proofs)
    )
    return FieldMap(found.links, (*found.problems, *_problems_of_proofs(proofs, normal)))


def attribute_names(session: Session) -> Iterator[str]:
    """Yield the names of all attributes, of whatever category."""
    rows = read(session.http.get("/contacts/attributes"), AttributesSchema)["attributes"]
    return (row["name"] for row in rows)


def _problem(name: str, there: Mapping[str, Any], proofs: Mapping[str, str]) -> str:
    if name in _IDENTITIES:
        return f"The attribute {name} tells contacts apart and is not filled; choose another one."
    if name in proofs:
        return f"The attribute {name} is taken by {proofs[name]}; choose another one."
    if name not in there:
        return f"The account has no attribute {name}. {did_you_mean(name, there)}"
    return f"The attribute {name} is of the type {there[name]['type']}; choose a text attribute instead."


def _problems_of_proofs(proofs: Mapping[str, str], normal: Mapping[str, Any]) -> Iterator[str]:
    """Tell of attributes in which a proof would be lost without a word. Text alone keeps a time as it is."""
    for name, setting in proofs.items():
        if name not in normal:
            yield f"The account has no attribute {name}, which {setting} names: no proof of an opt-in is kept."
        elif normal[name]["type"] != "text":
            yield f"The attribute {name}, which {setting} names, has to be a text: no proof of an opt-in is kept."
