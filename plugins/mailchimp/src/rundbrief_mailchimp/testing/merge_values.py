"""The validation of merge values, where one bad value refuses a whole contact (docs: merge-fields)."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from rundbrief_mailchimp.testing.merge_fields import MergeField
from rundbrief_mailchimp.testing.problems import merge_fields_invalid

__all__ = ["validated"]

MAX_TEXT_BYTES = 255

_DATES = (
    re.compile(r"(?P<y>\d{4})[-/](?P<m>\d\d)[-/](?P<d>\d\d)"),
    re.compile(r"(?P<d>\d\d)-(?P<m>\d\d)-(?P<y>\d{4})"),
    re.compile(r"(?P<m>\d\d)/(?P<d>\d\d)/(?P<y>\d{4})"),  # as in the United States: the month comes first
)
_ADDRESS_PARTS = ("addr1", "addr2", "city", "state", "zip", "country")
_ADDRESS_REQUIRED = ("addr1", "city", "state", "zip")
_LEAP_YEAR = 2024

_Check = Callable[[MergeField, Any], Any]
"""Returns a value as it is stored; `ValueError` says in a sentence what is wrong with it."""


def validated(
    fields: Sequence[MergeField], present: Mapping[str, Any], sent: Mapping[str, Any], *, skip_required: bool
) -> dict[str, Any]:
    """Return the merge values after a write that sent some of them.

    Trap: the whole contact is validated, so a write that sends no merge value at all is refused where a required
    one is missing. Unknown tags are ignored without a word.

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
                continue
        if one.required and not skip_required and values.get(one.tag, "") == "":
            errors.append({"field": one.tag, "message": "This value should not be blank."})
    if errors:
        raise merge_fields_invalid(errors)
    return values


def _checked(one: MergeField, value: Any) -> Any:
    if value in ("", None):
        return ""  # clears the value
    check: _Check = _CHECKS.get(one.type, _text)
    return check(one, value)


def _text(_: MergeField, value: Any) -> str:
    """Trap: a longer text is cut to so many bytes without a word."""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise ValueError(f"Schema describes string, {_type_name(value)} found instead")
    return str(value).encode()[:MAX_TEXT_BYTES].decode(errors="ignore")


def _number(_: MergeField, value: Any) -> float | int:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number) or isinstance(value, bool):
        raise ValueError("This value should be of type numeric.")
    return int(number) if number.is_integer() else number


def _date(_: MergeField, value: Any) -> str:
    for pattern in _DATES:
        if found := pattern.fullmatch(str(value)):
            return _existing_day(int(found["y"]), int(found["m"]), int(found["d"])).isoformat()
    raise ValueError("Please enter a valid date.")


def _birthday(one: MergeField, value: Any) -> str:
    form = one.options.get("date_format", "MM/DD")
    found = re.fullmatch(r"(\d\d)/(\d\d)", str(value))
    if not found:
        raise ValueError(f"Please enter a month and a day: {form}.")
    month, day = (found[2], found[1]) if form == "DD/MM" else (found[1], found[2])
    _existing_day(_LEAP_YEAR, int(month), int(day))
    return str(value)


def _existing_day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError("Please enter a valid date.") from None


def _zip(_: MergeField, value: Any) -> str:
    if not re.fullmatch(r"[0-9]{5}", str(value)):
        raise ValueError("Please enter a valid zip code (5 digits).")
    return str(value)


def _url(_: MergeField, value: Any) -> str:
    try:
        parts = urlsplit(str(value))
    except ValueError:
        raise ValueError("Please enter a valid URL.") from None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError("Please enter a valid URL.")
    return str(value)


def _choice(one: MergeField, value: Any) -> str:
    choices = one.options.get("choices", [])
    if value not in choices:
        raise ValueError(f"Value must be one of: {', '.join(choices)}")
    return str(value)


def _address(_: MergeField, value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError(f"Schema describes object, {_type_name(value)} found instead")
    parts = {part: value[part] for part in _ADDRESS_PARTS if value.get(part) not in ("", None)}
    if not all(isinstance(text, str) for text in parts.values()):
        raise ValueError("Schema describes string for each part of an address")
    if any(part not in parts for part in _ADDRESS_REQUIRED):
        raise ValueError("Please enter a complete address.")
    return {"addr2": "", "country": "US", **parts}


def _phone(one: MergeField, value: Any) -> str:
    text = _text(one, value)
    if one.options.get("phone_format") == "US" and not re.fullmatch(r"\(?\d{3}\)?[ -]?\d{3}-?\d{4}", text):
        raise ValueError("Please enter a valid US phone number.")
    return text


def _type_name(value: Any) -> str:
    names = {bool: "boolean", list: "array", dict: "object", int: "integer", float: "number", str: "string"}
    return names.get(type(value), "null")


_CHECKS: Mapping[str, _Check] = {
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
"""How a value of a type is checked and stored; any other type is text."""
