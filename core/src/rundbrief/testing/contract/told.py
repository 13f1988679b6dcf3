"""What a provider has told: of recipients, or of what became of writes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rundbrief.errors import PluginBroken, RundbriefError
from rundbrief.models import Outcome, Subscriber, SubscriberStatus, address_key

__all__ = ["Reading", "outcomes_of"]


@dataclass(slots=True)
class Reading:
    """What a read has yielded, up to its end or to the error that ended it."""

    subscribers: list[Subscriber] = field(default_factory=list)
    cursors: list[str] = field(default_factory=list)
    error: RundbriefError | None = None

    @property
    def by_address(self) -> Mapping[str, Subscriber]:
        """`address_key` -> subscriber; of one that came twice the later, as for a host."""
        return {address_key(one.address): one for one in self.subscribers}

    def opted_in(self) -> set[str]:
        return {key for key, one in self.by_address.items() if one.status is SubscriberStatus.SUBSCRIBED}


def outcomes_of(stream: Iterable[Outcome]) -> tuple[dict[str, Outcome], RundbriefError | None]:
    """Return the outcomes of a batch by their keys, and the trouble that ended it.

    A broken promise fails the rule at once.
    """
    outcomes: dict[str, Outcome] = {}
    try:
        for one in stream:
            outcomes[one.key] = one
    except PluginBroken:
        raise
    except RundbriefError as error:
        return outcomes, error
    return outcomes, None
