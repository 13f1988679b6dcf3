"""What users do in the tenant, in the words that every CRM shares."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from rundbrief.fields import CrmField, FieldType
from rundbrief.models import ContactKind, FieldValue, OptIn, PartyType
from rundbrief.testing.crm_sandbox import HeldContact
from rundbrief_weclapp.definitions import STANDARD_FLAGS
from rundbrief_weclapp.opt_in_keys import attribute_key, opt_in_key_of
from rundbrief_weclapp.testing.tenant import VALUE_FIELD, Entity, Tenant
from rundbrief_weclapp.values import day, milliseconds, moment, opt_in_of

__all__ = ["Users"]

PROPERTIES = {
    "salutation": "salutation",
    "first_name": "firstName",
    "last_name": "lastName",
    "company": "company",
    "phone": "phone",
    "birthday": "birthDate",
    "customer_number": "customerNumber",
}
ADDRESS = {"street": "street1", "postcode": "zipcode", "city": "city", "country": "countryCode"}
TYPES = {
    FieldType.NUMBER: "DECIMAL",
    FieldType.BOOLEAN: "BOOLEAN",
    FieldType.DATE: "DATE",
    FieldType.DATETIME: "DATE",
    FieldType.CHOICE: "LIST",
    FieldType.CHOICES: "MULTISELECT_LIST",
    FieldType.URL: "URL",
}
META = frozenset({"id", "version", "createdDate", "lastModifiedDate", "email"})


class Users:
    def __init__(self, tenant: Tenant, opt_in_attributes: Mapping[str, str]) -> None:
        self._tenant = tenant
        self._mapped = opt_in_attributes

    # --- contacts --------------------------------------------------------------------------------------------

    def add(self, email: str | None, fields: Mapping[str, FieldValue], kind: ContactKind, party: PartyType) -> str:
        body = {
            "partyType": "PERSON" if party is PartyType.PERSON else "ORGANIZATION",
            "email": email,
            "customer": kind is ContactKind.CUSTOMER,
            **({"leadStatus": "NEW"} if kind is ContactKind.LEAD else {}),
            **self._properties({}, fields),
        }
        return str(self._tenant.create("party", body)["id"])

    def edit(self, contact_id: str, email: str | None, fields: Mapping[str, FieldValue | None]) -> None:
        party = self._tenant.get("party", contact_id)
        body = self._properties(party, fields) | ({} if email is None else {"email": email})
        self._tenant.update("party", contact_id, body, partial=True)

    def set_opt_in(self, contact_id: str, key: str, value: OptIn) -> None:
        place = self._mapped.get(key, attribute_key(key))
        if place in STANDARD_FLAGS:
            body: dict[str, Any] = {place: value is OptIn.YES}
        else:
            [definition] = [one for one in self.definitions() if one["attributeKey"] == place]
            flag = None if value is OptIn.UNKNOWN else value is OptIn.YES
            body = {"customAttributes": [{"attributeDefinitionId": definition["id"], "booleanValue": flag}]}
        self._tenant.update("party", contact_id, body, partial=True)

    def held(self, party: Entity) -> HeldContact:
        definitions = {one["id"]: one for one in self.definitions()}
        mapped = {place: key for key, place in self._mapped.items()}
        fields: dict[str, FieldValue] = {}
        opt_ins = {
            key: OptIn.YES if party[place] else OptIn.NO
            for place, key in mapped.items()
            if place in STANDARD_FLAGS
        }
        for one in party["customAttributes"]:
            definition = definitions[one["attributeDefinitionId"]]
            name = definition["attributeKey"]
            value = one[VALUE_FIELD[definition["attributeType"]][0]]
            if key := mapped.get(name) or opt_in_key_of(name):
                opt_ins[key] = opt_in_of(bool(value))
            else:
                fields[name] = _read(definition, value)
        address: Mapping[str, Any] = next(
            (one for one in party.get("addresses") or [] if one.get("primaryAddress")), {}
        )
        fields |= {key: party[name] for key, name in PROPERTIES.items() if name in party}
        fields |= {key: address[name] for key, name in ADDRESS.items() if address.get(name)}
        if "birthday" in fields:
            fields["birthday"] = day(party["birthDate"]) or ""
        return HeldContact(
            email=party.get("email"),
            kind=_kind(party),
            party=PartyType.PERSON if party["partyType"] == "PERSON" else PartyType.ORGANISATION,
            fields=fields,
            opt_ins=opt_ins,
            changed_at=moment(party["lastModifiedDate"]),
            untouched={
                key: value
                for key, value in party.items()
                if key not in META and key != "customAttributes" and key not in mapped
            },
        )

    # --- attributes ------------------------------------------------------------------------------------------

    def definitions(self) -> Iterator[Entity]:
        return (one for one in self._tenant.of("customAttributeDefinition").values() if "party" in one["entities"])

    def add_field(self, label: str, kind: FieldType, choices: Sequence[str]) -> CrmField:
        key = re.sub(r"\W+", "_", label.lower()).strip("_")
        self.define(key, label, TYPES.get(kind, "STRING"), choices=choices)
        return CrmField(key, label, kind)

    def define(self, key: str, label: str, kind: str, *, choices: Sequence[str] = (), **more: Any) -> str:
        values = [
            {"id": f"{number}{len(self._tenant.of('customAttributeDefinition'))}", "value": text, "active": True}
            for number, text in enumerate(choices, 1)
        ]
        body = {
            "attributeKey": key,
            "label": label,
            "attributeType": kind,
            "entities": ["party"],
            "legacyEntities": ["customer"],
            "active": True,
            **({"selectableValues": values} if values else {}),
            **more,
        }
        return str(self._tenant.create("customAttributeDefinition", body)["id"])

    def _properties(self, party: Mapping[str, Any], fields: Mapping[str, FieldValue | None]) -> dict[str, Any]:
        body: dict[str, Any] = {}
        attributes: list[dict[str, Any]] = []
        address: dict[str, Any] = {}
        definitions = {one["attributeKey"]: one for one in self.definitions()}
        for key, value in fields.items():
            if key in PROPERTIES:
                body[PROPERTIES[key]] = _day(value) if key == "birthday" else value
            elif key in ADDRESS:
                address[ADDRESS[key]] = value
            elif key == "title":
                body["titleId"] = self._title(value)
            else:
                attributes.append(_attribute(definitions[key], value))
        if address:
            others = [one for one in party.get("addresses") or [] if not one.get("primaryAddress")]
            primary = [one for one in party.get("addresses") or [] if one.get("primaryAddress")] or [{}]
            body["addresses"] = [{**primary[0], **address, "primaryAddress": True}, *others]
        return body | ({"customAttributes": attributes} if attributes else {})

    def _title(self, value: FieldValue | None) -> str | None:
        if value is None:
            return None
        known = {one["name"]: one["id"] for one in self._tenant.of("title").values()}
        return str(known.get(str(value)) or self._tenant.create("title", {"name": str(value)})["id"])


def _kind(party: Entity) -> ContactKind:
    if party["customer"]:
        return ContactKind.CUSTOMER
    return ContactKind.LEAD if party.get("leadStatus") not in (None, "CONVERTED") else ContactKind.CONTACT


def _attribute(definition: Entity, value: FieldValue | None) -> dict[str, Any]:
    name = VALUE_FIELD[definition["attributeType"]][0]
    return {
        "attributeDefinitionId": definition["id"],
        name: None if value is None else _written(definition, value),
    }


def _written(definition: Entity, value: FieldValue) -> Any:
    ids = {one["value"]: one["id"] for one in definition.get("selectableValues", ())}
    match definition["attributeType"]:
        case "BOOLEAN":
            return value
        case "DATE":
            return _day(value)
        case "LIST":
            return ids[str(value)]
        case "MULTISELECT_LIST":
            assert isinstance(value, tuple)
            return [{"id": ids[one]} for one in value]
        case _:
            return str(value)


def _read(definition: Entity, value: Any) -> FieldValue:
    texts = {one["id"]: one["value"] for one in definition.get("selectableValues", ())}
    match definition["attributeType"]:
        case "DATE":
            return day(value) or ""
        case "LIST":
            return str(texts[value])
        case "MULTISELECT_LIST":
            return tuple(texts[one["id"]] for one in value)
        case "REFERENCE":
            return ", ".join(one["entityName"] for one in value)
        case _:
            return value  # type: ignore[no-any-return]


def _day(value: FieldValue | None) -> int | None:
    """Return the midnight in Berlin with which a day begins, in winter: an hour before that of UTC."""
    if not isinstance(value, date):
        return None
    return milliseconds(datetime.combine(value, time(), UTC)) - 3_600_000
