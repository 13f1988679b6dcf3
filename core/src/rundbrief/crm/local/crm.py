"""The embedded CRM itself."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, delete, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from rundbrief.crm.local import reading, schema, writing
from rundbrief.database import open_database
from rundbrief.errors import InputError
from rundbrief.fields import STANDARD_FIELDS, CrmField, FieldType
from rundbrief.models import (
    Campaign,
    Contact,
    ContactKind,
    CrmOptIn,
    FieldValue,
    NewContact,
    OptIn,
    OptInChange,
    OptInField,
    PartyType,
    Selection,
)

__all__ = ["LocalCrm"]


class LocalCrm:
    """A small CRM in one SQLite file; implements `rundbrief.crm.Crm`, and what the command line needs beside it.

    Args:
        path: the file, created when missing.
        now: the clock.

    Raises:
        StateError: the file cannot be opened; see `rundbrief.database.open_database`.
    """

    def __init__(self, path: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.path = path
        self.now = now
        self._engine: Engine = open_database(path, migrations="rundbrief.crm.local.migrations")

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Everything in the block is saved together, or not at all. For this package's own rooms."""
        with self._engine.begin() as connection:
            yield connection

    # --- what every CRM has ----------------------------------------------------------------------------------

    def fields(self) -> Sequence[CrmField]:
        with self.transaction() as connection:
            rows = connection.execute(select(schema.custom_fields).order_by(schema.custom_fields.c.key)).all()
        return [*STANDARD_FIELDS, *(CrmField(key, label, FieldType(kind)) for key, label, kind in rows)]

    def ensure_opt_in_fields(self, fields: Sequence[OptInField]) -> None:
        if fields:
            statement = upsert(schema.opt_in_fields)
            rows = [{"key": one.key, "label": one.label} for one in fields]
            with self.transaction() as connection:
                connection.execute(
                    statement.on_conflict_do_update(
                        index_elements=["key"], set_={"label": statement.excluded.label}
                    ),
                    rows,
                )

    def contacts(self, selection: Selection) -> Iterator[Contact]:
        return reading.stream(self._engine, selection)

    def count(self, selection: Selection) -> int:
        return reading.count(self._engine, selection)

    def by_ids(self, contact_ids: Sequence[str]) -> Mapping[str, Contact]:
        return reading.by_ids(self._engine, contact_ids)

    def by_addresses(self, addresses: Sequence[str]) -> Mapping[str, Sequence[Contact]]:
        return reading.by_addresses(self._engine, addresses)

    def create_contacts(self, new: Sequence[NewContact]) -> Sequence[str]:
        return writing.create_contacts(self._engine, new, self.now())

    def set_opt_ins(self, changes: Sequence[OptInChange]) -> Sequence[OptInChange]:
        return writing.set_opt_ins(self._engine, changes)

    def campaigns(self) -> Sequence[Campaign]:
        return reading.campaigns(self._engine)

    # --- what its users do -----------------------------------------------------------------------------------

    def add(
        self,
        *,
        email: str | None = None,
        fields: Mapping[str, FieldValue] | None = None,
        kind: ContactKind = ContactKind.CONTACT,
        party: PartyType = PartyType.PERSON,
    ) -> Contact:
        """Add a contact; a second one with the same address is allowed."""
        row = writing.contact_row(kind, party, email, fields or {}, self.now())
        with self.transaction() as connection:
            (number,) = writing.add_contacts(connection, [row])
        return self.by_ids([str(number)])[str(number)]

    def find(self, text: str) -> Contact:
        """Return a contact by id, or by address if only one has it.

        Raises:
            InputError: there is none, or more than one.
        """
        found = list(self.by_ids([text]).values())
        if not found:
            found = [one for group in self.by_addresses([text]).values() for one in group]
        if len(found) == 1:
            return found[0]
        if not found:
            raise InputError("The CRM has no such contact.", hint="Name it by its id or its full address.")
        ids = ", ".join(one.id for one in found)
        raise InputError(f"{len(found)} contacts share this address.", hint=f"Name one by its id: {ids}.")

    def edit(
        self, contact_id: str, *, fields: Mapping[str, FieldValue | None] | None = None, email: str | None = None
    ) -> Contact:
        """Change some fields, or the address. None or an empty text removes a field's value.

        Raises:
            InputError: there is no such contact.
        """
        contact = self.find(contact_id)
        values = {**contact.fields, **(fields or {})}
        filled = {key: value for key, value in values.items() if value not in (None, "")}
        address = contact.email if email is None else email
        if filled != contact.fields or address != contact.email:
            row = writing.contact_row(contact.kind, contact.party, address, filled, self.now())
            with self.transaction() as connection:
                writing.update_contact(connection, int(contact.id), row)
        return self.find(contact.id)

    def delete(self, contact_id: str) -> None:
        """Delete a contact with its opt-ins and participations.

        Raises:
            InputError: there is no such contact.
        """
        contact = self.find(contact_id)
        with self.transaction() as connection:
            connection.execute(delete(schema.contacts).where(schema.contacts.c.id == int(contact.id)))

    def set_opt_in(self, contact_id: str, key: str, value: OptIn, source: str) -> None:
        """Set one opt-in by hand.

        Raises:
            InputError: there is no such contact, or no opt-in field of that key or label.
        """
        contact = self.find(contact_id)
        field = self.opt_in_field(key)
        if contact.opt_in(field.key).value is not value:
            with self.transaction() as connection:
                writing.put_opt_ins(
                    connection, [(int(contact.id), field.key, CrmOptIn(value, self.now(), source))]
                )

    def opt_in_fields(self) -> Sequence[OptInField]:
        with self.transaction() as connection:
            rows = connection.execute(select(schema.opt_in_fields).order_by(schema.opt_in_fields.c.key)).all()
        return [OptInField(key, label) for key, label in rows]

    def opt_in_field(self, text: str) -> OptInField:
        """Return an opt-in field by key or label.

        Raises:
            InputError: there is none; the known ones are named.
        """
        known = self.opt_in_fields()
        for one in known:
            if text in (one.key, one.label):
                return one
        names = ", ".join(one.key for one in known) or "none yet; pull the lists first"
        raise InputError(f"The CRM has no opt-in field {text!r}.", hint=f"It has: {names}.")

    def create_campaign(self, name: str) -> Campaign:
        """Add a campaign.

        Raises:
            InputError: there is one of that name.
        """
        if name in {one.name for one in self.campaigns()}:
            raise InputError(f"There is a campaign {name!r} already.")
        with self.transaction() as connection:
            key = connection.execute(insert(schema.campaigns).values(name=name)).inserted_primary_key
        assert key is not None
        return Campaign(str(key[0]), name, 0)

    def add_participants(self, campaign: str, contact_ids: Iterable[str]) -> int:
        """Add contacts to a campaign by id or name; return how many were not in it before.

        Raises:
            InputError: there is no such campaign or contact.
        """
        known = {text: one for one in self.campaigns() for text in (one.id, one.name)}
        if campaign not in known:
            raise InputError(f"The CRM has no campaign {campaign!r}.")
        number = int(known[campaign].id)
        rows = [{"campaign_id": number, "contact_id": int(self.find(one).id)} for one in contact_ids]
        before = known[campaign].participants
        if rows:
            with self.transaction() as connection:
                connection.execute(upsert(schema.participants).on_conflict_do_nothing(), rows)
        return next(one.participants for one in self.campaigns() if one.id == known[campaign].id) - before
