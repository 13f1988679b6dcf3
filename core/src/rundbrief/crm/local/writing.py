"""Writing contacts and opt-ins, many at a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from rundbrief.bulk import insert_rows
from rundbrief.crm.local import schema
from rundbrief.crm.local.identity import contact_number, identity_of
from rundbrief.crm.local.reading import chunks
from rundbrief.crm.local.values import tidy
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

__all__ = ["add_contacts", "contact_row", "create_contacts", "put_opt_ins", "set_opt_ins", "update_contacts"]


def create_contacts(connection: Connection, new: Sequence[NewContact], now: datetime) -> list[str]:
    """Create persons; an address that has a contact gets that one's id, and the opt-in where that is not set."""
    keys = [address_key(one.email) for one in new]
    known = _by_address(connection, keys)
    set_opt_ins(
        connection,
        [
            OptInChange(str(known[key]), one.opt_in_key, OptIn.UNKNOWN, one.opt_in)
            for key, one in zip(keys, new, strict=True)
            if key in known
        ],
    )
    strangers: dict[str, NewContact] = {}
    for key, one in zip(keys, new, strict=True):
        if key not in known:
            strangers.setdefault(key, one)
    rows = [
        contact_row(ContactKind.CONTACT, PartyType.PERSON, one.email, one.fields, now)
        for one in strangers.values()
    ]
    known.update(zip(strangers, add_contacts(connection, rows), strict=True))
    put_opt_ins(connection, [(known[key], one.opt_in_key, one.opt_in) for key, one in strangers.items()])
    return [str(known[key]) for key in keys]


def contact_row(
    kind: ContactKind,
    party: PartyType,
    email: str | None,
    values: Mapping[str, FieldValue | None],
    now: datetime,
) -> dict[str, Any]:
    """Return a contact as a row of its table, tidied and with what it is looked up by."""
    email = (email or "").strip() or None
    fields = tidy(values)
    identity = identity_of(fields, email)
    return {
        "kind": kind.value,
        "party": party.value,
        "email": email,
        "address": identity.address,
        "customer_number": identity.number,
        "namesake": identity.namesake,
        "fields": fields,
        "changed_at": now,
    }


def add_contacts(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert contacts, and return their numbers in the same order.

    The numbers are given here and not by SQLite, which would tell them only to one statement for each contact. The
    transaction is the only writer, and its table of sequences knows those of deleted contacts too.
    """
    sequence = "SELECT seq FROM sqlite_sequence WHERE name = 'contacts'"
    free = count((connection.exec_driver_sql(sequence).scalar() or 0) + 1)
    numbered = [row if "id" in row else {**row, "id": next(free)} for row in rows]
    insert_rows(connection, schema.contacts, numbered)
    return [row["id"] for row in numbered]


def update_contacts(connection: Connection, rows: Mapping[int, Mapping[str, Any]]) -> None:
    """Overwrite the data of contacts, named by their numbers."""
    if rows:
        connection.execute(
            update(schema.contacts).where(schema.contacts.c.id == bindparam("number")),
            [{**row, "number": number} for number, row in rows.items()],
        )


def set_opt_ins(connection: Connection, changes: Sequence[OptInChange]) -> list[OptInChange]:
    """Compare and set; return the changes whose expectation did not hold."""
    present = _present(connection, changes)
    fitting: dict[tuple[str, str], CrmOptIn] = {}
    left_out: list[OptInChange] = []
    for one in changes:
        place = (one.contact_id, one.key)
        if present.get(place) is one.expected:
            present[place] = one.opt_in.value
            fitting[place] = one.opt_in
        else:
            left_out.append(one)
    put_opt_ins(connection, [(int(contact_id), key, one) for (contact_id, key), one in fitting.items()])
    return left_out


def put_opt_ins(connection: Connection, opt_ins: Sequence[tuple[int, str, CrmOptIn]]) -> None:
    """Write opt-ins as they are; UNKNOWN removes the row."""
    columns = schema.opt_ins.c
    cleared = [{"number": number, "name": key} for number, key, one in opt_ins if one.value is OptIn.UNKNOWN]
    if cleared:
        connection.execute(
            delete(schema.opt_ins).where(
                columns.contact_id == bindparam("number"), columns.key == bindparam("name")
            ),
            cleared,
        )
    rows: list[dict[str, Any]] = [
        {"contact_id": number, "key": key, "value": one.value.value, "since": one.since, "source": one.source}
        for number, key, one in opt_ins
        if one.value is not OptIn.UNKNOWN
    ]
    insert_rows(connection, schema.opt_ins, rows, overwrite=("contact_id", "key"))


def _by_address(connection: Connection, keys: Sequence[str]) -> dict[str, int]:
    """Return address -> number; of several contacts with one address the oldest counts."""
    columns = schema.contacts.c
    found: dict[str, int] = {}
    for part in chunks(keys):
        statement = select(columns.address, columns.id).where(columns.address.in_(part)).order_by(columns.id)
        for address, number in connection.execute(statement):
            found.setdefault(address, number)
    return found


def _present(connection: Connection, changes: Sequence[OptInChange]) -> dict[tuple[str, str], OptIn]:
    """Return the value of each field that the changes name, of those contacts that exist."""
    numbers = [number for one in changes if (number := contact_number(one.contact_id))]
    existing: set[str] = set()
    values: dict[tuple[str, str], OptIn] = {}
    opt_ins = schema.opt_ins.c
    for part in chunks(numbers):
        statement = select(schema.contacts.c.id).where(schema.contacts.c.id.in_(part))
        existing.update(str(number) for number in connection.execute(statement).scalars())
        rows = select(opt_ins.contact_id, opt_ins.key, opt_ins.value).where(opt_ins.contact_id.in_(part))
        values |= {(str(number), key): OptIn(value) for number, key, value in connection.execute(rows)}
    places = {(one.contact_id, one.key) for one in changes if one.contact_id in existing}
    return {place: values.get(place, OptIn.UNKNOWN) for place in places}
