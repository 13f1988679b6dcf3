"""The account: everything behind one API key."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rundbrief_mailchimp.testing.audience import Audience
from rundbrief_mailchimp.testing.batches import Batch, Batches
from rundbrief_mailchimp.testing.member import Member
from rundbrief_mailchimp.testing.problems import not_found
from rundbrief_mailchimp.testing.reading import MemberReads
from rundbrief_mailchimp.testing.times import stamp

__all__ = ["Account"]


class Account:
    """The state behind one key.

    Args:
        clock: tells the time.
        queue: the asynchronous batches.
        archived_in_default_read: whether archived members come without `status=archived`. That is undocumented, so
            a client has to live with both.
        polls_until_finished: how many status requests find a batch unfinished.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        queue: Batches,
        *,
        archived_in_default_read: bool,
        polls_until_finished: int,
    ) -> None:
        self.clock = clock
        self.queue = queue
        self.audiences: dict[str, Audience] = {}
        self._reads = MemberReads()
        self._archived_in_default_read = archived_in_default_read
        self._polls_until_finished = polls_until_finished

    def add_audience(self, name: str, double_optin: bool) -> Audience:
        number = len(self.audiences) + 1
        list_id = hashlib.sha256(f"{number}{name}".encode()).hexdigest()[:10]
        self.audiences[list_id] = Audience(list_id, number, name, double_optin, self.now)
        return self.audiences[list_id]

    def audience(self, list_id: str) -> Audience:
        """Return an audience.

        Raises:
            Problem: 404.
        """
        if list_id not in self.audiences:
            raise not_found()
        return self.audiences[list_id]

    def members(self, audience: Audience, query: Mapping[str, str]) -> Sequence[Member]:
        """Return the members that a read asks for, in its order.

        Raises:
            Problem: the read asks for what there is not.
        """
        return self._reads.find(audience, query, with_archived=self._archived_in_default_read)

    @property
    def batches(self) -> Mapping[str, Batch]:
        """All batches by their id, finished ones too."""
        return self.queue.by_id

    def submit(self, operations: Any) -> Batch:
        """Hand in a batch.

        Raises:
            Problem: an operation is not well-formed, or too many batches wait.
        """
        return self.queue.submit(operations, polls=self._polls_until_finished)

    def poll(self, batch_id: str) -> Batch:
        """Ask after a batch, which lets it take a step.

        Raises:
            Problem: 404.
        """
        return self.queue.poll(batch_id)

    def now(self) -> str:
        """Return the time as an answer shows it."""
        return stamp(self.clock())
