"""Attributes: what the account and a group have, and where the CRM's fields go.

The account's attributes go by their names, a group's own by `group:NAME`. A group's are asked for only where the
configuration names one, or says that new ones belong to it; else proposals are made among the account's alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rundbrief.field_matching import did_you_mean, match_fields
from rundbrief.fields import FieldKind, FieldMap, FieldType, RemoteField
from rundbrief.hookspecs import FieldWish
from rundbrief.models import MailingList
from rundbrief.session import Session
from rundbrief_cleverreach.schemas import AttributeSchema, read
from rundbrief_cleverreach.settings import of_the_list

__all__ = ["GROUP", "KINDS", "account_fields", "group_fields", "map_fields"]

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
    proposed = there = of_account
    is_own = of_the_list(session.settings)
    if is_own or any(wish.remote_key and wish.remote_key.lower() not in of_account for wish in wanted):
        there = of_account | group_fields(session, mailing_list)
        proposed = there if is_own else of_account

    def find(name: str) -> RemoteField | str:
        found = there.get(name.lower()) or there.get(GROUP + name.lower())
        return found or f"Neither the account nor the list has an attribute {name}. {did_you_mean(name, there)}"

    return match_fields(wanted, proposed.values(), find=find)


def account_fields(session: Session) -> dict[str, RemoteField]:
    """Return name -> attribute, of the account's."""
    return _fields_of(session, "/attributes")


def group_fields(session: Session, mailing_list: MailingList) -> dict[str, RemoteField]:
    """Return name -> attribute, of a group's own."""
    return _fields_of(session, f"/groups/{mailing_list.id}/attributes", GROUP)


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
