"""Values of the CRM in merge fields of every type: what is sent is taken, and comes back as it was sent.

One value that the service does not take would refuse its whole contact.
"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

import rundbrief_mailchimp
from rundbrief.fields import POSTAL_ADDRESS, CrmField, FieldType, Habits, Outgoing, Translation
from rundbrief.hookspecs import FieldWish
from rundbrief.models import FieldValue, PostalAddress, Result, WriteKind

JO = "jo@example.org"
VALUE = "VALUE"
CHOICES = {"choices": ["Ja", "Nein", "Größe 4"]}
HOME = {"street": "Gasse 1", "city": "Wien", "state": "W", "postcode": "1010"}


class Letter:
    """One list with one field, and a contact that is sent to it."""

    def __init__(self, account: Any, crm: CrmField, kind: str, options: dict[str, Any]) -> None:
        account.add_field(VALUE, "Value", kind, options=options)
        wish = FieldWish(crm, VALUE)
        found = rundbrief_mailchimp.map_custom_fields(account.session, account.list, [wish])
        self.account = account
        self.translation = Translation(found, {crm.key: crm}, habits=Habits("de", "AT"))

    def sent(self, values: dict[str, FieldValue]) -> Outgoing:
        outgoing = self.translation.outward(values)
        outcome = self.account.export_one(WriteKind.CREATE, JO, fields=outgoing.fields)
        assert outcome.result is Result.DONE
        return outgoing

    def kept(self) -> Any:
        return self.account.box.recipients(self.account.list.id)[JO].fields.get(VALUE)

    def there(self) -> dict[str, FieldValue]:
        return self.translation.there(self.account.read()[0][JO].fields)


@pytest.mark.parametrize(
    ("source", "value", "kind", "options", "kept"),
    [
        (FieldType.TEXT, "Žofie 🙂", "text", {}, "Žofie 🙂"),
        (FieldType.BOOLEAN, True, "text", {}, "ja"),
        (FieldType.NUMBER, Decimal("1234.50"), "text", {}, "1234,50"),
        (FieldType.NUMBER, Decimal("1234.50"), "number", {}, 1234.5),
        (FieldType.TEXT, "1.234,50", "number", {}, 1234.5),
        (FieldType.BOOLEAN, False, "number", {}, 0),
        (FieldType.DATE, date(1980, 2, 29), "date", {}, "1980-02-29"),
        (FieldType.TEXT, "3.2.1980", "date", {}, "1980-02-03"),
        (FieldType.DATE, date(1980, 2, 29), "birthday", {"date_format": "MM/DD"}, "02/29"),
        (FieldType.DATE, date(1980, 2, 29), "birthday", {"date_format": "DD/MM"}, "29/02"),
        (FieldType.BOOLEAN, False, "dropdown", CHOICES, "Nein"),
        (FieldType.TEXT, "GRÖSSE 4", "radio", CHOICES, "Größe 4"),
        (FieldType.PHONE, "01 4012345", "phone", {"phone_format": "none"}, "+4314012345"),
        (FieldType.TEXT, "example.org", "url", {}, "https://example.org"),
        (FieldType.URL, "https://example.org/a.png", "imageurl", {}, "https://example.org/a.png"),
        (FieldType.TEXT, "90210", "zip", {}, "90210"),
    ],
)
def test_it_is_kept_and_found_again(
    account: Any, source: FieldType, value: FieldValue, kind: str, options: dict[str, Any], kept: Any
) -> None:
    letter = Letter(account, CrmField("value", "Value", source), kind, options)
    outgoing = letter.sent({"value": value})
    assert outgoing.left_out == []
    assert letter.kept() == kept
    assert letter.there() == outgoing.fields


@pytest.mark.parametrize(
    ("value", "kind", "options"),
    [
        ("many", "number", {}),
        ("in May", "date", {}),
        ("02/29/1980", "birthday", {"date_format": "DD/MM"}),
        ("perhaps", "dropdown", CHOICES),
        ("see our site", "url", {}),
        ("A-1010", "zip", {}),
        ("+43 1 4012345", "phone", {"phone_format": "US"}),
    ],
)
def test_what_the_field_would_not_take_stays_here_and_the_contact_goes(
    account: Any, value: str, kind: str, options: dict[str, Any]
) -> None:
    letter = Letter(account, CrmField("value", "Value"), kind, options)
    outgoing = letter.sent({"value": value})
    assert (outgoing.fields, len(outgoing.left_out)) == ({}, 1)


def test_a_text_is_cut_here_and_the_service_finds_nothing_to_cut(account: Any) -> None:
    letter = Letter(account, CrmField("value", "Value"), "text", {})
    outgoing = letter.sent({"value": "ü" * 200})
    assert outgoing.left_out == ["VALUE was cut to 255 bytes"]
    assert letter.kept() == outgoing.fields[VALUE] == "ü" * 127


def test_an_address_goes_whole_with_its_country(account: Any) -> None:
    """Trap: one without a country would be in the United States."""
    letter = Letter(account, CrmField(POSTAL_ADDRESS, "Postal address", FieldType.ADDRESS), "address", {})
    outgoing = letter.sent(dict(HOME))
    assert outgoing.fields == {VALUE: PostalAddress("Gasse 1", "Wien", "W", "1010", "AT")}
    assert letter.there() == outgoing.fields


def test_an_address_that_lacks_a_part_stays_here_whole(account: Any) -> None:
    letter = Letter(account, CrmField(POSTAL_ADDRESS, "Postal address", FieldType.ADDRESS), "address", {})
    outgoing = letter.sent({key: HOME[key] for key in ("street", "city", "postcode")})
    assert (outgoing.fields, outgoing.left_out) == ({}, ["VALUE lacks state"])
