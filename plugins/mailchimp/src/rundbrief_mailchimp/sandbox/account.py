"""The account: its audiences and batches, and the filters of a member read."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rundbrief_mailchimp.sandbox import problems
from rundbrief_mailchimp.sandbox.batches import Batch, Operation, Perform
from rundbrief_mailchimp.sandbox.problems import Problem
from rundbrief_mailchimp.sandbox.state import Audience, Member

__all__ = ["Account"]

MAX_PENDING_BATCHES = 500


class Account:
    """The state behind one key.

    Args:
        moment: the clock.
        archived_in_default_read: whether archived members come without `status=archived`; undocumented, so a
            client has to live with both.
        polls_until_finished: how many status requests find a batch unfinished.
    """

    def __init__(
        self, moment: Callable[[], datetime], *, archived_in_default_read: bool, polls_until_finished: int
    ) -> None:
        self.moment = moment
        self.audiences: dict[str, Audience] = {}
        self.batches: dict[str, Batch] = {}
        self.perform: Perform
        self._archived_in_default_read = archived_in_default_read
        self._polls_until_finished = polls_until_finished

    def now(self) -> str:
        return self.moment().isoformat(timespec="seconds")

    def add_audience(self, name: str, double_optin: bool) -> Audience:
        number = len(self.audiences) + 1
        list_id = hashlib.sha256(f"{number}{name}".encode()).hexdigest()[:10]
        self.audiences[list_id] = Audience(list_id, number, name, double_optin, self.now)
        return self.audiences[list_id]

    def audience(self, list_id: str) -> Audience:
        if list_id not in self.audiences:
            raise problems.not_found()
        return self.audiences[list_id]

    def filtered(self, audience: Audience, query: Mapping[str, str]) -> Sequence[Member]:
        """Return the members that a read asks for, in the order it asks for.

        Raises:
            Problem: `unsubscribed_since` without status=unsubscribed.
        """
        status = query.get("status")
        if "unsubscribed_since" in query and status != "unsubscribed":
            raise Problem(400, "Invalid Resource", "unsubscribed_since needs status=unsubscribed.")
        since = query.get("since_last_changed") or query.get("unsubscribed_since")
        before = query.get("before_last_changed")
        rows = audience.in_order_of_change()
        if since or before or status or not self._archived_in_default_read:
            since_moment = _moment(since) if since else None
            before_moment = _moment(before) if before else None
            rows = [
                one
                for one in rows
                if (one.status == status if status else self._archived_in_default_read or one.status != "archived")
                and (since_moment is None or datetime.fromisoformat(one.last_changed) > since_moment)
                and (before_moment is None or datetime.fromisoformat(one.last_changed) < before_moment)
            ]
        field = query.get("sort_field")
        if field in ("timestamp_opt", "timestamp_signup"):
            rows = sorted(rows, key=lambda one: str(getattr(one, field)))
        if query.get("sort_dir", "ASC").upper() == "DESC":
            rows = list(reversed(rows))
        return rows

    def submit(self, operations: Any) -> Batch:
        if not isinstance(operations, list) or not operations:
            raise problems.invalid_resource("A batch needs operations.")
        if sum(one.completed_at is None for one in self.batches.values()) >= MAX_PENDING_BATCHES:
            raise Problem(429, "Too Many Requests", f"You may have at most {MAX_PENDING_BATCHES} pending batches.")
        number = len(self.batches) + 1
        batch = Batch(
            f"batch{number:05d}",
            [Operation.of(one) for one in operations],
            self.moment(),
            self._polls_until_finished,
            seed=number,
        )
        self.batches[batch.id] = batch
        return batch

    def batch(self, batch_id: str) -> Batch:
        if batch_id not in self.batches:
            raise problems.not_found()
        return self.batches[batch_id]

    def poll(self, batch_id: str) -> None:
        self.batch(batch_id).poll(self.perform, self.moment())


def _moment(text: str) -> datetime:
    """Read a time; a plus that was not encoded arrives as a blank, and is an error as at the real service."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Problem(400, "Invalid Resource", "Times are ISO 8601, with the plus encoded.") from None
