"""Texts of a certain form: telephone numbers, web and e-mail addresses, patterns; and postal addresses."""

import re
from collections.abc import Sequence
from dataclasses import replace

from rundbrief.fields.converting.outcome import Convert, Habits, Partly, Unfit
from rundbrief.fields.phones import as_e164
from rundbrief.models import FieldValue, PostalAddress

__all__ = ["address_with", "matching", "to_mail", "to_phone", "to_site"]

_SITE = re.compile(r"https?://[^\s/]+\.[^\s]+", re.IGNORECASE)
_BARE_SITE = re.compile(r"[\w-]+(\.[\w-]+)+(/\S*)?")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

# In characters. Anything longer is none, and would take the patterns for ever.
LONGEST_SITE = 2_000
LONGEST_MAIL = 254


def to_phone(value: FieldValue, habits: Habits) -> str:
    if not isinstance(value, str):
        raise Unfit("is no telephone number")
    is_local = not value.strip().startswith(("+", "00"))
    if is_local and habits.country is None:
        return value
    found = as_e164(value, habits.country)
    if found is None:
        raise Unfit("is no telephone number")
    return found


def to_site(value: FieldValue) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if len(text) > LONGEST_SITE:
        raise Unfit("is longer than any web address")
    if _SITE.fullmatch(text):
        return text
    if _BARE_SITE.fullmatch(text):
        return f"https://{text}"
    raise Unfit("is no web address")


def to_mail(value: FieldValue) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if len(text) <= LONGEST_MAIL and _MAIL.fullmatch(text):
        return text
    raise Unfit("is no e-mail address")


def matching(pattern: str, convert: Convert) -> Convert:
    wanted = re.compile(pattern)

    def match(value: FieldValue) -> FieldValue | Partly:
        found = convert(value)
        if not wanted.fullmatch(str(found.value if isinstance(found, Partly) else found)):
            raise Unfit("is not as the service wants it")
        return found

    return match


def address_with(parts: Sequence[str], habits: Habits) -> Convert:
    """Return what lets postal addresses through that have these parts. A country may go without saying at home."""

    def to_address(value: FieldValue) -> PostalAddress:
        if not isinstance(value, PostalAddress):
            raise Unfit("is no postal address in parts")
        if "country" in parts and not value.country.strip() and habits.country:
            value = replace(value, country=habits.country)
        if missing := [name for name in parts if not getattr(value, name).strip()]:
            raise Unfit(f"lacks {' and '.join(missing)}")
        return value

    return to_address
