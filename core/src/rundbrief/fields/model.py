"""Fields on both sides, and what one value may meet on its way from one to the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from rundbrief.fields.types import FieldType

__all__ = ["STANDARD_FIELDS", "CrmField", "FieldKind", "FieldRoom", "OnEmpty", "OnError", "RemoteField"]


@dataclass(frozen=True, slots=True)
class CrmField:
    """One field of the CRM's contacts."""

    key: str
    label: str
    type: FieldType = FieldType.TEXT
    choices: tuple[str, ...] = ()
    """What can be chosen, where the CRM has a list of it."""


@dataclass(frozen=True, slots=True)
class RemoteField:
    """One merge field, attribute or custom field of a service, as it is defined there."""

    key: str
    label: str
    type: FieldType = FieldType.TEXT
    required: bool = False
    """The service refuses a contact without a value."""
    choices: tuple[str, ...] = ()
    """What can be chosen, as people read it; empty: anything."""
    codes: tuple[str, ...] = ()
    """What the service shows in place of each choice, where that is another text."""
    max_bytes: int | None = None
    """So many bytes of UTF-8 does a text have at most; None: as many as it likes."""
    parts: tuple[str, ...] = ()
    """Of a postal address: the parts that the service insists on, by `PostalAddress`."""
    form: str = ""
    """Of a birthday: how the service spells it, `MM/DD` or `DD/MM`."""
    pattern: str = ""
    """A regular expression that the whole text has to match, where the service looks at more than its type."""


@dataclass(frozen=True, slots=True)
class FieldKind:
    """One kind of field that a service has."""

    name: str
    """What the service calls it: `dropdown`, `float`."""
    type: FieldType
    max_bytes: int | None = None
    """As `RemoteField.max_bytes`."""
    is_creatable: bool = True
    """Whether `rundbrief fields --push` may make one."""
    takes: str = ""
    """What alone it takes, where that is less than its type: `five digits`."""


@dataclass(frozen=True, slots=True)
class FieldRoom:
    """How many more fields a list can get."""

    left: int
    """Never more than these. The service may refuse one sooner, where the account's plan has less."""
    rule: str
    """The limit in a sentence: `A list has at most 40 fields; this one has 38.`"""
    certain: int | None = None
    """So many are taken whatever plan the account has; None: all that are left."""


class OnEmpty(StrEnum):
    """What becomes of the remote value when the CRM's field holds nothing."""

    SKIP = "skip"
    """It stays as it is."""
    CLEAR = "clear"
    """It is emptied."""


class OnError(StrEnum):
    """What becomes of a value that the remote field cannot hold."""

    DROP = "drop"
    """It stays here, and is reported; the contact goes without it."""
    REFUSE = "refuse"
    """The whole contact stays here, and is reported."""


STANDARD_FIELDS: Sequence[CrmField] = (
    CrmField("salutation", "Salutation"),
    CrmField("title", "Title"),
    CrmField("first_name", "First name"),
    CrmField("last_name", "Last name"),
    CrmField("company", "Company"),
    CrmField("street", "Street"),
    CrmField("postcode", "Postcode"),
    CrmField("city", "City"),
    CrmField("country", "Country", FieldType.COUNTRY),
    CrmField("phone", "Phone", FieldType.PHONE),
    CrmField("birthday", "Birthday", FieldType.DATE),
    CrmField("language", "Language", FieldType.LANGUAGE),
    CrmField("customer_number", "Customer number"),
)
"""The fields every CRM plugin spells alike. Custom fields stand beside them under keys of their own."""
