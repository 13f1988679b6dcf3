"""The words for what runs do: one sentence for each reason, one phrase for each thing done."""

from collections.abc import Mapping
from dataclasses import dataclass

from rundbrief.consent import Decision
from rundbrief.models import OptIn, Reason, Result, SubscriberStatus, WriteKind

__all__ = [
    "COUNTS",
    "HEADINGS",
    "OPT_IN",
    "SENTENCES",
    "STATUS",
    "Phrase",
    "done_phrase",
    "mail_sentence",
]

SENTENCES: Mapping[Reason, str] = {
    # what was done
    Reason.NEW: "New, with an opt-in in the CRM, so it was added to the list.",
    Reason.NEW_CONTACT: "Subscribed at the service and unknown to the CRM, so a contact was made.",
    Reason.CHANGED: "The data in the CRM has changed, so the service's was overwritten.",
    Reason.MOVED: "The address has changed, so the recipient was moved to the new one.",
    Reason.WITHDRAWN_IN_CRM: "The opt-in was withdrawn in the CRM.",
    Reason.ADDRESS_ABANDONED: "The contact has another address now, so the old one was unsubscribed.",
    Reason.CONFIRMATION_ASKED: "Had unsubscribed; was asked by mail to confirm the new opt-in.",
    Reason.OPTED_IN: "Opted in at the service, so the CRM's opt-in was set.",
    Reason.OPTED_OUT: "Unsubscribed at the service, so the CRM's opt-in was cleared.",
    Reason.ERASED: "Was erased at the service, with all that its API lets go of.",
    # held: a rule of ours
    Reason.NO_ADDRESS: "Has an opt-in, but no e-mail address. Add one in the CRM.",
    Reason.INVALID_ADDRESS: "Has an opt-in, but what stands as e-mail address is none. Correct it in the CRM.",
    Reason.NO_OPT_IN: "Has no opt-in for this list.",
    Reason.NOT_CONFIRMED: "Is still to confirm by mail (double opt-in), or to be let in by a moderator.",
    Reason.NEVER_OPTED_IN: "The service knows the address, for example from a purchase, but never got an opt-in.",
    Reason.BOUNCED: "Mail to this address comes back. Ask for another one.",
    Reason.ARCHIVED: "Is archived at the service, where the archive may hide an unsubscribe.",
    Reason.GONE: "Was deleted at the service; whoever is deleted there is not added again.",
    Reason.LEFT_THE_LIST: "Was on this list and left it; that person, or somebody at the service, can undo it.",
    Reason.WITHDRAWN_AT_SERVICE: "Has unsubscribed at the service; only that person can come back, by a form.",
    Reason.WITHDRAWAL_REPORTED: (
        'The CRM says no, the service still sends: unsubscribe there by hand (withdrawals = "report").'
    ),
    Reason.ADDRESS_CHANGED: "Has another address in the CRM now, which needs an opt-in of its own.",
    Reason.DELETED_IN_CRM: "Was deleted in the CRM and still gets mail; --prune unsubscribes.",
    Reason.SHARED_ADDRESS_NO: "Shares the address with a contact who said no; one no counts for all of them.",
    Reason.CRM_CHANGED_MEANWHILE: "Was edited in the CRM while the run was under way; the next run looks again.",
    # refused: the service's word
    Reason.ALREADY_EXISTS: "The service already has this address, but hides it; it may be archived.",
    Reason.COMPLIANCE: "Unsubscribed, bounced or under review, says the service; only a sign-up form helps.",
    Reason.FORGOTTEN: "Was deleted for good at the service, which will not take the address again.",
    Reason.FAKE_OR_INVALID: "The service takes the address for fake or invalid.",
    Reason.TOO_MANY_SIGNUPS: "Has signed up for too many lists lately; the service wants a pause of some hours.",
    Reason.VALUE_LEFT_OUT: "A value does not fit the field there; the contact goes without it, or with less.",
    Reason.UNFIT_VALUE: "A value does not fit the service's field, and the configuration says: then not at all.",
    Reason.INVALID_FIELDS: "The service refuses the data, for example because a required field is empty.",
    Reason.ADDRESS_TAKEN: "The new address already belongs to another recipient.",
    Reason.HAS_MOVED: "Has another address at the service by now, and was not erased; import, then look again.",
    Reason.NOT_FOUND: "The service has the recipient no longer.",
    Reason.UNKNOWN_REFUSAL: "The service refused without a reason we know.",
    Reason.TEMPORARY: "Did not work this time; the next run tries again.",
}
"""Why one contact was written, held or refused."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """How a thing done reads: `1 became a contact`, `287 became contacts`, `would become a contact`."""

    one: str
    many: str
    would: str

    def counted(self, count: int) -> str:
        return self.one if count == 1 else self.many


_SET = Phrase("opt-in set", "opt-ins set", "opt-in would be set")
_CLEARED = Phrase("opt-in cleared", "opt-ins cleared", "opt-in would be cleared")

_DONE: Mapping[Reason, Phrase] = {
    Reason.NEW: Phrase("added", "added", "would be added"),
    Reason.NEW_CONTACT: Phrase("became a new contact", "became new contacts", "would become a new contact"),
    Reason.CHANGED: Phrase("updated", "updated", "data would be updated"),
    Reason.MOVED: Phrase(
        "moved to its new address", "moved to their new addresses", "would be moved to the new address"
    ),
    Reason.WITHDRAWN_IN_CRM: Phrase(
        "unsubscribed, as the CRM says no", "unsubscribed, as the CRM says no", "would be unsubscribed"
    ),
    Reason.ADDRESS_ABANDONED: Phrase(
        "old address unsubscribed", "old addresses unsubscribed", "old address would be unsubscribed"
    ),
    Reason.DELETED_IN_CRM: Phrase(
        "unsubscribed: deleted in the CRM", "unsubscribed: deleted in the CRM", "would be unsubscribed"
    ),
    Reason.CONFIRMATION_ASKED: Phrase("asked to confirm", "asked to confirm", "would be asked to confirm"),
    Reason.ERASED: Phrase("erased", "erased", "would be erased"),
    Reason.OPTED_IN: _SET,
    Reason.OPTED_OUT: _CLEARED,
    Reason.GONE: Phrase(
        "opt-in cleared: gone at the service",
        "opt-ins cleared: gone at the service",
        "opt-in would be cleared: gone at the service",
    ),
}

_DONE_BY_IMPORT: Mapping[Reason, Phrase] = {
    Reason.WITHDRAWN_IN_CRM: _CLEARED,
}


def done_phrase(kind: str, reason: Reason) -> Phrase:
    """Return how a thing that was done reads in the report of a run of that kind."""
    if kind == "import" and reason in _DONE_BY_IMPORT:
        return _DONE_BY_IMPORT[reason]
    other = Phrase("changed", "changed", "would be changed")
    return _DONE.get(reason, other)


COUNTS: Mapping[str, str] = {
    "read": "read at the service",
    "looked at": "looked at in the CRM",
    "found done": "sent by an earlier run without an answer, and found done",
    "unchanged": "as they were",
    "without opt-in": "without an opt-in for this list: left alone",
    "without data of their own": "known to the service by the address of another contact, whose data counts",
    "remembered": "not subscribed and not in the CRM: remembered, but no contact was made",
    "deleted_in_crm": "deleted in the CRM earlier: not made again",
}
"""What a run counts without a line per contact."""

HEADINGS: Mapping[Result, tuple[str, str]] = {
    Result.HELD: ("Held back", "Would be held back"),
    Result.REFUSED: ("Refused by {title}", "Would be refused by {title}"),
    Result.FAILED: ("Not done this time", "Could not be done"),
}
"""The headings of a report's parts, for a run and for a dry run."""

OPT_IN: Mapping[OptIn, str] = {OptIn.YES: "yes", OptIn.NO: "no", OptIn.UNKNOWN: "not set"}

STATUS: Mapping[SubscriberStatus, str] = {
    SubscriberStatus.SUBSCRIBED: "subscribed",
    SubscriberStatus.UNSUBSCRIBED: "unsubscribed",
    SubscriberStatus.PENDING: "not confirmed",
    SubscriberStatus.NEVER: "never opted in",
    SubscriberStatus.BOUNCED: "bounced",
    SubscriberStatus.ARCHIVED: "archived",
    SubscriberStatus.ABSENT: "not there",
    SubscriberStatus.GONE: "gone",
}

_MAIL: Mapping[SubscriberStatus, str] = {
    SubscriberStatus.SUBSCRIBED: "Gets mail: is subscribed there.",
    SubscriberStatus.UNSUBSCRIBED: "Gets no mail: has unsubscribed there.",
    SubscriberStatus.PENDING: "Gets no mail yet: has not confirmed the opt-in.",
    SubscriberStatus.NEVER: "Gets no mail: never opted in there.",
    SubscriberStatus.BOUNCED: "Gets no mail: earlier mail came back.",
    SubscriberStatus.ARCHIVED: "Gets no mail: is archived there.",
    SubscriberStatus.ABSENT: "Gets no mail: is not on the list.",
    SubscriberStatus.GONE: "Gets no mail: was deleted there.",
}


_NEXT_EXPORT: Mapping[WriteKind, str] = {
    WriteKind.CREATE: "The CRM says yes: the next export adds the address.",
    WriteKind.WITHDRAW: "The CRM says no: the next export unsubscribes it.",
    WriteKind.CONFIRM: "The CRM says yes: the next export asks by mail to confirm.",
}


def mail_sentence(status: SubscriberStatus, crm: OptIn, next_step: Decision) -> str:
    """Say whether somebody gets mail, why, and what the next run would do about it."""
    sentences = [_MAIL[status]]
    if next_step.reason is Reason.WITHDRAWAL_REPORTED:
        sentences.append(SENTENCES[next_step.reason])
    elif next_step.held:
        sentences.append("The CRM says yes; that is held back.")
    elif next_step.service and next_step.service in _NEXT_EXPORT:
        sentences.append(_NEXT_EXPORT[next_step.service])
    elif next_step.crm not in (None, crm):
        verb = "sets" if next_step.crm is OptIn.YES else "clears"
        sentences.append(f"The next run {verb} the CRM's opt-in.")
    if next_step.held and next_step.reason is Reason.WITHDRAWN_AT_SERVICE:
        sentences.append("Only that person can come back, by a form of the service.")
    return " ".join(sentences)
