"""Writing: opt-ins of known parties, and new ones. There is no batch write, so it is one request for each.

Every update carries the version that the decision was made on. If somebody has edited the party since, weclapp
refuses it (409), and the present state decides whether it is tried again. A write whose answer was lost may have
been carried out: the party is read before it is repeated.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from rundbrief.errors import ServiceUnavailable
from rundbrief.models import CrmOptIn, NewContact, OptIn, OptInChange, address_key
from rundbrief.session import Response
from rundbrief_weclapp.api import Api, problem_of
from rundbrief_weclapp.contacts import Contacts
from rundbrief_weclapp.definitions import STANDARD_FLAGS, Definitions
from rundbrief_weclapp.mirror import Mirror
from rundbrief_weclapp.opt_in_keys import beside
from rundbrief_weclapp.parties import Parties
from rundbrief_weclapp.schemas import PartySchema
from rundbrief_weclapp.values import attributes_of, milliseconds, party_of

__all__ = ["CONCURRENCY", "Writing"]

CONCURRENCY = 2
"""Requests at the same time. How many a tenant may have is not documented; more wait in a queue, and then fail."""

MOST_TRIES = 4

Item = TypeVar("Item")
Found = TypeVar("Found")


class Writing:
    def __init__(
        self, api: Api, mirror: Mirror, parties: Parties, definitions: Definitions, contacts: Contacts, tag: str
    ) -> None:
        self._api = api
        self._mirror = mirror
        self._parties = parties
        self._definitions = definitions
        self._contacts = contacts
        self._tag = tag

    # --- opt-ins of known parties -----------------------------------------------------------------------------

    def set_opt_ins(self, changes: Sequence[OptInChange]) -> list[OptInChange]:
        """Set them, one request for each party; return the changes that were not made."""
        by_party: dict[str, list[OptInChange]] = {}
        for change in changes:
            by_party.setdefault(change.contact_id, []).append(change)
        known = {one["id"]: one for one in self._mirror.by_ids(list(by_party))}

        def settle(item: tuple[str, list[OptInChange]]) -> list[OptInChange]:
            party_id, its_changes = item
            # Not in the mirror yet: somebody has added it since, or there is nobody of that id.
            return self._settle(its_changes, known.get(party_id) or self._parties.now(party_id))

        return [change for undone in _side_by_side(settle, by_party.items()) for change in undone]

    def _settle(self, changes: list[OptInChange], party: Mapping[str, Any] | None) -> list[OptInChange]:
        """Bring one party's opt-ins to their values; return what could not be done."""
        undone: list[OptInChange] = []
        for _ in range(MOST_TRIES):
            if party is None:
                return [*undone, *changes]
            there = self._contacts.opt_ins(party)
            passed = [one for one in changes if _value(there, one.key) not in (one.expected, one.opt_in.value)]
            undone += passed
            changes = [one for one in changes if one not in passed and _value(there, one.key) is one.expected]
            if not changes:
                return undone
            party, is_done = self._try(party, changes)
            if is_done:
                return undone
        return [*undone, *changes]

    def _try(
        self, party: Mapping[str, Any], changes: Sequence[OptInChange]
    ) -> tuple[Mapping[str, Any] | None, bool]:
        """Send one update; return the party as it is now, and whether the update is known to be carried out."""
        for change in changes:
            self._mirror.say(party["id"], change.key, change.opt_in, party["version"])
        body = {"version": party["version"], **self._properties((one.key, one.opt_in) for one in changes)}
        try:
            response = self._api.http.request(
                "PUT",
                f"/party/id/{party['id']}",
                params={"ignoreMissingProperties": "true"},
                json=body,
                idempotent=False,  # so that a lost answer comes back here, and is looked into
            )
        except ServiceUnavailable:
            return self._parties.now(party["id"]), False  # it may have been carried out all the same
        if response.status == 409:
            return self._parties.now(party["id"]), False
        if response.status == 400 and _is_about_the_party(response):
            return None, False
        return self._parties.take_in(party["id"], response), response.status == 200

    def _properties(self, opt_ins: Iterable[tuple[str, CrmOptIn]]) -> dict[str, Any]:
        """Return the properties of a party that stand for these opt-ins. Attributes that are not named stay."""
        properties: dict[str, Any] = {}
        attributes: list[dict[str, Any]] = []
        for key, opt_in in opt_ins:
            place = self._definitions.place(key)
            if place in STANDARD_FLAGS:
                properties[place] = opt_in.value is OptIn.YES
                continue
            definitions = self._definitions.by_key
            flag = None if opt_in.value is OptIn.UNKNOWN else opt_in.value is OptIn.YES
            attributes.append({"attributeDefinitionId": definitions[place].id, "booleanValue": flag})
            proofs = {"since" if opt_in.value is OptIn.YES else "until": _day(opt_in), "source": _source(opt_in)}
            for what, value in proofs.items():
                if value and (definition := definitions.get(beside(place, what))):
                    attributes.append({"attributeDefinitionId": definition.id, **value})
        return {**properties, "customAttributes": attributes} if attributes else properties

    # --- new parties -----------------------------------------------------------------------------------------

    def create(self, new: Sequence[NewContact]) -> list[str]:
        """Create persons, and return their ids. Whoever is there by now gets the opt-in, if it is not set."""
        if not new:
            return []
        self._parties.refresh()
        found = self._mirror.by_addresses([address_key(one.email) for one in new])
        known = {address: str(parties[0]["id"]) for address, parties in found.items()}
        missing = {address_key(one.email): one for one in reversed(new) if address_key(one.email) not in known}
        made = dict(zip(missing, _side_by_side(self._create, missing.values()), strict=True))
        self.set_opt_ins(
            [
                OptInChange(known[address_key(one.email)], one.opt_in_key, OptIn.UNKNOWN, one.opt_in)
                for one in new
                if address_key(one.email) in known
            ]
        )
        return [(known | made)[address_key(one.email)] for one in new]

    def _create(self, new: NewContact) -> str:
        body = self._person(new)
        self._mirror.say(address_key(new.email), new.opt_in_key, new.opt_in)
        for _ in range(MOST_TRIES):
            try:
                response = self._api.http.post("/party", json=body)
            except ServiceUnavailable:
                if found := self._made(new):
                    return found
                continue
            if response.status == 400 and body.keys() - _NEEDED:
                # Data that weclapp does not take must not cost the contact: address and opt-in go in alone.
                body = {name: value for name, value in body.items() if name in _NEEDED}
                continue
            party = self._api.loaded(response, PartySchema)
            self._mirror.put([party])
            return self._is_made(new, party)
        raise ServiceUnavailable("weclapp did not say what became of a new contact.", hint="Run it again.")

    def _made(self, new: NewContact) -> str | None:
        """Look for a person whose creation was not answered."""
        self._parties.refresh()
        found = self._mirror.by_addresses([address_key(new.email)])
        if not found:
            return None
        return self._is_made(new, found[address_key(new.email)][0])

    def _is_made(self, new: NewContact, party: Mapping[str, Any]) -> str:
        self._mirror.say(party["id"], new.opt_in_key, new.opt_in, party["version"])
        self._mirror.unsay(address_key(new.email), new.opt_in_key)
        return str(party["id"])

    def _person(self, new: NewContact) -> dict[str, Any]:
        definitions = self._definitions
        data = {one.key for one in definitions.fields()}
        values = attributes_of(new.fields, (one for one in definitions.by_key.values() if one.key in data))
        properties = self._properties([(new.opt_in_key, new.opt_in)])
        attributes = [*values, *properties.pop("customAttributes", [])]
        titles = self._contacts.titles if "title" in new.fields else {}
        return {
            "partyType": "PERSON",
            "email": new.email,
            **party_of(new.fields, titles),
            "tags": [one for one in (self._tag, new.source) if one],
            **properties,
            **({"customAttributes": attributes} if attributes else {}),
        }


_NEEDED = frozenset({"partyType", "email", "lastName", "tags", "customAttributes", *STANDARD_FLAGS})


def _side_by_side(do: Callable[[Item], Found], items: Iterable[Item]) -> list[Found]:
    with ThreadPoolExecutor(max_workers=CONCURRENCY, thread_name_prefix="weclapp") as pool:
        return list(pool.map(do, items))


def _value(there: Mapping[str, CrmOptIn], key: str) -> OptIn:
    return there.get(key, CrmOptIn()).value


def _day(opt_in: CrmOptIn) -> dict[str, Any] | None:
    return {"dateValue": milliseconds(opt_in.since)} if opt_in.since else None


def _source(opt_in: CrmOptIn) -> dict[str, Any] | None:
    return {"stringValue": opt_in.source[:1000]} if opt_in.source else None


def _is_about_the_party(response: Response) -> bool:
    """Tell whether weclapp would not take the party as it is, such as without a mandatory attribute."""
    return str(problem_of(response).get("type", "")).rsplit("/", 1)[-1] in ("validation", "entity_not_found")
