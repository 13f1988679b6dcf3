"""The words that core and its plugins share: plain, frozen, and free of any library.

Times are timezone-aware `datetime` objects in UTC. Addresses are kept as their owner spells them; wherever two
are compared, `address_key` is.
"""

from rundbrief.models.addresses import address_key, mask_address
from rundbrief.models.contacts import (
    Campaign,
    Condition,
    Contact,
    ContactKind,
    CrmOptIn,
    NewContact,
    OptInChange,
    OptInField,
    PartyType,
    Selection,
)
from rundbrief.models.postal import PostalAddress
from rundbrief.models.subscribers import Checkpoint, Evidence, MailingList, OptIn, Subscriber, SubscriberStatus
from rundbrief.models.values import FieldValue
from rundbrief.models.writes import ContactWrite, Outcome, Reason, Result, WriteKind

__all__ = [
    "Campaign",
    "Checkpoint",
    "Condition",
    "Contact",
    "ContactKind",
    "ContactWrite",
    "CrmOptIn",
    "Evidence",
    "FieldValue",
    "MailingList",
    "NewContact",
    "OptIn",
    "OptInChange",
    "OptInField",
    "Outcome",
    "PartyType",
    "PostalAddress",
    "Reason",
    "Result",
    "Selection",
    "Subscriber",
    "SubscriberStatus",
    "WriteKind",
    "address_key",
    "mask_address",
]
