"""The embedded CRM with its users: what they do by the command line, for contracts, demos and tests."""

import shutil
import weakref
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from rundbrief.crm.local import writing
from rundbrief.crm.local.crm import LocalCrm
from rundbrief.fields import CrmField, FieldType
from rundbrief.models import ContactKind, FieldValue, OptIn, PartyType, Selection
from rundbrief.testing.crm_sandbox import CrmSandbox, HeldContact

__all__ = ["LocalCrmSandbox"]


class LocalCrmSandbox(CrmSandbox):
    """The users of an embedded CRM.

    Args:
        crm: None makes one in a folder of its own, which goes with the users.
    """

    def __init__(self, crm: LocalCrm | None = None) -> None:
        if crm is None:
            folder = Path(mkdtemp(prefix="rundbrief-crm-"))
            crm = LocalCrm(folder / "contacts.db")
            weakref.finalize(self, _remove, crm, folder)
        self.crm = crm

    def add_contact(
        self,
        email: str | None,
        fields: Mapping[str, FieldValue] | None = None,
        *,
        kind: ContactKind = ContactKind.CONTACT,
        party: PartyType = PartyType.PERSON,
    ) -> str:
        return self.crm.add(email=email, fields=fields, kind=kind, party=party).id

    def edit_contact(
        self, contact_id: str, *, email: str | None = None, fields: Mapping[str, FieldValue | None] | None = None
    ) -> None:
        self.crm.edit(contact_id, email=email, fields=fields)

    def delete_contact(self, contact_id: str) -> None:
        self.crm.delete(contact_id)

    def set_opt_in(self, contact_id: str, key: str, value: OptIn) -> None:
        self.crm.set_opt_in(contact_id, key, value, "by hand")

    def add_field(self, label: str, kind: FieldType = FieldType.TEXT, choices: Sequence[str] = ()) -> CrmField:  # noqa: ARG002
        """Add a custom field. What can be chosen is up to its users here: a choice is a text."""
        return self.crm.define_field(label, kind)

    def add_campaign(self, name: str, participants: Sequence[str] = ()) -> str:
        campaign = self.crm.create_campaign(name)
        self.crm.add_participants(campaign.id, participants)
        return campaign.id

    def opt_in_labels(self) -> Mapping[str, str]:
        return {one.key: one.label for one in self.crm.opt_in_fields()}

    def contacts(self) -> Mapping[str, HeldContact]:
        return {
            one.id: HeldContact(
                email=one.email,
                kind=one.kind,
                party=one.party,
                fields=one.fields,
                opt_ins={key: opt_in.value for key, opt_in in one.opt_ins.items()},
                changed_at=one.changed_at or self.crm.now(),
                untouched={},
            )
            for one in self.crm.contacts(Selection())
        }

    def seed(self, people: int | Iterable[str]) -> Sequence[str]:
        addresses = [f"person{n}@example.org" for n in range(people)] if isinstance(people, int) else people
        values = {"first_name": "Jördis"}
        rows = [
            writing.contact_row(ContactKind.CONTACT, PartyType.PERSON, one, values, self.crm.now())
            for one in addresses
        ]
        with self.crm.transaction() as connection:
            return [str(number) for number in writing.add_contacts(connection, rows)]

    def settings(self, base_url: str) -> Mapping[str, Any]:  # noqa: ARG002  # it is in a file
        return {"plugin": "local", "path": str(self.crm.path)}

    def environ(self) -> Mapping[str, str]:
        return {}


def _remove(crm: LocalCrm, folder: Path) -> None:
    crm.close()
    shutil.rmtree(folder, ignore_errors=True)
