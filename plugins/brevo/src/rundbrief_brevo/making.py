"""Making attributes of contacts, and choices of those that have them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rundbrief.errors import ProtocolError
from rundbrief.fields import (
    CrmField,
    FieldKind,
    FieldLink,
    FieldMap,
    FieldType,
    RemoteField,
    best_kind,
    new_key,
    not_made,
)
from rundbrief.session import Session
from rundbrief_brevo.attributes import CATEGORY, KINDS, attribute_names
from rundbrief_brevo.batches import refusal_in
from rundbrief_brevo.refusals import Refusal

__all__ = ["add_choices", "create_fields"]

LONGEST_NAME = 50
"""Characters of a name: capitals, digits and underscores (reported)."""


def create_fields(session: Session, wanted: Sequence[CrmField]) -> FieldMap:
    """Make an attribute for each. How many a plan allows is not documented: a refusal is passed on."""
    taken = list(attribute_names(session))
    links: list[FieldLink] = []
    refused: list[tuple[CrmField, str]] = []
    for field in wanted:
        name = new_key(field.label, taken, upper=True, longest=LONGEST_NAME)
        kind = best_kind(field, KINDS)
        remote = _remote(field, name, kind)
        response = session.http.post(_path(remote), json=_body(remote, kind))
        if response.status != 201:
            refused.append((field, Refusal.of(response).text))
            continue
        taken.append(name)
        links.append(FieldLink(field.key, remote))
    return FieldMap(tuple(links), not_made(refused))


def add_choices(session: Session, field: RemoteField, choices: Sequence[str]) -> RemoteField:
    """Add options to a multiple choice, or labels to a category (API reference: updateAttribute)."""
    longer = replace(field, choices=(*field.choices, *choices), codes=_codes(field, choices))
    # The options are added to those that are there; the enumeration takes their place.
    body = _enumeration(longer) if longer.codes else {"multiCategoryOptions": list(choices)}
    response = session.http.request("PUT", _path(field), json=body, idempotent=True)
    if refusal := refusal_in(response):
        raise ProtocolError(f"Brevo adds no choices to {field.key}: {refusal.text}")
    return longer


def _remote(field: CrmField, name: str, kind: FieldKind) -> RemoteField:
    if kind.type not in (FieldType.CHOICE, FieldType.CHOICES):
        return RemoteField(name, name, kind.type)
    empty = RemoteField(name, name, kind.type)
    return replace(empty, choices=field.choices, codes=_codes(empty, field.choices))


def _codes(field: RemoteField, new: Sequence[str]) -> tuple[str, ...]:
    """Return the numbers of a category's labels: new ones go on counting. Options have none."""
    if field.type is not FieldType.CHOICE:
        return ()
    highest = max(map(int, field.codes), default=0)
    return (*field.codes, *(str(highest + place) for place in range(1, len(new) + 1)))


def _path(field: RemoteField) -> str:
    category = CATEGORY if field.type is FieldType.CHOICE else "normal"
    return f"/contacts/attributes/{category}/{field.key}"


def _body(field: RemoteField, kind: FieldKind) -> dict[str, Any]:
    match field.type:
        case FieldType.CHOICE:
            return {"type": kind.name} | _enumeration(field)
        case FieldType.CHOICES:
            return {"type": kind.name, "multiCategoryOptions": list(field.choices)}
        case _:
            return {"type": kind.name}


def _enumeration(field: RemoteField) -> dict[str, Any]:
    rows = zip(field.codes, field.choices, strict=True)
    return {"enumeration": [{"value": int(code), "label": label} for code, label in rows]}
