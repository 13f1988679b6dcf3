"""Writing contacts and opt-ins, many at a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from rundbrief.crm.local import schema
from rundbrief.models import (
    ContactKind,
    CrmOptIn,
    FieldValue,
    NewContact,
    OptIn,
    OptInChange,
    PartyType,
    address_key,
)

__all__ = ["add_contacts", "contact_row", "create_contacts", "put_opt_ins", "set_opt_ins", "update_contact"]


def create_contacts(engine: Engine, new: Sequence[NewContact], now: datetime) -> list[str]:
    """Create persons; an address that has a contact gets that one's id, and nothing is written."""
    if not new:
        return []
    with engine.begin() as connection:
        known = _by_address(connection, [address_key(one.email) for one in new])
        strangers = {address_key(one.email): one for one in reversed(new) if address_key(one.email) not in known}
        numbers = add_contacts(
            connection,
            [
                contact_row(ContactKind.CONTACT, PartyType.PERSON, one.email, one.fields, now)
                for one in strangers.values()
            ],
        )
        known.update(zip(strangers, numbers, strict=True))
        put_opt_ins(connection, [(known[key], one.opt_in_key, one.opt_in) for key, one in strangers.items()])
        return [str(known[address_key(one.email)]) for one in new]


def contact_row(
    kind: ContactKind, party: PartyType, email: str | None, values: Mapping[str, FieldValue], now: datetime
) -> dict[str, Any]:
    """Return a contact as a row of its table."""
    email = (email or "").strip() or None
    return {
        "kind": kind.value,
        "party": party.value,
        "email": email,
        "address": address_key(email) if email else None,
        "fields": values,
        "changed_at": now,
    }


def add_contacts(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert contacts, and return their numbers in the same order."""
    if not rows:
        return []
    statement = insert(schema.contacts).returning(schema.contacts.c.id, sort_by_parameter_order=True)
    return list(connection.execute(statement, list(rows)).scalars())


def update_contact(connection: Connection, number: int, row: Mapping[str, Any]) -> None:
    """Overwrite a contact's data."""
    connection.execute(update(schema.contacts).where(schema.contacts.c.id == number).values(row))


def set_opt_ins(engine: Engine, changes: Sequence[OptInChange]) -> list[OptInChange]:
    """Compare and set in one transaction; return the changes whose expectation did not hold."""
    if not changes:
        return []
    with engine.begin() as connection:
        present = _present(connection, changes)
        fitting = [one for one in changes if present.get((one.contact_id, one.key)) is one.expected]
        put_opt_ins(connection, [(int(one.contact_id), one.key, one.opt_in) for one in fitting])
    made = set(fitting)
    return [one for one in changes if one not in made]


def put_opt_ins(connection: Connection, opt_ins: Sequence[tuple[int, str, CrmOptIn]]) -> None:
    """Write opt-ins as they are; UNKNOWN removes the row."""
    cleared = [(number, key) for number, key, one in opt_ins if one.value is OptIn.UNKNOWN]
    for number, key in cleared:
        connection.execute(
            delete(schema.opt_ins).where(schema.opt_ins.c.contact_id == number, schema.opt_ins.c.key == key)
        )
    rows: list[dict[str, Any]] = [
        {"contact_id": number, "key": key, "value": one.value.value, "since": one.since, "source": one.source}
        for number, key, one in opt_ins
        if one.value is not OptIn.UNKNOWN
    ]
    if rows:
        statement = upsert(schema.opt_ins)
        overwritten = {name: statement.excluded[name] for name in ("value", "since", "source")}
        connection.execute(
            statement.on_conflict_do_update(index_elements=["contact_id", "key"], set_=overwritten), rows
        )


def _by_address(connection: Connection, addresses: Sequence[str]) -> dict[str, int]:
    columns = schema.contacts.c
    statement = select(columns.address, columns.id).where(columns.address.in_(addresses))
    # Of several contacts with one address the oldest counts: descending order lets it overwrite the others.
    return {address: number for address, number in connection.execute(statement.order_by(columns.id.desc()))}  # noqa: C416


def _present(connection: Connection, changes: Sequence[OptInChange]) -> dict[tuple[str, str], OptIn]:
    numbers = {int(one.contact_id) for one in changes if one.contact_id.isdecimal()}
    exists = connection.execute(select(schema.contacts.c.id).where(schema.contacts.c.id.in_(numbers))).scalars()
    ids = {str(number) for number in exists}
    present = {(one.contact_id, one.key): OptIn.UNKNOWN for one in changes if one.contact_id in ids}
    columns = schema.opt_ins.c
    statement = select(columns.contact_id, columns.key, columns.value).where(columns.contact_id.in_(numbers))
    for number, key, value in connection.execute(statement):
        present[str(number), key] = OptIn(value)
    return present
