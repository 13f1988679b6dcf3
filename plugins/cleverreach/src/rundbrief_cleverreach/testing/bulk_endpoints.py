"""Writes of many rows.

Trap: the answer is a 200 whatever happened. Each row has its own: an object if it worked, else a plain text.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from rundbrief.models import address_key
from rundbrief_cleverreach.testing import writing
from rundbrief_cleverreach.testing.account import Account
from rundbrief_cleverreach.testing.call import Answer, Call
from rundbrief_cleverreach.testing.group import Group
from rundbrief_cleverreach.testing.problems import Problem, bad_request, duplicate_address, unknown_address
from rundbrief_cleverreach.testing.receiver import Receiver
from rundbrief_cleverreach.testing.resources import receivers_json
from rundbrief_cleverreach.testing.row import Row
from rundbrief_cleverreach.testing.state import State

__all__ = ["delete", "insert", "update", "update_plus", "upsert", "upsert_plus"]

INSERTED = "insert success"
UPDATED = "update success"
DELETED = "success"


@dataclass(frozen=True, slots=True)
class _Written:
    receiver: Receiver
    status: str


Write = Callable[[Account, Group, Row], _Written]


def insert(state: State, call: Call, group_id: str) -> Answer:
    return _told(_written(state, call, group_id, _insert))


def update(state: State, call: Call, group_id: str) -> Answer:
    return _told(_written(state, call, group_id, _update))


def upsert(state: State, call: Call, group_id: str) -> Answer:
    return _told(_written(state, call, group_id, _upsert))


def update_plus(state: State, call: Call, group_id: str) -> Answer:
    return _shown(state, _written(state, call, group_id, _update))


def upsert_plus(state: State, call: Call, group_id: str) -> Answer:
    return _shown(state, _written(state, call, group_id, _upsert))


def delete(state: State, call: Call, group_id: str) -> Answer:
    group, keys = state.account.group(group_id), call.array()
    return [_deleted(state.account, group, str(key)) for key in keys]


def _insert(account: Account, group: Group, row: Row) -> _Written:
    return _Written(writing.insert(account, group, row), INSERTED)


def _update(account: Account, group: Group, row: Row) -> _Written:
    return _Written(writing.update(account, group, row), UPDATED)


def _upsert(account: Account, group: Group, row: Row) -> _Written:
    receiver, is_new = writing.upsert(account, group, row)
    return _Written(receiver, INSERTED if is_new else UPDATED)


def _written(state: State, call: Call, group_id: str, write: Write) -> Iterator[_Written | Problem]:
    """Write the rows one by one; what one is refused for stops none of the others."""
    group, rows = state.account.group(group_id), call.array()
    if not all(isinstance(sent, dict) for sent in rows):
        raise bad_request("array of receivers expected")
    seen: set[str] = set()
    for sent in rows:
        try:
            row = Row.of(sent)
            _refuse_repeated(row, seen)
            yield write(state.account, group, row)
        except Problem as problem:
            yield problem


def _refuse_repeated(row: Row, seen: set[str]) -> None:
    """Refuse an address that came before in the same request."""
    key = address_key(row.email) or row.id
    if key and key in seen:
        raise duplicate_address(row.email or row.id)
    seen.add(key)


def _told(rows: Iterator[_Written | Problem]) -> list[Any]:
    return [
        row.message if isinstance(row, Problem) else {"id": str(row.receiver.id), "status": row.status}
        for row in rows
    ]


def _shown(state: State, rows: Iterator[_Written | Problem]) -> list[Any]:
    """Trap: what was refused is left out, so that the answer is shorter than the request."""
    return receivers_json(state.account, [row.receiver for row in rows if isinstance(row, _Written)])


def _deleted(account: Account, group: Group, key: str) -> Any:
    receiver = group.get(key)
    if receiver is None:
        return unknown_address(key).message
    account.delete(receiver)
    return {"id": str(receiver.id), "status": DELETED}
