"""The card room: the CRM behind the card box, in memory, with its clerks."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from werkzeug.wrappers import Response

from rundbrief.fields import CrmField, FieldType
from rundbrief.models import ContactKind, FieldValue, OptIn, PartyType, address_key
from rundbrief.testing.application import SandboxApplication, SandboxRequest
from rundbrief.testing.crm_sandbox import CrmSandbox, HeldContact

PAGE = 20
KEY = "rosewood-key"


@dataclass(slots=True)
class Card:
    id: int
    mail: str | None
    kind: ContactKind
    party: PartyType
    data: dict[str, FieldValue]
    changed: datetime
    opt_ins: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Key -> value, since and source."""
    colour: str = "white"


class CardRoom(SandboxApplication, CrmSandbox):
    def __init__(self) -> None:
        super().__init__()
        self.cards: dict[int, Card] = {}
        self.fields = {one: CrmField(one, one.title()) for one in ("first_name", "last_name", "company", "phone")}
        self.fields |= {one: CrmField(one, one.title()) for one in ("postcode", "city")}
        self.labels: dict[str, str] = {}
        self.campaigns: dict[str, tuple[str, list[str]]] = {}
        self.numbers = count(1)

    @property
    def application(self) -> SandboxApplication:
        return self

    def settings(self, base_url: str) -> Mapping[str, Any]:
        return {"plugin": "cardbox", "base_url": base_url, "key": {"env": "CARDBOX_KEY"}}

    def environ(self) -> Mapping[str, str]:
        return {"CARDBOX_KEY": KEY}

    def is_search(self, method: str, path: str) -> bool:
        return path.endswith("/search")

    # --- clerks ----------------------------------------------------------------------------------------------

    def add_contact(
        self,
        email: str | None,
        fields: Mapping[str, FieldValue] | None = None,
        *,
        kind: ContactKind = ContactKind.CONTACT,
        party: PartyType = PartyType.PERSON,
    ) -> str:
        with self.lock:
            number = next(self.numbers)
            self.cards[number] = Card(number, email, kind, party, dict(fields or {}), self.clock())
            return str(number)

    def edit_contact(
        self, contact_id: str, *, email: str | None = None, fields: Mapping[str, FieldValue | None] | None = None
    ) -> None:
        with self.lock:
            card = self.cards[int(contact_id)]
            card.mail = card.mail if email is None else email or None
            card.data |= {key: value for key, value in (fields or {}).items() if value is not None}
            for key in [key for key, value in (fields or {}).items() if value is None]:
                card.data.pop(key, None)
            card.changed = self.clock()

    def delete_contact(self, contact_id: str) -> None:
        with self.lock:
            del self.cards[int(contact_id)]

    def set_opt_in(self, contact_id: str, key: str, value: OptIn) -> None:
        with self.lock:
            self.put_opt_in(self.cards[int(contact_id)], key, value.value, self.clock().isoformat(), "by hand")

    def add_field(self, label: str, kind: FieldType = FieldType.TEXT, choices: Sequence[str] = ()) -> CrmField:
        made = CrmField(label.lower().replace(" ", "_"), label, kind)
        self.fields[made.key] = made
        return made

    def add_campaign(self, name: str, participants: Sequence[str] = ()) -> str:
        self.campaigns[name.lower()] = (name, list(participants))
        return name.lower()

    def opt_in_labels(self) -> Mapping[str, str]:
        return dict(self.labels)

    def contacts(self) -> Mapping[str, HeldContact]:
        with self.lock:
            return {
                str(one.id): HeldContact(
                    email=one.mail,
                    kind=one.kind,
                    party=one.party,
                    fields=dict(one.data),
                    opt_ins={key: OptIn(each["value"]) for key, each in one.opt_ins.items()},
                    changed_at=one.changed,
                    untouched={"colour": one.colour},
                )
                for one in self.cards.values()
            }

    def seed(self, people: int | Iterable[str]) -> Sequence[str]:
        addresses = [f"person{n}@example.org" for n in range(people)] if isinstance(people, int) else people
        return [self.add_contact(one) for one in addresses]

    # --- requests --------------------------------------------------------------------------------------------

    def respond(self, request: SandboxRequest) -> Response:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return answer({"error": "who are you?"}, 401)
        body = request.get_json(silent=True) or {}
        match request.method, request.path.strip("/").split("/"):
            case "GET", ["me"]:
                return answer({"name": "Card room 7"})
            case "GET", ["fields"]:
                return answer({"rows": [[one.key, one.label, one.type.value] for one in self.fields.values()]})
            case "GET", ["opt-ins"]:
                return answer({"rows": list(self.labels.items())})
            case "PUT", ["opt-ins"]:
                self.labels[body["key"]] = body["label"]
                return answer({})
            case "GET", ["campaigns"]:
                return answer({"rows": [[key, *one] for key, one in self.campaigns.items()]})
            case "GET", ["cards"]:
                after, skip = (int(request.args.get(name, 0)) for name in ("after", "skip"))
                found = sorted(number for number in self.cards if number > after)[skip : skip + PAGE + 1]
                rows = [self.row(self.cards[number]) for number in found]
                return answer({"rows": rows[:PAGE], "more": len(rows) > PAGE})
            case "POST", ["cards", "search"]:
                ids, mails = set(body.get("ids", ())), {address_key(one) for one in body.get("mails", ())}
                rows = [self.row(one) for one in self.cards.values() if self.is_meant(one, ids, mails)]
                return answer({"rows": rows, "more": False})
            case "POST", ["cards"]:
                return answer({"id": str(self.create(body).id)})
            case "PATCH", ["cards", number]:
                return answer({"made": self.patch(self.cards.get(int(number)), body)})
        return answer({"error": "nothing here"}, 404)

    def is_meant(self, card: Card, ids: set[str], mails: set[str]) -> bool:
        return str(card.id) in ids or (card.mail is not None and address_key(card.mail) in mails)

    def row(self, card: Card) -> dict[str, Any]:
        return {
            "id": str(card.id),
            "mail": card.mail,
            "kind": card.kind.value,
            "party": card.party.value,
            "data": {key: worded(value) for key, value in card.data.items()},
            "opt_ins": card.opt_ins,
            "changed": card.changed.isoformat(),
        }

    def create(self, body: Mapping[str, Any]) -> Card:
        """Make a card, unless the address has one; an opt-in that is not set is set."""
        there = [
            one for one in self.cards.values() if one.mail and address_key(one.mail) == address_key(body["mail"])
        ]
        if there and not body.get("double"):
            card = there[0]
            card.data |= body["data"] if body.get("overwrite") else {}
        else:
            card = self.cards[int(self.add_contact(body["mail"], body["data"]))]
        opt_in = body["opt_in"]
        if opt_in["key"] not in card.opt_ins:
            self.put_opt_in(card, opt_in["key"], opt_in["value"], opt_in["since"], opt_in["source"])
        return card

    def patch(self, card: Card | None, body: Mapping[str, Any]) -> bool:
        if card is None:
            return False
        there = card.opt_ins.get(body["key"], {"value": "unknown"})["value"]
        if there != body["value"]:
            if there != body["expected"] and not body.get("force"):
                return False
            self.put_opt_in(card, body["key"], body["value"], body["since"], body["source"])
        card.data |= body.get("data", {})
        return True

    def put_opt_in(self, card: Card, key: str, value: str, since: str | None, source: str) -> None:
        card.opt_ins[key] = {"value": value, "since": since, "source": source}
        if value == "unknown":
            del card.opt_ins[key]
        card.changed = self.clock()


def worded(value: FieldValue) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def answer(payload: Any, status: int = 200) -> Response:
    return Response(json.dumps(payload), status, content_type="application/json")
