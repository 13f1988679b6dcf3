"""What the service holds about a contact, in rundbrief's words."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rundbrief.models import Evidence, SubscriberStatus
from rundbrief.testing.sandbox import Held
from rundbrief_brevo.testing.contact import Contact

__all__ = ["OPT_IN_DATE", "OPT_IN_SOURCE", "held", "status_of"]

OPT_IN_DATE = "OPT_IN_DATE"
OPT_IN_SOURCE = "OPT_IN_SOURCE"
"""Attributes in which a client may keep the evidence: the service keeps none."""

_OPT_OUTS = frozenset({"userUnsubscription", "adminUnsubscription", "complaints"})
_NOT_CONFIRMED = "2"


def status_of(contact: Contact) -> SubscriberStatus:
    """Return the true status, for the whole account.

    The blocklist tells no reason, so a contact counts as bounced only if nothing in its statistics, however old,
    is an opt-out: where a bounce and an opt-out meet, the opt-out wins.
    """
    if contact.email_blacklisted:
        kinds = {event.kind for event in contact.events}
        only_bounced = "hardBounces" in kinds and not kinds & _OPT_OUTS
        return SubscriberStatus.BOUNCED if only_bounced else SubscriberStatus.UNSUBSCRIBED
    if contact.attributes.get("DOUBLE_OPT-IN") == _NOT_CONFIRMED:
        return SubscriberStatus.PENDING
    return SubscriberStatus.SUBSCRIBED if contact.lists else SubscriberStatus.NEVER


def held(contact: Contact, list_id: int) -> Held:
    return Held(
        status_of(contact),
        dict(contact.attributes),
        _evidence(contact.attributes),
        str(contact.id),
        is_member=list_id in contact.lists,
    )


def _evidence(attributes: Mapping[str, Any]) -> Evidence:
    stated = _time(str(attributes[OPT_IN_DATE])) if OPT_IN_DATE in attributes else None
    return Evidence(stated, str(attributes.get(OPT_IN_SOURCE, "")))


def _time(text: str) -> datetime | None:
    """Return a time or a day that a client kept, however precisely; None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
