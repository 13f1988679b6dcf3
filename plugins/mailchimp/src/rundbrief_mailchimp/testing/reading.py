"""Which members a read finds, and in which order."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence

from rundbrief_mailchimp.testing.audience import Audience
from rundbrief_mailchimp.testing.member import STATUSES, Member
from rundbrief_mailchimp.testing.problems import invalid_value
from rundbrief_mailchimp.testing.resources import unique_email_id
from rundbrief_mailchimp.testing.times import normalised

__all__ = ["MemberReads", "checked_choice"]

SORT_FIELDS = ("timestamp_opt", "timestamp_signup", "last_changed")
DIRECTIONS = ("ASC", "DESC")
_PAGING = ("count", "offset", "fields", "exclude_fields")

Test = Callable[[Member], bool]


class MemberReads:
    """Finds members, and keeps the last answer for as long as nobody changes: a full read is a hundred pages."""

    def __init__(self) -> None:
        self._among: Sequence[Member] = ()
        self._wishes: object = None
        self._found: Sequence[Member] = ()

    def find(self, audience: Audience, query: Mapping[str, str], *, with_archived: bool) -> Sequence[Member]:
        """Return the members that a query asks for, in its order, as they are now.

        Without `sort_field` they come in the order of their last change; the vendor names none.

        Args:
            with_archived: whether archived members come without `status=archived`.

        Raises:
            Problem: a value is none of those allowed, or `unsubscribed_since` comes without status=unsubscribed.
        """
        wishes = {name: value for name, value in query.items() if name not in _PAGING}
        among = audience.in_order_of_change()
        if among is not self._among or (wishes, with_archived) != self._wishes:
            self._found = _filtered(among, wishes, with_archived)
            self._among, self._wishes = among, (wishes, with_archived)
        return self._found


def _filtered(among: Sequence[Member], query: Mapping[str, str], with_archived: bool) -> Sequence[Member]:
    status = checked_choice(query, "status", STATUSES)
    field = checked_choice(query, "sort_field", SORT_FIELDS)
    direction = checked_choice(query, "sort_dir", DIRECTIONS)
    if "unsubscribed_since" in query and status != "unsubscribed":
        raise invalid_value("unsubscribed_since", "It may only be used together with status=unsubscribed.")
    if "since_last_campaign" in query and not status:
        raise invalid_value("since_last_campaign", "It may only be used together with a status.")

    rows = _changed_between(among, query)
    for test in _tests(query, with_archived):
        rows = [one for one in rows if test(one)]
    if field in ("timestamp_opt", "timestamp_signup"):
        rows = sorted(rows, key=lambda one: str(getattr(one, field)))
    return rows[::-1] if direction == "DESC" else rows


def checked_choice(query: Mapping[str, str], name: str, choices: Sequence[str]) -> str | None:
    """Return a parameter that has to be one of some.

    Raises:
        Problem: it is none of them.
    """
    value = query.get(name)
    if value is not None and value not in choices:
        raise invalid_value(name, f"Value must be one of: {', '.join(choices)}")
    return value


def _changed_between(rows: Sequence[Member], query: Mapping[str, str]) -> Sequence[Member]:
    """Return the members after and before the times asked for; both are left out themselves."""
    begin, end = 0, len(rows)
    # An opt-out has no time of its own in the resource: its last change stands for it.
    for name in ("since_last_changed", "unsubscribed_since"):
        if name in query:
            begin = max(begin, bisect_right(rows, normalised(name, query[name]), key=_last_changed))
    if "before_last_changed" in query:
        before = normalised("before_last_changed", query["before_last_changed"])
        end = bisect_left(rows, before, key=_last_changed)
    return rows[begin:end]


def _tests(query: Mapping[str, str], with_archived: bool) -> list[Test]:
    tests: list[Test] = []
    if "status" in query:
        tests.append(lambda one: one.status == query["status"])
    elif not with_archived:
        tests.append(lambda one: one.status != "archived")
    if "since_timestamp_opt" in query:
        since = normalised("since_timestamp_opt", query["since_timestamp_opt"])
        tests.append(lambda one: one.timestamp_opt > since)
    if "before_timestamp_opt" in query:
        before = normalised("before_timestamp_opt", query["before_timestamp_opt"])
        tests.append(lambda one: "" < one.timestamp_opt < before)
    if "email_type" in query:
        tests.append(lambda one: one.email_type == query["email_type"])
    if "unique_email_id" in query:
        tests.append(lambda one: unique_email_id(one) == query["unique_email_id"])
    if query.get("vip_only") == "true":
        tests.append(lambda one: one.vip)
    return tests


def _last_changed(one: Member) -> str:
    return one.last_changed
