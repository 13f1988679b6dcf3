"""Merge fields: what an audience has, and where the CRM's fields go."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rundbrief.field_matching import did_you_mean, match_fields
from rundbrief.fields import FieldKind, FieldMap, FieldType, RemoteField
from rundbrief.hookspecs import FieldWish
from rundbrief.models import MailingList
from rundbrief.session import Session
from rundbrief_mailchimp.paging import rows
from rundbrief_mailchimp.schemas import MergeFieldsSchema

__all__ = ["KINDS", "map_fields", "merge_fields", "remote_field"]

_TYPES = {
    "number": FieldType.NUMBER,
    "address": FieldType.ADDRESS,
    "phone": FieldType.PHONE,
    "date": FieldType.DATE,
    "url": FieldType.URL,
    "imageurl": FieldType.URL,
    "dropdown": FieldType.CHOICE,
    "radio": FieldType.CHOICE,
    "birthday": FieldType.BIRTHDAY,
}
"""The rest (text, zip) is text."""

MAX_BYTES = 255
"""Where texts are cut, without a word (docs: merge-fields)."""

_ADDRESS = ("street", "city", "state", "postcode", "country")
"""Required in an address (docs: merge-fields). The country is not; but without one it becomes the field's default,
the United States unless the owner says otherwise, which is told as a number of Mailchimp's own."""

_PATTERNS = {"zip": r"[0-9]{5}", "phone US": r"\(?[0-9]{3}\)?[ -]?[0-9]{3}-?[0-9]{4}"}
"""What the service checks beyond the type (docs: merge-fields)."""


KINDS = (
    FieldKind("text", FieldType.TEXT, MAX_BYTES),
    *(FieldKind(name, kind) for name, kind in _TYPES.items() if name != "phone"),
    FieldKind("phone", FieldType.PHONE, MAX_BYTES),
    FieldKind("zip", FieldType.TEXT, is_creatable=False, takes="five digits"),
)


def map_fields(session: Session, mailing_list: MailingList, wanted: Sequence[FieldWish]) -> FieldMap:
    """Return where each wish goes. A zip or an American phone number takes certain values alone: no proposals.

    Neither is there one for an address: it needs a state, which most of the world has not.
    """
    there = {row["tag"]: row for row in merge_fields(session, mailing_list)}

    def find(tag: str) -> RemoteField | str:
        if tag not in there:
            return f"The list {mailing_list.name!r} has no merge field {tag}. {did_you_mean(tag, there)}"
        return remote_field(there[tag])

    return match_fields(wanted, [remote_field(row) for row in there.values() if _is_open(row)], find=find)


def merge_fields(session: Session, mailing_list: MailingList) -> Iterator[Mapping[str, Any]]:
    """Yield all merge fields of a list, page by page."""
    names = "merge_id tag name type required options"
    return rows(session, f"/lists/{mailing_list.id}/merge-fields", MergeFieldsSchema, "merge_fields", names)


def _is_open(row: Mapping[str, Any]) -> bool:
    is_american = row["type"] == "phone" and row["options"].get("phone_format") == "US"
    return row["type"] not in ("zip", "address") and not is_american


def remote_field(row: Mapping[str, Any]) -> RemoteField:
    kind, options = row["type"], row["options"]
    is_text = kind not in _TYPES or kind == "phone"
    return RemoteField(
        key=row["tag"],
        label=row["name"],
        type=_TYPES.get(kind, FieldType.TEXT),
        required=row["required"],
        choices=tuple(options.get("choices", ())),
        max_bytes=MAX_BYTES if is_text else None,
        parts=_ADDRESS if kind == "address" else (),
        # A list set to DD/MM swaps month and day, or refuses the contact (solspace/craft-freeform #2615).
        form=options.get("date_format") or "MM/DD" if kind == "birthday" else "",
        pattern=_PATTERNS.get("phone US" if options.get("phone_format") == "US" else kind, ""),
    )
