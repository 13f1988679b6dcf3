"""weclapp as the CRM."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rundbrief.errors import InputError, PermissionMissing
from rundbrief.fields import CrmField
from rundbrief.http import load
from rundbrief.models import (
    Campaign,
    Contact,
    NewContact,
    OptInChange,
    OptInField,
    Selection,
    address_key,
)
from rundbrief.session import HttpClient
from rundbrief_weclapp import own_sync
from rundbrief_weclapp.api import Api
from rundbrief_weclapp.contacts import Contacts
from rundbrief_weclapp.definitions import Definitions
from rundbrief_weclapp.mirror import Mirror
from rundbrief_weclapp.parties import Parties
from rundbrief_weclapp.schemas import CampaignSchema, ParticipantSchema, UserSchema
from rundbrief_weclapp.values import FIELDS
from rundbrief_weclapp.writing import Writing

__all__ = ["MIRROR", "WeclappCrm"]

MIRROR = "weclapp.db"
"""The file with what was read last, in the folder of the configuration."""

CHUNK = 500

RIGHTS = {
    "entity-party-read": "read contacts",
    "entity-party-update": "set opt-ins",
    "entity-party-create": "add contacts",
    "entity-customAttributeDefinition-read": "read custom attributes",
    "entity-customAttributeDefinition-create": "make an attribute for each list",
    "entity-campaign-read": "read campaigns",
}


class WeclappCrm:
    """Implements `rundbrief.crm.Crm` on weclapp's REST API."""

    def __init__(self, http: HttpClient, folder: Path, settings: Mapping[str, Any]) -> None:
        tenant = settings.get("tenant") or settings["tenant_url"]
        self._api = Api(http)
        self._mirror = Mirror(folder / MIRROR, tenant)
        self._parties = Parties(self._api, self._mirror)
        self._definitions = Definitions(
            self._api, settings["opt_in_attributes"], with_proof=settings["opt_in_proof"]
        )
        self._contacts = Contacts(self._api, self._mirror, self._definitions)
        self._writing = Writing(
            self._api, self._mirror, self._parties, self._definitions, self._contacts, settings["tag"]
        )

    def close(self) -> None:
        self._mirror.close()

    # --- fields ----------------------------------------------------------------------------------------------

    def fields(self) -> Sequence[CrmField]:
        return [*FIELDS, *self._definitions.fields()]

    def opt_in_fields(self) -> Sequence[OptInField]:
        return self._definitions.opt_in_fields()

    def ensure_opt_in_fields(self, fields: Sequence[OptInField]) -> None:
        self._definitions.ensure(fields)

    # --- reading ---------------------------------------------------------------------------------------------

    def contacts(self, selection: Selection) -> Iterator[Contact]:
        self._parties.refresh(and_deletions=True)
        for page in self._chosen(selection):
            yield from (one for one in self._contacts.of(page) if selection.fits(one))

    def count(self, selection: Selection) -> int:
        self._parties.refresh(and_deletions=True)
        if selection.is_everything:
            return self._mirror.count()
        return sum(selection.fits(one) for page in self._chosen(selection) for one in self._contacts.of(page))

    def by_ids(self, contact_ids: Sequence[str]) -> Mapping[str, Contact]:
        self._parties.refresh()
        return {one.id: one for one in self._contacts.of(self._mirror.by_ids(contact_ids))}

    def by_addresses(self, addresses: Sequence[str]) -> Mapping[str, Sequence[Contact]]:
        self._parties.refresh()
        found = self._mirror.by_addresses([address_key(one) for one in addresses])
        return {address: self._contacts.of(parties) for address, parties in found.items()}

    def _chosen(self, selection: Selection) -> Iterator[list[dict[str, Any]]]:
        """Yield pages of everybody who may be meant, in the order of ids.

        Raises:
            InputError: a contact or the campaign does not exist.
        """
        if selection.contact_ids or selection.campaign is not None:
            yield from self._named(selection)
            return
        last = 0
        while page := self._mirror.after(last, CHUNK):
            yield page
            last = int(page[-1]["id"])

    def _named(self, selection: Selection) -> Iterator[list[dict[str, Any]]]:
        ids = set(selection.contact_ids)
        missing = ids - {one["id"] for one in self._mirror.by_ids(selection.contact_ids)}
        if missing:
            raise InputError(f"weclapp has no contact {min(missing)!r}.", hint="Name it by its id.")
        if selection.campaign is not None:
            participants = self._participants(self._campaign(selection.campaign))
            ids = ids & participants if ids else participants
        ordered = sorted(ids, key=int)
        for start in range(0, len(ordered), CHUNK):
            yield self._mirror.by_ids(ordered[start : start + CHUNK])

    # --- campaigns -------------------------------------------------------------------------------------------

    def campaigns(self) -> Sequence[Campaign]:
        participants: dict[str, set[str]] = {}
        for row in self._api.rows("campaignParticipant", ParticipantSchema, properties="id,campaignId,partyId"):
            participants.setdefault(row["campaign"], set()).add(row["party"])
        rows = self._api.rows("campaign", CampaignSchema)
        return [Campaign(row["id"], row["name"], len(participants.get(row["id"], ()))) for row in rows]

    def _campaign(self, text: str) -> str:
        """Return the id of a campaign, named by id, number or name.

        Raises:
            InputError: there is none, or the name is that of several.
        """
        known = list(self._api.rows("campaign", CampaignSchema))
        for name in ("id", "number", "name"):
            found = [row["id"] for row in known if row[name] == text]
            if len(found) == 1:
                return str(found[0])
            if found:
                raise InputError(
                    f"{len(found)} campaigns are called {text!r}.", hint=f"Name an id: {', '.join(found)}."
                )
        names = ", ".join(row["name"] for row in known) or "none yet"
        raise InputError(f"weclapp has no campaign {text!r}.", hint=f"It has: {names}.")

    def _participants(self, campaign: str) -> set[str]:
        rows = self._api.rows(
            "campaignParticipant",
            ParticipantSchema,
            properties="id,campaignId,partyId",
            **{"campaignId-eq": campaign},
        )
        return {row["party"] for row in rows if row["campaign"] == campaign}

    # --- writing ---------------------------------------------------------------------------------------------

    def create_contacts(self, new: Sequence[NewContact]) -> Sequence[str]:
        return self._writing.create(new)

    def set_opt_ins(self, changes: Sequence[OptInChange]) -> Sequence[OptInChange]:
        return self._writing.set_opt_ins(changes)

    # --- what an operator should know ------------------------------------------------------------------------

    def check(self) -> str:
        user = load(UserSchema, self._api.result("/user/currentUser"))
        rights = self._api.rights()
        missing = [f"{right} (to {why})" for right, why in RIGHTS.items() if right not in rights]
        if missing:
            raise PermissionMissing(
                f"The weclapp user of this token lacks rights: {', '.join(missing)}.",
                hint="Give the user's role these rights in weclapp's settings, or use another user's token.",
            )
        return str(user["username"] or user["email"])

    def warnings(self, providers: Sequence[str]) -> Sequence[str]:
        return list(own_sync.warnings(self._api, providers))
