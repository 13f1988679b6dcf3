"""One audience: its members, and what may become of whom by the API."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rundbrief_mailchimp.testing import problems
from rundbrief_mailchimp.testing.member import WRITABLE, Member, subscriber_hash
from rundbrief_mailchimp.testing.merge_fields import MergeField, default_fields
from rundbrief_mailchimp.testing.merge_values import validated
from rundbrief_mailchimp.testing.times import normalised

__all__ = ["Audience"]

_PLAUSIBLE = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_FAKE_DOMAIN = "@fake.test"

_SENT_TYPES: Mapping[str, tuple[type, str]] = {
    "email_address": (str, "string"),
    "email_type": (str, "string"),
    "merge_fields": (dict, "object"),
    "language": (str, "string"),
    "vip": (bool, "boolean"),
    "tags": (list, "array"),
    "ip_signup": (str, "string"),
    "ip_opt": (str, "string"),
}
_EVIDENCE_TIMES = ("timestamp_signup", "timestamp_opt")


class Audience:
    """One audience (list).

    Args:
        now: tells the time of a change as an answer shows it.
    """

    def __init__(self, list_id: str, number: int, name: str, double_optin: bool, now: Callable[[], str]) -> None:
        self.id = list_id
        self.number = number
        self.name = name
        self.double_optin = double_optin
        self.created = now()
        self.merge_fields: list[MergeField] = default_fields()
        self.last_merge_id = len(self.merge_fields)
        self.members: dict[str, Member] = {}
        self.forgotten: set[str] = set()
        """Hashes of permanently deleted members: no address is left of them."""
        self.busy_addresses: set[str] = set()
        """Addresses in lower case that signed up to a lot of lists very recently."""
        self.irremovable: set[str] = set()
        """Hashes of members that answer DELETE, and a permanent one, with 405; why, only the vendor knows."""
        self.confirmation_mails: list[str] = []
        """Addresses that were asked to confirm, once for each mail."""
        self.now = now
        self._count = number * 1_000_000
        self._by_contact: dict[str, Member] = {}
        self._order: list[Member] | None = None
        self._tag_ids: dict[str, int] = {}

    # --- reading ---------------------------------------------------------------------------------------------

    def get(self, key: str) -> Member | None:
        """Return a member by subscriber hash, plain address or contact id."""
        return self.members.get(key.lower()) or self._by_contact.get(key) or self.members.get(subscriber_hash(key))

    def find(self, key: str) -> Member:
        """Return a member by subscriber hash, plain address or contact id.

        Raises:
            Problem: 404; a deleted member cannot be told from one that never was.
        """
        member = self.get(key)
        if member is None:
            raise problems.not_found()
        return member

    def in_order_of_change(self) -> Sequence[Member]:
        """Return the members by `last_changed` as they are now: another list after any change, else the same."""
        if self._order is None:
            self._order = sorted(self.members.values(), key=lambda one: (one.last_changed, one.number))
        return self._order

    def counts(self) -> Counter[str]:
        """Return how many members have which status."""
        return Counter(one.status for one in self.members.values())

    def tag_id(self, name: str) -> int:
        return self._tag_ids.setdefault(name, len(self._tag_ids) + 1)

    # --- writing by the API ----------------------------------------------------------------------------------

    def create(self, sent: Mapping[str, Any], status: str, *, skip_merge_validation: bool = False) -> Member:
        """Add a member.

        Trap: on a double opt-in audience `subscribed` is subscribed at once; only `pending` sends a mail.

        Raises:
            Problem: the address, the status or a value is refused; nothing was added.
        """
        _refuse_types(sent)
        address = str(sent.get("email_address", "")).strip()
        self._refuse_address(address)
        _refuse_unknown_status(status)
        member = Member(self.next_number(), address)
        member.merge_fields = validated(
            self.merge_fields, {}, sent.get("merge_fields") or {}, skip_required=skip_merge_validation
        )
        _take_over(member, sent)
        self.tag(member, sent.get("tags") or [])
        self.add(member)
        self._set_status(member, status)
        self.touch(member)
        return member

    def change(
        self, member: Member, sent: Mapping[str, Any], status: str | None, *, skip_merge_validation: bool = False
    ) -> None:
        """Update what was sent; without a status the present one stays. Tags are set by a create alone.

        Raises:
            Problem: a value, the status or the new address is refused; nothing was changed.
        """
        _refuse_types(sent)
        values = validated(
            self.merge_fields,
            member.merge_fields,
            sent.get("merge_fields") or {},
            skip_required=skip_merge_validation,
        )
        address = sent.get("email_address", member.email).strip()
        if subscriber_hash(address) != member.id:
            self._refuse_address(address)
            self.refuse_taken(address)
        if status is not None:
            self._refuse_status(member, status)
        _take_over(member, sent)
        self.move(member, address)
        member.merge_fields = values
        if status is not None:
            self._set_status(member, status)
        self.touch(member)

    def archive(self, member: Member) -> None:
        """Hide a member.

        Trap: the former status cannot be seen any more, and a protected opt-out loses its protection: writing a
        status afterwards revives even somebody who unsubscribed. A bounced address stays refused.

        Raises:
            Problem: 405 for the few that cannot be removed.
        """
        self.refuse_irremovable(member)
        member.compliance = member.status == "cleaned"
        member.status = "archived"
        self.touch(member)

    def delete_permanently(self, member: Member) -> None:
        """Forget a member.

        Trap: the address can never be added by the API again; only a form of Mailchimp's own brings it back.
        """
        del self.members[member.id]
        del self._by_contact[member.contact_id]
        self.forgotten.add(member.id)
        self._order = None

    def tag(self, member: Member, tags: Sequence[Any]) -> None:
        """Give tags to a member, or take those away that come as inactive.

        Raises:
            Problem: one of them is neither a name nor an object with a name.
        """
        rows = [{"name": one} if isinstance(one, str) else one for one in tags]
        if not all(isinstance(row, dict) and isinstance(row.get("name"), str) for row in rows):
            raise problems.invalid_value("tags", "Each tag needs a name.")
        for row in rows:
            name = row["name"]
            if row.get("status", "active") == "active":
                member.tags.setdefault(name, self.now())
            else:
                member.tags.pop(name, None)

    # --- steps -----------------------------------------------------------------------------------------------

    def next_number(self) -> int:
        self._count += 1
        return self._count

    def add(self, member: Member) -> Member:
        self.members[member.id] = member
        self._by_contact[member.contact_id] = member
        self._order = None
        return member

    def move(self, member: Member, address: str) -> None:
        """Give a member another address: its id follows, its contact id stays."""
        del self.members[member.id]
        member.email = address
        self.members[member.id] = member

    def touch(self, member: Member) -> None:
        """Move `last_changed`, as any write does."""
        member.last_changed = self.now()
        self._order = None

    def refuse_taken(self, address: str) -> None:
        """Refuse an address that is a member in any state, archived included."""
        taken = self.members.get(subscriber_hash(address))
        if taken is not None:
            status = "Deleted" if taken.status == "archived" else taken.status.capitalize()
            raise problems.already_in_list(address, status)

    def refuse_irremovable(self, member: Member) -> None:
        if member.id in self.irremovable:
            raise problems.Problem(
                405, "Method Not Allowed", "This list member cannot be removed. Please contact support."
            )

    def _refuse_address(self, address: str) -> None:
        if not _PLAUSIBLE.fullmatch(address) or address.lower().endswith(_FAKE_DOMAIN):
            raise problems.fake_or_invalid(address)
        if address.lower() in self.busy_addresses:
            raise problems.too_many_signups(address)
        if subscriber_hash(address) in self.forgotten:
            raise problems.forgotten(address)

    def _refuse_status(self, member: Member, status: str) -> None:
        """Trap: an opt-out by the person is protected; one that the API or an administrator wrote is not."""
        _refuse_unknown_status(status)
        if status == "subscribed" and member.status != "subscribed" and member.compliance:
            raise problems.compliance_state(member.email)

    def _set_status(self, member: Member, status: str) -> None:
        if status == "pending" and member.status != "pending":  # repeated, it sends no second mail
            self.send_confirmation(member)
        if status == "subscribed" and not member.timestamp_opt:
            member.timestamp_opt = self.now()
        if status == "unsubscribed" and member.status != "unsubscribed":
            member.unsubscribe_reason = "N/A (Unsubscribed by an admin)"
        member.compliance = member.compliance or status == "cleaned"
        member.status = status

    def send_confirmation(self, member: Member) -> None:
        """Send the double opt-in mail."""
        self.confirmation_mails.append(member.email)


def _refuse_unknown_status(status: str) -> None:
    if status not in WRITABLE:
        raise problems.invalid_value("status", f"Value must be one of: {', '.join(WRITABLE)}")


def _refuse_types(sent: Mapping[str, Any]) -> None:
    for name, (kind, word) in _SENT_TYPES.items():
        if name in sent and not isinstance(sent[name], kind):
            raise problems.invalid_value(name, f"Schema describes {word}, something else found instead")


def _take_over(member: Member, sent: Mapping[str, Any]) -> None:
    """Take over what needs no rule: the evidence of the opt-in among it, which is writable."""
    times = {name: normalised(name, sent[name]) for name in _EVIDENCE_TIMES if sent.get(name)}
    for name, text in times.items():
        setattr(member, name, text)
    for name in ("ip_signup", "ip_opt", "language", "vip", "email_type"):
        if name in sent:
            setattr(member, name, sent[name])
