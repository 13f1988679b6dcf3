"""What Mailman keeps, and how a subscription goes through it: the part of the sandbox that knows no HTTP.

Measured on Mailman 3.3.10. It keeps no more than Mailman does: who unsubscribes is forgotten.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

__all__ = ["Address", "MailingList", "Member", "Refusal", "Request", "Server"]

LOCAL_PART = re.compile(r"[-0-9a-zA-Z!#$%&'*+./=?@_`{}~]+")
DOMAIN_PART = re.compile(r"[0-9a-zA-Z][-0-9a-zA-Z]*")


class Refusal(Exception):
    """The words and the status of an error."""

    def __init__(self, words: str, status: int = 400) -> None:
        super().__init__(words)
        self.status = status


@dataclass(slots=True)
class Address:
    email: str
    """Lower-case; Mailman finds it by this one alone."""
    original: str
    user_id: str
    display_name: str
    registered_on: datetime
    verified_on: datetime | None = None


@dataclass(slots=True)
class Member:
    id: str
    list_id: str
    address: Address
    delivery_status: str = "enabled"


@dataclass(slots=True)
class Request:
    """A subscription that waits for a click of the subscriber, or for a moderator."""

    token: str
    list_id: str
    email: str
    token_owner: str
    when: datetime
    type: str = "subscription"
    pre_approved: bool = False


@dataclass(slots=True)
class MailingList:
    list_id: str
    display_name: str
    subscription_policy: str
    members: dict[str, Member] = field(default_factory=dict)
    """By address."""
    requests: dict[str, Request] = field(default_factory=dict)
    """By token."""
    banned: set[str] = field(default_factory=set)
    _roster: list[Member] | None = None

    def roster(self) -> list[Member]:
        """Return the members as Mailman orders them: by address."""
        if self._roster is None:
            self._roster = sorted(self.members.values(), key=lambda one: one.address.email)
        return self._roster

    def put(self, member: Member) -> None:
        self.members[member.address.email] = member
        self._roster = None

    def drop(self, email: str) -> Member | None:
        self._roster = None
        return self.members.pop(email, None)

    def waiting(self, email: str) -> Request | None:
        found = (one for one in self.requests.values() if (one.email, one.type) == (email, "subscription"))
        return next(found, None)

    @property
    def fqdn_listname(self) -> str:
        return self.list_id.replace(".", "@", 1)


class Server:
    def __init__(self) -> None:
        self.lists: dict[str, MailingList] = {}
        self.members: dict[str, Member] = {}
        self.addresses: dict[str, Address] = {}
        self.users: dict[str, str] = {}
        """Id -> display name."""
        self.asked: list[str] = []
        """Whom a mail asked to confirm a subscription, once for each mail."""
        self._ids = count(1)

    def subscribe(
        self, mailing_list: MailingList, email: str, display_name: str, now: datetime, flags: Mapping[str, bool]
    ) -> Member | Request:
        """Begin a subscription; it ends at the first who has to say something to it."""
        address = self.address(email, now, display_name)
        self._refuse_unfit(mailing_list, address.email)
        invited = flags.get("invitation", False)
        # Trap: to be verified sticks to the address, on all lists, also if she never confirms this subscription.
        if not invited and flags.get("pre_verified") and address.verified_on is None:
            address.verified_on = now
        policy = mailing_list.subscription_policy
        # Trap: an open list asks, too, whose address is not verified. And a list that confirms asks nobody whom we
        # call confirmed.
        asks = policy.startswith("confirm") and not flags.get("pre_confirmed")
        if invited or address.verified_on is None or asks:
            self.asked.append(address.original)
            return self._hold(
                mailing_list, address, "subscriber", now, invited or flags.get("pre_approved", False)
            )
        return self._moderate(mailing_list, address, now, flags.get("pre_approved", False))

    def accept(self, mailing_list: MailingList, request: Request, now: datetime) -> None:
        """The subscriber clicks, or the moderator agrees."""
        del mailing_list.requests[request.token]
        address = self.addresses[request.email]
        if request.type == "unsubscription":
            self.end(mailing_list, request.email)
        elif request.token_owner == "moderator":  # noqa: S105
            self._join(mailing_list, address)
        else:
            address.verified_on = address.verified_on or now
            self._moderate(mailing_list, address, now, request.pre_approved)

    def ask_to_leave(self, mailing_list: MailingList, email: str, now: datetime) -> None:
        """A member of a list that lets nobody go without its moderator wants to leave."""
        held = self._hold(mailing_list, self.addresses[email], "moderator", now, is_approved=False)
        held.type = "unsubscription"

    def end(self, mailing_list: MailingList, email: str) -> bool:
        member = mailing_list.drop(email)
        if member:
            del self.members[member.id]
        return member is not None

    def move(self, member: Member, email: str) -> None:
        address = self.addresses.get(email.lower())
        if address is None:
            raise Refusal("Address not registered")
        if address.verified_on is None:
            raise Refusal("Unverified address")
        if address.user_id != member.address.user_id:
            raise Refusal("Address is not controlled by user")
        mailing_list = self.lists[member.list_id]
        mailing_list.drop(member.address.email)
        member.address = address
        mailing_list.put(member)

    def address(self, email: str, now: datetime, display_name: str = "", user_id: str | None = None) -> Address:
        if not _is_valid(email):
            raise Refusal('Invalid Parameter "subscriber": .')
        known = self.addresses.get(email.lower())
        if known is None:
            user_id = user_id or self.new_id()
            self.users.setdefault(user_id, display_name)
            known = Address(email.lower(), email, user_id, display_name, now)
            self.addresses[known.email] = known
        return known

    def name_of(self, address: Address) -> str:
        return address.display_name or self.users[address.user_id]

    def new_id(self) -> str:
        return f"{next(self._ids):032x}"

    def _refuse_unfit(self, mailing_list: MailingList, email: str) -> None:
        if email in mailing_list.members:
            raise Refusal("Member already subscribed", 409)
        if email in mailing_list.banned:
            raise Refusal("Membership is banned")
        if email == mailing_list.fqdn_listname:
            raise Refusal("List posting address cannot subscribe")
        if mailing_list.waiting(email):
            raise Refusal("Subscription request already pending", 409)

    def _moderate(
        self, mailing_list: MailingList, address: Address, now: datetime, is_approved: bool
    ) -> Member | Request:
        if mailing_list.subscription_policy.endswith("moderate") and not is_approved:
            return self._hold(mailing_list, address, "moderator", now, is_approved)
        return self._join(mailing_list, address)

    def _hold(
        self, mailing_list: MailingList, address: Address, owner: str, now: datetime, is_approved: bool
    ) -> Request:
        token = f"{next(self._ids):040x}"
        request = Request(token, mailing_list.list_id, address.email, owner, now, pre_approved=is_approved)
        mailing_list.requests[token] = request
        return request

    def _join(self, mailing_list: MailingList, address: Address) -> Member:
        member = Member(self.new_id(), mailing_list.list_id, address)
        mailing_list.put(member)
        self.members[member.id] = member
        return member


def _is_valid(email: str) -> bool:
    local, _, domain = email.rpartition("@")
    parts = domain.split(".")
    is_domain = len(parts) > 1 and all(DOMAIN_PART.fullmatch(part) for part in parts)
    return is_domain and LOCAL_PART.fullmatch(re.sub('^"(.*)"$', r"\1", local)) is not None
