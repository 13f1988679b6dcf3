"""Making attributes of contacts."""

from collections.abc import Sequence
from dataclasses import replace

from rundbrief.errors import ProtocolError
from rundbrief.fields import CrmField, FieldLink, FieldMap, FieldType, RemoteField, best_kind, new_key
from rundbrief.session import Session
from rundbrief_brevo.attributes import KINDS, attribute_names
from rundbrief_brevo.batches import refusal_in
from rundbrief_brevo.refusals import Refusal

__all__ = ["add_choices", "create_fields"]

LONGEST_NAME = 50
"""Characters of a name: capitals, digits and underscores (reported)."""


def create_fields(session: Session, wanted: Sequence[CrmField]) -> FieldMap:
    """Make an attribute for each. How many a plan allows is not documented: a refusal is passed on."""
    taken = list(attribute_names(session))
    links, problems = [], []
    for field in wanted:
        name = new_key(field.label, taken, upper=True, longest=LONGEST_NAME)
        kind = best_kind(field, KINDS)
        options = {"multiCategoryOptions": list(field.choices)} if kind.type is FieldType.CHOICES else {}
        response = session.http.post(f"/contacts/attributes/normal/{name}", json={"type": kind.name, **options})
        if response.status != 201:
            problems.append(f"{field.label} was not made: {Refusal.of(response).text}")
            continue
        taken.append(name)
        choices = field.choices if options else ()
        links.append(FieldLink(field.key, RemoteField(name, name, kind.type, choices=choices)))
    return FieldMap(tuple(links), tuple(problems))


def add_choices(session: Session, field: RemoteField, choices: Sequence[str]) -> RemoteField:
    """Add options to a multiple choice; the call takes the new ones alone (API reference: updateAttribute)."""
    path = f"/contacts/attributes/normal/{field.key}"
    response = session.http.request("PUT", path, json={"multiCategoryOptions": list(choices)}, idempotent=True)
    if refusal := refusal_in(response):
        raise ProtocolError(f"Brevo adds no options to {field.key}: {refusal.text}")
    return replace(field, choices=(*field.choices, *choices))
