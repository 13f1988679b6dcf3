"""The embedded CRM itself."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, delete
from sqlalchemy.dialects.sqlite import insert as upsert

from rundbrief.crm.local import reading, schema, writing
from rundbrief.crm.local.addresses import address_problem
from rundbrief.crm.local.campaigns import add_participants, all_campaigns, campaign_number, create_campaign
from rundbrief.crm.local.csv_columns import new_field
from rundbrief.crm.local.csv_guard import Allowance
from rundbrief.crm.local.csv_in import CsvReport, import_csv
from rundbrief.crm.local.csv_out import export_csv
from rundbrief.crm.local.custom_fields import add_field, adopt_fields, all_fields, typed
from rundbrief.database import open_database, read_only
from rundbrief.errors import InputError
from rundbrief.fields import CrmField, FieldType
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

__all__ = ["MIGRATIONS", "LocalCrm"]

MIGRATIONS = "rundbrief.crm.local.migrations"


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
        self._engine = open_database(path, migrations=MIGRATIONS)
        self._reading = read_only(self._engine)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Everything in the block is saved together, or not at all. For this package's own rooms."""
        with self._engine.begin() as connection:
            yield connection

    # --- what every CRM has ----------------------------------------------------------------------------------

    def fields(self) -> Sequence[CrmField]:
        with self._reading.begin() as connection:
            return all_fields(connection)

    def opt_in_fields(self) -> Sequence[OptInField]:
        with self._reading.begin() as connection:
            return reading.opt_in_fields(connection)

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
        return reading.stream(self._reading, selection)

    def count(self, selection: Selection) -> int:
        return reading.count(self._reading, selection)

    def by_ids(self, contact_ids: Sequence[str]) -> Mapping[str, Contact]:
        with self._reading.begin() as connection:
            return reading.by_ids(connection, contact_ids)

    def by_addresses(self, addresses: Sequence[str]) -> Mapping[str, Sequence[Contact]]:
        with self._reading.begin() as connection:
            return reading.by_addresses(connection, addresses)

    def create_contacts(self, new: Sequence[NewContact]) -> Sequence[str]:
        with self.transaction() as connection:
            adopt_fields(connection, (one.fields for one in new))
            return writing.create_contacts(connection, new, self.now())

    def set_opt_ins(self, changes: Sequence[OptInChange]) -> Sequence[OptInChange]:
        with self.transaction() as connection:
            return writing.set_opt_ins(connection, changes)

    def campaigns(self) -> Sequence[Campaign]:
        with self._reading.begin() as connection:
            return all_campaigns(connection)

    def check(self) -> str:
        return self.path.name

    def warnings(self, providers: Sequence[str]) -> Sequence[str]:  # noqa: ARG002  # it does nothing by itself
        return ()

    # --- what its users do -----------------------------------------------------------------------------------

    def add(
        self,
        *,
        email: str | None = None,
        fields: Mapping[str, FieldValue] | None = None,
        kind: ContactKind = ContactKind.CONTACT,
        party: PartyType = PartyType.PERSON,
    ) -> Contact:
        """Add a contact; a second one with the same address is allowed.

        The address is taken as it is: an export says of a wrong one that it is none.

        Raises:
            InputError: there is no such field, or a value does not fit it.
        """
        with self.transaction() as connection:
            values = typed(fields or {}, all_fields(connection))
            row = writing.contact_row(kind, party, email, values, self.now())
            (number,) = writing.add_contacts(connection, [row])
            return reading.find(connection, str(number))

    def find(self, text: str) -> Contact:
        """Return a contact by id, or by address if only one has it.

        Raises:
            InputError: there is none, or more than one.
        """
        with self._reading.begin() as connection:
            return reading.find(connection, text)

    def edit(
        self, contact: str, *, fields: Mapping[str, FieldValue | None] | None = None, email: str | None = None
    ) -> Contact:
        """Change some fields, or the address. None or an empty text removes a field's value, "" the address.

        Args:
            contact: an id, or an address that only one contact has.

        Raises:
            InputError: there is no such contact or field, a value does not fit, or the address is none.
        """
        if email and (problem := address_problem(email.strip())):
            raise InputError(f"The e-mail address {problem}.")
        with self.transaction() as connection:
            old = reading.find(connection, contact)
            values = {**old.fields, **typed(fields or {}, all_fields(connection))}
            row = writing.contact_row(
                old.kind, old.party, old.email if email is None else email, values, self.now()
            )
            if (row["fields"], row["email"]) != (old.fields, old.email):
                writing.update_contacts(connection, {int(old.id): row})
            return reading.find(connection, old.id)

    def delete(self, contact: str) -> None:
        """Delete a contact, named by id or address, with its opt-ins and participations.

        Raises:
            InputError: there is no such contact.
        """
        with self.transaction() as connection:
            number = int(reading.find(connection, contact).id)
            connection.execute(delete(schema.contacts).where(schema.contacts.c.id == number))

    def set_opt_in(self, contact: str, field: str, value: OptIn, source: str) -> None:
        """Set one opt-in by hand; the present one stays, with its date, when it has this value already.

        Args:
            contact: an id, or an address that only one contact has.
            field: an opt-in field's key or label.
            source: where the wish was stated, in words.

        Raises:
            InputError: there is no such contact or opt-in field.
        """
        with self.transaction() as connection:
            one = reading.find(connection, contact)
            key = _opt_in_field(connection, field).key
            if one.opt_in(key).value is not value:
                writing.put_opt_ins(connection, [(int(one.id), key, CrmOptIn(value, self.now(), source))])

    def opt_in_field(self, text: str) -> OptInField:
        """Return an opt-in field by key or label.

        Raises:
            InputError: there is none, or several have the label; the known ones are named.
        """
        with self._reading.begin() as connection:
            return _opt_in_field(connection, text)

    def define_field(self, label: str, kind: FieldType = FieldType.TEXT) -> CrmField:
        """Add a custom field; its key is made of the label.

        Raises:
            InputError: the label is empty or means a field that the CRM has.
        """
        with self.transaction() as connection:
            field = new_field(label, kind, all_fields(connection))
            add_field(connection, field)
            return field

    def create_campaign(self, name: str) -> Campaign:
        """Add a campaign.

        Raises:
            InputError: it has no name, or there is one of that name.
        """
        with self.transaction() as connection:
            return create_campaign(connection, name)

    def add_participants(self, campaign: str, contacts: Sequence[str]) -> int:
        """Add contacts, named by id or address, to a campaign; return how many were not in it before.

        Raises:
            InputError: there is no such campaign or contact; nobody was added.
        """
        with self.transaction() as connection:
            number = campaign_number(connection, campaign)
            return add_participants(connection, number, reading.numbers_of(connection, contacts))

    def import_csv(
        self, path: Path, *, source: str | None = None, allowance: Allowance | None = None
    ) -> CsvReport:
        """Take contacts in from a CSV file; see `csv_in.import_csv`."""
        source = source or f"CSV file {path.name}"
        return import_csv(self._engine, path, now=self.now(), source=source, allowance=allowance)

    def export_csv(
        self, path: Path, selection: Selection | None = None, *, delimiter: str = ";", bom: bool = True
    ) -> int:
        """Write contacts to a CSV file; see `csv_out.export_csv`. Return how many."""
        return export_csv(self._reading, path, selection or Selection(), delimiter=delimiter, bom=bom)


def _opt_in_field(connection: Connection, text: str) -> OptInField:
    known = reading.opt_in_fields(connection)
    found = [one for one in known if one.key == text] or [one for one in known if one.label == text]
    if len(found) == 1:
        return found[0]
    if found:
        keys = ", ".join(one.key for one in found)
        raise InputError(f"{len(found)} opt-in fields are called {text!r}.", hint=f"Name one by its key: {keys}.")
    keys = (
        ", ".join(one.key for one in known) or "none yet; pull the lists first: rundbrief lists CONNECTION --pull"
    )
    raise InputError(f"The CRM has no opt-in field {text!r}.", hint=f"It has: {keys}.")
