"""Custom attributes: their definitions, what they are as fields, and those that are opt-ins."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rundbrief.errors import SettingsError
from rundbrief.fields import CrmField, FieldType
from rundbrief.http import load
from rundbrief.models import OptInField
from rundbrief_weclapp.api import Api, refused
from rundbrief_weclapp.opt_in_keys import attribute_key, beside, opt_in_key_of
from rundbrief_weclapp.schemas import DefinitionSchema

__all__ = ["STANDARD_FLAGS", "Definition", "Definitions"]

STANDARD_FLAGS = {
    "optInEmail": "opt_in_email",
    "optInLetter": "opt_in_letter",
    "optInPhone": "opt_in_phone",
    "optInSms": "opt_in_sms",
}
"""Standard properties of a party that can stand for an opt-in -> our name for them."""

TYPES = {
    "STRING": FieldType.TEXT,
    "LARGE_TEXT": FieldType.LONG_TEXT,
    "URL": FieldType.URL,
    "BOOLEAN": FieldType.BOOLEAN,
    "DATE": FieldType.DATE,
    "INTEGER": FieldType.INTEGER,
    "DECIMAL": FieldType.NUMBER,
    "LIST": FieldType.CHOICE,
    "MULTISELECT_LIST": FieldType.CHOICES,
    "ENTITY": FieldType.TEXT,
    "REFERENCE": FieldType.TEXT,
}

GROUP = "Newsletter"

LEGACY_ENTITIES = ["customer", "lead"]
"""A definition for parties has to name at least one of these (user documentation); `contact` is not among them."""

PROOF = {"since": ("DATE", "since"), "until": ("DATE", "until"), "source": ("STRING", "source")}
"""What stands beside an opt-in, where the configuration asks for it -> type, and the word in its label."""


@dataclass(frozen=True, slots=True)
class Definition:
    id: str
    key: str
    label: str
    type: str
    version: str
    choices: Mapping[str, str]
    """Id of a selectable value -> its text."""
    refers_to: str = ""
    """What kind of thing it points at, if it does: `party`, `article`."""


class Definitions:
    """The tenant's definitions for parties, read once. Ids differ from tenant to tenant, keys do not."""

    def __init__(self, api: Api, mapped: Mapping[str, str], *, with_proof: bool) -> None:
        self._api = api
        self._mapped = mapped
        self._with_proof = with_proof
        self._by_key: dict[str, Definition] | None = None
        self._lock = threading.Lock()

    @property
    def by_key(self) -> dict[str, Definition]:
        with self._lock:  # writes go side by side, and two of them may be the first to ask
            if self._by_key is None:
                rows = self._api.rows("customAttributeDefinition", DefinitionSchema)
                # `entities` cannot be filtered by, so what is for articles or orders is sorted out here.
                found = [_definition(row) for row in rows if "party" in row["entities"] and row["active"]]
                self._by_key = {one.key: one for one in found}
            return self._by_key

    @property
    def keys(self) -> Mapping[str, str]:
        """Return id -> key."""
        return {one.id: one.key for one in self.by_key.values()}

    def fields(self) -> Sequence[CrmField]:
        """Return the attributes that hold data. An opt-in is no data: it has rules of its own."""
        ours = {self.place(key) for key in self.opt_in_keys().values()}
        ours |= {beside(key, what) for key in ours for what in PROOF}
        return [
            CrmField(one.key, one.label or one.key, TYPES[one.type], tuple(one.choices.values()))
            for one in self.by_key.values()
            if one.type in TYPES and one.key not in ours
        ]

    # --- opt-ins ---------------------------------------------------------------------------------------------

    def place(self, opt_in_key: str) -> str:
        """Return where an opt-in field is kept: a standard flag's name, or an attribute's key."""
        return self._mapped.get(opt_in_key, attribute_key(opt_in_key))

    def opt_in_keys(self) -> Mapping[str, str]:
        """Return attribute key -> opt-in field, for all that exist."""
        by_name = {key: found for key in self.by_key if (found := opt_in_key_of(key))}
        return by_name | {place: key for key, place in self._mapped.items() if place in self.by_key}

    def flags(self) -> Mapping[str, str]:
        """Return standard flag -> opt-in field, for those that the configuration maps."""
        return {place: key for key, place in self._mapped.items() if place in STANDARD_FLAGS}

    def opt_in_fields(self) -> Sequence[OptInField]:
        flags = [OptInField(key, flag) for flag, key in self.flags().items()]
        return [*flags, *(OptInField(key, self.by_key[place].label) for place, key in self.opt_in_keys().items())]

    def ensure(self, fields: Sequence[OptInField]) -> None:
        """Make sure that each opt-in field has its attribute, under its present label."""
        for field in fields:
            place = self.place(field.key)
            if field.key in self._mapped:
                self._check_mapped(field.key, place)
                continue
            self._ensure(place, field.label, "BOOLEAN")
            for what, (kind, word) in PROOF.items() if self._with_proof else ():
                self._ensure(beside(place, what), f"{field.label} ({word})", kind)

    def _check_mapped(self, key: str, place: str) -> None:
        if place in STANDARD_FLAGS:
            return
        known = self.by_key.get(place)
        if known is None or known.type != "BOOLEAN":
            what = (
                "is none of weclapp's custom attributes of parties"
                if known is None
                else f"is of type {known.type}"
            )
            raise SettingsError(
                f"opt_in_attributes says that {key} is kept in {place}, which {what}.",
                hint="Name the key of a BOOLEAN attribute, or leave the line out: one is made then.",
            )

    def _ensure(self, key: str, label: str, kind: str) -> None:
        known = self.by_key.get(key)
        if known is None:
            self.by_key[key] = self._create(key, label, kind)
        elif known.label != label and known.type == kind:
            self.by_key[key] = self._rename(known, label)

    def _create(self, key: str, label: str, kind: str) -> Definition:
        body = {
            "attributeKey": key,
            "label": label,
            "attributeType": kind,
            "groupName": GROUP,
            "entities": ["party"],
            "legacyEntities": LEGACY_ENTITIES,
            "active": True,
        }
        response = self._api.http.post("/customAttributeDefinition", json=body)
        if response.status == 201:
            return _definition(load(DefinitionSchema, response.json()))
        # Another run may have made it a moment ago, or the answer to our own was lost.
        self._by_key = None
        if key in self.by_key:
            return self.by_key[key]
        raise refused(response)

    def _rename(self, known: Definition, label: str) -> Definition:
        response = self._api.http.request(
            "PUT",
            f"/customAttributeDefinition/id/{known.id}",
            params={"ignoreMissingProperties": "true"},
            json={"label": label, "version": known.version},
        )
        if response.status == 409:
            return known  # somebody else is at it; the next run looks again
        if response.status != 200:
            raise refused(response)
        return replace(_definition(load(DefinitionSchema, response.json())), label=label)


def _definition(row: Mapping[str, Any]) -> Definition:
    choices = {one["id"]: one["value"] for one in row["choices"]}
    return Definition(
        row["id"],
        row["key"],
        row["label"] or "",
        row["type"],
        row["version"] or "",
        choices,
        row["refers_to"] or "",
    )
