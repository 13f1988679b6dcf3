"""Attributes: what the account has, and where the CRM's fields go."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rundbrief.field_matching import did_you_mean, match_fields
from rundbrief.fields import FieldKind, FieldMap, FieldType, RemoteField
from rundbrief.hookspecs import FieldWish
from rundbrief.session import Session
from rundbrief_brevo.schemas import AttributesSchema, read
from rundbrief_brevo.settings import PROOF_SETTINGS

__all__ = ["CATEGORY", "KINDS", "attribute_names", "map_fields"]

_TYPES = {
    "text": FieldType.TEXT,
    "float": FieldType.NUMBER,
    "date": FieldType.DATE,
    "boolean": FieldType.BOOLEAN,
    "multiple-choice": FieldType.CHOICES,
}
"""The others take ids or users of the account, which a CRM does not know."""

CATEGORY = "category"
"""Not a type but a category of its own: one choice among several. It takes labels, and shows numbers."""

KINDS = (*(FieldKind(name, kind) for name, kind in _TYPES.items()), FieldKind(CATEGORY, FieldType.CHOICE))

_IDENTITIES = frozenset({"EMAIL", "SMS", "WHATSAPP", "LANDLINE_NUMBER", "EXT_ID"})
"""Unique in the account: of two contacts who share a telephone one would be refused."""

_OF_THE_SERVICE = frozenset({"DOUBLE_OPT-IN"})
"""What the service itself writes into (reported)."""


def map_fields(session: Session, wanted: Sequence[FieldWish]) -> FieldMap:
    """Return where each wish goes."""
    rows = read(session.http.get("/contacts/attributes"), AttributesSchema)["attributes"]
    normal = {row["name"]: row for row in rows if row["category"] in ("normal", CATEGORY)}
    proofs = {session.settings[setting]: setting for setting in PROOF_SETTINGS if setting in session.settings}
    kept_out = _IDENTITIES | _OF_THE_SERVICE | proofs.keys()
    there = {name: row for name, row in normal.items() if name not in kept_out}
    fields = {name: field for name, row in there.items() if (field := _field(row))}
    found = match_fields(
        wanted, fields.values(), find=lambda name: fields.get(name) or _problem(name, there, proofs)
    )
    return FieldMap(found.links, (*found.problems, *_problems_of_proofs(proofs, normal)))


def _field(row: Mapping[str, Any]) -> RemoteField | None:
    """Return an attribute that can be filled; None for one of another type."""
    name = row["name"]
    if row["category"] == CATEGORY:
        labels = tuple(one["label"] for one in row["enumeration"])
        codes = tuple(str(one["value"]) for one in row["enumeration"])
        return RemoteField(name, name, FieldType.CHOICE, choices=labels, codes=codes)
    kind = _TYPES.get(row["type"])
    return RemoteField(name, name, kind, choices=tuple(row["options"])) if kind else None


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
