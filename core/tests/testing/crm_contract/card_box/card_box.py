"""The card box: a small, correct CRM. The hostile ones are this one with a change."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, fields

from rundbrief.config import SecretField
from rundbrief.errors import InputError, ProtocolError
from rundbrief.fields import CrmField, FieldType
from rundbrief.hookspecs import CrmInfo, hookimpl
from rundbrief.http import WireSchema, load
from rundbrief.models import (
    Campaign,
    Contact,
    ContactKind,
    CrmOptIn,
    FieldValue,
    NewContact,
    OptIn,
    OptInChange,
    OptInField,
    PartyType,
    Selection,
    address_key,
)
from rundbrief.session import Endpoint, HeaderAuth, HttpClient

if TYPE_CHECKING:
    from card_room import CardRoom


class CardboxSettings(Schema):
    base_url = fields.String(required=True)
    key = SecretField(required=True)


class RowsSchema(WireSchema):
    rows = fields.List(fields.Raw(), required=True)
    more = fields.Boolean(load_default=False)


class MeSchema(WireSchema):
    name = fields.String(required=True)


class IdSchema(WireSchema):
    id = fields.String(required=True)


class MadeSchema(WireSchema):
    made = fields.Boolean(required=True)


@hookimpl
def crm_info() -> CrmInfo:
    return CrmInfo(
        name="cardbox",
        title="Card box",
        settings=CardboxSettings,
        endpoint=lambda settings: Endpoint(settings["base_url"], HeaderAuth(settings["key"])),
        concurrency=2,
    )


@hookimpl
def open_crm(settings: Mapping[str, Any], http: HttpClient) -> "Cardbox":
    return Cardbox(http)


@hookimpl
def sandbox() -> "CardRoom":
    from card_room import CardRoom

    return CardRoom()


class Cardbox:
    """All that there is to know is in the card room: nothing is kept here."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http

    def close(self) -> None:
        pass

    def ask(self, method: str, path: str, schema: type[Schema] = RowsSchema, **more: Any) -> Any:
        response = self.http.request(method, path, idempotent=True, **more)
        if response.status != 200:
            raise ProtocolError(f"The card room answered {response.status}.")
        return load(schema, response.json())

    # --- fields ----------------------------------------------------------------------------------------------

    def fields(self) -> Sequence[CrmField]:
        rows = self.ask("GET", "/fields")["rows"]
        return [CrmField(key, label, FieldType(kind)) for key, label, kind in rows]

    def opt_in_fields(self) -> Sequence[OptInField]:
        return [OptInField(key, label) for key, label in self.ask("GET", "/opt-ins")["rows"]]

    def ensure_opt_in_fields(self, fields: Sequence[OptInField]) -> None:
        there = {one.key: one.label for one in self.opt_in_fields()}
        for one in fields:
            if there.get(one.key) != one.label:
                self.ask("PUT", "/opt-ins", Schema, json={"key": one.key, "label": one.label})

    # --- reading ---------------------------------------------------------------------------------------------

    def contacts(self, selection: Selection) -> Iterator[Contact]:
        chosen = self.chosen(selection)
        types = self.types()
        after, more = "0", True
        while more:
            page = self.ask("GET", "/cards", params={"after": after})
            more = page["more"]
            for row in page["rows"]:
                after = row["id"]
                one = contact(row, types)
                if (chosen is None or one.id in chosen) and selection.fits(one):
                    yield one

    def chosen(self, selection: Selection) -> set[str] | None:
        """Return the ids of those who are named; None when nobody is."""
        if not selection.contact_ids and selection.campaign is None:
            return None
        chosen = set(selection.contact_ids)
        if chosen - self.by_ids(selection.contact_ids).keys():
            raise InputError("The card box has no such contact.")
        if selection.campaign is not None:
            part = self.participants(selection.campaign)
            chosen = chosen & part if chosen else part
        return chosen

    def count(self, selection: Selection) -> int:
        return sum(1 for _ in self.contacts(selection))

    def by_ids(self, contact_ids: Sequence[str]) -> Mapping[str, Contact]:
        return {one.id: one for one in self.search(ids=contact_ids)}

    def by_addresses(self, addresses: Sequence[str]) -> Mapping[str, Sequence[Contact]]:
        found: dict[str, list[Contact]] = {}
        for one in self.search(mails=addresses):
            found.setdefault(address_key(one.email or ""), []).append(one)
        return found

    def search(self, **named: Sequence[str]) -> list[Contact]:
        rows = self.ask("POST", "/cards/search", json={key: list(value) for key, value in named.items()})["rows"]
        types = self.types()
        return [contact(row, types) for row in rows]

    def types(self) -> Mapping[str, FieldType]:
        return {one.key: one.type for one in self.fields()}

    # --- campaigns -------------------------------------------------------------------------------------------

    def campaigns(self) -> Sequence[Campaign]:
        return [Campaign(key, name, len(cards)) for key, name, cards in self.ask("GET", "/campaigns")["rows"]]

    def participants(self, campaign: str) -> set[str]:
        for key, name, cards in self.ask("GET", "/campaigns")["rows"]:
            if campaign in (key, name):
                return set(cards)
        raise InputError("The card box has no such campaign.")

    # --- writing ---------------------------------------------------------------------------------------------

    def create_contacts(self, new: Sequence[NewContact]) -> Sequence[str]:
        there = self.by_addresses([one.email for one in new])
        return [self.create(one, there.get(address_key(one.email), ())) for one in new]

    def create(self, new: NewContact, there: Sequence[Contact]) -> str:
        if there and there[0].opt_in(new.opt_in_key).value is not OptIn.UNKNOWN:
            return there[0].id
        opt_in = {"key": new.opt_in_key, **worded(new.opt_in)}
        body = {"mail": new.email, "data": dict(new.fields), "opt_in": opt_in}
        made: str = self.ask("POST", "/cards", IdSchema, json=body)["id"]
        return made

    def set_opt_ins(self, changes: Sequence[OptInChange]) -> Sequence[OptInChange]:
        return [one for one in changes if not self.set_opt_in(one)]

    def set_opt_in(self, change: OptInChange) -> bool:
        body = {"key": change.key, "expected": change.expected.value, **worded(change.opt_in)}
        made: bool = self.ask("PATCH", f"/cards/{change.contact_id}", MadeSchema, json=body)["made"]
        return made

    # --- what an operator should know ------------------------------------------------------------------------

    def check(self) -> str:
        name: str = self.ask("GET", "/me", MeSchema)["name"]
        return name

    def warnings(self, providers: Sequence[str]) -> Sequence[str]:
        return []


def worded(opt_in: CrmOptIn) -> dict[str, Any]:
    since = opt_in.since.isoformat() if opt_in.since else None
    return {"value": opt_in.value.value, "since": since, "source": opt_in.source}


def contact(row: Mapping[str, Any], types: Mapping[str, FieldType]) -> Contact:
    return Contact(
        id=row["id"],
        email=row["mail"],
        kind=ContactKind(row["kind"]),
        party=PartyType(row["party"]),
        fields={key: typed(value, types[key]) for key, value in row["data"].items()},
        opt_ins={key: opt_in(one) for key, one in row["opt_ins"].items()},
        changed_at=datetime.fromisoformat(row["changed"]),
    )


def opt_in(row: Mapping[str, Any]) -> CrmOptIn:
    since = datetime.fromisoformat(row["since"]) if row["since"] else None
    return CrmOptIn(OptIn(row["value"]), since, row["source"])


def typed(value: Any, kind: FieldType) -> FieldValue:
    if kind is FieldType.NUMBER:
        return Decimal(value)
    typed: FieldValue = date.fromisoformat(value) if kind is FieldType.DATE else value
    return typed
