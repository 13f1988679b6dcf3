"""Receivers, one at a time or page by page."""

from rundbrief_cleverreach.testing import writing
from rundbrief_cleverreach.testing.call import Answer, Call
from rundbrief_cleverreach.testing.group import Group
from rundbrief_cleverreach.testing.problems import bad_request
from rundbrief_cleverreach.testing.reading import detail_of, page_of
from rundbrief_cleverreach.testing.receiver import Receiver
from rundbrief_cleverreach.testing.resources import group_json, receiver_json, receivers_json
from rundbrief_cleverreach.testing.row import Row, checked_address
from rundbrief_cleverreach.testing.state import State

__all__ = [
    "activate",
    "add",
    "bounced",
    "by_rules",
    "change",
    "change_address",
    "deactivate",
    "delete",
    "delete_anywhere",
    "groups",
    "in_group",
    "is_valid",
    "one",
    "one_anywhere",
]


# --- reading ------------------------------------------------------------------------------------------------


def in_group(state: State, call: Call, group_id: str) -> Answer:
    found = state.reads.in_group(state.account.group(group_id), call.query)
    return receivers_json(state.account, page_of(found, call.query), detail_of(call.query))


def by_rules(state: State, call: Call) -> Answer:
    sent = call.object()
    found = state.reads.by_rules(sent)
    return receivers_json(state.account, page_of(found, sent), detail_of(sent))


def bounced(state: State, _call: Call) -> Answer:
    rows = (one for group in state.account.groups.values() for one in group.receivers.values() if one.bounced)
    return receivers_json(state.account, rows)


def one(state: State, _call: Call, group_id: str, key: str) -> Answer:
    return receiver_json(state.account, _found(state, group_id, key))


def one_anywhere(state: State, call: Call, key: str) -> Answer:
    return receiver_json(state.account, state.account.find(key, _group_asked_for(state, call)))


def groups(state: State, _call: Call, key: str) -> Answer:
    address = state.account.find(key).email
    return [group_json(group) for group in state.account.groups.values() if group.get(address)]


def is_valid(state: State, call: Call) -> Answer:
    """Return those of some addresses that are known, or with `invert` those that are not."""
    sent = call.object()
    named = sent.get("group_id")
    among = [state.account.group(str(named))] if named else list(state.account.groups.values())
    emails = sent.get("emails")
    if not isinstance(emails, list):
        raise bad_request("emails required")
    wanted = not sent.get("invert")
    return [email for email in emails if any(group.get(str(email)) for group in among) is wanted]


# --- writing ------------------------------------------------------------------------------------------------


def add(state: State, call: Call, group_id: str) -> Answer:
    group = state.account.group(group_id)
    return receiver_json(state.account, writing.insert(state.account, group, Row.of(call.object())))


def change(state: State, call: Call, group_id: str, key: str) -> Answer:
    """Trap: other than in bulk, tags are replaced."""
    receiver = _found(state, group_id, key)
    writing.change(state.account, receiver, Row.of(call.object()), replace_tags=True)
    return receiver_json(state.account, receiver)


def activate(state: State, _call: Call, group_id: str, key: str) -> Answer:
    writing.activate(state.account, _found(state, group_id, key))
    return True


def deactivate(state: State, _call: Call, group_id: str, key: str) -> Answer:
    writing.deactivate(state.account, _found(state, group_id, key))
    return True


def change_address(state: State, call: Call, key: str) -> Answer:
    receiver = state.account.find(key, _group_asked_for(state, call))
    state.account.rename(receiver, checked_address(call.object().get("email")))
    return True


def delete(state: State, _call: Call, group_id: str, key: str) -> Answer:
    state.account.delete(_found(state, group_id, key))
    return True


def delete_anywhere(state: State, call: Call, key: str) -> Answer:
    state.account.delete(state.account.find(key, _group_asked_for(state, call)))
    return True


def _found(state: State, group_id: str, key: str) -> Receiver:
    return state.account.find(key, state.account.group(group_id))


def _group_asked_for(state: State, call: Call) -> Group | None:
    return state.account.group(call.query["group_id"]) if "group_id" in call.query else None
