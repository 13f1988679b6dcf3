"""What has to be the same after a killed run as after an undisturbed one, in a form that can be compared.

Left out is what depends on the number of runs or on the order of requests: ids, numbers of runs, and when in the
case something was done. A moment before the case stays as it is.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any

from crashes.world import Box, World
from rundbrief.crm.local import LocalCrm
from rundbrief.models import Selection, address_key
from rundbrief.store.journal_chain import ERASED_PREFIX

__all__ = ["Snapshot", "differences", "take", "without"]

Snapshot = Mapping[str, Counter[Any]]
"""Name of a part -> how often each of its rows is there."""

_TABLES = {
    "recipients": "connection, scope, address, spelling, status, agreed, withdrawn, on_lists, left_lists",
    "sent": "connection, scope, address, fingerprint, result, reason",
    "cursors": "connection, scope, cursor IS NULL, reading, full_read, full_read_at IS NULL",
    "inbox": "connection, scope, address, status",
    "intents": "connection, address, opt_in_key",
    "candidates": "address",
    "outbox": "kind, address",
    "erased": "connection, scope, is_finished",
    "runs under way": "connection, kind",
}
_FROM = {"runs under way": "runs WHERE state = 'running'"}

_JOURNAL = "connection, scope, address, other_address, place, actor, was, became, evidence, contact_id"


def take(world: World, began: datetime) -> Snapshot:
    """Return everything that counts in a world in which nothing runs.

    Args:
        began: when the case did.
    """
    emails, crm = _crm(world, began)
    parts = {"crm": crm, **_state(world, emails)}
    for box in world.boxes:
        parts |= _service(box, began)
    return {name: Counter(rows) for name, rows in parts.items()}


def differences(expected: Snapshot, found: Snapshot) -> Iterator[str]:
    """Yield a line for each row that is missing or should not be there; the first few of each part."""
    for part in expected.keys() | found.keys():
        before, after = expected.get(part, Counter()), found.get(part, Counter())
        for word, rows in (("missing", before - after), ("too much", after - before)):
            for row, count in list(rows.items())[:4]:
                yield f"{part}: {word}: {count} x {row}"
            if len(rows) > 4:
                yield f"{part}: {word}: {len(rows)} rows in all"


def without(snapshot: Snapshot, addresses: Sequence[str]) -> Snapshot:
    """Return a snapshot without the rows that name one of these addresses."""
    if not addresses:
        return snapshot
    return {
        part: Counter(
            {row: count for row, count in rows.items() if not any(one in repr(row) for one in addresses)}
        )
        for part, rows in snapshot.items()
    }


# --- services ---------------------------------------------------------------------------------------------


def _service(box: Box, began: datetime) -> dict[str, list[Any]]:
    box.service.work_off(box.sandbox)  # what was handed in by a client that is gone
    rows = [
        (
            list_id,
            address,
            held.status.value,
            held.is_member,
            tuple(sorted((key, str(value)) for key, value in held.fields.items())),
            held.evidence.source,
            _when(held.evidence.at, began),
        )
        for list_id in box.lists
        for address, held in box.sandbox.recipients(list_id).items()
    ]
    return {f"{box.name} recipients": rows, f"{box.name} mails": list(box.sandbox.confirmation_mails)}


def _when(moment: datetime | None, began: datetime) -> str:
    if moment is None:
        return "never"
    return moment.isoformat() if moment < began else "in this case"


# --- the CRM ----------------------------------------------------------------------------------------------


def _crm(world: World, began: datetime) -> tuple[dict[str, str], list[Any]]:
    """Return contact id -> address, and the contacts."""
    emails, rows = {}, []
    for contact_id, email, fields, opt_ins in _contacts(world, began):
        emails[contact_id] = address_key(email or "")
        shown = sorted((key, str(value)) for key, value in fields.items())
        rows.append((emails[contact_id], tuple(shown), tuple(sorted(opt_ins.items()))))
    return emails, rows


def _contacts(
    world: World, began: datetime
) -> Iterator[tuple[str, str | None, Mapping[str, Any], dict[str, Any]]]:
    """Yield id, address, fields and opt-ins of each contact; with when and why, where the CRM keeps that."""
    if world.weclapp is not None:
        for contact_id, held in world.weclapp.contacts().items():
            yield contact_id, held.email, held.fields, {key: value.value for key, value in held.opt_ins.items()}
        return
    with closing(LocalCrm(world.folder / "contacts.db")) as crm:
        for one in crm.contacts(Selection()):
            opt_ins = {key: (it.value.value, it.source, _when(it.since, began)) for key, it in one.opt_ins.items()}
            yield one.id, one.email, one.fields, opt_ins


# --- the state --------------------------------------------------------------------------------------------


def _state(world: World, emails: Mapping[str, str]) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(world.state)) as connection:
        parts = {
            name: connection.execute(f"SELECT {columns} FROM {_FROM.get(name, name)}").fetchall()
            for name, columns in _TABLES.items()
        }
        links = connection.execute("SELECT connection, scope, contact_id, crm_address, address FROM links")
        parts["links"] = [(name, scope, emails.get(one, "deleted"), *rest) for name, scope, one, *rest in links]
        journal = connection.execute(f"SELECT {_JOURNAL} FROM journal")
        parts["journal"] = [
            (*map(_without_pseudonym, row), emails.get(contact_id, contact_id)) for *row, contact_id in journal
        ]
        parts["remote ids that are not the service's"] = list(_strange_ids(world, connection))
    return parts


def _without_pseudonym(value: Any) -> Any:
    """What stands for an erased person is made by chance."""
    return ERASED_PREFIX if str(value).startswith(ERASED_PREFIX) else value


def _strange_ids(world: World, connection: sqlite3.Connection) -> Iterator[Any]:
    """Yield the recipients whose id in the state is not the one that the service has for the address."""
    for box in world.boxes:
        for list_id in box.lists:
            held = box.sandbox.recipients(list_id)
            scope = "*" if box.service.account_wide else list_id
            rows = connection.execute(
                "SELECT address, remote_id FROM recipients WHERE connection = ? AND scope = ?", (box.name, scope)
            )
            for address, remote_id in rows:
                if remote_id and address in held and held[address].remote_id != remote_id:
                    yield box.name, address
