"""The loft: the service behind the pigeon post, in memory."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from pigeon import WIDE
from werkzeug.wrappers import Response

from rundbrief.models import Evidence, SubscriberStatus, address_key
from rundbrief.testing.sandbox import Held, Sandbox, SandboxRequest

PAGE = 10
SECRET = "coo-coo-coo"
SUBSCRIBED, PENDING = SubscriberStatus.SUBSCRIBED, SubscriberStatus.PENDING


@dataclass(slots=True)
class Person:
    id: int
    mail: str
    status: SubscriberStatus
    at: datetime
    source: str
    data: dict[str, Any]
    lists: set[str]
    left: set[str] = field(default_factory=set)
    changed: int = 0


class Loft(Sandbox):
    def __init__(self) -> None:
        super().__init__()
        self.lists: dict[str, dict[str, Any]] = {}
        self.people: dict[str, dict[str, Person]] = defaultdict(dict)
        """Scope -> `address_key` -> person."""
        self.tokens = {SECRET}
        """The app's secret is one too, until tokens expire."""
        self.fields = {name: field_row(name) for name in ("NAME", "SURNAME")}
        self.mails: list[str] = []
        self.numbers = count(1)
        self.now = 0

    def settings(self, base_url: str) -> Mapping[str, Any]:
        return {"provider": "pigeon", "base_url": f"{base_url}/v1", "secret": {"env": "PIGEON_SECRET"}}

    def environ(self) -> Mapping[str, str]:
        return {"PIGEON_SECRET": SECRET}

    def expire_tokens(self) -> None:
        self.tokens.clear()

    # --- people and administrators ---------------------------------------------------------------------------

    def add_list(self, name: str, *, double_opt_in: bool = False) -> str:
        list_id = f"list{len(self.lists)}"
        self.lists[list_id] = {"id": list_id, "name": name, "asks": double_opt_in}
        return list_id

    def subscribe(self, list_id: str, address: str, fields: Mapping[str, str] | None = None) -> None:
        one = self.known(list_id, address) or self.add(list_id, address)
        one.lists.add(list_id)
        self.change(one, PENDING if self.lists[list_id]["asks"] else SUBSCRIBED)

    def confirm(self, list_id: str, address: str) -> None:
        self.change(self.people[self.scope(list_id)][address_key(address)], SUBSCRIBED)

    def unsubscribe(self, list_id: str, address: str) -> None:
        self.change(self.people[self.scope(list_id)][address_key(address)], SubscriberStatus.UNSUBSCRIBED)

    complain = block = unsubscribe

    def bounce(self, list_id: str, address: str) -> None:
        self.change(self.people[self.scope(list_id)][address_key(address)], SubscriberStatus.BOUNCED)

    def archive(self, list_id: str, address: str) -> None:
        self.change(self.people[self.scope(list_id)][address_key(address)], SubscriberStatus.ARCHIVED)

    def delete(self, list_id: str, address: str) -> None:
        del self.people[self.scope(list_id)][address_key(address)]

    def change_address(self, list_id: str, old: str, new: str) -> None:
        one = self.people[self.scope(list_id)].pop(address_key(old))
        one.mail = new
        self.people[self.scope(list_id)][address_key(new)] = one
        self.change(one, one.status)

    def recipients(self, list_id: str) -> Mapping[str, Held]:
        return {
            key: Held(one.status, dict(one.data), Evidence(one.at, one.source), str(one.id), list_id in one.lists)
            for key, one in self.people[self.scope(list_id)].items()
        }

    @property
    def confirmation_mails(self) -> Sequence[str]:
        return self.mails

    def seed(self, list_id: str, people: int | Iterable[str]) -> None:
        names = (f"person{n}@example.org" for n in range(people)) if isinstance(people, int) else people
        for address in names:
            self.add(list_id, address)

    # --- state -----------------------------------------------------------------------------------------------

    def scope(self, list_id: str) -> str:
        """Return what an opt-in is good for; the account has no list's id."""
        return list_id if list_id in self.lists and not WIDE else ""

    def known(self, list_id: str, address: str, number: int = 0) -> Person | None:
        people = self.people[self.scope(list_id)]
        return next((one for one in people.values() if one.id == number), people.get(address_key(address)))

    def add(self, list_id: str, mail: str, status: SubscriberStatus = SUBSCRIBED) -> Person:
        one = Person(next(self.numbers), mail, status, self.clock(), "form", {}, {list_id})
        self.people[self.scope(list_id)][address_key(mail)] = one
        self.change(one, status)
        return one

    def change(self, one: Person, status: SubscriberStatus) -> None:
        self.now += 1
        one.status, one.changed = status, self.now

    # --- requests --------------------------------------------------------------------------------------------

    def respond(self, request: SandboxRequest) -> Response:
        parts = request.path.removeprefix("/v1/").split("/")
        if parts == ["token"]:
            return self.token(request.form.get("client_secret"))
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            return Response(status=401)
        match request.method, parts:
            case "GET", ["me"]:
                return answer({"name": "Loft 7"})
            case "GET", ["lists"]:
                page = int(request.args["page"]) * PAGE
                return self.page(list(self.lists.values())[page:])
            case "GET", ["lists", _, "fields"]:
                return self.page(list(self.fields.values()), 99)
            case "POST", ["lists", _, "fields"]:
                row = request.get_json()
                self.fields[row["key"]] = row
                return self.page([])
            case "GET", ["lists", list_id, "people"]:
                return self.page(self.read(list_id, request.args))
            case "POST", ["lists", list_id, verb]:
                return self.page([getattr(self, f"api_{verb}")(list_id, row) for row in request.get_json()], 99)
        return Response(status=404)

    def token(self, secret: str | None) -> Response:
        if secret != SECRET:
            return answer({"error": "invalid_client"}, 401)
        self.tokens.add(token := f"token-number-{next(self.numbers)}")
        return answer({"access_token": token, "token_type": "bearer", "expires_in": 3600})

    def page(self, rows: Sequence[Mapping[str, Any]], most: int = PAGE) -> Response:
        return answer({"rows": rows[:most], "more": len(rows) > most, "now": self.now})

    def read(self, list_id: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        since, after, skip = (int(query.get(name, 0)) for name in ("since", "after", "skip"))
        people = sorted(self.people[self.scope(list_id)].values(), key=lambda one: one.id)
        found = [one for one in people if one.changed > since and one.id > after]
        return [
            {
                "id": one.id,
                "mail": one.mail,
                "status": one.status,
                "at": one.at.isoformat(),
                "source": one.source,
                "data": one.data,
                "lists": sorted(one.lists),
                "left": sorted(one.left),
            }
            for one in found[skip : skip + PAGE + 1]
        ]

    def api_create(self, list_id: str, row: Mapping[str, Any]) -> dict[str, Any]:
        one = self.known(list_id, row["mail"])
        if one and not row.get("overwrite"):
            return told(row, "exists", one)
        if row["mail"].count("@") != 1:
            return told(row, "invalid")
        status = PENDING if self.lists[list_id]["asks"] else SUBSCRIBED
        one = self.add(list_id, row["mail"], SubscriberStatus(row.get("status", status)))
        one.data = row["data"]
        one.at = datetime.fromisoformat(row["at"]) if row["at"] else one.at
        one.source = row["source"]
        self.mails += [one.mail] if one.status is PENDING else []
        return told(row, "ok", one)

    def api_update(self, list_id: str, row: Mapping[str, Any]) -> dict[str, Any]:
        one = self.known(list_id, row["mail"], row["id"])
        if one is None:
            return told(row, "missing")
        if row["new_mail"]:
            if self.known(list_id, row["new_mail"]):
                return told(row, "taken", one)
            self.change_address(list_id, one.mail, row["new_mail"])
        one.data |= row["data"]
        one.lists |= {list_id} if row["join"] else set()
        self.change(one, SubscriberStatus(row.get("status", one.status)))
        return told(row, "ok", one)

    def api_withdraw(self, list_id: str, row: Mapping[str, Any]) -> dict[str, Any]:
        return self.api_update(list_id, {**row, "data": {}, "status": "unsubscribed"})

    def api_confirm(self, list_id: str, row: Mapping[str, Any]) -> dict[str, Any]:
        self.mails.append(row["mail"])
        return self.api_update(list_id, {**row, "data": {}, "status": "pending"})

    def api_erase(self, list_id: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """Forget whoever has the address; whom the id names under another one only with `anyway`."""
        one = self.people[self.scope(list_id)].pop(address_key(row["mail"]), None)
        other = self.known(list_id, "", row["id"])
        if other and row.get("anyway"):
            self.delete(list_id, other.mail)
        return told(row, "moved" if other else "ok" if one else "missing", one or other)

    def api_delete(self, list_id: str, row: Mapping[str, Any]) -> dict[str, Any]:
        self.delete(list_id, row["mail"])
        return told(row, "ok")


def field_row(key: str) -> dict[str, Any]:
    return {"key": key, "label": key.title(), "type": "text", "choices": []}


def told(row: Mapping[str, Any], code: str, one: Person | None = None) -> dict[str, Any]:
    return {"key": row["key"], "code": code, "id": one.id if one else 0}


def answer(payload: Any, status: int = 200) -> Response:
    return Response(json.dumps(payload), status, content_type="application/json")
