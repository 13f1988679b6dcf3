"""Dry runs: the same steps on a copy of the state, with a CRM that remembers writes instead of making them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain

from rundbrief.crm import Crm
from rundbrief.engine.state_copy import copy_for, remove_abandoned
from rundbrief.engine.workspace import Workspace
from rundbrief.fields import CrmField
from rundbrief.models import (
    Campaign,
    Contact,
    CrmOptIn,
    NewContact,
    OptInChange,
    OptInField,
    Selection,
    address_key,
)
from rundbrief.store import Store

__all__ = ["state_and_crm"]


@contextmanager
def state_and_crm(workspace: Workspace, connection: str, *, dry_run: bool) -> Iterator[tuple[Store, Crm]]:
    """Yield what a run works on: the real thing, or for a dry run a copy that is thrown away afterwards."""
    remove_abandoned(workspace.config.state_path)
    if not dry_run:
        yield workspace.store, workspace.crm
        return
    with copy_for(workspace.store, connection) as store:
        yield store, _PreviewCrm(workspace.crm)


class _PreviewCrm:
    """A CRM as it would be after the writes so far. Reads go through; writes stay here."""

    def __init__(self, crm: Crm) -> None:
        self._crm = crm
        self._opt_ins: dict[str, dict[str, CrmOptIn]] = {}
        self._created: dict[str, Contact] = {}
        """`address_key` -> contact"""

    def fields(self) -> Sequence[CrmField]:
        return self._crm.fields()

    def opt_in_fields(self) -> Sequence[OptInField]:
        return self._crm.opt_in_fields()

    def ensure_opt_in_fields(self, fields: Sequence[OptInField]) -> None:
        """An opt-in field that is not there reads as *unknown*, which is all that a preview needs."""

    def contacts(self, selection: Selection) -> Iterator[Contact]:
        for contact in chain(self._crm.contacts(selection), self._chosen(selection)):
            yield self._seen(contact)

    def by_ids(self, contact_ids: Sequence[str]) -> Mapping[str, Contact]:
        created = {one.id: one for one in self._created.values() if one.id in contact_ids}
        return {key: self._seen(one) for key, one in {**self._crm.by_ids(contact_ids), **created}.items()}

    def by_addresses(self, addresses: Sequence[str]) -> Mapping[str, Sequence[Contact]]:
        created = {one: [self._created[one]] for one in addresses if one in self._created}
        found = {**self._crm.by_addresses(addresses), **created}
        return {address: [self._seen(one) for one in contacts] for address, contacts in found.items()}

    def create_contacts(self, new: Sequence[NewContact]) -> Sequence[str]:
        return [self._create(one).id for one in new]

    def set_opt_ins(self, changes: Sequence[OptInChange]) -> Sequence[OptInChange]:
        for change in changes:
            self._opt_ins.setdefault(change.contact_id, {})[change.key] = change.opt_in
        return []

    def count(self, selection: Selection) -> int:
        return self._crm.count(selection) + len(self._chosen(selection))

    def campaigns(self) -> Sequence[Campaign]:
        return self._crm.campaigns()

    def check(self) -> str:
        return self._crm.check()

    def warnings(self, providers: Sequence[str]) -> Sequence[str]:
        return self._crm.warnings(providers)

    def close(self) -> None:
        """The real CRM belongs to the workspace."""

    def _create(self, new: NewContact) -> Contact:
        """Remember a contact that an import would have added; nobody edits it, so its date is left open."""
        number = len(self._created) + 1
        contact = Contact(f"(new {number})", new.email, fields=new.fields, opt_ins={new.opt_in_key: new.opt_in})
        return self._created.setdefault(address_key(new.email), contact)

    def _chosen(self, selection: Selection) -> Sequence[Contact]:
        if selection.contact_ids or selection.campaign is not None:
            return ()
        return tuple(one for one in self._created.values() if selection.fits(one))

    def _seen(self, contact: Contact) -> Contact:
        written = self._opt_ins.get(contact.id)
        return replace(contact, opt_ins={**contact.opt_ins, **written}) if written else contact
