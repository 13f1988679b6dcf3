"""Values of the CRM in attributes of every type: what is sent is kept, and comes back as it was sent.

The service drops what does not fit, and what has no attribute, without a word.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from rundbrief.fields import CrmField, FieldType, Habits, Translation
from rundbrief.hookspecs import FieldWish
from rundbrief.models import FieldValue, Result, WriteKind

JO = "jo@example.org"


def translation(account: Any, source: FieldType, kind: str, list_id: str | None) -> Translation:
    """Return a map of one CRM field into one attribute, `value`, at work."""
    account.box.add_attribute("value", kind, list_id=list_id)
    crm = CrmField("value", "Value", source)
    return Translation(account.map(FieldWish(crm, "value")), {"value": crm}, habits=Habits("de"))


@pytest.mark.parametrize(
    ("source", "value", "kind", "kept"),
    [
        (FieldType.TEXT, "Žofie 🙂", "text", "Žofie 🙂"),
        (FieldType.BOOLEAN, False, "text", "nein"),
        (FieldType.BOOLEAN, False, "number", "0"),
        (FieldType.NUMBER, Decimal("1234.50"), "text", "1234,50"),
        (FieldType.NUMBER, Decimal("1234.50"), "number", "1234.50"),
        (FieldType.NUMBER, Decimal("0.0000001"), "number", "0.0000001"),
        (FieldType.NUMBER, Decimal("1E+20"), "number", "100000000000000000000"),
        (FieldType.TEXT, "1.234,50", "number", "1234.50"),
        (FieldType.DATE, date(1980, 2, 29), "date", "1980-02-29"),
        (FieldType.TEXT, "3.2.1980", "date", "1980-02-03"),
        (FieldType.DATETIME, datetime(1980, 2, 29, 23, 30, tzinfo=UTC), "date", "1980-02-29"),
        (FieldType.CHOICES, ("rot", "blau, hell"), "text", 'rot,"blau, hell"'),
        (FieldType.TEXT, "female", "gender", "female"),
    ],
)
@pytest.mark.parametrize("of_the_list", [False, True])
def test_it_is_kept_and_found_again(
    account: Any, source: FieldType, value: FieldValue, kind: str, kept: str, *, of_the_list: bool
) -> None:
    at_work = translation(account, source, kind, account.list.id if of_the_list else None)
    fields = at_work.outward({"value": value}).fields
    assert set(fields) == {"group:value" if of_the_list else "value"}
    assert account.export_one(WriteKind.CREATE, JO, fields=fields).result is Result.DONE
    read = account.read()[0][JO].fields
    assert set(read.values()) == {kept}
    assert at_work.there(read) == fields


@pytest.mark.parametrize(("kind", "value"), [("number", "many"), ("date", "soon"), ("date", "30.02.1980")])
def test_what_the_service_would_drop_in_silence_is_not_sent_and_told(account: Any, kind: str, value: str) -> None:
    outgoing = translation(account, FieldType.TEXT, kind, None).outward({"value": value})
    assert (outgoing.fields, len(outgoing.left_out)) == ({}, 1)


def test_an_empty_text_clears(account: Any) -> None:
    account.export_one(WriteKind.CREATE, JO, fields={"firstname": "Jo", "lastname": "Doe"})
    account.export_one(WriteKind.UPDATE, JO, fields={"firstname": ""})
    assert account.read()[0][JO].fields == {"lastname": "Doe"}
