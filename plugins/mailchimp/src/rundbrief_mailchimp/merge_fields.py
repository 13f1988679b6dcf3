"""Merge fields: what an audience has, and where the CRM's fields go."""

from collections.abc import Mapping, Sequence
from typing import Any

from rundbrief.field_matching import did_you_mean, match_fields
from rundbrief.fields import FieldMap, FieldType, RemoteField
from rundbrief.hookspecs import FieldWish
from rundbrief.models import MailingList
from rundbrief.session import Session
from rundbrief_mailchimp.paging import rows
from rundbrief_mailchimp.schemas import MergeFieldsSchema

__all__ = ["map_fields"]

_TYPES = {
    "number": FieldType.NUMBER,
    "address": FieldType.ADDRESS,
    "phone": FieldType.PHONE,
    "date": FieldType.DATE,
    "url": FieldType.URL,
    "imageurl": FieldType.URL,
    "radio": FieldType.CHOICE,
    "dropdown": FieldType.CHOICE,
    "birthday": FieldType.BIRTHDAY,
}
"""The rest (text, zip) is text."""


def map_fields(session: Session, mailing_list: MailingList, wanted: Sequence[FieldWish]) -> FieldMap:
    """Return where each wish goes. A zip or an American phone number takes certain values alone: no proposals."""
    names = "tag name type required options"
    found = rows(session, f"/lists/{mailing_list.id}/merge-fields", MergeFieldsSchema, "merge_fields", names)
    there = {row["tag"]: row for row in found}

    def find(tag: str) -> RemoteField | str:
        if tag not in there:
            return f"The list {mailing_list.name!r} has no merge field {tag}. {did_you_mean(tag, there)}"
        if there[tag]["type"] == "address":
            return f"The merge field {tag} is an address of several parts; choose a text field instead."
        return _remote_field(there[tag])

    return match_fields(wanted, [_remote_field(row) for row in there.values() if _is_open(row)], find=find)


def _is_open(row: Mapping[str, Any]) -> bool:
    is_american = row["type"] == "phone" and row["options"].get("phone_format") == "US"
    return row["type"] != "zip" and not is_american


def _remote_field(row: Mapping[str, Any]) -> RemoteField:
    choices = tuple(row["options"].get("choices", ()))
    return RemoteField(row["tag"], row["name"], _TYPES.get(row["type"], FieldType.TEXT), row["required"], choices)
