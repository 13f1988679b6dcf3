"""Forms, as far as they send the double opt-in mail. The vendor has them on the way out since 2026."""

from collections.abc import Mapping
from typing import Any

from rundbrief_cleverreach.testing import persons
from rundbrief_cleverreach.testing.call import Answer, Call
from rundbrief_cleverreach.testing.group import Group
from rundbrief_cleverreach.testing.problems import bad_request, not_found
from rundbrief_cleverreach.testing.state import State

__all__ = ["all_forms", "of_group", "one", "send_activation"]

FIRST_FORM = 200_000
_PROOF = ("user_ip", "referer", "user_agent")


def all_forms(state: State, _call: Call) -> Answer:
    return [_form_json(group) for group in state.account.groups.values()]


def of_group(state: State, _call: Call, group_id: str) -> Answer:
    return [_form_json(state.account.group(group_id))]


def one(state: State, _call: Call, form_id: str) -> Answer:
    return _form_json(_group_of(state, form_id))


def send_activation(state: State, call: Call, form_id: str) -> Answer:
    """Send the confirmation mail to a receiver who is not active.

    Trap: who is blacklisted gets none, which the answer does not tell.
    """
    group, sent = _group_of(state, form_id), call.object()
    proof = sent.get("doidata")
    if not isinstance(proof, dict) or not all(proof.get(name) for name in _PROOF):
        raise bad_request("doidata incomplete")
    receiver = state.account.find(str(sent.get("email") or ""), group)
    if receiver.active:
        raise bad_request("receiver is active")
    if not state.account.is_blacklisted(group, receiver.email):
        persons.ask(state.account, group, receiver)
    return receiver.email


def _group_of(state: State, form_id: str) -> Group:
    for group in state.account.groups.values():
        if str(_form_id(group)) == form_id:
            return group
    raise not_found()


def _form_id(group: Group) -> int:
    return FIRST_FORM + group.id


def _form_json(group: Group) -> Mapping[str, Any]:
    return {"id": str(_form_id(group)), "name": f"Sign-up: {group.name}", "customer_tables_id": str(group.id)}
