"""Attributes: what the account and a group have, and where the CRM's fields go.

The account's attributes go by their names, a group's own by `group:NAME`. Proposals are made among the account's
alone; a group's is used where the configuration names it, and asked for only then.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rundbrief.field_matching import did_you_mean, match_fields
from rundbrief.fields import FieldKind, FieldMap, FieldType, RemoteField
from rundbrief.hookspecs import FieldWish
from rundbrief.models import MailingList
from rundbrief.session import Session
from rundbrief_cleverreach.schemas import AttributeSchema, read

__all__ = ["GROUP", "KINDS", "account_fields", "map_fields"]

GROUP = "group:"

_TYPES = {"number": FieldType.NUMBER, "date": FieldType.DATE}
"""The rest (text, gender) is text."""


KINDS = (
    FieldKind("text", FieldType.TEXT),
    *(FieldKind(name, kind) for name, kind in _TYPES.items()),
    FieldKind("gender", FieldType.TEXT, is_creatable=False),
)


def map_fields(session: Session, mailing_list: MailingList, wanted: Sequence[FieldWish]) -> FieldMap:
    """Return where each wish goes."""
    of_account = account_fields(session)
    there = of_account
    if any(wish.remote_key and wish.remote_key.lower() not in of_account for wish in wanted):
        there = of_account | _fields_of(session, f"/groups/{mailing_list.id}/attributes", GROUP)

    def find(name: str) -> RemoteField | str:
        found = there.get(name.lower()) or there.get(GROUP + name.lower())
        return found or f"Neither the account nor the list has an attribute {name}. {did_you_mean(name, there)}"

    return match_fields(wanted, of_account.values(), find=find)


def account_fields(session: Session) -> dict[str, RemoteField]:
    """Return name -> attribute, of the account's."""
    return _fields_of(session, "/attributes")


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
