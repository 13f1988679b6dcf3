"""The guard rail for consents that come: on either side, as soon as it can be known what is usual."""

from rundbrief.engine.run import RunContext
from rundbrief.errors import GuardRail
from rundbrief.models import WriteKind
from rundbrief.rails import USUAL_ADDITIONS, allowed

__all__ = ["guard_arrivals", "guard_newcomers"]


def guard_arrivals(context: RunContext) -> None:
    """Stop before the service's opt-ins that are new to us become the CRM's, if they are unusually many.

    Where nothing was taken over yet all of them are new; so nothing is counted before a first run has ended well.

    Raises:
        GuardRail: too many, and not allowed by hand.
    """
    with context.store.transaction() as transaction:
        if not transaction.runs.was_done(context.run_id):
            return
        inbox = transaction.inbox(context.connection.name, context.scope)
        base = transaction.recipients(context.connection.name, context.scope).count_opted_in()
        arrivals = inbox.count_subscribed()
        if arrivals > _limit(context, base):  # else there is no need to look at them one by one
            arrivals = inbox.count_arriving()
    _stop_above(context, f"The CRM would take over {arrivals} opt-ins", arrivals, base)


def guard_newcomers(context: RunContext) -> None:
    """Stop before the CRM's opt-ins that are new to the service are sent there, if they are unusually many.

    How many a first export of a list sends says nothing.

    Raises:
        GuardRail: too many, and not allowed by hand.
    """
    with context.store.transaction() as transaction:
        if not transaction.runs.was_done(context.run_id, ("export", "sync")):
            return
        planned = transaction.outbox(context.run_id).count()
        base = transaction.recipients(context.connection.name, context.scope).count_opted_in()
    newcomers = planned.get(WriteKind.CREATE, 0) + planned.get(WriteKind.CONFIRM, 0)
    _stop_above(context, f"{context.connection.title} would get {newcomers} people", newcomers, base)


def _limit(context: RunContext, base: int) -> int:
    return allowed(context.connection.config.max_additions, base, USUAL_ADDITIONS)


def _stop_above(context: RunContext, what: str, additions: int, base: int) -> None:
    limit = _limit(context, base)
    if additions <= limit or context.options.allow_additions:
        return
    share = context.connection.config.max_additions
    raise GuardRail(
        f"{what} that are new to {context.place}, where {base} are in step; {limit} are allowed at once "
        f"({share:.0%}, at least {USUAL_ADDITIONS}). None of them was written.",
        hint="Look whether list, account and opt-in field are the right ones. If they are, run again with "
        "--allow-additions.",
    )
