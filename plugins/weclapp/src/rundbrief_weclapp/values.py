"""Parties as contacts, and what becomes of a subscriber's data in a new one.

Times are milliseconds. A day is the midnight in Berlin with which it begins (reported by integrators), which is
22:00 or 23:00 UTC of the day before; so half a day later it is the same day everywhere in question.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from rundbrief.fields import STANDARD_FIELDS, CrmField
from rundbrief.models import ContactKind, FieldValue, OptIn, PartyType
from rundbrief_weclapp.definitions import Definition
from rundbrief_weclapp.references import shown

__all__ = [
    "FIELDS",
    "attributes_of",
    "day",
    "day_begins",
    "fields_of",
    "kind_of",
    "milliseconds",
    "moment",
    "opt_in_of",
    "party_of",
    "party_type_of",
]

FIELDS: Sequence[CrmField] = tuple(one for one in STANDARD_FIELDS if one.key != "language")
"""The standard fields that parties have. The language is the id of an entity that the API does not name."""

_ROOT = {
    "salutation": "salutation",
    "first_name": "first_name",
    "last_name": "last_name",
    "customer_number": "customer_number",
}
_SALUTATIONS = {
    "mr": "MR",
    "herr": "MR",
    "mrs": "MRS",
    "ms": "MRS",
    "frau": "MRS",
    "company": "COMPANY",
    "firma": "COMPANY",
}


# --- reading ----------------------------------------------------------------------------------------------


def kind_of(party: Mapping[str, Any]) -> ContactKind:
    """Return the role. Who buys already is a customer, also if the status of the lead was never closed."""
    if party["is_customer"]:
        return ContactKind.CUSTOMER
    is_lead = party["lead_status"] not in (None, "CONVERTED")
    return ContactKind.LEAD if is_lead else ContactKind.CONTACT


def party_type_of(party: Mapping[str, Any]) -> PartyType:
    return PartyType.ORGANISATION if party["party_type"] == "ORGANIZATION" else PartyType.PERSON


def fields_of(
    party: Mapping[str, Any],
    definitions: Mapping[str, Definition],
    titles: Mapping[str, str],
    names: Mapping[str, str],
    company: str | None,
) -> dict[str, FieldValue]:
    """Return the fields of a party that have a value.

    Args:
        definitions: id -> definition, of the attributes that hold data.
        titles: id -> title.
        names: id -> name, of parties that attributes point at.
        company: the organisation that the party is a contact person of.
    """
    address = _primary(party["addresses"])
    values: dict[str, FieldValue | None] = {
        **{key: party[name] for key, name in _ROOT.items()},
        "title": titles.get(party["title_id"] or ""),
        "company": party["company"] or party["person_company"] or company,
        "phone": party["phone"] or party["mobile"],
        "birthday": day(party["birthday"]),
        **{key: address.get(key) for key in ("street", "postcode", "city", "country")},
    }
    for value in party["attributes"]:
        if definition := definitions.get(value["definition"]):
            values[definition.key] = _value(value, definition, names)
    return {key: value for key, value in values.items() if value not in (None, "", ())}


def opt_in_of(flag: bool | None) -> OptIn:
    """Return what an attribute says. One that is not set is no *no*."""
    if flag is None:
        return OptIn.UNKNOWN
    return OptIn.YES if flag else OptIn.NO


def day(milliseconds: int | None) -> date | None:
    if milliseconds is None:
        return None
    return (moment(milliseconds) + timedelta(hours=12)).date()


def day_begins(milliseconds: int) -> datetime:
    """Return the beginning, in UTC, of a day."""
    found = day(milliseconds)
    assert found is not None
    return datetime.combine(found, time(), UTC)


def moment(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


def _primary(addresses: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return next((one for one in addresses if one["primary"]), addresses[0] if addresses else {})


def _value(value: Mapping[str, Any], definition: Definition, names: Mapping[str, str]) -> FieldValue | None:
    match definition.type:
        case "BOOLEAN":
            return value["flag"]  # type: ignore[no-any-return]
        case "DATE":
            return day(value["moment"])
        case "INTEGER" | "DECIMAL":
            return _number(value["number"])
        case "LIST":
            return definition.choices.get(value["choice"] or "")
        case "MULTISELECT_LIST":
            return tuple(filter(None, (definition.choices.get(one["id"]) for one in value["choices"])))
        case "ENTITY" | "REFERENCE":
            return shown(value, definition, names)
        case _:
            return value["text"]  # type: ignore[no-any-return]


def _number(text: str | None) -> int | Decimal | None:
    try:
        number = Decimal(text or "")
    except InvalidOperation:
        return None
    return int(number) if number == number.to_integral_value() else number


# --- writing ----------------------------------------------------------------------------------------------


def party_of(values: Mapping[str, FieldValue], titles: Mapping[str, str]) -> dict[str, Any]:
    """Return a subscriber's data as properties of a new person. What weclapp would not take is left out."""
    ids = {title.casefold(): one for one, title in titles.items()}
    address = {
        "street1": _text(values.get("street")),
        "zipcode": _text(values.get("postcode")),
        "city": _text(values.get("city")),
        "countryCode": _country(values.get("country")),
    }
    address = {name: value for name, value in address.items() if value}
    properties = {
        "salutation": _SALUTATIONS.get(_text(values.get("salutation")).casefold()),
        "titleId": ids.get(_text(values.get("title")).casefold()),
        "firstName": _text(values.get("first_name")),
        "lastName": _text(values.get("last_name")),
        "personCompany": _text(values.get("company")),
        "phone": _text(values.get("phone")),
        "birthDate": _day_in_milliseconds(values.get("birthday")),
        "addresses": [{**address, "primaryAddress": True}] if address else None,
    }
    return {name: value for name, value in properties.items() if value not in (None, "")}


def attributes_of(values: Mapping[str, FieldValue], definitions: Iterable[Definition]) -> list[dict[str, Any]]:
    """Return a subscriber's data as values of custom attributes."""
    found = ((one, _written(values[one.key], one)) for one in definitions if one.key in values)
    return [{"attributeDefinitionId": one.id, **written} for one, written in found if written]


def milliseconds(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _written(value: FieldValue, definition: Definition) -> dict[str, Any] | None:
    """Return a value in the field that its type has: in any other one it would be ignored without an error."""
    ids = {text.casefold(): one for one, text in definition.choices.items()}
    match definition.type:
        case "BOOLEAN":
            flag = {"true": True, "yes": True, "false": False, "no": False}.get(_text(value).casefold())
            return None if flag is None else {"booleanValue": flag}
        case "DATE":
            at = _day_in_milliseconds(value)
            return None if at is None else {"dateValue": at}
        case "INTEGER" | "DECIMAL":
            number = _number(_text(value))
            fits = number is not None and (definition.type == "DECIMAL" or isinstance(number, int))
            return {"numberValue": str(number)} if fits else None
        case "LIST":
            choice = ids.get(_text(value).casefold())
            return {"selectedValueId": choice} if choice else None
        case "MULTISELECT_LIST":
            texts = value if isinstance(value, tuple) else [one.strip() for one in _text(value).split(",")]
            chosen = [{"id": ids[one.casefold()]} for one in texts if one.casefold() in ids]
            return {"selectedValues": chosen} if chosen else None
        case "ENTITY" | "REFERENCE":
            return None
        case _:
            return {"stringValue": _text(value)}


def _text(value: FieldValue | None) -> str:
    return "" if value is None else str(value).strip()


def _country(value: FieldValue | None) -> str:
    """Return a country's code of two letters. Its name in some language is no code."""
    text = _text(value)
    return text.upper() if len(text) == 2 and text.isalpha() else ""


def _day_in_milliseconds(value: FieldValue | None) -> int | None:
    if isinstance(value, datetime):
        value = value.date()
    if not isinstance(value, date):
        try:
            value = date.fromisoformat(_text(value)[:10])
        except ValueError:
            return None
    return milliseconds(datetime.combine(value, time(), UTC))
