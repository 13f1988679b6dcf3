"""Reading contacts: by id, by address, or a selection as a stream."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, func, select

from rundbrief.crm.local import schema
from rundbrief.errors import InputError
from rundbrief.models import (
    Campaign,
    Contact,
    ContactKind,
    CrmOptIn,
    OptIn,
    PartyType,
    Selection,
    address_key,
)

__all__ = ["by_addresses", "by_ids", "campaigns", "count", "stream"]

CHUNK = 1000


def stream(engine: Engine, selection: Selection) -> Iterator[Contact]:
    """Yield the chosen contacts by id, a page at a time, so that others may write in between."""
    with engine.begin() as connection:
        conditions = _conditions(connection, selection)
    after = 0
    while True:
        with engine.begin() as connection:
            page = _read(connection, *conditions, schema.contacts.c.id > after, limit=CHUNK)
        if not page:
            return
        yield from page
        after = int(page[-1].id)


def count(engine: Engine, selection: Selection) -> int:
    with engine.begin() as connection:
        statement = select(func.count(schema.contacts.c.id)).where(*_conditions(connection, selection))
        return connection.execute(statement).scalar_one()


def by_ids(engine: Engine, contact_ids: Sequence[str]) -> Mapping[str, Contact]:
    numbers = [int(one) for one in contact_ids if one.isdecimal()]
    with engine.begin() as connection:
        return {one.id: one for one in _read(connection, schema.contacts.c.id.in_(numbers))}


def by_addresses(engine: Engine, addresses: Sequence[str]) -> Mapping[str, Sequence[Contact]]:
    found: dict[str, list[Contact]] = {}
    keys = [address_key(one) for one in addresses]
    with engine.begin() as connection:
        for contact in _read(connection, schema.contacts.c.address.in_(keys)):
            found.setdefault(address_key(contact.email or ""), []).append(contact)
    return found


def campaigns(engine: Engine) -> Sequence[Campaign]:
    participants = func.count(schema.participants.c.contact_id)
    statement = (
        select(schema.campaigns.c.id, schema.campaigns.c.name, participants)
        .outerjoin(schema.participants)
        .group_by(schema.campaigns.c.id)
        .order_by(schema.campaigns.c.name)
    )
    with engine.begin() as connection:
        return [Campaign(str(number), name, people) for number, name, people in connection.execute(statement)]


def _conditions(connection: Connection, selection: Selection) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if selection.contact_ids:
        conditions.append(schema.contacts.c.id.in_(_known_ids(connection, selection.contact_ids)))
    if selection.kinds:
        conditions.append(schema.contacts.c.kind.in_([kind.value for kind in selection.kinds]))
    if selection.campaign is not None:
        members = select(schema.participants.c.contact_id).where(
            schema.participants.c.campaign_id == _campaign_id(connection, selection.campaign)
        )
        conditions.append(schema.contacts.c.id.in_(members))
    return conditions


def _known_ids(connection: Connection, contact_ids: Sequence[str]) -> list[int]:
    numbers = [int(one) for one in contact_ids if one.isdecimal()]
    statement = select(schema.contacts.c.id).where(schema.contacts.c.id.in_(numbers))
    known = {str(number) for number in connection.execute(statement).scalars()}
    missing = [one for one in contact_ids if one not in known]
    if missing:
        raise InputError(f"The CRM has no contact {missing[0]!r}.", hint="See: rundbrief contacts show")
    return numbers


def _campaign_id(connection: Connection, text: str) -> int:
    rows = connection.execute(select(schema.campaigns.c.id, schema.campaigns.c.name)).all()
    for number, name in rows:
        if text in (str(number), name):
            return int(number)
    known = ", ".join(name for _, name in rows) or "none"
    raise InputError(f"The CRM has no campaign {text!r}.", hint=f"It has: {known}.")


def _read(connection: Connection, *conditions: ColumnElement[bool], limit: int | None = None) -> list[Contact]:
    statement = select(schema.contacts).where(*conditions).order_by(schema.contacts.c.id).limit(limit)
    rows = connection.execute(statement).mappings().all()
    opt_ins = _opt_ins(connection, [row["id"] for row in rows])
    return [_contact(row, opt_ins.get(row["id"], {})) for row in rows]


def _opt_ins(connection: Connection, numbers: Sequence[int]) -> dict[int, dict[str, CrmOptIn]]:
    found: dict[int, dict[str, CrmOptIn]] = {}
    statement = select(schema.opt_ins).where(schema.opt_ins.c.contact_id.in_(numbers))
    for row in connection.execute(statement).mappings():
        opt_in = CrmOptIn(OptIn(row["value"]), row["since"], row["source"])
        found.setdefault(row["contact_id"], {})[row["key"]] = opt_in
    return found


def _contact(row: RowMapping | Mapping[str, Any], opt_ins: Mapping[str, CrmOptIn]) -> Contact:
    return Contact(
        id=str(row["id"]),
        email=row["email"],
        kind=ContactKind(row["kind"]),
        party=PartyType(row["party"]),
        fields=row["fields"],
        opt_ins=opt_ins,
        changed_at=row["changed_at"],
    )
