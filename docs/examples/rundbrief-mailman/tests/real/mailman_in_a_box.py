"""The real Mailman behind the face of a sandbox, so that the contract can be run against it.

Programs' requests are handed on as they come. What persons and administrators do is done by the REST API, as
Mailman's own web interface does it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import count
from typing import Any

import httpx
import pytest
from rundbrief_mailman.testing import DELIVERY
from server import PASSWORD, USER, RealServer
from werkzeug.wrappers import Response

from rundbrief.models import Evidence, SubscriberStatus, address_key
from rundbrief.testing.sandbox import Held, NotOffered, Sandbox, SandboxRequest

DOMAIN = "lists.example.org"
ASKS = (b"Your confirmation is needed to join", b"You have been invited to join")
HANDED_ON = ("Authorization", "Content-Type", "Accept")


class MailmanInABox(Sandbox):
    def __init__(self, server: RealServer) -> None:
        super().__init__()
        self.server = server
        self._numbers = count(1)
        self._forget_everybody()
        self._mails_before = len(server.queued_mails())

    def _forget_everybody(self) -> None:
        for row in self._entries("/lists"):
            self._admin("DELETE", f"/lists/{row['list_id']}")
        for row in self._entries("/users"):
            self._admin("DELETE", f"/users/{row['user_id']}")
        if not self._entries("/domains"):
            self._admin("POST", "/domains", {"mail_host": DOMAIN})

    def settings(self, base_url: str) -> Mapping[str, Any]:
        password = {"env": "MAILMAN_PASSWORD"}
        return {"provider": "mailman", "base_url": f"{base_url}/3.1", "user": USER, "password": password}

    def environ(self) -> Mapping[str, str]:
        return {"MAILMAN_PASSWORD": PASSWORD}

    # --- what persons and administrators do ----------------------------------------------------------------

    def add_list(self, name: str, *, double_opt_in: bool = False) -> str:
        return self.add_list_with("confirm" if double_opt_in else "open", name)

    def add_list_with(self, subscription_policy: str, name: str) -> str:
        local = f"list{next(self._numbers)}"
        self._admin("POST", "/lists", {"fqdn_listname": f"{local}@{DOMAIN}"})
        config = {"display_name": name, "subscription_policy": subscription_policy}
        self._admin("PATCH", f"/lists/{local}.{DOMAIN}/config", config)
        return f"{local}.{DOMAIN}"

    def subscribe(self, list_id: str, address: str, fields: Mapping[str, str] | None = None) -> None:
        body = {"list_id": list_id, "subscriber": address, "pre_verified": True, **(fields or {})}
        self._ask("POST", "/members", body)

    def subscribe_by_account(self, list_id: str, address: str) -> None:
        """A person with an account in the web interface signs up with whatever address she prefers there."""
        self._admin("POST", "/users", {"email": address})
        self._admin("POST", f"/addresses/{address}/verify")
        self._admin("POST", f"/users/{address}/preferred_address", {"email": address})
        user_id = self._admin("GET", f"/users/{address}").json()["user_id"]
        self._admin("POST", "/members", {"list_id": list_id, "subscriber": user_id, "pre_verified": True})

    def confirm(self, list_id: str, address: str) -> None:
        self._admin("POST", f"/lists/{list_id}/requests/{self._token(list_id, address)}", {"action": "accept"})

    def unsubscribe(self, list_id: str, address: str) -> None:
        with suppress(KeyError):
            self._admin("DELETE", f"/members/{self._member(list_id, address)['member_id']}")

    def complain(self, list_id: str, address: str) -> None:
        raise NotOffered("Mailman hears of no complaints.")

    def bounce(self, list_id: str, address: str) -> None:
        self._deliver(list_id, address, "by_bounces")

    def block(self, list_id: str, address: str) -> None:
        self._deliver(list_id, address, "by_moderator")

    def archive(self, list_id: str, address: str) -> None:
        raise NotOffered("Mailman hides nobody.")

    def delete(self, list_id: str, address: str) -> None:
        self._admin("DELETE", f"/users/{address.lower()}")

    def change_address(self, list_id: str, old: str, new: str) -> None:
        member = self._member(list_id, old)
        self._admin("POST", f"/users/{member['user'].rpartition('/')[2]}/addresses", {"email": new})
        self._admin("POST", f"/addresses/{new}/verify")
        self._admin("PATCH", f"/members/{member['member_id']}", {"address": new})

    def ask_to_leave(self, list_id: str, address: str) -> None:
        self._admin("PATCH", f"/lists/{list_id}/config", {"unsubscription_policy": "moderate"})
        self.unsubscribe(list_id, address)

    def ban(self, list_id: str, address: str) -> None:
        self._admin("POST", f"/lists/{list_id}/bans", {"email": address})

    def recipients(self, list_id: str) -> Mapping[str, Held]:
        waiting = {
            address_key(row["email"]): _held(SubscriberStatus.PENDING, row["display_name"], row["token"])
            for row in self._entries(f"/lists/{list_id}/requests")
        }
        return waiting | {
            address_key(row["email"]): _held(
                DELIVERY[self._delivery(row)], row.get("display_name", ""), row["member_id"]
            )
            for row in self._entries(f"/lists/{list_id}/roster/member")
        }

    @property
    def confirmation_mails(self) -> Sequence[str]:
        mails = self.server.queued_mails()[self._mails_before :]
        return [_recipient(one) for one in mails if any(words in one for words in ASKS)]

    def seed(self, list_id: str, people: int | Iterable[str]) -> None:
        pytest.skip("Mailman takes 50 ms to add one member, and this rule wants pages of them.")

    def _deliver(self, list_id: str, address: str, status: str) -> None:
        member = self._member(list_id, address)
        self._admin("PATCH", f"/members/{member['member_id']}/preferences", {"delivery_status": status})

    def _delivery(self, member: Mapping[str, Any]) -> str:
        preferences = self._admin("GET", f"/members/{member['member_id']}/all/preferences").json()
        return str(preferences["delivery_status"])

    def _member(self, list_id: str, address: str) -> Mapping[str, Any]:
        return {row["email"]: row for row in self._entries(f"/lists/{list_id}/roster/member")}[address.lower()]

    def _token(self, list_id: str, address: str) -> str:
        rows = {row["email"]: row for row in self._entries(f"/lists/{list_id}/requests")}
        return str(rows[address.lower()]["token"])

    def _entries(self, path: str) -> list[Any]:
        entries: list[Any] = self._admin("GET", path).json().get("entries", [])
        return entries

    def _admin(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return self._ask(method, path, body).raise_for_status()

    def _ask(self, method: str, path: str, body: Any) -> httpx.Response:
        return self.server.client.request(method, self.server.url + path, json=body, auth=(USER, PASSWORD))

    # --- what programs ask ---------------------------------------------------------------------------------

    def respond(self, request: SandboxRequest) -> Response:
        path = request.full_path if request.query_string else request.path
        answer = self.server.client.request(
            request.method,
            self.server.root + path,
            content=request.get_data(),
            headers={name: request.headers[name] for name in HANDED_ON if name in request.headers},
        )
        response = Response(answer.content, answer.status_code, content_type=answer.headers.get("content-type"))
        if location := answer.headers.get("location"):
            response.headers["Location"] = location
        return response


def _held(status: SubscriberStatus, name: str, remote_id: str) -> Held:
    return Held(status, {"display_name": name}, Evidence(), remote_id)


def _recipient(pickled: bytes) -> str:
    """Return to whom a mail goes: the text behind the name of that header. Its length is the byte before it."""
    found = re.search(rb"\x02To\x94\x8c(.)", pickled, re.DOTALL)
    assert found, "A mail in the queue is to nobody."
    end = found.end()
    return pickled[end : end + found[1][0]].decode()
