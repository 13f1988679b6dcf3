"""What persons do at Mailchimp's own forms and links, past the rules that hold for the API."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from rundbrief_mailchimp.testing.audience import Audience
from rundbrief_mailchimp.testing.member import Member, subscriber_hash
from rundbrief_mailchimp.testing.times import stamp

__all__ = ["bounce", "change_address", "confirm", "opt_out", "seed", "sign_up"]

FORM = "Hosted Signup Form"
IP = "198.51.100.7"
"""Where all persons of a sandbox live (RFC 5737)."""


def sign_up(audience: Audience, address: str, values: Mapping[str, str]) -> None:
    """Somebody fills in the form; even a forgotten, unsubscribed or archived address may."""
    key = subscriber_hash(address)
    audience.forgotten.discard(key)
    member = audience.members.get(key) or audience.add(Member(audience.next_number(), address.strip()))
    member.merge_fields.update(values)
    if member.status != "subscribed":
        member.timestamp_signup, member.ip_signup, member.source = audience.now(), IP, FORM
        if audience.double_optin:
            member.status = "pending"
            audience.send_confirmation(member)
        else:
            _opt_in(audience, member)
    audience.touch(member)


def confirm(audience: Audience, member: Member) -> None:
    """Somebody clicks the link in a confirmation mail; it counts while the member is pending."""
    if member.status == "pending":
        _opt_in(audience, member)
        audience.touch(member)


def opt_out(audience: Audience, member: Member, reason: str) -> None:
    """Somebody unsubscribes or complains: from now on the API cannot subscribe her."""
    member.status, member.compliance, member.unsubscribe_reason = "unsubscribed", True, reason
    audience.touch(member)


def bounce(audience: Audience, member: Member) -> None:
    """Mails come back."""
    member.status, member.compliance = "cleaned", True
    audience.touch(member)


def change_address(audience: Audience, member: Member, address: str) -> None:
    """Somebody changes her own address.

    Raises:
        Problem: another member has it, in whatever state.
    """
    if subscriber_hash(address) != member.id:
        audience.refuse_taken(address)
    audience.move(member, address.strip())
    audience.touch(member)


def seed(audience: Audience, people: Iterable[tuple[str, Mapping[str, str], datetime]]) -> None:
    """Add confirmed subscribers of the past: address, merge values, and when they signed up."""
    for address, values, moment in people:
        at = stamp(moment)
        audience.add(
            Member(
                audience.next_number(),
                address,
                "subscribed",
                dict(values),
                timestamp_signup=at,
                ip_signup=IP,
                timestamp_opt=at,
                ip_opt=IP,
                last_changed=at,
                source=FORM,
            )
        )


def _opt_in(audience: Audience, member: Member) -> None:
    member.status, member.compliance = "subscribed", False
    member.timestamp_opt, member.ip_opt = audience.now(), IP
