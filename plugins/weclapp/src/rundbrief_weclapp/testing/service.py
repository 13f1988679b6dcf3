"""weclapp in a box: the tenant, its users, and the answers to requests."""

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Response

from rundbrief.fields import CrmField, FieldType
from rundbrief.models import ContactKind, FieldValue, OptIn, PartyType
from rundbrief.testing.application import SandboxApplication, SandboxRequest
from rundbrief.testing.crm_sandbox import CrmSandbox, HeldContact
from rundbrief_weclapp.definitions import STANDARD_FLAGS
from rundbrief_weclapp.opt_in_keys import opt_in_key_of
from rundbrief_weclapp.testing.filters import matching, ordered
from rundbrief_weclapp.testing.kinds import KINDS
from rundbrief_weclapp.testing.problems import Problem, forbidden, invalid, not_found, too_many, unauthorized
from rundbrief_weclapp.testing.tenant import Entity, Tenant
from rundbrief_weclapp.testing.users import Users

__all__ = ["WeclappSandbox"]

TOKEN = "0b3c9a52-sandbox-7d1e"  # noqa: S105  # nosec B105  # opens a sandbox
API = "/webapp/api/"
QUEUE = 4
"""Requests that wait when too many come at once; the next one is refused."""

RIGHTS = [
    f"entity-{resource}-{verb}" for resource in (*KINDS, "user") for verb in ("read", "create", "update", "delete")
]
VERBS = {"GET": "read", "POST": "create", "PUT": "update", "DELETE": "delete"}


class WeclappSandbox(SandboxApplication, CrmSandbox):
    """A tenant of weclapp.

    Args:
        opt_in_attributes: opt-in field -> the key of an attribute, or the standard flag, that it is mapped to.
        concurrency: requests that are carried out at the same time; as many more wait.
    """

    def __init__(
        self,
        clock: Callable[[], datetime] | None = None,
        *,
        opt_in_attributes: Mapping[str, str] | None = None,
        concurrency: int = 4,
    ) -> None:
        super().__init__(clock)
        self.opt_in_attributes = dict(opt_in_attributes or {})
        self.concurrency = concurrency
        self.tenant = Tenant(lambda: self.clock())
        self.users = Users(self.tenant, self.opt_in_attributes)
        self.missing_rights: set[str] = set()
        self.jobs: dict[str, str] = {}
        """Type of a job -> EXECUTING or SCHEDULED."""
        self.stale_lists = 0
        """So many list reads still show the state before the last write."""

    @property
    def application(self) -> SandboxApplication:
        return self

    # --- how to reach it --------------------------------------------------------------------------------------

    def settings(self, base_url: str) -> Mapping[str, Any]:
        mapped = {"opt_in_attributes": self.opt_in_attributes} if self.opt_in_attributes else {}
        return {"plugin": "weclapp", "tenant_url": base_url, "token": {"env": "WECLAPP_TOKEN"}, **mapped}

    def environ(self) -> Mapping[str, str]:
        return {"WECLAPP_TOKEN": TOKEN}

    # --- requests --------------------------------------------------------------------------------------------

    def respond(self, request: SandboxRequest) -> Response:
        try:
            if request.at_once > self.concurrency + QUEUE:
                raise too_many()
            self._check_token(request)
            status, payload = self._routed(request)
        except Problem as problem:
            return _json(problem.status, problem.payload, "application/problem+json")
        return _json(status, payload)

    def _check_token(self, request: SandboxRequest) -> None:
        basic = "Basic " + base64.b64encode(f"*:{TOKEN}".encode()).decode()
        if request.headers.get("AuthenticationToken") != TOKEN and request.headers.get("Authorization") != basic:
            raise unauthorized()

    def _routed(self, request: SandboxRequest) -> tuple[int, Any]:
        parts = request.path.removeprefix(API).split("/")[1:]
        if not request.path.startswith(API) or not parts:
            raise not_found()
        match request.method, parts:
            case "GET", ["user", "currentUser"]:
                user = {"id": "1", "version": "0", "username": "sandbox", "email": "api@sandbox.example"}
                return 200, {"result": user}
            case "GET", ["system", "permissions"]:
                return 200, {"result": [one for one in RIGHTS if one not in self.missing_rights]}
            case "GET", ["job", "status"]:
                job = request.args.get("type", "")
                return 200, {"result": {"type": job, "status": self.jobs.get(job, "NOT_EXECUTING")}}
            case method, [resource, *rest] if resource in KINDS:
                self._check_right(method, resource)
                return self._of_entity(request, resource, rest)
        raise not_found()

    def _check_right(self, method: str, resource: str) -> None:
        right = f"entity-{resource}-{VERBS.get(method, 'read')}"
        if right in self.missing_rights:
            raise forbidden(right)

    def _of_entity(self, request: SandboxRequest, resource: str, rest: Sequence[str]) -> tuple[int, Any]:
        dry = request.args.get("dryRun") == "true"
        match request.method, rest:
            case "GET", []:
                return 200, self._list(request, resource)
            case "GET", ["count"]:
                return 200, {"result": sum(1 for _ in self._found(request, resource))}
            case "GET", ["id", entity_id]:
                return 200, self.tenant.get(resource, entity_id)
            case "POST", []:
                return self._write(dry, 201, lambda: self.tenant.create(resource, _body(request)))
            case "PUT", ["id", entity_id]:
                partial = request.args.get("ignoreMissingProperties") == "true"
                return self._write(
                    dry, 200, lambda: self.tenant.update(resource, entity_id, _body(request), partial=partial)
                )
            case "DELETE", ["id", entity_id]:
                self.tenant.delete(resource, entity_id)
                return 204, None
        raise not_found()

    def _write(self, dry: bool, status: int, do: Callable[[], Entity]) -> tuple[int, Any]:
        if not dry:
            return status, do()
        kept = {resource: dict(entities) for resource, entities in self.tenant.entities.items()}
        try:
            entity = do()
        finally:
            self.tenant.entities = kept
        hidden = ("id", "version", "createdDate", "lastModifiedDate")
        return 200, {key: value for key, value in entity.items() if key not in hidden}

    # --- lists -----------------------------------------------------------------------------------------------

    def _list(self, request: SandboxRequest, resource: str) -> dict[str, Any]:
        kind, query = KINDS[resource], request.args
        size, page = _number(query.get("pageSize", "100")), _number(query.get("page", "1"))
        if size > 1000 or page < 1:
            raise invalid("pageSize is at most 1000, and pages begin with 1")
        entities = ordered(kind, list(self._found(request, resource)), query.get("sort", ""))
        self.stale_lists = max(0, self.stale_lists - 1)
        start = _number(query.get("offset", "0")) + (page - 1) * size
        wanted = [one for one in query.get("properties", "").split(",") if one]
        unknown = [one for one in wanted if one.split(".")[0] not in kind.all]
        if unknown:
            raise invalid(f"there is no property {unknown[0]}", "properties")
        names = {one.split(".")[0] for one in wanted}
        rows = entities[start : start + size]
        return {"result": [{key: one[key] for key in one.keys() & names} for one in rows] if names else rows}

    def _found(self, request: SandboxRequest, resource: str) -> Iterator[Entity]:
        holds = matching(KINDS[resource], request.args.items(multi=True))
        return (one for one in self._shown(resource).values() if holds(one))

    def _shown(self, resource: str) -> dict[str, Entity]:
        """Return the entities as a list shows them. Trap: right after a write that may be the state before it."""
        there = self.tenant.of(resource)
        if not self.stale_lists or self.tenant.last_write is None or self.tenant.last_write[0] != resource:
            return there
        _, entity_id, before = self.tenant.last_write
        others = {key: one for key, one in there.items() if key != entity_id}
        return others if before is None else {**others, entity_id: before}

    # --- what users do ---------------------------------------------------------------------------------------

    def add_contact(
        self,
        email: str | None,
        fields: Mapping[str, FieldValue] | None = None,
        *,
        kind: ContactKind = ContactKind.CONTACT,
        party: PartyType = PartyType.PERSON,
    ) -> str:
        with self.lock:
            return self.users.add(email, fields or {}, kind, party)

    def edit_contact(
        self, contact_id: str, *, email: str | None = None, fields: Mapping[str, FieldValue | None] | None = None
    ) -> None:
        with self.lock:
            self.users.edit(contact_id, email, fields or {})

    def edit_raw(self, contact_id: str, **properties: Any) -> None:
        """A user changes properties by the API's names."""
        with self.lock:
            self.tenant.update("party", contact_id, properties, partial=True)

    def add_organisation(self, company: str, contacts: Sequence[str] = (), *, email: str | None = None) -> str:
        """A user adds an organisation with its contact persons."""
        with self.lock:
            people = [{"id": one} for one in contacts]
            body = {"partyType": "ORGANIZATION", "company": company, "email": email, "contacts": people}
            return str(self.tenant.create("party", body)["id"])

    def delete_contact(self, contact_id: str) -> None:
        with self.lock:
            self.tenant.delete("party", contact_id)

    def set_opt_in(self, contact_id: str, key: str, value: OptIn) -> None:
        with self.lock:
            self.users.set_opt_in(contact_id, key, value)

    def add_field(self, label: str, kind: FieldType = FieldType.TEXT, choices: Sequence[str] = ()) -> CrmField:
        with self.lock:
            return self.users.add_field(label, kind, choices)

    def define_attribute(self, key: str, label: str, kind: str, **more: Any) -> str:
        """An administrator defines a custom attribute of parties; return its id."""
        with self.lock:
            return self.users.define(key, label, kind, **more)

    def add_campaign(self, name: str, participants: Sequence[str] = ()) -> str:
        with self.lock:
            campaign = str(self.tenant.create("campaign", {"campaignName": name})["id"])
            for one in participants:
                self.tenant.create("campaignParticipant", {"campaignId": campaign, "partyId": one})
            return campaign

    def forbid(self, *rights: str) -> None:
        """An administrator takes rights from the token's user."""
        self.missing_rights |= set(rights)

    def add_external_connection(self, kind: str) -> None:
        """An administrator sets up weclapp's own connection to a service, such as MAILCHIMP."""
        with self.lock:
            self.tenant.create("externalConnection", {"connectionType": kind, "name": kind.title()})

    def run_job(self, kind: str) -> None:
        """A job of that connection runs, such as MAIL_CHIMP_CONTACT_IMPORT."""
        self.jobs[kind] = "EXECUTING"

    def seed(self, people: int | Iterable[str]) -> Sequence[str]:
        addresses = [f"person{n}@example.org" for n in range(people)] if isinstance(people, int) else people
        return [self.add_contact(one, {"first_name": "Jördis", "last_name": "Müller"}) for one in addresses]

    # --- what there is ---------------------------------------------------------------------------------------

    def opt_in_labels(self) -> Mapping[str, str]:
        with self.lock:
            definitions = {one["attributeKey"]: one["label"] for one in self.users.definitions()}
            mapped = {
                key: definitions.get(place, place)
                for key, place in self.opt_in_attributes.items()
                if place in definitions or place in STANDARD_FLAGS
            }
            found = {key: label for name, label in definitions.items() if (key := opt_in_key_of(name))}
            return found | mapped

    def contacts(self) -> Mapping[str, HeldContact]:
        with self.lock:
            return {key: self.users.held(one) for key, one in self.tenant.of("party").items()}


def _body(request: SandboxRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.get_data() or b"null")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Problem(400, "invalid_json", "An object is expected.")
    return body


def _number(text: str) -> int:
    if not text.isdecimal():
        raise invalid("a number is expected")
    return int(text)


def _json(status: int, payload: Any, kind: str = "application/json") -> Response:
    if payload is None:
        return Response(status=status)
    return Response(json.dumps(payload), status, content_type=kind)
