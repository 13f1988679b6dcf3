"""Making attributes: of the account, or of one group where the connection says so."""

from collections.abc import Sequence

from rundbrief.fields import (
    CrmField,
    FieldLink,
    FieldMap,
    FieldRoom,
    RemoteField,
    best_kind,
    new_key,
    not_made,
)
from rundbrief.models import MailingList
from rundbrief.session import Session
from rundbrief_cleverreach.attributes import GROUP, KINDS, account_fields, group_fields
from rundbrief_cleverreach.schemas import AttributeSchema, LimitsSchema, read, refusal_in
from rundbrief_cleverreach.settings import of_the_list

__all__ = ["create_fields", "room_for_fields"]

LONGEST_NAME = 50
"""Characters of a name. No limit is documented; names of any length are hard to read."""


def create_fields(session: Session, mailing_list: MailingList, wanted: Sequence[CrmField]) -> FieldMap:
    """Make an attribute for each. One that is refused, as the 41st is, costs the others nothing."""
    is_own = of_the_list(session.settings)
    path, prefix = (f"/groups/{mailing_list.id}/attributes", GROUP) if is_own else ("/attributes", "")
    there = group_fields(session, mailing_list) if is_own else account_fields(session)
    taken = [name.removeprefix(prefix) for name in there]
    links: list[FieldLink] = []
    refused: list[tuple[CrmField, str]] = []
    for field in wanted:
        name = new_key(field.label, taken, upper=False, longest=LONGEST_NAME)
        kind = best_kind(field, KINDS)
        body = {"name": name, "type": kind.name, "description": field.label}
        response = session.http.post(path, json=body)
        if words := refusal_in(response):
            refused.append((field, words))
            continue
        row = read(response, AttributeSchema())
        # The service spells names in its own way; what it answers is how it knows the attribute.
        key = row["name"].lower()
        taken.append(key)
        links.append(FieldLink(field.key, RemoteField(prefix + key, field.label, kind.type)))
    return FieldMap(tuple(links), not_made(refused))


def room_for_fields(session: Session, mailing_list: MailingList) -> FieldRoom:
    """Return what the service says of the account: 40 to 45 attributes (reported). Groups count the same way."""
    limits = read(session.http.get("/attributes/limits"), LimitsSchema())
    if of_the_list(session.settings):
        used = len(group_fields(session, mailing_list))
        return FieldRoom(limits["limit"] - used, _rule("A group", limits["limit"], used))
    return FieldRoom(limits["available"], _rule("The account", limits["limit"], limits["used"]))


def _rule(who: str, limit: int, used: int) -> str:
    return f"{who} has at most {limit} attributes; {used} are there."
