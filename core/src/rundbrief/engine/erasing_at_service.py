"""Erasing a person at one service: asked to let go of her, or else to mail her no more."""

from dataclasses import dataclass, replace
from enum import StrEnum

from rundbrief.engine.workspace import Connection, Workspace
from rundbrief.errors import Interrupted, RundbriefError
from rundbrief.models import ContactWrite, MailingList, Outcome, Reason, Result, SubscriberStatus, WriteKind
from rundbrief.store import Recipient

__all__ = ["Answer", "Place", "ask_service"]

_NOT_THERE = (SubscriberStatus.ABSENT, SubscriberStatus.GONE)
_MAILED = (SubscriberStatus.SUBSCRIBED, SubscriberStatus.PENDING)


class Answer(StrEnum):
    """What became of a person at a service."""

    NOT_ASKED = "not asked"
    ERASED = "erased"
    NOT_THERE = "not there"
    UNSUBSCRIBED = "unsubscribed"
    """She could not be erased, and is mailed no more."""
    KEPT = "kept"
    """She could not be erased, and nothing was changed."""
    MOVED = "moved"
    """The recipient has another address by now; only an import can tell which."""
    UNREACHABLE = "unreachable"
    """The service could not be asked."""


@dataclass(frozen=True, slots=True)
class Place:
    """One consent scope of one service."""

    connection: str
    title: str
    """The service's name."""
    mailing_list: MailingList
    """The list, or what stands for the whole account."""
    recipient: Recipient
    """As the state knows her there."""
    answer: Answer = Answer.NOT_ASKED
    detail: str = ""
    """What the service, or the error, says about it; free of addresses."""

    @property
    def scope(self) -> str:
        return self.mailing_list.id

    @property
    def is_known_there(self) -> bool:
        """Tell whether she is there, as the last read knows."""
        return self.recipient.status not in _NOT_THERE

    @property
    def has_her_still(self) -> bool:
        """Tell whether the service was asked, and did not let go of all that it has of her."""
        return self.answer in (Answer.UNSUBSCRIBED, Answer.KEPT)

    @property
    def mails_her_no_more(self) -> bool:
        """Tell whether a subscription that is told of later can only be a new one."""
        is_out = self.answer in (Answer.ERASED, Answer.NOT_THERE, Answer.UNSUBSCRIBED)
        return is_out or self.recipient.status is SubscriberStatus.UNSUBSCRIBED


def ask_service(workspace: Workspace, place: Place) -> Place:
    """Ask the service to let go of her; return the place with its answer."""
    if place.answer is not Answer.NOT_ASKED:
        return place
    workspace.stop.check()
    try:
        return _ask(workspace.connection(place.connection), place, workspace)
    except Interrupted:
        raise
    except RundbriefError as error:
        return replace(place, answer=Answer.UNREACHABLE, detail=str(error))


def _ask(connection: Connection, place: Place, workspace: Workspace) -> Place:
    write = ContactWrite("1", place.recipient.spelling, place.recipient.remote_id)
    outcomes = connection.provider.erase_contacts(connection.session, place.mailing_list, [write])
    if outcomes is None:
        return _unsubscribe(connection, place, workspace, "The service's plugin cannot erase anybody.")
    (outcome,) = outcomes
    match outcome:
        case Outcome(result=Result.DONE, reason=Reason.NOT_FOUND):
            return replace(place, answer=Answer.NOT_THERE, detail=outcome.detail)
        case Outcome(result=Result.DONE):
            return replace(place, answer=Answer.ERASED, detail=outcome.detail)
        case Outcome(reason=Reason.HAS_MOVED):
            return replace(
                place,
                answer=Answer.MOVED,
                detail="The recipient has another address by now. Import, then erase again: the old address names"
                " the new one.",
            )
        case Outcome(result=Result.FAILED):
            return replace(place, answer=Answer.UNREACHABLE, detail=outcome.detail or "It did not work this time.")
    return _unsubscribe(connection, place, workspace, outcome.detail or "The service refuses to erase her.")


def _unsubscribe(connection: Connection, place: Place, workspace: Workspace, why: str) -> Place:
    """Do what can be done instead. What the service has beyond the consent stays there."""
    if not place.is_known_there:
        return replace(place, answer=Answer.NOT_THERE, detail="As the last import tells.")
    if place.recipient.status not in _MAILED or WriteKind.WITHDRAW not in connection.provider.info.batch_sizes:
        return replace(place, answer=Answer.KEPT, detail=why)
    wishes = connection.wishes({one.key: one for one in workspace.crm.fields()})
    field_map = connection.provider.map_custom_fields(connection.session, place.mailing_list, wishes)
    write = ContactWrite("1", place.recipient.spelling, place.recipient.remote_id)
    (outcome,) = connection.provider.export_contacts(
        connection.session, place.mailing_list, WriteKind.WITHDRAW, [write], field_map
    )
    if outcome.result is Result.DONE:
        return replace(place, answer=Answer.UNSUBSCRIBED, detail=why)
    if outcome.reason in (Reason.NOT_FOUND, Reason.FORGOTTEN):
        return replace(place, answer=Answer.NOT_THERE)
    return replace(place, answer=Answer.KEPT, detail=outcome.detail or why)
