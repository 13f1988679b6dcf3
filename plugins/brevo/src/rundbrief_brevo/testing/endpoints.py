"""Account, processes, lists with their members, and attributes."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from rundbrief_brevo.testing.account import FOLDER, ContactList
from rundbrief_brevo.testing.attributes import Attribute
from rundbrief_brevo.testing.call import Answer, Call
from rundbrief_brevo.testing.contact import Contact
from rundbrief_brevo.testing.problems import Problem, invalid, missing, out_of_range
from rundbrief_brevo.testing.resources import ACCOUNT, contact_json, list_json, process_json
from rundbrief_brevo.testing.state import State

__all__ = [
    "REPORTS_PATH",
    "account",
    "add_attribute",
    "add_list",
    "add_members",
    "attributes",
    "change_attribute",
    "folders",
    "lists",
    "members",
    "one_list",
    "process",
    "processes",
    "remove_members",
]

REPORTS_PATH = "/_reports"
"""Where the reports of imports lie; at the real service a storage on another host."""

MAX_MEMBERS = 150
"""Of one kind, in one request."""
MAX_OPTION = 200
ATTRIBUTE_NAME = re.compile(r"[A-Z0-9_]{1,50}")
ATTRIBUTE_TYPES = {
    "normal": ("text", "date", "float", "boolean", "multiple-choice", "user"),
    "transactional": ("text", "date", "float", "boolean", "id"),
    "category": ("category",),
    "calculated": (),
    "global": (),
}


def account(_state: State, _call: Call) -> Answer:
    return 200, ACCOUNT


# --- processes ----------------------------------------------------------------------------------------------


def processes(state: State, call: Call) -> Answer:
    """List processes: one request asks after all that it shows."""
    limit, offset = call.page(10, 50)
    rows = sorted(state.processes, key=lambda one: one.id, reverse=call.newest_first)
    shown = [
        process_json(state.processes.poll(one), f"{call.base_url}{REPORTS_PATH}")
        for one in rows[offset : offset + limit]
    ]
    return 200, {"processes": shown, "count": len(rows)}


def process(state: State, call: Call, process_id: int) -> Answer:
    found = state.processes.poll(state.processes.get(process_id))
    return 200, process_json(found, f"{call.base_url}{REPORTS_PATH}")


# --- lists --------------------------------------------------------------------------------------------------


def folders(state: State, call: Call) -> Answer:
    call.page(10, 50)
    total = sum(len(one.members) for one in state.account.lists.values())
    folder = {
        "id": FOLDER,
        "name": "Your first folder",
        "totalSubscribers": 0,
        "totalBlacklisted": 0,
        "uniqueSubscribers": total,
    }
    return 200, {"folders": [folder], "count": 1}


def lists(state: State, call: Call) -> Answer:
    """List lists. Traps: ten of them unless asked for more, fifty at most."""
    limit, offset = call.page(10, 50)
    rows = sorted(state.account.lists.values(), key=lambda one: one.id, reverse=call.newest_first)
    return 200, {"lists": [list_json(one) for one in rows[offset : offset + limit]], "count": len(rows)}


def add_list(state: State, call: Call) -> Answer:
    body = call.object()
    for name, kind in (("name", str), ("folderId", int)):
        if not isinstance(body.get(name), kind):
            raise missing(name)
    return 201, {"id": state.account.add_list(body["name"], body["folderId"]).id}


def one_list(state: State, _call: Call, list_id: int) -> Answer:
    found = state.account.list(list_id)
    return 200, {**list_json(found), "createdAt": found.created_at, "dynamicList": False, "campaignStats": []}


def members(state: State, call: Call, list_id: int) -> Answer:
    limit, offset = call.page(50, 500)
    rows = state.reads.find(call, state.account.list(list_id).id)
    return 200, {"contacts": [contact_json(row) for row in rows[offset : offset + limit]], "count": len(rows)}


def add_members(state: State, call: Call, list_id: int) -> Answer:
    """Put contacts on a list. Traps: who is there already is a failure, and if all are, the answer is an error."""
    found = state.account.list(list_id)
    answer, chosen = _sorted_out(state, call, lambda contact: contact.id not in found.members)
    if not chosen:
        raise invalid("Contact already in list and/or does not exist")
    for contact in chosen:
        state.account.join(contact, found)
    return 201, {"contacts": answer}


def remove_members(state: State, call: Call, list_id: int) -> Answer:
    """Take contacts off a list; everybody at once is a process."""
    found = state.account.list(list_id)
    if call.object().get("all") is True:
        return 201, {"contacts": {"processId": _emptying(state, found), "total": len(found.members)}}
    answer, chosen = _sorted_out(state, call, lambda contact: contact.id in found.members)
    if not chosen:
        raise invalid("Contact already removed from list and/or does not exist")
    for contact in chosen:
        state.account.leave(contact, found)
    return 201, {"contacts": answer}


def _emptying(state: State, found: ContactList) -> int:
    def work() -> dict[str, bytes]:
        for contact in list(found.members.values()):
            state.account.leave(contact, found)
        return {}

    return state.processes.submit("LIST_CLEANUP", work).id


def _sorted_out(
    state: State, call: Call, fits: Callable[[Contact], bool]
) -> tuple[dict[str, list[Any]], Sequence[Contact]]:
    """Return which of the contacts that a body names succeed and fail, as it names them, and those that succeed.

    Raises:
        Problem: the body names none, or too many.
    """
    keys, kind = _named(call)
    answer: dict[str, list[Any]] = {"success": [], "failure": []}
    chosen = []
    for key in keys:
        contact = _member(state, kind, key)
        if contact is not None and contact not in chosen and fits(contact):
            answer["success"].append(key)
            chosen.append(contact)
        else:
            answer["failure"].append(key)
    return answer, chosen


def _named(call: Call) -> tuple[Sequence[Any], str]:
    body = call.object()
    given = [name for name in ("emails", "ids", "extIds") if name in body]
    if len(given) != 1 or not isinstance(body[given[0]], list) or not body[given[0]]:
        raise missing("emails, ids or extIds")
    if len(body[given[0]]) > MAX_MEMBERS:
        raise out_of_range(f"{given[0]} exceeds max value {MAX_MEMBERS}")
    return body[given[0]], given[0]


def _member(state: State, kind: str, key: Any) -> Contact | None:
    """Return a contact.

    Trap: addresses are kept in lower case, and here compared as they are sent. Others measured that in 2026-09.
    """
    directory = state.account.contacts
    if kind == "ids":
        return directory.get(key) if isinstance(key, int) else None
    return directory.known_as("email" if kind == "emails" else "EXT_ID", str(key))


# --- attributes ---------------------------------------------------------------------------------------------


def attributes(state: State, _call: Call) -> Answer:
    return 200, {"attributes": [one.to_json() for one in state.account.attributes.values()]}


def add_attribute(state: State, call: Call, category: str, name: str) -> Answer:
    """Define an attribute.

    Raises:
        Problem: name, type or choices are refused, or there is such an attribute.
    """
    body = call.object()
    kind = body.get("type")
    if category not in ATTRIBUTE_TYPES or not ATTRIBUTE_NAME.fullmatch(name):
        raise invalid("Attribute name or category is invalid")
    if name in state.account.attributes:
        raise Problem(400, "duplicate_parameter", "Attribute name must be unique")
    if kind not in (ATTRIBUTE_TYPES[category] or (None,)):
        raise invalid("Attribute type is invalid")
    state.account.attributes[name] = Attribute(
        name,
        category,
        None if category == "category" else kind,
        _enumeration(body.get("enumeration")) if category == "category" else {},
        _options(body.get("multiCategoryOptions")) if kind == "multiple-choice" else [],
        str(body.get("value", "")),
    )
    return 201, None


def change_attribute(state: State, call: Call, category: str, name: str) -> Answer:
    """Add options to a multiple choice, or put other labels into a category. Nothing else can be changed.

    Raises:
        Problem: there is no such attribute, or it has no options.
    """
    found = state.account.attributes.get(name)
    if found is None or found.category != category:
        raise Problem(404, "document_not_found", "Attribute not found")
    if category == "category":
        found.enumeration = _enumeration(call.object().get("enumeration"))
        return 204, None
    if found.type != "multiple-choice":
        raise invalid(
            "Only the options of a multiple-choice attribute and the enumeration of a category can be changed"
        )
    new = _options(call.object().get("multiCategoryOptions"))
    found.options += [one for one in new if one not in found.options]
    return 204, None


def _enumeration(rows: Any) -> dict[int, str]:
    try:
        return {int(row["value"]): _option(row["label"]) for row in rows}
    except (KeyError, TypeError, ValueError):
        raise invalid("enumeration should be an array of values and labels") from None


def _options(rows: Any) -> list[str]:
    if not isinstance(rows, list) or not rows:
        raise missing("multiCategoryOptions")
    return [_option(row) for row in rows]


def _option(text: Any) -> str:
    if not isinstance(text, str) or not 0 < len(text) <= MAX_OPTION:
        raise invalid(f"An option should be a text of at most {MAX_OPTION} characters")
    return text
