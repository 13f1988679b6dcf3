"""Attributes of the account and of groups."""

from rundbrief_cleverreach.testing.attributes import Attribute, Attributes
from rundbrief_cleverreach.testing.call import Answer, Call
from rundbrief_cleverreach.testing.problems import Problem, not_found
from rundbrief_cleverreach.testing.resources import attribute_json
from rundbrief_cleverreach.testing.state import State

__all__ = [
    "add",
    "add_to_group",
    "all_attributes",
    "change",
    "change_in_group",
    "delete",
    "delete_from_group",
    "limits",
    "of_group",
    "one",
]

ACCOUNT = "0"
"""What stands for the group id of a global attribute."""


def all_attributes(state: State, call: Call) -> Answer:
    return _listed(state, call.query.get("group_id") or ACCOUNT)


def of_group(state: State, _call: Call, group_id: str) -> Answer:
    return _listed(state, group_id)


def one(state: State, _call: Call, attribute_id: str) -> Answer:
    owner, attribute = _anywhere(state, attribute_id)
    return attribute_json(attribute, owner)


def limits(state: State, _call: Call) -> Answer:
    known = state.account.attributes
    return {"limit": known.limit, "used": len(known), "available": known.limit - len(known)}


def add(state: State, call: Call) -> Answer:
    return _added(state, call, str(call.object().get("group_id") or ACCOUNT))


def add_to_group(state: State, call: Call, group_id: str) -> Answer:
    return _added(state, call, group_id)


def change(state: State, call: Call, attribute_id: str) -> Answer:
    """Trap: neither name nor type can be changed."""
    owner, _ = _anywhere(state, attribute_id)
    return change_in_group(state, call, owner, attribute_id)


def change_in_group(state: State, call: Call, group_id: str, attribute_id: str) -> Answer:
    known = _of(state, group_id)
    attribute = known.find(attribute_id)
    known.relabel(attribute, call.object())
    return attribute_json(attribute, group_id)


def delete(state: State, call: Call, attribute_id: str) -> Answer:
    owner, _ = _anywhere(state, attribute_id)
    return delete_from_group(state, call, owner, attribute_id)


def delete_from_group(state: State, _call: Call, group_id: str, attribute_id: str) -> Answer:
    """Remove an attribute, and its values."""
    known = _of(state, group_id)
    attribute = known.find(attribute_id)
    known.remove(attribute)
    for group in state.account.groups.values():
        for receiver in group.receivers.values():
            if group_id == ACCOUNT:
                receiver.global_attributes.pop(attribute.name, None)
            elif group_id == str(group.id):
                receiver.attributes.pop(attribute.name, None)
    return True


def _of(state: State, group_id: str) -> Attributes:
    return state.account.attributes if group_id == ACCOUNT else state.account.group(group_id).attributes


def _listed(state: State, group_id: str) -> Answer:
    return [attribute_json(attribute, group_id) for attribute in _of(state, group_id)]


def _added(state: State, call: Call, group_id: str) -> Answer:
    attribute = _of(state, group_id).add(state.account.next_attribute_id(), call.object())
    return attribute_json(attribute, group_id)


def _anywhere(state: State, attribute_id: str) -> tuple[str, Attribute]:
    """Return an attribute with the id of its group."""
    for owner in (ACCOUNT, *map(str, state.account.groups)):
        try:
            return owner, _of(state, owner).find(attribute_id)
        except Problem:
            continue
    raise not_found()
