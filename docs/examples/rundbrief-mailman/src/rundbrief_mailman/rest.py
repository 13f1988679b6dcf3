"""Mailman's REST API, as far as the plugin needs it: paths, bodies, statuses and errors of Mailman 3.3.10."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, TypeVar

from werkzeug.wrappers import Response

from rundbrief.testing.routing import Router
from rundbrief.testing.sandbox import SandboxRequest
from rundbrief_mailman.imitation import Address, MailingList, Member, Refusal, Request, Server

__all__ = ["DOMAIN", "PASSWORD", "USER", "RestApi"]

Row = TypeVar("Row")

USER, PASSWORD = "restadmin", "mailman-sandbox-password"  # the sandbox's own
DOMAIN = "lists.example.org"
ACTIONS = ("hold", "reject", "discard", "accept", "defer")
DELIVERY = ("enabled", "by_user", "by_bounces", "by_moderator", "unknown")


class RestApi:
    def __init__(self, server: Server, clock: Callable[[], datetime]) -> None:
        self.server = server
        self.clock = clock
        self._router: Router[Callable[..., Response]] = Router(
            [
                ("GET", "/3.1/system/versions", self._versions),
                ("GET", "/3.1/domains", self._domains),
                ("GET", "/3.1/lists", self._lists),
                ("GET", "/3.1/lists/<list_id>/config/subscription_policy", self._policy),
                ("GET", "/3.1/lists/<list_id>/roster/member", self._roster),
                ("DELETE", "/3.1/lists/<list_id>/roster/member", self._end_memberships),
                ("GET", "/3.1/lists/<list_id>/requests", self._requests),
                ("POST", "/3.1/lists/<list_id>/requests/<token>", self._handle_request),
                ("GET", "/3.1/lists/<list_id>/bans/<email>", self._ban),
                ("POST", "/3.1/members", self._sign_up),
                ("GET", "/3.1/members/find", self._find_members),
                ("GET", "/3.1/members/<member_id>", self._member),
                ("PATCH", "/3.1/members/<member_id>", self._move_member),
                ("PATCH", "/3.1/members/<member_id>/preferences", self._set_preferences),
                ("GET", "/3.1/addresses/<email>", self._address),
                ("PATCH", "/3.1/addresses/<email>", self._rename),
                ("POST", "/3.1/addresses/<email>/verify", self._verify),
                ("POST", "/3.1/users/<user_id>/addresses", self._add_address),
            ],
            no_path=lambda: Refusal("", 404),
            no_method=lambda: Refusal("", 405),
        )

    def respond(self, request: SandboxRequest) -> Response:
        given = request.authorization
        if given is None or (given.username, given.password) != (USER, PASSWORD):
            return _refused(401, "REST API authorization failed")
        try:
            answer, arguments = self._router.find(request.method, request.path)
            return answer(request, **arguments)
        except Refusal as refusal:
            return _refused(refusal.status, str(refusal))

    def _versions(self, request: SandboxRequest) -> Response:
        return _answer({"mailman_version": "GNU Mailman 3.3.10 (Tom Sawyer)", "api_version": "3.1"})

    def _domains(self, request: SandboxRequest) -> Response:
        return _page(
            request, [{"alias_domain": None, "description": None, "mail_host": DOMAIN, "base_url": None}], dict
        )

    def _lists(self, request: SandboxRequest) -> Response:
        rows = [
            {
                "advertised": True,
                "display_name": one.display_name,
                "fqdn_listname": one.fqdn_listname,
                "list_id": one.list_id,
                "list_name": one.list_id.partition(".")[0],
                "mail_host": DOMAIN,
                "member_count": len(one.members),
                "volume": 1,
                "description": "",
                "self_link": f"{request.host_url}3.1/lists/{one.list_id}",
            }
            for one in sorted(self.server.lists.values(), key=lambda one: one.list_id)
        ]
        return _page(request, rows, dict)

    def _policy(self, request: SandboxRequest, list_id: str) -> Response:
        return _answer({"subscription_policy": self._list(list_id).subscription_policy})

    def _roster(self, request: SandboxRequest, list_id: str) -> Response:
        return _page(request, self._list(list_id).roster(), lambda one: self._member_row(request, one))

    def _find_members(self, request: SandboxRequest) -> Response:
        lists = [one for one in self.server.lists.values() if request.args.get("list_id") in (None, one.list_id)]
        delivery = request.args.get("delivery_status")
        if delivery not in {None, *DELIVERY}:
            accepted = ", ".join(DELIVERY)
            raise Refusal(f'Invalid Parameter "delivery_status": Accepted Values are: {accepted}.')
        wanted, subscriber = request.args.getlist("fields"), request.args.get("subscriber")
        found = [
            one
            for mailing_list in lists
            for one in mailing_list.roster()
            if delivery in (None, one.delivery_status) and subscriber in (None, one.address.email)
        ]

        def row(member: Member) -> dict[str, Any]:
            everything = self._member_row(request, member)
            return {key: everything[key] for key in wanted or everything}

        return _page(request, found, row)

    def _member_row(self, request: SandboxRequest, member: Member) -> dict[str, Any]:
        root = f"{request.host_url}3.1"
        return {
            "address": f"{root}/addresses/{member.address.email}",
            "bounce_score": 0,
            "last_warning_sent": "0001-01-01T00:00:00",
            "total_warnings_sent": 0,
            "delivery_mode": "regular",
            "email": member.address.email,
            "list_id": member.list_id,
            "subscription_mode": "as_address",
            "role": "member",
            "user": f"{root}/users/{member.address.user_id}",
            "display_name": self.server.name_of(member.address),
            "self_link": f"{root}/members/{member.id}",
            "member_id": member.id,
        }

    def _end_memberships(self, request: SandboxRequest, list_id: str) -> Response:
        emails = _body(request, "emails")["emails"]
        mailing_list = self._list(list_id)
        return _answer({email: self.server.end(mailing_list, email) for email in dict.fromkeys(emails)})

    def _requests(self, request: SandboxRequest, list_id: str) -> Response:
        wanted = request.args.get("request_type", "subscription"), request.args.get("token_owner")
        rows = [
            {
                "token": one.token,
                "type": one.type,
                "list_id": list_id,
                "email": one.email,
                "display_name": self.server.addresses[one.email].display_name,
                "when": _time(one.when.replace(microsecond=0)),
                "token_owner": one.token_owner,
            }
            for one in self._list(list_id).requests.values()
            if one.type == wanted[0] and wanted[1] in (None, one.token_owner)
        ]
        return _page(request, rows, dict)

    def _handle_request(self, request: SandboxRequest, list_id: str, token: str) -> Response:
        action = _body(request, "action")["action"]
        if action not in ACTIONS:
            raise Refusal('Invalid Parameter "action": Accepted Values are: hold, reject, discard, accept, defer.')
        mailing_list = self._list(list_id)
        waiting: Request | None = mailing_list.requests.get(token)
        if waiting is None:
            raise Refusal("404 Not Found", 404)
        if action == "accept":
            self.server.accept(mailing_list, waiting, self.clock())
        elif action in ("discard", "reject"):
            del mailing_list.requests[token]
        return Response(status=204)

    def _ban(self, request: SandboxRequest, list_id: str, email: str) -> Response:
        if email not in self._list(list_id).banned:
            raise Refusal(f"Email is not banned: {email}", 404)
        return _answer({"email": email, "list_id": list_id})

    def _sign_up(self, request: SandboxRequest) -> Response:
        body = _body(request, "list_id", "subscriber")
        mailing_list = self.server.lists.get(body["list_id"])
        if mailing_list is None:
            raise Refusal("No such list")
        made = self.server.subscribe(
            mailing_list, body["subscriber"], body.get("display_name", ""), self.clock(), body
        )
        if isinstance(made, Request):
            return _answer({"token": made.token, "token_owner": made.token_owner}, 202)
        return _created(f"{request.host_url}3.1/members/{made.id}")

    def _member(self, request: SandboxRequest, member_id: str) -> Response:
        return _answer(self._member_row(request, self._known_member(member_id)))

    def _move_member(self, request: SandboxRequest, member_id: str) -> Response:
        member = self._known_member(member_id)
        self.server.move(member, _body(request)["address"])
        return Response(status=204)

    def _set_preferences(self, request: SandboxRequest, member_id: str) -> Response:
        self._known_member(member_id).delivery_status = _body(request)["delivery_status"]
        return Response(status=204)

    def _address(self, request: SandboxRequest, email: str) -> Response:
        address = self._known_address(email)
        row = {
            "email": address.email,
            "original_email": address.original,
            "registered_on": _time(address.registered_on),
            "self_link": f"{request.host_url}3.1/addresses/{address.email}",
            "user": f"{request.host_url}3.1/users/{address.user_id}",
        }
        if address.display_name:
            row["display_name"] = address.display_name
        if address.verified_on:
            row["verified_on"] = _time(address.verified_on)
        return _answer(row)

    def _rename(self, request: SandboxRequest, email: str) -> Response:
        self._known_address(email).display_name = _body(request, "display_name")["display_name"]
        return Response(status=204)

    def _verify(self, request: SandboxRequest, email: str) -> Response:
        address = self.server.addresses.get(email.lower())
        if address is None:
            raise Refusal("", 404)
        address.verified_on = address.verified_on or self.clock()
        return Response(status=204)

    def _add_address(self, request: SandboxRequest, user_id: str) -> Response:
        if user_id not in self.server.users:
            raise Refusal("", 404)
        email = _body(request, "email")["email"]
        # Trap: it belongs to another user, says Mailman, also where it is this one's own.
        if email.lower() in self.server.addresses:
            raise Refusal("Address belongs to other user")
        try:
            address = self.server.address(email, self.clock(), user_id=user_id)
        except Refusal:
            raise Refusal("Invalid email address") from None
        return _created(f"{request.host_url}3.1/addresses/{address.email}")

    def _list(self, list_id: str) -> MailingList:
        if list_id not in self.server.lists:
            raise Refusal("", 404)
        return self.server.lists[list_id]

    def _known_member(self, member_id: str) -> Member:
        if member_id not in self.server.members:
            raise Refusal("404 Not Found", 404)
        return self.server.members[member_id]

    def _known_address(self, email: str) -> Address:
        if email.lower() not in self.server.addresses:
            raise Refusal("404 Not Found", 404)
        return self.server.addresses[email.lower()]


def _page(request: SandboxRequest, found: Sequence[Row], shown: Callable[[Row], Mapping[str, Any]]) -> Response:
    """Answer with a collection; of one that is empty nothing is shown, not even that it is."""
    count, page = request.args.get("count", type=int), request.args.get("page", type=int)
    if (count is None) != (page is None):
        return Response(json.dumps({"title": "500 Internal Server Error"}), 500, content_type="application/json")
    start, end = (0, len(found)) if count is None or page is None else ((page - 1) * count, page * count)
    rows = [_tagged(shown(one)) for one in found[start:end]]
    return _answer({"start": start, "total_size": len(found)} | ({"entries": rows} if rows else {}))


def _body(request: SandboxRequest, *needed: str) -> Mapping[str, Any]:
    body: Mapping[str, Any] = json.loads(request.get_data() or b"{}")
    if missing := ", ".join(sorted(set(needed) - set(body))):
        raise Refusal(f"Missing Parameter: {missing}")
    return body


def _answer(resource: Mapping[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(_tagged(resource)), status, content_type="application/json")


def _tagged(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    digest = hashlib.sha1(repr(resource).encode(), usedforsecurity=False).hexdigest()
    return {**resource, "http_etag": f'"{digest}"'}


def _created(location: str) -> Response:
    return Response(status=201, headers={"Location": location}, content_type="application/json")


def _refused(status: int, words: str) -> Response:
    title = {"title": f"{status} {HTTPStatus(status).phrase}"}
    body = title | ({"description": words} if words else {})
    return Response(json.dumps(body), status, content_type="application/json; charset=UTF-8")


def _time(moment: datetime) -> str:
    """Mailman tells times without their zone."""
    return moment.replace(tzinfo=None).isoformat()
