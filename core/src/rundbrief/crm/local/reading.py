"""Reading contacts: by id, by address, or a selection as a stream."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, func, select

from rundbrief.crm.local import schema
from rundbrief.crm.local.campaigns import campaign_number
from rundbrief.crm.local.identity import contact_number
from rundbrief.errors import InputError
from rundbrief.models import (
    Contact,
    ContactKind,
    CrmOptIn,
    OptIn,
    OptInField,
    PartyType,
    Selection,
    address_key,
    mask_address,
)

__all__ = [
    "by_addresses",
    "by_ids",
    "chunks",
    "count",
    "find",
    "numbers_of",
    "opt_in_fields",
    "select_contacts",
    "stream",
]

CHUNK = 1000
"""Contacts that are read or written together; also well below SQLite's limit of variables per statement."""

Item = TypeVar("Item")


def chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Cut a sequence into parts that one statement can name."""
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))


def stream(engine: Engine, selection: Selection) -> Iterator[Contact]:
    """Yield the chosen contacts by id, a page at a time, so that others may write in between."""
    with engine.begin() as connection:
        parts = _conditions(connection, selection)
    for conditions in parts:
        yield from filter(selection.fits, _pages(engine, conditions))


def count(engine: Engine, selection: Selection) -> int:
    if selection.where is not None:
        return sum(1 for _ in stream(engine, selection))
    with engine.begin() as connection:
        statements = [
            select(func.count(schema.contacts.c.id)).where(*conditions)
            for conditions in _conditions(connection, selection)
        ]
        return sum(connection.execute(statement).scalar_one() for statement in statements)


def by_ids(connection: Connection, contact_ids: Sequence[str]) -> dict[str, Contact]:
    numbers = [number for one in contact_ids if (number := contact_number(one))]
    return {one.id: one for one in select_contacts(connection, schema.contacts.c.id.in_(numbers))}


def by_addresses(connection: Connection, addresses: Sequence[str]) -> dict[str, list[Contact]]:
    found: dict[str, list[Contact]] = {}
    keys = [address_key(one) for one in addresses]
    for contact in select_contacts(connection, schema.contacts.c.address.in_(keys)):
        found.setdefault(address_key(contact.email or ""), []).append(contact)
    return found


def find(connection: Connection, text: str) -> Contact:
    """Return a contact by id, or by address if only one has it.

    Raises:
        InputError: there is none, or more than one.
    """
    return next(iter(_find_all(connection, [text])))


def numbers_of(connection: Connection, texts: Sequence[str]) -> list[int]:
    """Return the row numbers of contacts that are named as in `find`.

    Raises:
        InputError: as there.
    """
    return [int(one.id) for part in chunks(texts) for one in _find_all(connection, part)]


def _find_all(connection: Connection, texts: Sequence[str]) -> Iterator[Contact]:
    ids, addresses = by_ids(connection, texts), by_addresses(connection, texts)
    for text in texts:
        found = [ids[text]] if text in ids else addresses.get(address_key(text), [])
        shown = mask_address(text) if "@" in text else text
        if not found:
            raise InputError(f"The CRM has no contact {shown!r}.", hint="Name it by its id or its full address.")
        if len(found) > 1:
            several = ", ".join(one.id for one in found)
            raise InputError(
                f"{len(found)} contacts share the address {shown}.", hint=f"Name one by its id: {several}."
            )
        yield found[0]


def opt_in_fields(connection: Connection) -> list[OptInField]:
    columns = schema.opt_in_fields.c
    rows = connection.execute(select(columns.key, columns.label).order_by(columns.key))
    return [OptInField(key, label) for key, label in rows]


def _conditions(connection: Connection, selection: Selection) -> list[list[ColumnElement[bool]]]:
    """Return the selection as conditions of one or more statements, in the order of the ids they find."""
    conditions: list[ColumnElement[bool]] = []
    if selection.kinds:
        conditions.append(schema.contacts.c.kind.in_([kind.value for kind in selection.kinds]))
    if selection.campaign is not None:
        members = select(schema.participants.c.contact_id).where(
            schema.participants.c.campaign_id == campaign_number(connection, selection.campaign)
        )
        conditions.append(schema.contacts.c.id.in_(members))
    if not selection.contact_ids:
        return [conditions]
    numbers = _existing_numbers(connection, selection.contact_ids)
    return [[*conditions, schema.contacts.c.id.in_(part)] for part in chunks(sorted(set(numbers)))]


def _existing_numbers(connection: Connection, contact_ids: Sequence[str]) -> list[int]:
    """Return the row numbers behind ids, in their order.

    Raises:
        InputError: one of them is no contact's.
    """
    numbers = [number for one in contact_ids if (number := contact_number(one))]
    known: set[int] = set()
    for part in chunks(numbers):
        statement = select(schema.contacts.c.id).where(schema.contacts.c.id.in_(part))
        known.update(connection.execute(statement).scalars())
    missing = next((one for one in contact_ids if contact_number(one) not in known), None)
    if missing is not None:
        shown = mask_address(missing) if "@" in missing else missing
        raise InputError(f"The CRM has no contact with the id {shown!r}.", hint="See: rundbrief contacts list")
    return numbers


def _pages(engine: Engine, conditions: Sequence[ColumnElement[bool]]) -> Iterator[Contact]:
    after = 0
    while True:
        with engine.begin() as connection:
            page = select_contacts(connection, *conditions, schema.contacts.c.id > after, limit=CHUNK)
        yield from page
        if len(page) < CHUNK:
            return
        after = int(page[-1].id)


def select_contacts(
    connection: Connection, *conditions: ColumnElement[bool], limit: int | None = None
) -> list[Contact]:
    """Return the contacts that meet the conditions, by id, with their opt-ins."""
    statement = select(schema.contacts).where(*conditions).order_by(schema.contacts.c.id).limit(limit)
    rows = connection.execute(statement).mappings().all()
    opt_ins: dict[int, dict[str, CrmOptIn]] = {}
    for part in chunks([row["id"] for row in rows]):
        opt_ins |= _opt_ins(connection, part)
    return [_contact(row, opt_ins.get(row["id"], {})) for row in rows]


def _opt_ins(connection: Connection, numbers: Sequence[int]) -> dict[int, dict[str, CrmOptIn]]:
    found: dict[int, dict[str, CrmOptIn]] = {}
    statement = select(schema.opt_ins).where(schema.opt_ins.c.contact_id.in_(numbers))
    for row in connection.execute(statement).mappings():
        opt_in = CrmOptIn(OptIn(row["value"]), row["since"], row["source"])
        found.setdefault(row["contact_id"], {})[row["key"]] = opt_in
    return found


def _contact(row: RowMapping, opt_ins: Mapping[str, CrmOptIn]) -> Contact:
    return Contact(
        id=str(row["id"]),
        email=row["email"],
        kind=ContactKind(row["kind"]),
        party=PartyType(row["party"]),
        fields=row["fields"],
        opt_ins=opt_ins,
        changed_at=row["changed_at"],
    )
