"""An imitation of the service, in memory: what the contract, the demo and `rundbrief sandbox paperboy` talk to.

It is as strict as the service where consent is at stake, has its page sizes and limits, and keeps what it is told.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count, islice
from typing import Any

from werkzeug.wrappers import Response

from rundbrief.models import Evidence, SubscriberStatus, address_key
from rundbrief.testing.sandbox import Held, NotOffered, Sandbox, SandboxRequest

__all__ = ["PaperboySandbox"]

KEY = "paperboy-sandbox-key"
LISTS_PER_PAGE = 25
MOST_PER_PAGE = 500
MOST_PER_CALL = 100

STATES = {
    "active": SubscriberStatus.SUBSCRIBED,
    "waiting": SubscriberStatus.PENDING,
    "left": SubscriberStatus.UNSUBSCRIBED,
    "bounced": SubscriberStatus.BOUNCED,
}


@dataclass(slots=True)
class Person:
    id: int
    email: str
    state: str
    since: datetime
    source: str
    fields: dict[str, str]
    revision: int = 0


@dataclass(slots=True)
class List:
    id: str
    name: str
    double_opt_in: bool
    people: dict[int, Person] = field(default_factory=dict)
    """By their ids, in the order in which they came."""
    ids: dict[str, int] = field(default_factory=dict)
    """`address_key` -> id."""

    def find(self, address: str) -> Person | None:
        return self.people.get(self.ids.get(address_key(address), 0))

    def add(self, person: Person) -> None:
        self.people[person.id] = person
        self.ids[address_key(person.email)] = person.id


class PaperboySandbox(Sandbox):
    def __init__(self) -> None:
        super().__init__()
        self.lists: dict[str, List] = {}
        self.fields = {"name": "Name", "surname": "Surname", "town": "Town"}
        self.revision = 0
        self._ids = count(1)
        self._mails: list[str] = []

    def settings(self, base_url: str) -> Mapping[str, Any]:
        return {
            "provider": "paperboy",
            "base_url": f"{base_url}/v1",
            "api_key": {"env": "PAPERBOY_API_KEY"},
        }

    def environ(self) -> Mapping[str, str]:
        return {"PAPERBOY_API_KEY": KEY}

    # --- what persons and administrators do ----------------------------------------------------------------

    def add_list(self, name: str, *, double_opt_in: bool = False) -> str:
        list_id = f"L{len(self.lists) + 1}"
        self.lists[list_id] = List(list_id, name, double_opt_in)
        return list_id

    def subscribe(self, list_id: str, address: str, fields: Mapping[str, str] | None = None) -> None:
        person = self.lists[list_id].find(address) or self._add(list_id, address)
        person.fields |= fields or {}
        self._change(person, "waiting" if self.lists[list_id].double_opt_in else "active")
        if person.state == "waiting":
            self._mails.append(person.email)

    def confirm(self, list_id: str, address: str) -> None:
        self._change(self._person(list_id, address), "active")

    def unsubscribe(self, list_id: str, address: str) -> None:
        self._change(self._person(list_id, address), "left")

    def complain(self, list_id: str, address: str) -> None:
        self.unsubscribe(list_id, address)

    def block(self, list_id: str, address: str) -> None:
        self.unsubscribe(list_id, address)

    def bounce(self, list_id: str, address: str) -> None:
        self._change(self._person(list_id, address), "bounced")

    def archive(self, list_id: str, address: str) -> None:
        raise NotOffered("Paperboy hides nobody.")

    def delete(self, list_id: str, address: str) -> None:
        mailing_list = self.lists[list_id]
        del mailing_list.people[mailing_list.ids.pop(address_key(address))]

    def change_address(self, list_id: str, old: str, new: str) -> None:
        mailing_list = self.lists[list_id]
        person = mailing_list.people[mailing_list.ids.pop(address_key(old))]
        person.email = new
        mailing_list.add(person)
        self._change(person, person.state)

    def recipients(self, list_id: str) -> Mapping[str, Held]:
        return {
            address_key(one.email): Held(
                STATES[one.state], dict(one.fields), Evidence(one.since, one.source), str(one.id)
            )
            for one in self.lists[list_id].people.values()
        }

    @property
    def confirmation_mails(self) -> Sequence[str]:
        return self._mails

    def seed(self, list_id: str, people: int | Iterable[str]) -> None:
        names = (f"person{number}@example.org" for number in range(people)) if isinstance(people, int) else people
        for address in names:
            self._change(self._add(list_id, address), "active")

    def _person(self, list_id: str, address: str) -> Person:
        mailing_list = self.lists[list_id]
        return mailing_list.people[mailing_list.ids[address_key(address)]]

    def _add(self, list_id: str, address: str) -> Person:
        person = Person(next(self._ids), address, "active", self.clock(), "Paperboy sign-up form", {})
        self.lists[list_id].add(person)
        return person

    def _change(self, person: Person, state: str) -> None:
        self.revision += 1
        if state != person.state:
            person.since = self.clock()
        person.state, person.revision = state, self.revision

    # --- what programs ask ---------------------------------------------------------------------------------

    def respond(self, request: SandboxRequest) -> Response:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return _answer({"error": "Unknown API key"}, 401)
        match request.method, request.path.removeprefix("/v1").strip("/").split("/"):
            case "GET", ["account"]:
                return _answer({"company": "Example Ltd"})
            case "GET", ["lists"]:
                return _answer(self._page_of_lists(int(request.args.get("page", 0))))
            case method, ["lists", list_id, part] if list_id in self.lists:
                return self._in_list(self.lists[list_id], method, part, request)
        return _answer({"error": "There is no such thing"}, 404)

    def _in_list(self, mailing_list: List, method: str, part: str, request: SandboxRequest) -> Response:
        match method, part:
            case "GET", "fields":
                return _answer({"fields": [{"key": key, "label": label} for key, label in self.fields.items()]})
            case "GET", "subscribers":
                return _answer(self._page_of_people(mailing_list, request.args))
            case "POST" | "PATCH", "subscribers" | "departures":
                rows = request.get_json()["subscribers"]
                if len(rows) > MOST_PER_CALL:
                    return _answer({"error": f"At most {MOST_PER_CALL} at once"}, 400)
                act = {"POST": self._create, "PATCH": self._update}[method]
                if part == "departures":
                    act = self._leave
                return _answer({"results": [act(mailing_list, row) for row in rows]})
        return _answer({"error": "There is no such thing"}, 404)

    def _page_of_lists(self, page: int) -> dict[str, Any]:
        rows = [
            {"id": one.id, "name": one.name, "double_opt_in": one.double_opt_in} for one in self.lists.values()
        ]
        begin, end = page * LISTS_PER_PAGE, (page + 1) * LISTS_PER_PAGE
        return {"lists": rows[begin:end], "more": len(rows) > end}

    def _page_of_people(self, mailing_list: List, query: Mapping[str, str]) -> dict[str, Any]:
        since, after = int(query.get("changed_since", 0)), int(query.get("after", 0))
        wanted = (one for one in mailing_list.people.values() if one.revision > since and one.id > after)
        found = list(islice(wanted, MOST_PER_PAGE + 1))
        rows = [
            {
                "id": one.id,
                "email": one.email,
                "state": one.state,
                "since": one.since.isoformat(),
                "source": one.source,
                "fields": one.fields,
            }
            for one in found[:MOST_PER_PAGE]
        ]
        return {"subscribers": rows, "more": len(found) > MOST_PER_PAGE, "revision": self.revision}

    def _create(self, mailing_list: List, row: Mapping[str, Any]) -> dict[str, Any]:
        email = str(row.get("email", ""))
        if known := mailing_list.find(email):
            return {"result": "exists", "id": known.id}
        if email.count("@") != 1:
            return {"result": "invalid"}
        person = self._add(mailing_list.id, email)
        person.fields = self._known_fields(row)
        # Trap: who comes through the API is active at once, unless the state says otherwise.
        self._change(person, row.get("state", "active"))
        if row.get("since"):
            person.since = datetime.fromisoformat(row["since"])
        person.source = row.get("source", "")
        if person.state == "waiting":
            self._mails.append(person.email)
        return {"result": "added", "id": person.id}

    def _update(self, mailing_list: List, row: Mapping[str, Any]) -> dict[str, Any]:
        person = mailing_list.people.get(row.get("id", 0))
        if person is None:
            return {"result": "unknown"}
        if email := row.get("email"):
            if mailing_list.find(email) not in (None, person):
                return {"result": "taken", "id": person.id}
            self.change_address(mailing_list.id, person.email, email)
        person.fields |= self._known_fields(row)
        self._change(person, row.get("state", person.state))
        return {"result": "changed", "id": person.id}

    def _leave(self, mailing_list: List, row: Mapping[str, Any]) -> dict[str, Any]:
        """Whoever has changed her address meanwhile is found by her id."""
        person = mailing_list.people.get(row.get("id", 0)) or mailing_list.find(str(row.get("email", "")))
        return self._update(mailing_list, {"id": person.id, "state": "left"}) if person else {"result": "unknown"}

    def _known_fields(self, row: Mapping[str, Any]) -> dict[str, str]:
        return {key: str(value) for key, value in row.get("fields", {}).items() if key in self.fields}


def _answer(payload: Any, status: int = 200) -> Response:
    return Response(json.dumps(payload), status, content_type="application/json")
