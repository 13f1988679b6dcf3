"""The consent decision: one pure function that everything else obeys.

For one address in one consent scope (a list, or the whole account) `decide` looks at three states - what both
sides last agreed on, what the CRM says now, what the service says now - and answers what may be written where,
and why. It never raises anybody's consent at the service other than by CREATE, which cannot touch an address
that the service has, or by CONFIRM, which only asks.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from rundbrief.models import CrmOptIn, OptIn, Reason, SubscriberStatus, WriteKind

__all__ = ["ConsentPolicy", "Decision", "Standing", "combine", "decide"]

_NOT_A_CONSENT = {
    SubscriberStatus.PENDING: Reason.NOT_CONFIRMED,
    SubscriberStatus.NEVER: Reason.NEVER_OPTED_IN,
    SubscriberStatus.BOUNCED: Reason.BOUNCED,
    SubscriberStatus.ARCHIVED: Reason.ARCHIVED,
}


@dataclass(frozen=True, slots=True)
class ConsentPolicy:
    """What a connection's configuration says about consent."""

    reconsent: Literal["hold", "confirm"] = "hold"
    """CRM opts in again after a withdrawal: hold it back, or ask by the service's double opt-in mail."""
    withdrawals: Literal["push", "report"] = "push"
    """CRM withdraws: unsubscribe at the service, or only report."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything the decision may look at."""

    agreed: OptIn | None
    """What both sides last agreed on; None before the first agreement. Never UNKNOWN."""
    crm: CrmOptIn
    service: SubscriberStatus
    service_since: datetime | None = None
    """When the person opted in or out there, where the service tells."""
    withdrawn: bool = False
    """The journal holds a withdrawal of this address that no later opt-in has lifted."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What to write, and why.

    `crm` is the value that the CRM's opt-in must have (None: leave it alone). `service` is the one kind of write
    the service may get (None: none); UPDATE means that data may flow, if it changed. `agreed` is the baseline
    once both are done. `held` marks what a person should look at.
    """

    reason: Reason
    crm: OptIn | None = None
    service: WriteKind | None = None
    agreed: OptIn | None = None
    held: bool = False
    withdrawn: bool = False
    """Whether a withdrawal stands after this."""


_WEIGHT = {OptIn.UNKNOWN: 0, OptIn.YES: 1, OptIn.NO: 2}


def combine(opt_ins: Iterable[CrmOptIn]) -> CrmOptIn:
    """Return the one opt-in of all CRM contacts that share an address: a single *no* outweighs every *yes*.

    Of equal values the latest counts, so that the evidence is the newest.
    """
    return max(
        opt_ins,
        key=lambda opt_in: (
            _WEIGHT[opt_in.value],
            opt_in.since.timestamp() if opt_in.since else float("-inf"),
        ),
        default=CrmOptIn(),
    )


def decide(standing: Standing, policy: ConsentPolicy | None = None) -> Decision:
    """Return what may happen to one address in one consent scope.

    The rules, in their order of weight: a withdrawal wins; consent is never invented; without a baseline the
    service leads; a change on one side is taken over; what the CRM may not decide alone is held.
    """
    decision = _decide(standing, policy or ConsentPolicy())
    return replace(decision, withdrawn=_withdrawal_stands(standing, decision))


def _decide(standing: Standing, policy: ConsentPolicy) -> Decision:
    match standing.service:
        case SubscriberStatus.SUBSCRIBED:
            return _subscribed(standing, policy)
        case SubscriberStatus.UNSUBSCRIBED:
            return _unsubscribed(standing, policy)
        case SubscriberStatus.GONE:
            return _gone(standing)
        case SubscriberStatus.ABSENT:
            return _absent(standing)
        case _:
            return _neither(standing, policy)


def _withdrawal_stands(standing: Standing, decision: Decision) -> bool:
    """A withdrawal begins with a *no* on either side, and ends only when both sides agree on *yes*."""
    if standing.service is SubscriberStatus.UNSUBSCRIBED:
        return True
    if decision.service is WriteKind.WITHDRAW or decision.reason is Reason.WITHDRAWAL_REPORTED:
        return True
    if standing.crm.value is OptIn.NO and standing.agreed is OptIn.YES:
        return True
    if standing.service is SubscriberStatus.SUBSCRIBED and decision.agreed is OptIn.YES:
        return False
    if standing.service is SubscriberStatus.GONE and decision.agreed is OptIn.NO:
        return True
    return standing.withdrawn


def _subscribed(standing: Standing, policy: ConsentPolicy) -> Decision:
    if standing.crm.value is OptIn.NO and _crm_withdrew(standing):
        return _withdraw(standing, policy)
    if standing.crm.value is OptIn.UNKNOWN and _was_never_heard(standing):
        return _withdraw(standing, policy)
    if standing.crm.value is OptIn.YES:
        return Decision(Reason.CHANGED, OptIn.YES, WriteKind.UPDATE, OptIn.YES)
    return Decision(Reason.OPTED_IN, OptIn.YES, WriteKind.UPDATE, OptIn.YES)


def _crm_withdrew(standing: Standing) -> bool:
    """Tell whether the CRM's *no* is younger than the service's *yes*.

    With a baseline the side that differs from it has moved. Without one the service leads, except over a *no*
    that is dated later than the opt-in it answers, or that the journal knows already.
    """
    if standing.agreed is not None:
        return standing.agreed is OptIn.YES
    if standing.withdrawn:
        return True
    since = standing.crm.since
    return since is not None and standing.service_since is not None and since > standing.service_since


def _was_never_heard(standing: Standing) -> bool:
    """Tell whether the CRM withdrew, the service was not told yet, and the contact is gone meanwhile."""
    return standing.withdrawn and standing.agreed is OptIn.YES


def _withdraw(standing: Standing, policy: ConsentPolicy) -> Decision:
    if policy.withdrawals == "report":
        return Decision(Reason.WITHDRAWAL_REPORTED, agreed=standing.agreed, held=True)
    return Decision(Reason.WITHDRAWN_IN_CRM, OptIn.NO, WriteKind.WITHDRAW, OptIn.NO)


def _unsubscribed(standing: Standing, policy: ConsentPolicy) -> Decision:
    if standing.crm.value is not OptIn.YES or standing.agreed is not OptIn.NO:
        return Decision(Reason.OPTED_OUT, OptIn.NO, agreed=OptIn.NO)
    if policy.reconsent == "confirm":
        return Decision(Reason.CONFIRMATION_ASKED, service=WriteKind.CONFIRM, agreed=OptIn.NO)
    return Decision(Reason.WITHDRAWN_AT_SERVICE, agreed=OptIn.NO, held=True)


def _gone(standing: Standing) -> Decision:
    """Gone is not forgotten: who was opted in and vanished is withdrawn; who had withdrawn stays so."""
    if standing.agreed is OptIn.YES:
        return Decision(Reason.GONE, OptIn.NO, agreed=OptIn.NO)
    return Decision(Reason.GONE, agreed=standing.agreed, held=standing.crm.value is OptIn.YES)


def _absent(standing: Standing) -> Decision:
    if standing.crm.value is not OptIn.YES:
        return Decision(Reason.NO_OPT_IN, agreed=standing.agreed)
    if standing.withdrawn or standing.agreed is OptIn.NO:
        return Decision(Reason.WITHDRAWN_AT_SERVICE, agreed=standing.agreed, held=True)
    return Decision(Reason.NEW, OptIn.YES, WriteKind.CREATE, OptIn.YES)


def _neither(standing: Standing, policy: ConsentPolicy) -> Decision:
    """The service neither mails the person nor knows of a *no*: nothing is raised, nothing is forgotten.

    A pending person who withdraws in the CRM is unsubscribed, so that a late click does not win. A bounced or
    archived one is not written to: any status would revive an archived recipient. The baseline stays, so the
    withdrawal is pushed should the recipient come back to life.
    """
    if (
        standing.service is SubscriberStatus.PENDING
        and standing.crm.value is OptIn.NO
        and standing.agreed is OptIn.YES
    ):
        return _withdraw(standing, policy)
    reason = _NOT_A_CONSENT[standing.service]
    return Decision(reason, agreed=standing.agreed, held=standing.crm.value is OptIn.YES)
