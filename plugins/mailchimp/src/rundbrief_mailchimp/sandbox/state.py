"""The state of an account: audiences, their members, and what may become of whom.

What Mailchimp does is told in its own terms; the traps are marked.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rundbrief_mailchimp.sandbox import problems
from rundbrief_mailchimp.sandbox.merge_fields import MergeField, default_fields, validated

__all__ = ["WRITABLE", "Audience", "Member", "subscriber_hash"]

WRITABLE = ("subscribed", "unsubscribed", "cleaned", "pending", "transactional")
"""The statuses a write may name; `archived` comes in reads only."""

_PLAUSIBLE = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


def subscriber_hash(address: str) -> str:
    """Return the key of a member: the MD5 of the lower-cased address."""
    return hashlib.md5(address.strip().lower().encode(), usedforsecurity=False).hexdigest()


@dataclass(slots=True)
class Member:
    number: int
    email: str
    status: str
    merge_fields: dict[str, Any] = field(default_factory=dict)
    compliance: bool = False
    """Trap: unsubscribed by the person, bounced or under review. Only such an opt-out is protected by the API."""
    timestamp_signup: str = ""
    ip_signup: str = ""
    timestamp_opt: str = ""
    ip_opt: str = ""
    last_changed: str = ""
    unsubscribe_reason: str = ""
    source: str = "API - Generic"
    language: str = ""
    vip: bool = False
    email_type: str = "html"
    tags: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        return subscriber_hash(self.email)

    @property
    def contact_id(self) -> str:
        """Stays the same when the address changes."""
        return f"{self.number:032x}"


class Audience:
    """One audience (list).

    Args:
        now: tells the time of a change as ISO 8601.
    """

    def __init__(self, list_id: str, number: int, name: str, double_optin: bool, now: Callable[[], str]) -> None:
        self.id = list_id
        self.number = number
        self.name = name
        self.double_optin = double_optin
        self.created = now()
        self.merge_fields: list[MergeField] = default_fields()
        self.members: dict[str, Member] = {}
        self.forgotten: set[str] = set()
        self.busy_addresses: set[str] = set()
        """Addresses that signed up to a lot of lists very recently."""
        self.confirmation_mails: list[str] = []
        self._now = now
        self._count = number * 1_000_000
        self._by_contact: dict[str, Member] = {}
        self._order: list[Member] | None = None

    # --- reading ---------------------------------------------------------------------------------------------

    def find(self, key: str) -> Member:
        """Return a member by subscriber hash, plain address or contact id.

        Raises:
            Problem: 404; a deleted member cannot be told from one that never was.
        """
        member = self.members.get(key.lower()) or self._by_contact.get(key)
        member = member or self.members.get(subscriber_hash(key))
        if member is None:
            raise problems.not_found()
        return member

    def in_order_of_change(self) -> Sequence[Member]:
        """Return the members by `last_changed` as they are now: an offset into it moves with every write."""
        if self._order is None:
            self._order = sorted(self.members.values(), key=lambda one: (one.last_changed, one.number))
        return self._order

    # --- writing ---------------------------------------------------------------------------------------------

    def create(self, sent: Mapping[str, Any], status: str, *, skip_merge_validation: bool = False) -> Member:
        """Add a member.

        Raises:
            Problem: the address or its values are refused.
        """
        address = str(sent.get("email_address", "")).strip()
        self._refuse_address(address)
        if status not in WRITABLE:
            raise problems.invalid_resource(
                "The resource submitted could not be validated.",
                [{"field": "status", "message": f"Value must be one of: {', '.join(WRITABLE)}"}],
            )
        values = validated(
            self.merge_fields, {}, sent.get("merge_fields") or {}, skip_required=skip_merge_validation
        )
        member = self._add(Member(self._next_number(), address, "transactional", values))
        self._apply(member, sent)
        self._set_status(member, status)
        self._touch(member)
        return member

    def change(
        self, member: Member, sent: Mapping[str, Any], status: str | None, *, skip_merge_validation: bool = False
    ) -> None:
        """Update what was sent; a status that was not sent stays.

        Raises:
            Problem: a value, the status or the new address is refused; nothing was changed.
        """
        values = validated(
            self.merge_fields,
            member.merge_fields,
            sent.get("merge_fields") or {},
            skip_required=skip_merge_validation,
        )
        address = sent.get("email_address")
        if address is not None and subscriber_hash(address) != member.id:
            self._refuse_address(address)
            self._refuse_taken(address)
        if status is not None:
            self._refuse_status(member, status)
        if address is not None:
            self._rename(member, address.strip())
        member.merge_fields = values
        self._apply(member, sent)
        if status is not None:
            self._set_status(member, status)
        self._touch(member)

    def archive(self, member: Member) -> None:
        """Trap: the former status cannot be seen any more, so an archived member may hide an opt-out."""
        member.status = "archived"
        self._touch(member)

    def delete_permanently(self, member: Member) -> None:
        """Trap: the address can never be added by the API again; only a form of Mailchimp's own brings it back."""
        del self.members[member.id]
        del self._by_contact[member.contact_id]
        self.forgotten.add(member.id)
        self._order = None

    # --- persons ---------------------------------------------------------------------------------------------

    def sign_up(self, address: str, values: Mapping[str, str]) -> None:
        """A person fills in Mailchimp's own form, which even a forgotten or unsubscribed address may."""
        key = subscriber_hash(address)
        self.forgotten.discard(key)
        member = self.members.get(key)
        if member is None:
            member = self._add(Member(self._next_number(), address.strip(), "transactional"))
        member.merge_fields.update(values)
        member.timestamp_signup, member.ip_signup, member.source = (
            self._now(),
            "198.51.100.7",
            "Hosted Signup Form",
        )
        if self.double_optin:
            member.status = "pending"
            self.confirmation_mails.append(address)
        else:
            self._opt_in_by_person(member)
        self._touch(member)

    def confirm(self, member: Member) -> None:
        if member.status == "pending":
            self._opt_in_by_person(member)
            self._touch(member)

    def opt_out_by_person(self, member: Member, reason: str) -> None:
        member.status, member.compliance, member.unsubscribe_reason = "unsubscribed", True, reason
        self._touch(member)

    def bounce(self, member: Member) -> None:
        member.status, member.compliance = "cleaned", True
        self._touch(member)

    def rename(self, member: Member, address: str) -> None:
        """The person changes her own address in the preference centre."""
        self._refuse_taken(address)
        self._rename(member, address)
        self._touch(member)

    def seed(self, people: Sequence[tuple[str, Mapping[str, Any], datetime]]) -> None:
        """Add confirmed subscribers from the past: (address, merge fields, signed up at)."""
        for address, values, moment in people:
            stamp = moment.isoformat(timespec="seconds")
            member = self._add(Member(self._next_number(), address, "subscribed", dict(values)))
            member.timestamp_signup = member.timestamp_opt = member.last_changed = stamp
            member.ip_signup = member.ip_opt = "198.51.100.7"
            member.source = "Hosted Signup Form"
        self._order = None

    # --- rules -----------------------------------------------------------------------------------------------

    def _refuse_address(self, address: str) -> None:
        if not _PLAUSIBLE.fullmatch(address) or address.lower().endswith("@fake.test"):
            raise problems.fake_or_invalid(address)
        if address.lower() in self.busy_addresses:
            raise problems.too_many_signups(address)
        if subscriber_hash(address) in self.forgotten:
            raise problems.forgotten(address)

    def _refuse_taken(self, address: str) -> None:
        taken = self.members.get(subscriber_hash(address))
        if taken is not None:
            status = "Deleted" if taken.status == "archived" else taken.status.capitalize()
            raise problems.already_in_list(address, status)

    def _refuse_status(self, member: Member, status: str) -> None:
        if status not in WRITABLE:
            raise problems.invalid_resource(
                "The resource submitted could not be validated.",
                [{"field": "status", "message": f"Value must be one of: {', '.join(WRITABLE)}"}],
            )
        protected = member.compliance or member.status == "cleaned"
        if status == "subscribed" and protected and member.status != "subscribed":
            raise problems.compliance_state(member.email)

    def _set_status(self, member: Member, status: str) -> None:
        self._refuse_status(member, status)
        if status == "pending" and member.status != "pending":
            self.confirmation_mails.append(member.email)
        if status == "subscribed" and not member.timestamp_opt:
            member.timestamp_opt = self._now()
        if status == "unsubscribed" and member.status != "unsubscribed":
            member.unsubscribe_reason = "N/A (Unsubscribed by an admin)"
        if status == "cleaned":
            member.compliance = True
        member.status = status

    def _opt_in_by_person(self, member: Member) -> None:
        member.status, member.compliance = "subscribed", False
        member.timestamp_opt, member.ip_opt = self._now(), "198.51.100.7"

    def _apply(self, member: Member, sent: Mapping[str, Any]) -> None:
        for name in ("timestamp_signup", "ip_signup", "timestamp_opt", "ip_opt", "language", "vip", "email_type"):
            if name in sent:
                setattr(member, name, sent[name])
        for tag in sent.get("tags") or []:
            name = tag["name"] if isinstance(tag, dict) else tag
            if name not in member.tags:
                member.tags.append(name)

    def _next_number(self) -> int:
        self._count += 1
        return self._count

    def _add(self, member: Member) -> Member:
        self.members[member.id] = member
        self._by_contact[member.contact_id] = member
        return member

    def _rename(self, member: Member, address: str) -> None:
        del self.members[member.id]
        member.email = address
        self.members[member.id] = member
        self._order = None

    def _touch(self, member: Member) -> None:
        member.last_changed = self._now()
        self._order = None
