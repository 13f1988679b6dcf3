"""Which receivers a read finds, in which order, and which page of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from rundbrief_cleverreach.testing.account import Account
from rundbrief_cleverreach.testing.group import Group
from rundbrief_cleverreach.testing.problems import bad_request
from rundbrief_cleverreach.testing.receiver import Receiver

__all__ = ["ReceiverReads", "detail_of", "page_of"]

MAX_PAGE = 5000
DEFAULT_PAGE = 50
DEFAULT_TYPE = "active"
"""What comes without `type`. The sources differ, so a client must not rely on any."""

Test = Callable[[Receiver], bool]

_TYPES: Mapping[str, Test] = {
    "all": lambda _: True,
    "active": lambda one: one.active,
    "inactive": lambda one: not one.active and not one.bounced,
    "bounce": lambda one: one.bounced > 0,
}
_TIMES = ("registered", "activated", "deactivated", "bounced")
_TEXTS: Mapping[str, Callable[[Receiver], str]] = {
    "email": lambda one: one.email.lower(),
    "source": lambda one: one.source.lower(),
    "tags": lambda one: ",".join(one.tags).lower(),
}
_SORTABLE = ("id", "email", "imported", "source", "last_changed", *_TIMES)


class ReceiverReads:
    """Finds receivers, and keeps the last answer for as long as nothing changes: a full read is many pages."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._wishes: object = None
        self._found: Sequence[Receiver] = ()

    def in_group(self, group: Group, query: Mapping[str, str]) -> Sequence[Receiver]:
        """Return the receivers that a read of a group asks for, as they are now.

        Raises:
            Problem: 400 for an unknown type or order.
        """
        names = ("type", "email_list", "id_list", "order_by")
        wishes = (group.id, *(query.get(name, "") for name in names))
        return self._remembered(wishes, lambda: _of_group(group, query))

    def by_rules(self, sent: Mapping[str, Any]) -> Sequence[Receiver]:
        """Return the receivers that rules hold for, of some groups or (none named) of all.

        Raises:
            Problem: 400 for a rule or order that is not understood, 405 for an unknown group.
        """
        names = ("groups", "operator", "rules", "activeonly", "orderby")
        wishes = tuple(repr(sent.get(name)) for name in names)
        return self._remembered(wishes, lambda: self._by_rules(sent))

    def _remembered(self, wishes: object, find: Callable[[], Sequence[Receiver]]) -> Sequence[Receiver]:
        asked = (self._account.version, wishes)
        if asked != self._wishes:
            self._found = find()
            self._wishes = asked
        return self._found

    def _by_rules(self, sent: Mapping[str, Any]) -> Sequence[Receiver]:
        named = sent.get("groups") or []
        tests = [_test(rule) for rule in sent.get("rules") or []]
        operator = str(sent.get("operator") or "AND").upper()
        if not isinstance(named, list) or operator not in ("AND", "OR"):
            raise bad_request("invalid filter")
        groups = [self._account.group(str(one)) for one in named] or self._account.groups.values()
        joined = all if operator == "AND" or not tests else any
        rows = [
            one
            for group in groups
            for one in group.receivers.values()
            if joined(test(one) for test in tests) and (one.active or not sent.get("activeonly"))
        ]
        return _ordered(rows, str(sent.get("orderby") or ""))


def page_of(rows: Sequence[Receiver], asked: Mapping[str, Any]) -> Sequence[Receiver]:
    """Return one page. Traps: the first is page 0, and a page that is too large is cut in silence.

    Raises:
        Problem: 400, page or size is no number, or negative.
    """
    page = _number(asked, "page", 0)
    size = min(_number(asked, "pagesize", DEFAULT_PAGE), MAX_PAGE)
    if not size:
        raise bad_request("invalid pagesize")
    return rows[page * size : (page + 1) * size]


def detail_of(asked: Mapping[str, Any]) -> int:
    """Return the mask of what else to show.

    Raises:
        Problem: 400, it is no number.
    """
    return _number(asked, "detail", 0)


def _number(asked: Mapping[str, Any], name: str, default: int) -> int:
    value = asked.get(name)
    text = str(default if value is None else value)
    if not text.isdecimal():
        raise bad_request(f"invalid {name}")
    return int(text)


def _of_group(group: Group, query: Mapping[str, str]) -> Sequence[Receiver]:
    kind = query.get("type") or DEFAULT_TYPE
    if kind not in _TYPES:
        raise bad_request("invalid type")
    return _ordered(filter(_TYPES[kind], _among(group, query)), query.get("order_by", ""))


def _among(group: Group, query: Mapping[str, str]) -> Iterable[Receiver]:
    for name in ("email_list", "id_list"):
        if query.get(name):
            found = (group.get(text.strip()) for text in query[name].split(","))
            return {one.id: one for one in found if one}.values()
    return group.receivers.values()


def _ordered(rows: Iterable[Receiver], wish: str) -> Sequence[Receiver]:
    """Return rows in the order wished for, as in `registered DESC`; without a wish, in that of their creation."""
    if not wish.strip():
        return list(rows)
    field, _, direction = wish.strip().partition(" ")
    if field not in _SORTABLE or direction.strip().upper() not in ("", "ASC", "DESC"):
        raise bad_request("invalid order")
    return sorted(rows, key=lambda one: getattr(one, field), reverse=direction.strip().upper() == "DESC")


def _test(rule: Any) -> Test:
    """Return a rule as a test. Trap: `bg` is *greater than*, so that who changed in the same second is missed."""
    if not isinstance(rule, dict):
        raise bad_request("invalid rule")
    field, logic = str(rule.get("field")), rule.get("logic")
    wanted = str(rule.get("condition", "")).strip().lower()
    if field in _TIMES and logic in ("eq", "bg") and wanted.isdecimal():
        seconds = int(wanted)
        if logic == "eq":
            return lambda one: bool(getattr(one, field) == seconds)
        return lambda one: bool(getattr(one, field) > seconds)
    if field in _TEXTS and logic in ("eq", "contains"):
        text = _TEXTS[field]
        if logic == "eq":
            return lambda one: text(one) == wanted
        return lambda one: wanted in text(one)
    raise bad_request("invalid rule")
