"""Blacklists of the account and of groups."""

from rundbrief_cleverreach.testing.blacklist import Blacklist, Entry
from rundbrief_cleverreach.testing.call import Answer, Call
from rundbrief_cleverreach.testing.problems import bad_request, conflict, not_found
from rundbrief_cleverreach.testing.resources import entry_json
from rundbrief_cleverreach.testing.row import checked_address
from rundbrief_cleverreach.testing.state import State

__all__ = [
    "add",
    "add_to_group",
    "all_entries",
    "change",
    "of_group",
    "one",
    "remove",
    "remove_from_group",
    "validate",
]


def all_entries(state: State, _call: Call) -> Answer:
    return _listed(state.account.blacklist)


def of_group(state: State, _call: Call, group_id: str) -> Answer:
    return _listed(state.account.group(group_id).blacklist)


def one(state: State, _call: Call, email: str) -> Answer:
    return entry_json(_found(state.account.blacklist, email))


def validate(state: State, call: Call) -> Answer:
    """Return those of some addresses that are not blacklisted."""
    emails = call.object().get("emails")
    if not isinstance(emails, list):
        raise bad_request("emails required")
    return [email for email in emails if str(email) not in state.account.blacklist]


def add(state: State, call: Call) -> Answer:
    return _added(state, state.account.blacklist, call)


def add_to_group(state: State, call: Call, group_id: str) -> Answer:
    return _added(state, state.account.group(group_id).blacklist, call)


def change(state: State, call: Call) -> Answer:
    sent = call.object()
    entry = _found(state.account.blacklist, str(sent.get("email") or ""))
    entry.comment = str(sent.get("comment", entry.comment))
    return entry_json(entry)


def remove(state: State, _call: Call, email: str) -> Answer:
    return _removed(state.account.blacklist, email)


def remove_from_group(state: State, _call: Call, group_id: str, email: str) -> Answer:
    return _removed(state.account.group(group_id).blacklist, email)


def _listed(blacklist: Blacklist) -> Answer:
    return [entry_json(entry) for entry in blacklist]


def _added(state: State, blacklist: Blacklist, call: Call) -> Answer:
    """Add an address or a wildcard. Receivers who are there already stay, and look the same."""
    sent = call.object()
    email = checked_address(sent.get("email"))
    if blacklist.exact(email) is not None:
        raise conflict("already blacklisted")
    entry = Entry(email, str(sent.get("comment") or ""), state.account.now())
    blacklist.add(entry)
    return entry_json(entry)


def _removed(blacklist: Blacklist, email: str) -> Answer:
    blacklist.remove(_found(blacklist, email).email)
    return True


def _found(blacklist: Blacklist, email: str) -> Entry:
    entry = blacklist.exact(email)
    if entry is None:
        raise not_found()
    return entry
