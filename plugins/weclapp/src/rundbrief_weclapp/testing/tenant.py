"""The state of a tenant: entities of every kind, and how they come to be, change and go.

An entity is what its JSON says. A property without a value is not there: null and the empty text are the same.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from rundbrief_weclapp.testing.kinds import KINDS
from rundbrief_weclapp.testing.problems import conflict, invalid, not_found, unknown_property
from rundbrief_weclapp.values import milliseconds

__all__ = ["Tenant"]

Entity = dict[str, Any]

VALUE_FIELD = {
    "STRING": ("stringValue", str),
    "LARGE_TEXT": ("stringValue", str),
    "URL": ("stringValue", str),
    "BOOLEAN": ("booleanValue", bool),
    "DATE": ("dateValue", int),
    "INTEGER": ("numberValue", str),
    "DECIMAL": ("numberValue", str),
    "LIST": ("selectedValueId", str),
    "MULTISELECT_LIST": ("selectedValues", list),
    "ENTITY": ("entityId", str),
    "REFERENCE": ("entityReferences", list),
}
"""Type of a custom attribute -> the field that holds its value, and what that is. Trap: others are ignored."""

LEGACY = {"customer", "competitor", "lead", "supplier"}
PARTY_TYPES = ("ORGANIZATION", "PERSON")


class Tenant:
    """Args:
    now: the service's clock.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.entities: dict[str, dict[str, Entity]] = {kind: {} for kind in KINDS}
        self._next_id = 1000
        self.last_write: tuple[str, str, Entity | None] | None = None
        """Resource, id, and the entity as it was before: what a stale list still shows."""

    def of(self, resource: str) -> dict[str, Entity]:
        return self.entities[resource]

    def get(self, resource: str, entity_id: str) -> Entity:
        """Return an entity.

        Raises:
            Problem: there is none.
        """
        found = self.of(resource).get(entity_id)
        if found is None:
            raise not_found()
        return found

    # --- writes ----------------------------------------------------------------------------------------------

    def create(self, resource: str, body: Mapping[str, Any]) -> Entity:
        kind = KINDS[resource]
        values = self._checked(resource, body)
        missing = [name for name in kind.required if values.get(name) in (None, [], "")]
        if missing:
            raise invalid(f"{missing[0]} is missing", f"$.{missing[0]}")
        now = milliseconds(self.now())
        self._next_id += 1
        entity: Entity = {
            "id": str(self._next_id),
            "version": "0",
            "createdDate": now,
            "lastModifiedDate": now,
            **kind.defaults,
            **dict.fromkeys(kind.flags, False),
            **values,
        }
        self._complete(resource, entity)
        self.of(resource)[entity["id"]] = entity
        self.last_write = (resource, entity["id"], None)
        return entity

    def update(self, resource: str, entity_id: str, body: Mapping[str, Any], *, partial: bool) -> Entity:
        """Change an entity. Trap: unless `partial`, whatever is not named becomes null."""
        entity = self.get(resource, entity_id)
        version = body.get("version")
        if version is not None and str(version) != entity["version"]:
            raise conflict()
        kind = KINDS[resource]
        values = self._checked(resource, {key: value for key, value in body.items() if key not in kind.read_only})
        changed: Entity = {key: entity[key] for key in kind.read_only if key in entity}
        changed |= dict.fromkeys(kind.flags, False) | dict(kind.defaults)
        if partial:
            changed = {**entity}
            if "customAttributes" in values:
                values["customAttributes"] = _merged(
                    entity.get("customAttributes", []), values["customAttributes"]
                )
        changed |= values
        self._complete(resource, changed)
        changed["version"] = str(int(entity["version"]) + 1)
        changed["lastModifiedDate"] = milliseconds(self.now())
        self.of(resource)[entity_id] = changed
        self.last_write = (resource, entity_id, entity)
        return changed

    def delete(self, resource: str, entity_id: str) -> None:
        entity = self.get(resource, entity_id)
        del self.of(resource)[entity_id]
        self.last_write = (resource, entity_id, entity)
        if resource == "party":
            rows = self.of("campaignParticipant")
            for one in [key for key, row in rows.items() if row["partyId"] == entity_id]:
                del rows[one]

    # --- checks ----------------------------------------------------------------------------------------------

    def _checked(self, resource: str, body: Mapping[str, Any]) -> Entity:
        kind = KINDS[resource]
        for name in body:
            if name not in kind.properties:
                raise unknown_property(name)
        for name in kind.flags & body.keys():
            if not isinstance(body[name], bool):
                raise invalid(f"{name} should be true or false", f"$.{name}")
        values = dict(body)
        if resource == "party" and values.get("partyType", "PERSON") not in PARTY_TYPES:
            raise invalid("partyType is neither ORGANIZATION nor PERSON", "$.partyType")
        if "customAttributes" in values:
            values["customAttributes"] = self._attributes(values["customAttributes"] or [])
        if resource == "customAttributeDefinition":
            self._check_definition(values)
        return values

    def _check_definition(self, values: Mapping[str, Any]) -> None:
        if "party" in values.get("entities", ()) and not LEGACY & set(values.get("legacyEntities") or ()):
            raise invalid("legacyEntities needs one of the older entities", "$.legacyEntities")
        if values.get("attributeType", "STRING") not in VALUE_FIELD:
            raise invalid("there is no such type", "$.attributeType")
        key = values.get("attributeKey")
        if key and any(one["attributeKey"] == key for one in self.of("customAttributeDefinition").values()):
            raise invalid("the key is taken", "$.attributeKey")

    def _attributes(self, values: list[Any]) -> list[Entity]:
        """Return the values that stand in the field that their type has; others vanish without a word."""
        found = []
        for one in values:
            definition = self.of("customAttributeDefinition").get(str(one.get("attributeDefinitionId")))
            if definition is None:
                raise invalid("there is no such attribute", "$.customAttributes")
            name, right = VALUE_FIELD[definition["attributeType"]]
            value = one.get(name)
            if value in ("", []) or not isinstance(value, right):
                value = None
            if value is not None or name in one:
                found.append({"attributeDefinitionId": definition["id"], name: value})
        return found

    def _complete(self, resource: str, entity: Entity) -> None:
        """Give what the service gives by itself, drop what has no value, and insist on what is mandatory."""
        if resource == "party":
            self._number_addresses(entity)
            entity["tags"] = list(dict.fromkeys(entity.get("tags") or []))
        attributes = [
            one
            for one in entity.get("customAttributes") or []
            if any(value is not None for key, value in one.items() if key != "attributeDefinitionId")
        ]
        entity["customAttributes"] = attributes
        if resource == "campaign":
            entity.setdefault("campaignNumber", f"K{entity['id']}")
        if resource in ("party", "campaign"):
            self._insist_on_mandatory(resource, attributes)
        else:
            del entity["customAttributes"]
        for name in [key for key, value in entity.items() if value in (None, "")]:
            del entity[name]

    def _number_addresses(self, entity: Entity) -> None:
        for one in entity.get("addresses") or []:
            if "id" not in one:
                self._next_id += 1
                now = milliseconds(self.now())
                one |= {"id": str(self._next_id), "version": "0", "createdDate": now, "lastModifiedDate": now}

    def _insist_on_mandatory(self, resource: str, attributes: list[Entity]) -> None:
        there = {one["attributeDefinitionId"] for one in attributes}
        for one in self.of("customAttributeDefinition").values():
            if one["mandatory"] and resource in one["entities"] and one["id"] not in there:
                raise invalid(f"{one['label']} is mandatory", "$.customAttributes")


def _merged(before: list[Entity], named: list[Entity]) -> list[Entity]:
    by_id = {one["attributeDefinitionId"]: one for one in before}
    return list((by_id | {one["attributeDefinitionId"]: one for one in named}).values())
