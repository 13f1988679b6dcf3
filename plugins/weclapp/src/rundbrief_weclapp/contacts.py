"""Parties as the CRM's contacts."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from rundbrief.models import Contact, CrmOptIn, OptIn, address_key
from rundbrief_weclapp.api import Api
from rundbrief_weclapp.definitions import STANDARD_FLAGS, Definitions
from rundbrief_weclapp.mirror import Mirror
from rundbrief_weclapp.opt_in_keys import beside
from rundbrief_weclapp.references import pointed_at
from rundbrief_weclapp.schemas import NamedSchema
from rundbrief_weclapp.values import day_begins, fields_of, kind_of, moment, opt_in_of, party_type_of

__all__ = ["Contacts"]


class Contacts:
    def __init__(self, api: Api, mirror: Mirror, definitions: Definitions) -> None:
        self._api = api
        self._mirror = mirror
        self._definitions = definitions
        self._titles: dict[str, str] | None = None
        self._lock = threading.Lock()

    @property
    def titles(self) -> Mapping[str, str]:
        """Return id -> title, read once."""
        with self._lock:  # as with the definitions
            if self._titles is None:
                self._titles = {row["id"]: row["name"] for row in self._api.rows("title", NamedSchema)}
            return self._titles

    def of(self, parties: Sequence[Mapping[str, Any]]) -> list[Contact]:
        ids = [one["id"] for one in parties]
        companies = self._mirror.companies(ids)
        names = self._mirror.names(pointed_at(parties))
        said = self._mirror.said([*ids, *(address_key(one["email"] or "") for one in parties)])
        data = {field.key for field in self._definitions.fields()}
        definitions = {one.id: one for one in self._definitions.by_key.values() if one.key in data}
        contacts = []
        for party in parties:
            titles = self.titles if party["title_id"] else {}
            opt_ins = self.opt_ins(party)
            for key, opt_in in opt_ins.items():
                ours = said.get((party["id"], key)) or said.get((address_key(party["email"] or ""), key))
                if ours is None:
                    continue
                if ours.opt_in.value is opt_in.value:
                    opt_ins[key] = ours.opt_in
                elif int(party["version"]) > ours.version:
                    self._mirror.unsay(party["id"], key)
            contacts.append(
                Contact(
                    id=party["id"],
                    email=party["email"],
                    kind=kind_of(party),
                    party=party_type_of(party),
                    fields=fields_of(party, definitions, titles, names, companies.get(party["id"])),
                    opt_ins=opt_ins,
                    changed_at=moment(party["changed"]),
                )
            )
        return contacts

    def opt_ins(self, party: Mapping[str, Any]) -> dict[str, CrmOptIn]:
        """Return opt-in field -> what the party itself says of it."""
        keys = self._definitions.keys
        by_key = {keys[one["definition"]]: one for one in party["attributes"] if one["definition"] in keys}
        found = {
            key: CrmOptIn(opt_in_of(party[STANDARD_FLAGS[flag]]))
            for flag, key in self._definitions.flags().items()
        }
        for place, key in self._definitions.opt_in_keys().items():
            value = opt_in_of(by_key[place]["flag"]) if place in by_key else OptIn.UNKNOWN
            if value is not OptIn.UNKNOWN:
                found[key] = _proven(value, place, by_key)
        return found


def _proven(value: OptIn, place: str, by_key: Mapping[str, Mapping[str, Any]]) -> CrmOptIn:
    """Return an opt-in with what stands in the attributes beside it."""
    when = by_key.get(beside(place, "since" if value is OptIn.YES else "until"), {}).get("moment")
    source = by_key.get(beside(place, "source"), {}).get("text")
    return CrmOptIn(value, None if when is None else day_begins(when), source or "")
