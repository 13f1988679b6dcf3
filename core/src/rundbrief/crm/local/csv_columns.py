"""What the columns of a CSV file mean, by their headings."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from rundbrief.crm.local.custom_fields import field_key, same_label
from rundbrief.errors import InputError
from rundbrief.fields import STANDARD_FIELDS, CrmField, FieldType
from rundbrief.fields.lettering import spell_out
from rundbrief.models import ContactKind, OptInField, PartyType

__all__ = [
    "EMAIL_HEADING",
    "ID_HEADING",
    "ROLES",
    "Column",
    "Part",
    "columns_of",
    "new_field",
    "opt_in_heading",
    "say_who",
]

ID_HEADING = "rundbrief id"
"""Not merely `id`: the ids of another program's file must never be taken for ours."""
EMAIL_HEADING = "E-mail"


class Part(Enum):
    """Which part of a contact a column holds."""

    NOTHING = auto()
    ID = auto()
    EMAIL = auto()
    ROLE = auto()
    FIELD = auto()
    OPT_IN = auto()
    OPT_IN_SINCE = auto()
    OPT_IN_SOURCE = auto()


@dataclass(frozen=True, slots=True)
class Column:
    heading: str
    part: Part
    key: str = ""
    """Of the field or the opt-in field."""
    type: FieldType = FieldType.TEXT


ROLES: Mapping[str, ContactKind | PartyType] = {
    "contact": ContactKind.CONTACT,
    "kontakt": ContactKind.CONTACT,
    "customer": ContactKind.CUSTOMER,
    "kunde": ContactKind.CUSTOMER,
    "kundin": ContactKind.CUSTOMER,
    "lead": ContactKind.LEAD,
    "interessent": ContactKind.LEAD,
    "interessentin": ContactKind.LEAD,
    "person": PartyType.PERSON,
    "privatperson": PartyType.PERSON,
    "organisation": PartyType.ORGANISATION,
    "organization": PartyType.ORGANISATION,
    "company": PartyType.ORGANISATION,
    "firma": PartyType.ORGANISATION,
    "unternehmen": PartyType.ORGANISATION,
}
"""Words in a role column. Any of them may stand in any such column: people call both things *Art*."""

_WORDS: Mapping[tuple[Part, str], str] = {
    (Part.ID, ""): ID_HEADING,
    (Part.EMAIL, ""): "e-mail, e-mail address, mail, mail address, E-Mail-Adresse, Mailadresse",
    (Part.ROLE, ""): "kind, type, party, Art, Typ, Kontaktart",
    (Part.FIELD, "salutation"): "salutation, Anrede",
    (Part.FIELD, "title"): "title, academic title, Titel, akademischer Titel",
    (Part.FIELD, "first_name"): "first name, given name, forename, Vorname, Rufname",
    (Part.FIELD, "last_name"): "last name, surname, family name, Nachname, Familienname, Zuname",
    (Part.FIELD, "company"): "company, company name, organisation, organization, Firma, Firmenname, Unternehmen",
    (Part.FIELD, "street"): "street, street address, Straße, Str., Straße und Hausnummer, Straße/Nr., Anschrift",
    (Part.FIELD, "postcode"): "postcode, postal code, zip, zip code, PLZ, Postleitzahl",
    (Part.FIELD, "city"): "city, town, Ort, Stadt, Wohnort",
    (Part.FIELD, "country"): "country, Land, Staat",
    (Part.FIELD, "phone"): "phone, phone number, telephone, Telefon, Telefonnummer, Tel., Tel.-Nr.",
    (Part.FIELD, "birthday"): "birthday, birth date, date of birth, Geburtstag, Geburtsdatum, geb. am",
    (Part.FIELD, "language"): "language, Sprache",
    (Part.FIELD, "customer_number"): "customer number, customer no., customer id, Kundennummer, Kunden-Nr., KdNr.",
}
_LAST_NAME = (Part.FIELD, "last_name")
_NAMES = frozenset({"first_name", "last_name", "company", "customer_number"})
_PERHAPS_LAST_NAME = "name"
"""Beside a *Nachname* it is something else, such as the name on the envelope."""

_OPT_IN = re.compile(r"opt[\s_-]?in(?:[\s:]+(?P<field>.*))?", re.IGNORECASE)
_OPT_IN_PARTS: Mapping[str, Part] = {
    " since": Part.OPT_IN_SINCE,
    " seit": Part.OPT_IN_SINCE,
    " source": Part.OPT_IN_SOURCE,
    " quelle": Part.OPT_IN_SOURCE,
}


def columns_of(
    headings: Sequence[str], fields: Sequence[CrmField], opt_in_fields: Sequence[OptInField]
) -> tuple[list[Column], list[CrmField]]:
    """Return what each column means, and the custom fields that have to be made for those nobody knows.

    A new field is text, whatever its values look like: a guess that a postcode or an article number is a number
    would cost its leading zeros.

    Raises:
        InputError: two columns mean the same, or an opt-in field does not exist.
    """
    headings = [" ".join(heading.split()) for heading in headings]
    new: list[CrmField] = []
    columns: list[Column] = []
    for heading in headings:
        column = _meaning(heading, headings, opt_in_fields) or _custom(heading, [*fields, *new])
        if column is None:
            new.append(new_field(heading, FieldType.TEXT, [*fields, *new]))
            column = Column(heading, Part.FIELD, new[-1].key)
        columns.append(column)
    _refuse_twins(columns)
    return columns, new


def new_field(label: str, kind: FieldType, fields: Collection[CrmField]) -> CrmField:
    """Return a custom field of that label, which the CRM does not have yet.

    Raises:
        InputError: the label is empty or means something that contacts have.
    """
    label = " ".join(label.split())
    if not label or _standard(label) or _OPT_IN.fullmatch(label) or _custom(label, fields):
        raise InputError(f"A custom field cannot be called {label!r}: that means something already.")
    return CrmField(field_key(label, {one.key for one in fields}), label, kind)


def say_who(columns: Sequence[Column]) -> bool:
    """Tell whether any of the columns holds what somebody can be known by."""
    return any(one.part in (Part.ID, Part.EMAIL) or one.key in _NAMES for one in columns)


def opt_in_heading(key: str, part: Part) -> str:
    """Return the heading of a column with an opt-in field's value, date or source."""
    suffix = next((words for words, meant in _OPT_IN_PARTS.items() if meant is part), "")
    return f"opt-in {key}{suffix}"


def _meaning(heading: str, headings: Sequence[str], opt_in_fields: Sequence[OptInField]) -> Column | None:
    if not heading:
        return Column(heading, Part.NOTHING)
    if found := _OPT_IN.fullmatch(heading):
        return _opt_in(heading, found["field"] or "", opt_in_fields)
    if standard := _standard(heading):
        part, key = standard
        return Column(heading, part, key, _STANDARD_TYPES.get(key, FieldType.TEXT))
    has_last_name = any(_standard(one) == _LAST_NAME for one in headings)
    if _folded(heading) == _PERHAPS_LAST_NAME and not has_last_name:
        return Column(heading, *_LAST_NAME)
    return None


def _standard(heading: str) -> tuple[Part, str] | None:
    return _KNOWN.get(_folded(heading))


def _custom(heading: str, fields: Collection[CrmField]) -> Column | None:
    for one in fields:
        if heading == one.key or same_label(heading, one.label):
            return Column(heading, Part.FIELD, one.key, one.type)
    return None


def _opt_in(heading: str, text: str, fields: Sequence[OptInField]) -> Column:
    readings = [(text, Part.OPT_IN)]
    readings += [(text[: -len(end)], part) for end, part in _OPT_IN_PARTS.items() if text.casefold().endswith(end)]
    by_key = [Column(heading, part, one.key) for words, part in readings for one in fields if one.key == words]
    by_label = [
        Column(heading, part, one.key)
        for words, part in readings
        for one in fields
        if same_label(one.label, words)
    ]
    found = by_key[:1] or by_label
    if len(found) == 1:
        return found[0]
    keys = (
        ", ".join(one.key for one in fields) or "none yet; pull the lists first: rundbrief lists CONNECTION --pull"
    )
    if not text:
        raise InputError(
            f"The column {heading!r} does not say which opt-in it holds.",
            hint=f"Call it opt-in and the field's key. The CRM has: {keys}.",
        )
    what = "Several opt-in fields are" if found else "No opt-in field is"
    raise InputError(f"{what} called {text!r}, which column {heading!r} asks for.", hint=f"The CRM has: {keys}.")


def _refuse_twins(columns: Sequence[Column]) -> None:
    meanings = Counter((one.part, one.key) for one in columns if one.part not in (Part.NOTHING, Part.ROLE))
    for meaning, times in meanings.items():
        if times > 1:
            headings = " and ".join(repr(one.heading) for one in columns if (one.part, one.key) == meaning)
            raise InputError(
                f"The columns {headings} mean the same.", hint="Remove or rename all but one of them."
            )


def _folded(heading: str) -> str:
    """Return a heading without case, umlauts, accents, spaces and punctuation: Straße/Nr. -> strassenr."""
    return "".join(one for one in spell_out(heading) if one.isalnum())


_STANDARD_TYPES = {one.key: one.type for one in STANDARD_FIELDS}
_KNOWN = {_folded(word): meaning for meaning, words in _WORDS.items() for word in words.split(", ")} | {
    _folded(text): (Part.FIELD, one.key) for one in STANDARD_FIELDS for text in (one.key, one.label)
}
