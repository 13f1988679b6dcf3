"""A CRM's fields, as the embedded CRM and weclapp have them, and a way to ask a condition about one contact."""

from collections.abc import Callable, Mapping, Sequence

import pytest

from rundbrief.fields import STANDARD_FIELDS, CrmField, FieldType
from rundbrief.models import Contact, FieldValue
from rundbrief.where import parse

OPT_IN_KEYS = ("news/1", "news/2", "brevo")


@pytest.fixture(scope="session")
def crm_fields() -> Sequence[CrmField]:
    return (
        *STANDARD_FIELDS,
        CrmField("shoe_size", "Schuhgröße", FieldType.NUMBER),
        CrmField("vip", "VIP", FieldType.BOOLEAN),
        CrmField("since", "Kunde seit", FieldType.DATE),
        CrmField("last_call", "Letzter Anruf", FieldType.DATETIME),
        CrmField("interests", "Interessen", FieldType.CHOICES),
        CrmField("segment", "Segment", FieldType.CHOICE),
        CrmField("remark", "Bemerkung [intern]"),
        CrmField("in", "Eingang"),
    )


@pytest.fixture(scope="session")
def opt_in_keys() -> Sequence[str]:
    return OPT_IN_KEYS


@pytest.fixture(scope="session")
def holds(crm_fields: Sequence[CrmField]) -> Callable[..., bool]:
    """Tell whether a condition holds for a contact, who is given whole, or by values of fields alone."""

    def ask(text: str, contact: Contact | Mapping[str, FieldValue]) -> bool:
        if not isinstance(contact, Contact):
            contact = Contact(id="1", email=None, fields=contact)
        return parse(text).bind(crm_fields, OPT_IN_KEYS).holds(contact)

    return ask
