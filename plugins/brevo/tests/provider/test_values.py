"""Values of the CRM in attributes of every type: what is sent is kept, and comes back as it was sent.

The service ignores what does not fit, without a word; an import ignores more than a change does.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

import rundbrief_brevo
from rundbrief.fields import CrmField, FieldMap, FieldType, Habits, Translation
from rundbrief.hookspecs import FieldWish
from rundbrief.models import ContactWrite, FieldValue, Result, WriteKind

JO = "jo@example.org"
COLOURS = ("rot", "blau, hell")


def connected(account: Any, source: FieldType, kind: str) -> tuple[FieldMap, Translation]:
    """Return a map of one CRM field into one attribute, VALUE, and the map at work."""
    path = "/contacts/attributes/" + ("category/VALUE" if kind == "category" else "normal/VALUE")
    rows = [{"value": number, "label": label} for number, label in enumerate(COLOURS, 4)]
    choices = {"enumeration": rows} if kind == "category" else {"multiCategoryOptions": list(COLOURS)}
    account.session.http.post(path, json={"type": kind} | choices)
    crm = CrmField("value", "Value", source)
    field_map = account.map(FieldWish(crm, "VALUE"))
    return field_map, Translation(field_map, {"value": crm}, habits=Habits("de"))


@pytest.mark.parametrize("kind", [WriteKind.CREATE, WriteKind.UPDATE])
@pytest.mark.parametrize(
    ("source", "value", "attribute", "kept"),
    [
        (FieldType.TEXT, "Žofie 🙂", "text", "Žofie 🙂"),
        (FieldType.BOOLEAN, True, "text", "ja"),
        (FieldType.BOOLEAN, False, "boolean", False),
        (FieldType.TEXT, "Ja", "boolean", True),
        (FieldType.BOOLEAN, True, "float", 1),
        (FieldType.NUMBER, Decimal("1234.50"), "text", "1234,50"),
        (FieldType.NUMBER, Decimal("1234.50"), "float", 1234.5),
        (FieldType.TEXT, "1.234,50", "float", 1234.5),
        (FieldType.DATE, date(1980, 2, 29), "date", "1980-02-29"),
        (FieldType.TEXT, "3.2.1980", "date", "1980-02-03"),
        (FieldType.DATETIME, datetime(1980, 2, 29, 23, 30, tzinfo=UTC), "date", "1980-02-29"),
        (FieldType.CHOICES, COLOURS, "multiple-choice", list(COLOURS)),
        (FieldType.TEXT, 'ROT, "blau, hell"', "multiple-choice", list(COLOURS)),
        (FieldType.TEXT, "ROT", "category", "4"),
        (FieldType.CHOICES, COLOURS, "text", 'rot,"blau, hell"'),
    ],
)
def test_it_is_kept_and_found_again(
    account: Any, kind: WriteKind, source: FieldType, value: FieldValue, attribute: str, kept: Any
) -> None:
    field_map, at_work = connected(account, source, attribute)
    if kind is WriteKind.UPDATE:
        account.subscribe(JO)
    fields = at_work.outward({"value": value}).fields
    jo = ContactWrite("1", JO, fields=fields)
    [outcome] = rundbrief_brevo.export_contacts(account.session, account.list, kind, [jo], field_map)
    assert (outcome.result, outcome.detail) == (Result.DONE, "")
    assert account.held(JO).fields["VALUE"] == kept
    assert at_work.there(account.read()[0][JO].fields) == fields


@pytest.mark.parametrize(("attribute", "value"), [("category", "rot"), ("multiple-choice", COLOURS), ("float", 7)])
def test_what_an_import_has_taken_is_not_sent_once_more(account: Any, attribute: str, value: FieldValue) -> None:
    """A category takes a label, and shows its number."""
    field_map, at_work = connected(account, FieldType.INTEGER, attribute)
    fields = at_work.outward({"value": value}).fields
    jo = ContactWrite("1", JO, fields=fields)
    [outcome] = rundbrief_brevo.export_contacts(account.session, account.list, WriteKind.CREATE, [jo], field_map)
    assert (outcome.result, account.sent("POST", "/batch")) == (Result.DONE, [])


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("float", "many"),
        ("date", "soon"),
        ("boolean", "perhaps"),
        ("multiple-choice", "gelb"),
        ("category", "gelb"),
    ],
)
def test_what_the_service_would_ignore_in_silence_is_not_sent_and_told(
    account: Any, attribute: str, value: str
) -> None:
    _, at_work = connected(account, FieldType.TEXT, attribute)
    outgoing = at_work.outward({"value": value})
    assert (outgoing.fields, len(outgoing.left_out)) == ({}, 1)
