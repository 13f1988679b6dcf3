"""Making attributes of the account."""

from collections.abc import Sequence

from rundbrief.fields import CrmField, FieldLink, FieldMap, RemoteField, best_kind, new_key
from rundbrief.session import Session
from rundbrief_cleverreach.attributes import KINDS, account_fields
from rundbrief_cleverreach.schemas import AttributeSchema, LimitsSchema, read

__all__ = ["create_fields"]

LONGEST_NAME = 50
"""Characters of a name. No limit is documented; names of any length are hard to read."""


def create_fields(session: Session, wanted: Sequence[CrmField]) -> FieldMap:
    """Make an attribute of the account for each. The service knows how many there may be (40 to 45)."""
    taken = list(account_fields(session))
    room: int = read(session.http.get("/attributes/limits"), LimitsSchema())["available"]
    links: list[FieldLink] = []
    problems = []
    for field in wanted:
        if len(links) >= room:
            problems.append(f"{field.label} was not made: the account has room for {room} more attributes.")
            continue
        name = new_key(field.label, taken, upper=False, longest=LONGEST_NAME)
        kind = best_kind(field, KINDS)
        body = {"name": name, "type": kind.name, "description": field.label}
        row = read(session.http.post("/attributes", json=body), AttributeSchema())
        # The service spells names in its own way; what it answers is how it knows the attribute.
        key = row["name"].lower()
        taken.append(key)
        links.append(FieldLink(field.key, RemoteField(key, field.label, kind.type)))
    return FieldMap(tuple(links), tuple(problems))
