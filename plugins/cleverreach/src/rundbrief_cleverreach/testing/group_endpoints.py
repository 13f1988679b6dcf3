"""Groups, and what tells about the token."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rundbrief_cleverreach.testing.call import Answer, Call
from rundbrief_cleverreach.testing.group import Group
from rundbrief_cleverreach.testing.problems import bad_request, not_found
from rundbrief_cleverreach.testing.resources import group_json, stats_json
from rundbrief_cleverreach.testing.state import State

__all__ = [
    "add",
    "all_groups",
    "change",
    "delete",
    "exchange",
    "one",
    "revoke",
    "stats",
    "ttl",
    "validate",
    "whoami",
]

_SORTABLE = ("id", "name", "stamp", "last_changed")


def all_groups(state: State, call: Call) -> Answer:
    """Trap: ids are numeric texts here, and numbers in the answer about one group."""
    rows = list(state.account.groups.values())
    field, _, direction = call.query.get("order", "id").strip().partition(" ")
    if field not in _SORTABLE:
        raise bad_request("invalid order")
    rows.sort(key=lambda group: getattr(group, field), reverse=direction.strip().upper() == "DESC")
    return [group_json(group) | {"id": str(group.id)} for group in rows]


def one(state: State, _call: Call, group_id: str) -> Answer:
    return group_json(_found(state, group_id))


def stats(state: State, _call: Call, group_id: str) -> Answer:
    return stats_json(state.account.group(group_id), state.account.now())


def add(state: State, call: Call) -> Answer:
    sent = call.object()
    group = state.account.add_group(_name(sent))
    _take_over(group, sent)
    return group_json(group)


def change(state: State, call: Call, group_id: str) -> Answer:
    group, sent = _found(state, group_id), call.object()
    group.name = _name(sent) if "name" in sent else group.name
    _take_over(group, sent)
    group.last_changed = state.account.now()
    return group_json(group)


def delete(state: State, _call: Call, group_id: str) -> Answer:
    del state.account.groups[_found(state, group_id).id]
    state.account.version += 1
    return True


def ttl(state: State, call: Call) -> Answer:
    seconds = state.tokens.remaining(call.token)
    return {"ttl": seconds, "date": datetime.fromtimestamp(state.account.now() + seconds, UTC).isoformat()}


def validate(_state: State, _call: Call) -> Answer:
    return True


def whoami(_state: State, _call: Call) -> Answer:
    return {
        "id": "123456",
        "company": "Sandbox",
        "name": "Sandbox",
        "firstname": "Sandra",
        "email": "owner@example.org",
        "login_domain": "eu1.cleverreach.test",
    }


def exchange(state: State, call: Call) -> Answer:
    """Swap the token for a new pair. Trap: the old one is dead after this, so that it is no test of it."""
    state.tokens.revoke(call.token)
    return state.tokens.pair()


def revoke(state: State, call: Call) -> Answer:
    state.tokens.revoke(call.token)
    return True


def _found(state: State, group_id: str) -> Group:
    group = state.account.groups.get(int(group_id)) if group_id.isdecimal() else None
    if group is None:
        raise not_found()
    return group


def _name(sent: Mapping[str, Any]) -> str:
    name = str(sent.get("name") or "").strip()
    if not name:
        raise bad_request("name required")
    return name


def _take_over(group: Group, sent: Mapping[str, Any]) -> None:
    group.receiver_info = str(sent.get("receiver_info", group.receiver_info))
    group.locked = bool(sent.get("locked", group.locked))
    group.backup = bool(sent.get("backup", group.backup))
