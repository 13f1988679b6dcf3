"""Attributes: their definitions, and which values they take."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rundbrief_brevo.testing.contact import phone

__all__ = ["NAMES", "Attribute", "accepted", "default_attributes", "imported"]

ISO_DAY = "%Y-%m-%d"
PHONES = ("SMS", "WHATSAPP", "LANDLINE_NUMBER")
NAMES = {"en": ("FIRSTNAME", "LASTNAME"), "de": ("VORNAME", "NACHNAME"), "fr": ("PRENOM", "NOM")}
"""Language in which an account was opened -> what it calls first and last names."""


@dataclass(slots=True)
class Attribute:
    name: str
    category: str = "normal"
    type: str | None = "text"
    enumeration: dict[int, str] = field(default_factory=dict)
    """Of a category: value -> label."""
    options: list[str] = field(default_factory=list)
    """Of a multiple choice."""
    formula: str = ""
    """Of a calculated or global one, which nobody can write."""

    def to_json(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"name": self.name, "category": self.category}
        if self.type:
            shown["type"] = self.type
        if self.category == "category":
            shown["enumeration"] = [{"value": value, "label": label} for value, label in self.enumeration.items()]
        if self.type == "multiple-choice":
            shown["multiCategoryOptions"] = list(self.options)
        if self.formula:
            shown["calculatedValue"] = self.formula
        return shown


def default_attributes(language: str) -> dict[str, Attribute]:
    """Return those of a new account. Trap: the names depend on the language in which it was opened."""
    first, last = NAMES[language]
    rows = (
        *(Attribute(name) for name in (last, first, *PHONES, "EXT_ID")),
        Attribute("OPT_IN", type="boolean"),
        Attribute("DOUBLE_OPT-IN", "category", None, {1: "Yes", 2: "No"}),
        Attribute("ORDER_ID", "transactional", "id"),
        Attribute("BLACKLIST", "global", None, formula="COUNT[BLACKLISTED,BLACKLISTED,<,NOW()]"),
    )
    return {row.name: row for row in rows}


def accepted(
    known: Mapping[str, Attribute], sent: Mapping[str, Any], date_format: str = ISO_DAY
) -> dict[str, Any]:
    """Return the values that a write takes, as they are kept; an empty text erases.

    Trap: unknown names, names in lower case and values of a wrong type are ignored, without a word.
    """
    values = {name: _taken(known[name], value, date_format) for name, value in sent.items() if name in known}
    return {name: value for name, value in values.items() if value is not None}


def imported(known: Mapping[str, Attribute], sent: Mapping[str, Any], date_format: str) -> dict[str, Any]:
    """Return the values that an import takes of one row.

    Traps: booleans never arrive (sendinblue/APIv3-python-library #95, APIv3-nodejs-library #114), and dates are
    spelt as the account has them.
    """
    writable = {name: one for name, one in known.items() if one.type != "boolean"}
    return accepted(writable, sent, date_format)


def _taken(attribute: Attribute, value: Any, date_format: str) -> Any:
    """Return the value as it is kept, or None for one that does not fit."""
    if attribute.category in ("calculated", "global"):
        return None
    if value == "":
        return value
    if attribute.category == "category":
        return _choice(attribute, value)
    if attribute.name in PHONES:
        return phone(value) if isinstance(value, str) else None
    match attribute.type, value:
        case "boolean", bool():
            return value
        case "float", int() | float() if not isinstance(value, bool):
            return value
        case "date", str():
            return _date(value, date_format)
        case "multiple-choice", list() if all(one in attribute.options for one in value):
            return list(value)
        case "text" | "user" | "id", str():
            return value
        case _:
            return None


def _choice(attribute: Attribute, value: Any) -> str | None:
    """Return the number, as a text, of a value or label; that is how contacts show it."""
    for number, label in attribute.enumeration.items():
        if not isinstance(value, bool) and str(value) in (str(number), label):
            return str(number)
    return None


def _date(value: str, date_format: str) -> str | None:
    try:
        return datetime.strptime(value, date_format).date().isoformat()  # noqa: DTZ007  # a day has no zone
    except ValueError:
        return None
