"""Merge fields: their definitions, and the validation that refuses a whole contact for one bad value."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from rundbrief_mailchimp.sandbox.problems import merge_fields_invalid

__all__ = ["TYPES", "MergeField", "default_fields", "validated"]

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
MAX_TEXT_BYTES = 255
"""Longer text is cut without a word (docs: merge-fields)."""

_DATES = (
    (re.compile(r"(?P<y>\d{4})[-/](?P<m>\d\d)[-/](?P<d>\d\d)"), "Ymd"),
    (re.compile(r"(?P<d>\d\d)-(?P<m>\d\d)-(?P<y>\d{4})"), "dmY"),
    (re.compile(r"(?P<m>\d\d)/(?P<d>\d\d)/(?P<y>\d{4})"), "mdY"),
)
_LEAP_YEAR = 2024


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

    def to_json(self, list_id: str) -> dict[str, Any]:
        return {
            "merge_id": self.merge_id,
            "tag": self.tag,
            "name": self.name,
            "type": self.type,
            "required": self.required,
            "default_value": self.default_value,
            "public": self.public,
            "display_order": self.display_order,
            "options": self.options,
            "help_text": self.help_text,
            "list_id": list_id,
            "_links": [],
        }


def default_fields() -> list[MergeField]:
    """Return the fields that a new audience has."""
    return [
        MergeField(1, "FNAME", "First Name", options={"size": 25}, display_order=2),
        MergeField(2, "LNAME", "Last Name", options={"size": 25}, display_order=3),
        MergeField(3, "ADDRESS", "Address", "address", options={"default_country": 164}, display_order=4),
        MergeField(4, "PHONE", "Phone Number", "phone", options={"phone_format": "none"}, display_order=5),
        MergeField(5, "BIRTHDAY", "Birthday", "birthday", options={"date_format": "MM/DD"}, display_order=6),
    ]


def validated(
    fields: list[MergeField], present: Mapping[str, Any], sent: Mapping[str, Any], *, skip_required: bool
) -> dict[str, Any]:
    """Return the merge values after a write.

    Unknown tags are ignored. One bad value refuses everything.

    Raises:
        Problem: with an error for each bad field.
    """
    values = dict(present)
    errors = []
    for one in fields:
        if one.tag in sent:
            try:
                values[one.tag] = _checked(one, sent[one.tag])
            except ValueError as error:
                errors.append({"field": one.tag, "message": str(error)})
        if one.required and not skip_required and values.get(one.tag) in (None, ""):
            errors.append({"field": one.tag, "message": "This value should not be blank."})
    if errors:
        raise merge_fields_invalid(errors)
    return values


def _checked(one: MergeField, value: Any) -> Any:
    if value in ("", None):
        return ""
    check = _CHECKS.get(one.type)
    return check(one, value) if check else _text(one, value)


def _text(_: MergeField, value: Any) -> str:
    if not isinstance(value, str | int | float):
        raise ValueError("Schema describes string, object found instead")
    return str(value).encode()[:MAX_TEXT_BYTES].decode(errors="ignore")


def _number(_: MergeField, value: Any) -> float | int:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError("This value should be a number.") from None
    return int(number) if number.is_integer() else number


def _date(_: MergeField, value: Any) -> str:
    for pattern, _order in _DATES:
        found = pattern.fullmatch(str(value))
        if found:
            return date(int(found["y"]), int(found["m"]), int(found["d"])).isoformat()
    raise ValueError("Please enter a valid date.")


def _birthday(_: MergeField, value: Any) -> str:
    found = re.fullmatch(r"(\d\d)/(\d\d)", str(value))
    if not found:
        raise ValueError("Please enter a birthday as MM/DD.")
    date(_LEAP_YEAR, int(found[1]), int(found[2]))
    return str(value)


def _zip(_: MergeField, value: Any) -> str:
    if not re.fullmatch(r"\d{5}", str(value)):
        raise ValueError("Please enter a valid zip code.")
    return str(value)


def _url(_: MergeField, value: Any) -> str:
    parts = urlsplit(str(value))
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError("Please enter a valid URL.")
    return str(value)


def _choice(one: MergeField, value: Any) -> str:
    choices = one.options.get("choices", [])
    if value not in choices:
        raise ValueError(f"Value must be one of: {', '.join(choices)}")
    return str(value)


def _address(_: MergeField, value: Any) -> dict[str, str]:
    parts = ("addr1", "city", "state", "zip")
    if not isinstance(value, dict) or not all(isinstance(value.get(part), str) and value[part] for part in parts):
        raise ValueError("Please enter a complete address.")
    return {"addr2": "", "country": "US", **value}


def _phone(one: MergeField, value: Any) -> str:
    if one.options.get("phone_format") == "US" and not re.fullmatch(r"\(?\d{3}\)?[ -]?\d{3}-?\d{4}", str(value)):
        raise ValueError("Please enter a valid US phone number.")
    return str(value)


_CHECKS = {
    "number": _number,
    "date": _date,
    "birthday": _birthday,
    "zip": _zip,
    "url": _url,
    "imageurl": _url,
    "radio": _choice,
    "dropdown": _choice,
    "address": _address,
    "phone": _phone,
}
