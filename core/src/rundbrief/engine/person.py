"""What is known of one address: its state in every list, and its journal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rundbrief.engine.scopes import opt_in_key
from rundbrief.engine.workspace import Workspace
from rundbrief.models import Contact, address_key
from rundbrief.store import ACCOUNT_SCOPE, WHOLE_ACCOUNT, JournalEntry, Recipient

__all__ = ["ListState", "PersonState", "person_state"]


@dataclass(frozen=True, slots=True)
class ListState:
    """One consent scope that knows the address."""

    connection: str
    list_id: str
    list_name: str
    opt_in_key: str
    recipient: Recipient


@dataclass(frozen=True, slots=True)
class PersonState:
    address: str
    contacts: Sequence[Contact]
    lists: Sequence[ListState]
    journal: Sequence[JournalEntry]
    erased_at: datetime | None
    """When the owner was erased; unless a list knows her again, nothing else is known."""


def person_state(workspace: Workspace, address: str) -> PersonState:
    """Return everything rundbrief knows of an address. Asks the state and the CRM, not the services."""
    key = address_key(address)
    contacts = workspace.crm.by_addresses([key]).get(key, ())
    with workspace.store.transaction() as transaction:
        lists = []
        for connection, scope, recipient in transaction.everywhere(key):
            names = {one.mailing_list.id: one.mailing_list.name for one in transaction.lists(connection).all()}
            name = WHOLE_ACCOUNT if scope == ACCOUNT_SCOPE else names.get(scope, scope)
            lists.append(ListState(connection, scope, name, opt_in_key(connection, scope), recipient))
        journal = transaction.journal.of(key)
        erased_at = transaction.erased.when(key)
    return PersonState(key, list(contacts), lists, journal, erased_at)
