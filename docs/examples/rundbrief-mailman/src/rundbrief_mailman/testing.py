"""An imitation of Mailman, in memory: what the contract and `rundbrief sandbox mailman` talk to.

`tests/real` asks it and the real one the same questions, and compares.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from werkzeug.wrappers import Response

from rundbrief.models import Evidence, SubscriberStatus, address_key
from rundbrief.testing.sandbox import Held, NotOffered, Sandbox, SandboxRequest
from rundbrief_mailman.imitation import MailingList, Refusal, Server
from rundbrief_mailman.rest import DOMAIN, PASSWORD, USER, RestApi

__all__ = ["PASSWORD", "MailmanSandbox"]


DELIVERY = {
    "enabled": SubscriberStatus.SUBSCRIBED,
    "by_user": SubscriberStatus.UNSUBSCRIBED,
    "by_moderator": SubscriberStatus.UNSUBSCRIBED,
    "by_bounces": SubscriberStatus.BOUNCED,
    "unknown": SubscriberStatus.UNSUBSCRIBED,
}
NOBODY_CONFIRMS = {"pre_verified": True, "pre_confirmed": True, "pre_approved": True}


class MailmanSandbox(Sandbox):
    def __init__(self) -> None:
        super().__init__()
        self.server = Server()
        self._api = RestApi(self.server, lambda: self.clock())

    def settings(self, base_url: str) -> Mapping[str, Any]:
        return {
            "provider": "mailman",
            "base_url": f"{base_url}/3.1",
            "user": USER,
            "password": {"env": "MAILMAN_PASSWORD"},
        }

    def environ(self) -> Mapping[str, str]:
        return {"MAILMAN_PASSWORD": PASSWORD}

    # --- what persons and administrators do ----------------------------------------------------------------

    def add_list(self, name: str, *, double_opt_in: bool = False) -> str:
        return self.add_list_with("confirm" if double_opt_in else "open", name)

    def add_list_with(self, subscription_policy: str, name: str) -> str:
        list_id = f"list{len(self.server.lists) + 1}.{DOMAIN}"
        self.server.lists[list_id] = MailingList(list_id, name, subscription_policy)
        return list_id

    def subscribe(self, list_id: str, address: str, fields: Mapping[str, str] | None = None) -> None:
        """A form that refuses her says so to her, and nothing has changed."""
        name = (fields or {}).get("display_name", "")
        with suppress(Refusal):
            self.server.subscribe(self._list(list_id), address, name, self.clock(), {"pre_verified": True})

    def confirm(self, list_id: str, address: str) -> None:
        request = self._list(list_id).waiting(address.lower())
        assert request is not None, "nobody was asked"
        self.server.accept(self._list(list_id), request, self.clock())

    def unsubscribe(self, list_id: str, address: str) -> None:
        self.server.end(self._list(list_id), address.lower())

    def complain(self, list_id: str, address: str) -> None:
        raise NotOffered("Mailman hears of no complaints.")

    def bounce(self, list_id: str, address: str) -> None:
        self._list(list_id).members[address.lower()].delivery_status = "by_bounces"

    def block(self, list_id: str, address: str) -> None:
        self._list(list_id).members[address.lower()].delivery_status = "by_moderator"

    def archive(self, list_id: str, address: str) -> None:
        raise NotOffered("Mailman hides nobody.")

    def delete(self, list_id: str, address: str) -> None:
        self.unsubscribe(list_id, address)
        self.server.addresses.pop(address.lower(), None)

    def change_address(self, list_id: str, old: str, new: str) -> None:
        member = self._list(list_id).members[old.lower()]
        self.server.address(new, self.clock(), user_id=member.address.user_id).verified_on = self.clock()
        self.server.move(member, new)

    def ask_to_leave(self, list_id: str, address: str) -> None:
        """A member wants to leave a list whose moderator has to agree."""
        self.server.ask_to_leave(self._list(list_id), address.lower(), self.clock())

    def ban(self, list_id: str, address: str) -> None:
        self._list(list_id).banned.add(address)

    def recipients(self, list_id: str) -> Mapping[str, Held]:
        mailing_list = self._list(list_id)
        waiting = {
            address_key(one.email): self._held(SubscriberStatus.PENDING, one.email, one.token)
            for one in mailing_list.requests.values()
            if one.type == "subscription"
        }
        return waiting | {
            address_key(one.address.email): self._held(DELIVERY[one.delivery_status], one.address.email, one.id)
            for one in mailing_list.members.values()
        }

    @property
    def confirmation_mails(self) -> Sequence[str]:
        return self.server.asked

    def seed(self, list_id: str, people: int | Iterable[str]) -> None:
        names = (f"person{number}@example.org" for number in range(people)) if isinstance(people, int) else people
        for address in names:
            self.server.subscribe(self._list(list_id), address, "", self.clock(), NOBODY_CONFIRMS)

    def _held(self, status: SubscriberStatus, email: str, remote_id: str) -> Held:
        name = self.server.name_of(self.server.addresses[email])
        return Held(status, {"display_name": name}, Evidence(), remote_id)

    def _list(self, list_id: str) -> MailingList:
        return self.server.lists[list_id]

    # --- what programs ask ---------------------------------------------------------------------------------

    def respond(self, request: SandboxRequest) -> Response:
        return self._api.respond(request)
