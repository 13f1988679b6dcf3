"""A stateful imitation of Mailchimp's Marketing API 3.0, with the traps that matter for consent.

What it does is what the vendor's documentation and specification say, or what others have met; where neither
speaks, an option of the sandbox gives both ways.
"""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.wrappers import Request, Response

from rundbrief.models import SubscriberStatus
from rundbrief.testing.sandbox import Sandbox
from rundbrief_mailchimp.sandbox.account import Account
from rundbrief_mailchimp.sandbox.problems import Problem, not_found
from rundbrief_mailchimp.sandbox.routes import ROUTES, Call, Endpoints
from rundbrief_mailchimp.sandbox.state import subscriber_hash

__all__ = ["MailchimpSandbox"]

KEY = "0123456789abcdef0123456789abcdef-us21"
KEY_VARIABLE = "RUNDBRIEF_SANDBOX_MAILCHIMP_KEY"
BASE = "/3.0"
ARCHIVES = "/_archives/"

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
        archived_in_default_read: see `Account`; undocumented at the real service.
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
        self.account = Account(
            self.clock,
            archived_in_default_read=archived_in_default_read,
            polls_until_finished=polls_until_finished,
        )
        self.account.perform = self._perform
        self._endpoints = Endpoints(self.account)
        self._router = ROUTES.bind("sandbox")

    def settings(self, base_url: str) -> Mapping[str, Any]:
        return {
            "provider": "mailchimp",
            "api_key": {"env": KEY_VARIABLE},
            "base_url": f"{base_url}{BASE}",
            "batch_poll_seconds": 0.05,
        }

    def environ(self) -> Mapping[str, str]:
        return {KEY_VARIABLE: KEY}

    # --- persons and administrators --------------------------------------------------------------------------

    def add_list(self, name: str, *, double_opt_in: bool = False) -> str:
        with self.lock:
            return self.account.add_audience(name, double_opt_in).id

    def subscribe(self, list_id: str, address: str, fields: Mapping[str, str] | None = None) -> None:
        with self.lock:
            self.account.audience(list_id).sign_up(address, fields or {})

    def confirm(self, list_id: str, address: str) -> None:
        with self.lock:
            audience = self.account.audience(list_id)
            audience.confirm(audience.find(subscriber_hash(address)))

    def unsubscribe(self, list_id: str, address: str) -> None:
        with self.lock:
            audience = self.account.audience(list_id)
            audience.opt_out_by_person(audience.find(subscriber_hash(address)), "Unsubscribed by the recipient")

    def complain(self, list_id: str, address: str) -> None:
        with self.lock:
            audience = self.account.audience(list_id)
            audience.opt_out_by_person(audience.find(subscriber_hash(address)), "Marked a mail as spam")

    def bounce(self, list_id: str, address: str) -> None:
        """Mails to the address come back: it is *cleaned*."""
        with self.lock:
            audience = self.account.audience(list_id)
            audience.bounce(audience.find(subscriber_hash(address)))

    def archive(self, list_id: str, address: str) -> None:
        """An administrator archives a member."""
        with self.lock:
            audience = self.account.audience(list_id)
            audience.archive(audience.find(subscriber_hash(address)))

    def delete(self, list_id: str, address: str) -> None:
        with self.lock:
            audience = self.account.audience(list_id)
            audience.delete_permanently(audience.find(subscriber_hash(address)))

    def change_address(self, list_id: str, old: str, new: str) -> None:
        with self.lock:
            audience = self.account.audience(list_id)
            audience.rename(audience.find(subscriber_hash(old)), new)

    def status(self, list_id: str, address: str) -> SubscriberStatus:
        with self.lock:
            member = self.account.audience(list_id).members.get(subscriber_hash(address))
            return _STATUS[member.status] if member else SubscriberStatus.ABSENT

    def seed(self, list_id: str, count: int) -> None:
        yesterday = self.clock() - timedelta(days=1)
        with self.lock:
            self.account.audience(list_id).seed(
                [
                    (
                        f"person{number}@example.org",
                        {"FNAME": f"Jördis {number}", "LNAME": "Müller"},
                        yesterday - timedelta(seconds=10 * (count - number)),
                    )
                    for number in range(count)
                ]
            )

    @property
    def confirmation_mails(self) -> list[str]:
        """Addresses that were asked to confirm, in the order of the mails."""
        with self.lock:
            return [one for audience in self.account.audiences.values() for one in audience.confirmation_mails]

    # --- answers ---------------------------------------------------------------------------------------------

    def respond(self, request: Request) -> Response:
        if request.path.startswith(ARCHIVES):
            return self._archive(request)
        path = request.path.removeprefix(BASE)
        try:
            self._refuse(request)
            body = _decoded(request.get_data())
            call = Call(request.args.to_dict(), body, request.host_url.rstrip("/"))
            status, payload = self._route(request.method, path or "/", call)
        except Problem as problem:
            return _json(problem.status, problem.payload(path), "application/problem+json")
        return Response(status=status) if payload is None else _json(status, payload)

    def _refuse(self, request: Request) -> None:
        if self.requests.under_way > self.max_connections:
            raise Problem(
                429,
                "Too Many Requests",
                f"You have exceeded the limit of {self.max_connections} simultaneous connections.",
            )
        if _key(request.headers.get("Authorization", "")) != KEY:
            raise Problem(
                401,
                "API Key Invalid",
                "Your API key may be invalid, or you've attempted to access the wrong datacenter.",
            )

    def _route(self, method: str, path: str, call: Call) -> tuple[int, Any]:
        try:
            endpoint, arguments = self._router.match(path, method)
        except NotFound:
            raise not_found() from None
        except MethodNotAllowed:
            raise Problem(
                405, "Method Not Allowed", "The requested method and resource are not compatible."
            ) from None
        answer: tuple[int, Any] = getattr(self._endpoints, endpoint)(call, **arguments)
        return answer

    def _perform(self, method: str, path: str, query: Mapping[str, Any], body: Any) -> tuple[int, Any]:
        """Carry out one operation of a batch."""
        route, _, inline = path.partition("?")
        written = dict(pair.split("=", 1) for pair in inline.split("&") if "=" in pair)
        try:
            return self._route(method, route, Call({**written, **query}, body, ""))
        except Problem as problem:
            return problem.status, problem.payload(path)

    def _archive(self, request: Request) -> Response:
        """The storage behind a batch's result link: pre-signed, so it refuses further credentials."""
        if "Authorization" in request.headers:
            return Response("<Error>Only one auth mechanism allowed</Error>", 400, content_type="application/xml")
        batch = self.account.batches.get(request.path.removeprefix(ARCHIVES).removesuffix(".tar.gz"))
        if batch is None or not batch.archive_is_open(self.clock()):
            return Response("<Error>Request has expired</Error>", 403, content_type="application/xml")
        return Response(batch.archive(), content_type="application/gzip")


def _key(header: str) -> str:
    scheme, _, value = header.partition(" ")
    if scheme == "Basic":
        try:
            return base64.b64decode(value).decode().partition(":")[2]
        except ValueError:
            return ""
    return value if scheme in ("Bearer", "OAuth") else ""


def _decoded(data: bytes) -> Any:
    try:
        return json.loads(data) if data else None
    except ValueError:
        raise Problem(400, "JSON Parse Exception", "We encountered an unspecified JSON parsing error.") from None


def _json(status: int, payload: Any, content_type: str = "application/json; charset=utf-8") -> Response:
    return Response(json.dumps(payload), status, content_type=content_type)
