"""The sandbox: Mailchimp's HTTP, and the ways to act as a person or an administrator."""

import base64
import binascii
import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote

from werkzeug.wrappers import Response

from rundbrief.models import Evidence, SubscriberStatus, address_key
from rundbrief.testing.faults import Faults
from rundbrief.testing.requestlog import RequestRecord
from rundbrief.testing.sandbox import Held, Sandbox, SandboxRequest
from rundbrief_mailchimp.testing import persons, problems
from rundbrief_mailchimp.testing.account import Account
from rundbrief_mailchimp.testing.audience import Audience
from rundbrief_mailchimp.testing.batches import RUNS_BY_ITSELF_AFTER, Batches, Operation
from rundbrief_mailchimp.testing.call import Call, decoded
from rundbrief_mailchimp.testing.endpoints import ARCHIVES
from rundbrief_mailchimp.testing.member import Member, subscriber_hash
from rundbrief_mailchimp.testing.problems import Problem
from rundbrief_mailchimp.testing.projection import WHOLE
from rundbrief_mailchimp.testing.routes import route

__all__ = ["MailchimpSandbox"]

KEY = "0123456789abcdef0123456789abcdef-us21"
KEY_VARIABLE = "RUNDBRIEF_SANDBOX_MAILCHIMP_KEY"
BASE = "/3.0"

_STATUS = {
    "subscribed": SubscriberStatus.SUBSCRIBED,
    "unsubscribed": SubscriberStatus.UNSUBSCRIBED,
    "pending": SubscriberStatus.PENDING,
    "cleaned": SubscriberStatus.BOUNCED,
    "transactional": SubscriberStatus.NEVER,
    "archived": SubscriberStatus.ARCHIVED,
}


class MailchimpSandbox(Sandbox):
    """A Mailchimp account.

    Args:
        clock: the service's time.
        archived_in_default_read: whether a member read without `status` finds archived ones; undocumented.
        max_connections: simultaneous requests beyond which it answers 429, without a header (docs: rate-limits).
        polls_until_finished: how many status requests find a batch unfinished.
    """

    def __init__(
        self,
        clock: Callable[[], datetime] | None = None,
        *,
        archived_in_default_read: bool = False,
        max_connections: int = 10,
        polls_until_finished: int = 1,
    ) -> None:
        super().__init__(clock)
        self.max_connections = max_connections
        self.operation_faults = Faults()
        """Faults that the operations inside of batches meet; `faults` are for the requests over the network."""
        # Both ask for the time anew each time, as the clock may be exchanged.
        self.batches = Batches(lambda: self.clock(), self._perform)
        """The account's asynchronous batches: `stall` them, or let them all `run_waiting`."""
        self.account = Account(
            lambda: self.clock(),
            self.batches,
            archived_in_default_read=archived_in_default_read,
            polls_until_finished=polls_until_finished,
        )

    def settings(self, base_url: str) -> Mapping[str, Any]:
        return {
            "provider": "mailchimp",
            "api_key": {"env": KEY_VARIABLE},
            "base_url": f"{base_url}{BASE}",
            "batch_poll_seconds": 0.05,
        }

    def environ(self) -> Mapping[str, str]:
        return {KEY_VARIABLE: KEY}

    # --- persons ---------------------------------------------------------------------------------------------

    def subscribe(self, list_id: str, address: str, fields: Mapping[str, str] | None = None) -> None:
        with self.lock:
            persons.sign_up(self._audience(list_id), address, fields or {})

    def confirm(self, list_id: str, address: str) -> None:
        with self.lock:
            persons.confirm(*self._member(list_id, address))

    def unsubscribe(self, list_id: str, address: str) -> None:
        with self.lock:
            persons.opt_out(*self._member(list_id, address), "Unsubscribed by the recipient")

    def complain(self, list_id: str, address: str) -> None:
        with self.lock:
            persons.opt_out(*self._member(list_id, address), "Marked a mail as spam")

    def bounce(self, list_id: str, address: str) -> None:
        """Mails to the address come back: it is *cleaned*."""
        with self.lock:
            persons.bounce(*self._member(list_id, address))

    def change_address(self, list_id: str, old: str, new: str) -> None:
        with self.lock:
            persons.change_address(*self._member(list_id, old), new)

    # --- administrators --------------------------------------------------------------------------------------

    def add_list(self, name: str, *, double_opt_in: bool = False) -> str:
        with self.lock:
            return self.account.add_audience(name, double_opt_in).id

    def block(self, list_id: str, address: str) -> None:
        """An administrator unsubscribes somebody: an opt-out that the API does not protect."""
        with self.lock:
            audience, member = self._member(list_id, address)
            audience.change(member, {}, "unsubscribed", skip_merge_validation=True)

    def archive(self, list_id: str, address: str) -> None:
        """An administrator archives a member."""
        with self.lock:
            audience, member = self._member(list_id, address)
            audience.archive(member)

    def delete(self, list_id: str, address: str) -> None:
        with self.lock:
            audience, member = self._member(list_id, address)
            audience.delete_permanently(member)

    def throttle(self, list_id: str, address: str) -> None:
        """The address signed up to a lot of lists very recently, so this one will not have it for now."""
        with self.lock:
            self._audience(list_id).busy_addresses.add(address.lower())

    def make_irremovable(self, list_id: str, address: str) -> None:
        """The member answers DELETE with 405, as some do. That a permanent one does so too is assumed."""
        with self.lock:
            self._audience(list_id).irremovable.add(subscriber_hash(address))

    # --- looking and preparing -------------------------------------------------------------------------------

    def recipients(self, list_id: str) -> Mapping[str, Held]:
        with self.lock:
            return {address_key(one.email): _held(one) for one in self._audience(list_id).members.values()}

    def status(self, list_id: str, address: str) -> SubscriberStatus:
        with self.lock:
            member = self._audience(list_id).members.get(subscriber_hash(address))
            return _STATUS[member.status] if member else SubscriberStatus.ABSENT

    @property
    def confirmation_mails(self) -> Sequence[str]:
        with self.lock:
            return [one for audience in self.account.audiences.values() for one in audience.confirmation_mails]

    def seed(self, list_id: str, people: int | Iterable[str]) -> None:
        addresses = [f"person{n}@example.org" for n in range(people)] if isinstance(people, int) else list(people)
        yesterday = self.clock() - timedelta(days=1)
        with self.lock:
            persons.seed(
                self._audience(list_id),
                (
                    (
                        address,
                        {"FNAME": f"Jördis {number}", "LNAME": "Müller"},
                        yesterday - timedelta(seconds=10 * (len(addresses) - number)),
                    )
                    for number, address in enumerate(addresses)
                ),
            )

    def _audience(self, list_id: str) -> Audience:
        try:
            return self.account.audiences[list_id]
        except KeyError:
            raise LookupError(f"the sandbox has no list {list_id!r}") from None

    def _member(self, list_id: str, address: str) -> tuple[Audience, Member]:
        audience = self._audience(list_id)
        member = audience.members.get(subscriber_hash(address))
        if member is None:
            raise LookupError(f"list {list_id!r} of the sandbox does not have this address")
        return audience, member

    # --- answers ---------------------------------------------------------------------------------------------

    def respond(self, request: SandboxRequest) -> Response:
        if request.method == "GET":  # only a read can tell whether somebody else's batch has run
            self.batches.run_waiting(RUNS_BY_ITSELF_AFTER)
        if request.path.startswith(f"{ARCHIVES}/"):
            return self._archive(request)
        request_id = str(uuid.uuid4())
        try:
            self._refuse(request)
            call = Call(request.args.to_dict(), decoded(request.get_data()), request.host_url.rstrip("/"))
            status, payload = route(self.account, request.method, _below_base(request.path), call)
            response = Response(status=status) if payload is None else _json(status, payload)
        except Problem as problem:
            response = _json(problem.status, problem.payload(request_id), "application/problem+json")
        response.headers["X-Request-Id"] = request_id
        return response

    def _refuse(self, request: SandboxRequest) -> None:
        if request.at_once > self.max_connections:
            raise problems.too_many_requests(
                f"You have exceeded the limit of {self.max_connections} simultaneous connections."
            )
        if _key(request.headers.get("Authorization", "")) != KEY:
            raise Problem(
                401,
                "API Key Invalid",
                "Your API key may be invalid, or you've attempted to access the wrong datacenter.",
            )

    def _perform(self, operation: Operation) -> tuple[int, Any]:
        """Carry out one operation of a batch, over the same routes."""
        path, _, inline = operation.path.partition("?")
        query = dict(parse_qsl(inline)) | {name: _text(value) for name, value in operation.params.items()}
        if operation.method == "GET":
            query.setdefault("count", WHOLE)
        record = RequestRecord(operation.method, path, inline, operation.body.encode())

        def answer() -> Response:
            try:
                call = Call(query, decoded(operation.body))
                status, payload = route(self.account, operation.method, unquote(path), call)
                return Response(status=status) if payload is None else _json(status, payload)
            except Problem as problem:
                return _json(problem.status, problem.payload(str(uuid.uuid4())))

        fault = self.operation_faults.for_request(record)
        response = fault(answer) if fault else answer()
        return response.status_code, response.get_data(as_text=True)

    def _archive(self, request: SandboxRequest) -> Response:
        """Answer as the storage behind a result link does: pre-signed, so it refuses further credentials."""
        if "Authorization" in request.headers:
            return _storage_error(400, "Only one auth mechanism allowed")
        batch_id = request.path.removeprefix(f"{ARCHIVES}/").removesuffix("-response.tar.gz")
        archive = self.batches.archive(
            batch_id, request.args.get("Expires", ""), request.args.get("Signature", "")
        )
        if archive is None:
            return _storage_error(403, "Request has expired")
        return Response(archive, content_type="application/gzip")


def _held(member: Member) -> Held:
    at = member.timestamp_opt or member.timestamp_signup
    return Held(
        _STATUS[member.status],
        dict(member.merge_fields),
        Evidence(
            datetime.fromisoformat(at) if at else None, member.source, member.ip_opt or member.ip_signup or None
        ),
        member.contact_id,
    )


def _below_base(path: str) -> str:
    if path != BASE and not path.startswith(f"{BASE}/"):
        raise problems.not_found()
    return path.removeprefix(BASE) or "/"


def _key(header: str) -> str:
    """Return the API key or token of an `Authorization` header; the user name of Basic may be any."""
    scheme, _, value = header.partition(" ")
    if scheme == "Bearer":
        return value
    try:
        return base64.b64decode(value).decode().partition(":")[2] if scheme == "Basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _json(status: int, payload: Any, content_type: str = "application/json; charset=utf-8") -> Response:
    return Response(json.dumps(payload), status, content_type=content_type)


def _storage_error(status: int, message: str) -> Response:
    body = f'<?xml version="1.0" encoding="UTF-8"?><Error><Message>{message}</Message></Error>'
    return Response(body, status, content_type="application/xml")
