"""Everything that is held about a person, for her right of access."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rundbrief.engine.lookups import by_ids
from rundbrief.engine.person import PersonState, person_state
from rundbrief.engine.workspace import Workspace
from rundbrief.models import Contact

__all__ = ["HeldData", "held_data"]


@dataclass(frozen=True, slots=True)
class HeldData:
    """What the CRM and the state hold about the owner of one address. The services are not asked."""

    person: PersonState
    contacts: Sequence[Contact]
    """Hers in the CRM, with all fields: those with the address, and those that the state takes for hers."""
    field_labels: Mapping[str, str]
    """CRM field key -> what people call it."""
    opt_in_labels: Mapping[str, str]
    """Opt-in field key -> what people call it."""
    connected: Sequence[str]
    """Other addresses that the state takes for hers."""
    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    """Table of the state -> rows about her, as they are kept."""
    gathered_at: datetime


def held_data(workspace: Workspace, address: str) -> HeldData:
    """Gather everything. Asks the state and the CRM, not the services."""
    person = person_state(workspace, address)
    with workspace.store.transaction() as transaction:
        traces = transaction.traces(person.address)
        rows, connected, linked = traces.rows(), traces.connected(), traces.contact_ids()
    contacts = {**{one.id: one for one in person.contacts}, **by_ids(workspace.crm, linked)}
    return HeldData(
        person,
        list(contacts.values()),
        {one.key: one.label for one in workspace.crm.fields()},
        {one.key: one.label for one in workspace.crm.opt_in_fields()},
        connected,
        rows,
        workspace.now(),
    )
