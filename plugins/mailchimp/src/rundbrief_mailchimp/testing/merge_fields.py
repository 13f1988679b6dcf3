"""Merge fields: what an audience can hold about its members."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rundbrief_mailchimp.testing.problems import Problem, invalid_value, required

__all__ = ["TYPES", "MergeField", "changed_field", "default_fields", "new_field"]

TYPES = (
    "text",
    "number",
    "address",
    "phone",
    "date",
    "url",
    "imageurl",
    "radio",
    "dropdown",
    "birthday",
    "zip",
)
MAX_FIELDS = 30
"""In one audience; 80 on the largest plan (third party: chimpmatic.com)."""

_TAG = re.compile(r"[A-Z0-9_]{1,10}")
_WITH_CHOICES = ("radio", "dropdown")


@dataclass(slots=True)
class MergeField:
    merge_id: int
    tag: str
    name: str
    type: str = "text"
    required: bool = False
    default_value: str = ""
    public: bool = True
    display_order: int = 1
    help_text: str = ""
    options: dict[str, Any] = field(default_factory=dict)


def default_fields() -> list[MergeField]:
    """Return the fields that a new audience has. An owner may rename or delete every one of them."""
    return [
        MergeField(1, "FNAME", "First Name", options={"size": 25}, display_order=2),
        MergeField(2, "LNAME", "Last Name", options={"size": 25}, display_order=3),
        MergeField(3, "ADDRESS", "Address", "address", options={"default_country": 164}, display_order=4),
        MergeField(4, "PHONE", "Phone Number", "phone", options={"phone_format": "none"}, display_order=5),
        MergeField(5, "BIRTHDAY", "Birthday", "birthday", options={"date_format": "MM/DD"}, display_order=6),
    ]


def new_field(present: Sequence[MergeField], merge_id: int, sent: Mapping[str, Any]) -> MergeField:
    """Return a field to add to an audience; without a tag it gets a name of Mailchimp's own, such as MMERGE6.

    Raises:
        Problem: something is missing, wrong or too much.
    """
    for name in ("name", "type"):
        if not sent.get(name):
            raise required(name)
    if sent["type"] not in TYPES:
        raise invalid_value("type", f"Value must be one of: {', '.join(TYPES)}")
    if sent["type"] in _WITH_CHOICES and not (sent.get("options") or {}).get("choices"):
        raise invalid_value("options.choices", "Choices are required for this type.")
    if len(present) >= MAX_FIELDS:
        raise Problem(400, "Bad Request", f"An audience may have at most {MAX_FIELDS} merge fields.")
    return MergeField(
        merge_id,
        _free_tag(present, str(sent.get("tag") or f"MMERGE{merge_id}")),
        sent["name"],
        sent["type"],
        bool(sent.get("required", False)),
        sent.get("default_value", ""),
        bool(sent.get("public", False)),
        sent.get("display_order") or merge_id + 1,
        sent.get("help_text", ""),
        dict(sent.get("options") or {}),
    )


def changed_field(present: Sequence[MergeField], one: MergeField, sent: Mapping[str, Any]) -> MergeField:
    """Change what was sent of a field. Its type stays what it is.

    Raises:
        Problem: the new tag is taken or is none.
    """
    if sent.get("tag") and sent["tag"].upper() != one.tag:
        one.tag = _free_tag(present, sent["tag"])
    for name in ("name", "required", "default_value", "public", "display_order", "help_text"):
        if name in sent:
            setattr(one, name, sent[name])
    one.options.update(sent.get("options") or {})
    return one


def _free_tag(present: Sequence[MergeField], tag: str) -> str:
    upper = tag.upper()
    if not _TAG.fullmatch(upper):
        raise invalid_value("tag", "A merge tag has up to 10 letters, digits and underscores.")
    if any(other.tag == upper for other in present):
        raise invalid_value("tag", f'A Merge Field with the tag "{upper}" already exists for this list.')
    return upper
