"""Merge fields: what an audience has, and where the CRM's fields go."""

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from rundbrief.fields import FieldLink, FieldMap, FieldType, RemoteField
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

_NAMES: Mapping[str, Sequence[str]] = {
    "salutation": ("salutation", "anrede"),
    "title": ("title", "titel"),
    "first_name": ("fname", "first name", "vorname"),
    "last_name": ("lname", "last name", "surname", "nachname"),
    "company": ("company", "company name", "organisation", "organization", "firma", "unternehmen"),
    "street": ("street", "straße"),
    "postcode": ("postcode", "postal code", "zip", "zip code", "plz", "postleitzahl"),
    "city": ("city", "town", "ort", "stadt"),
    "country": ("country", "land"),
    "phone": ("phone", "phone number", "telefon", "telefonnummer"),
    "birthday": ("birthday", "birth date", "date of birth", "geburtstag", "geburtsdatum"),
    "language": ("language", "sprache"),
    "customer_number": ("customer number", "customer no", "kundennummer", "kundennr"),
}
"""CRM field key -> what people call such a merge field, by its tag or its label."""

_FITTING: Mapping[FieldType, frozenset[FieldType]] = {
    FieldType.NUMBER: frozenset({FieldType.NUMBER}),
    FieldType.DATE: frozenset({FieldType.DATE, FieldType.BIRTHDAY}),
    FieldType.BIRTHDAY: frozenset({FieldType.BIRTHDAY}),
    FieldType.PHONE: frozenset({FieldType.PHONE}),
    FieldType.URL: frozenset({FieldType.URL}),
}
"""What a CRM type fits beside text. A value that does not fit makes the service refuse the whole contact, so a
proposal is careful where a configured field is free."""


def map_fields(session: Session, mailing_list: MailingList, wanted: Sequence[FieldWish]) -> FieldMap:
    """Return where each wish goes: first what is configured, then proposals among the fields that are left."""
    there = {row["tag"]: row for row in _merge_fields(session, mailing_list)}
    configured = {wish.field.key: wish.remote_key for wish in wanted if wish.remote_key}
    problems = [
        problem for tag in configured.values() if (problem := _problem(tag, there, mailing_list)) is not None
    ]
    left = {tag: row for tag, row in there.items() if tag not in configured.values()}
    links = []
    for wish in wanted:
        tag = wish.remote_key or _proposal(wish, left)
        if tag in there and there[tag]["type"] != "address":
            links.append(FieldLink(wish.field.key, _remote_field(there[tag])))
            left.pop(tag, None)
    return FieldMap(tuple(links), tuple(problems))


def _merge_fields(session: Session, mailing_list: MailingList) -> Iterable[dict[str, Any]]:
    names = "tag name type required options"
    return rows(session, f"/lists/{mailing_list.id}/merge-fields", MergeFieldsSchema, "merge_fields", names)


def _problem(tag: str, there: Mapping[str, Any], mailing_list: MailingList) -> str | None:
    if tag not in there:
        near = get_close_matches(tag.upper(), there, n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]}?" if near else f"It has: {', '.join(sorted(there)) or 'none'}."
        return f"The list {mailing_list.name!r} has no merge field {tag}. {hint}"
    if there[tag]["type"] == "address":
        return f"The merge field {tag} is an address of several parts; choose a text field instead."
    return None


def _proposal(wish: FieldWish, left: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return the merge field that clearly stands for a CRM field: by its tag, else by its label."""
    names = {_plain(name) for name in (wish.field.key, wish.field.label, *_NAMES.get(wish.field.key, ()))}
    fitting = {tag: row for tag, row in left.items() if _fits(wish.field.type, row)}
    by_tag = [tag for tag in fitting if _plain(tag) in names]
    by_label = [tag for tag, row in fitting.items() if _plain(row["name"]) in names]
    found = by_tag or by_label
    return found[0] if len(found) == 1 else None


def _fits(crm_type: FieldType, row: Mapping[str, Any]) -> bool:
    if row["type"] == "phone" and row["options"].get("phone_format") == "US":
        return False  # it takes American numbers alone
    return row["type"] == "text" or _type(row) in _FITTING.get(crm_type, ())


def _plain(name: str) -> str:
    """Return a name in which spelling does not matter: `Straße` and STRASSE, `First name` and FIRST_NAME."""
    return re.sub(r"[\W_]+", "", name.casefold())


def _remote_field(row: Mapping[str, Any]) -> RemoteField:
    choices = tuple(row["options"].get("choices", ()))
    return RemoteField(row["tag"], row["name"], _type(row), row["required"], choices)


def _type(row: Mapping[str, Any]) -> FieldType:
    return _TYPES.get(row["type"], FieldType.TEXT)
