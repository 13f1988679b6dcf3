"""Fields of contacts on both sides, and the map between them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from rundbrief.models import FieldValue

__all__ = [
    "STANDARD_FIELDS",
    "CrmField",
    "FieldLink",
    "FieldMap",
    "FieldType",
    "RemoteField",
]


class FieldType(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    BIRTHDAY = "birthday"
    """Month and day without a year."""
    CHOICE = "choice"
    CHOICES = "choices"
    PHONE = "phone"
    URL = "url"
    ADDRESS = "address"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class CrmField:
    """One field of the CRM's contacts."""

    key: str
    label: str
    type: FieldType = FieldType.TEXT


@dataclass(frozen=True, slots=True)
class RemoteField:
    """One merge field, attribute or custom field of a service."""

    key: str
    label: str
    type: FieldType = FieldType.TEXT
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldLink:
    """One line of the map: this CRM field goes into that remote field."""

    crm_key: str
    remote: RemoteField


@dataclass(frozen=True, slots=True)
class FieldMap:
    """Which CRM fields a list takes, and how they are spelt there."""

    links: tuple[FieldLink, ...] = ()
    problems: tuple[str, ...] = ()
    """Sentences about wishes that cannot be met, such as a configured key that the list does not have."""

    def outward(self, values: Mapping[str, FieldValue]) -> dict[str, FieldValue]:
        """Return remote key -> value for a contact's values. A field without a value is left out."""
        return {
            link.remote.key: _convert(values[link.crm_key], link.remote)
            for link in self.links
            if link.crm_key in values
        }

    def inward(self, values: Mapping[str, FieldValue]) -> dict[str, FieldValue]:
        """Return CRM key -> value for a subscriber's values, for contacts that an import creates."""
        return {
            link.crm_key: values[link.remote.key]
            for link in self.links
            if values.get(link.remote.key) not in (None, "")
        }


STANDARD_FIELDS: Sequence[CrmField] = (
    CrmField("salutation", "Salutation"),
    CrmField("title", "Title"),
    CrmField("first_name", "First name"),
    CrmField("last_name", "Last name"),
    CrmField("company", "Company"),
    CrmField("street", "Street"),
    CrmField("postcode", "Postcode"),
    CrmField("city", "City"),
    CrmField("country", "Country"),
    CrmField("phone", "Phone", FieldType.PHONE),
    CrmField("birthday", "Birthday", FieldType.DATE),
    CrmField("language", "Language"),
    CrmField("customer_number", "Customer number"),
)
"""The fields every CRM plugin spells alike. Custom fields stand beside them under keys of their own."""


def _convert(value: FieldValue, remote: RemoteField) -> FieldValue:
    """Spell a value as text, except for what a service takes as it is (numbers)."""
    match value:
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.date().isoformat() if remote.type is FieldType.DATE else value.isoformat()
        case date():
            return value.strftime("%m/%d") if remote.type is FieldType.BIRTHDAY else value.isoformat()
        case int() | Decimal():
            return value if remote.type is FieldType.NUMBER else str(value)
        case tuple():
            return ", ".join(value)
        case str():
            return value
