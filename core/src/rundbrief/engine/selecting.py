"""Which contacts an export looks at, out of what a user says."""

from collections.abc import Collection
from dataclasses import replace

from rundbrief.engine.workspace import Workspace
from rundbrief.models import ContactKind, Selection
from rundbrief.where import parse

__all__ = ["selection_of"]


def selection_of(
    workspace: Workspace,
    *,
    contact_ids: Collection[str] = (),
    kinds: Collection[ContactKind] = (),
    campaign: str | None = None,
    where: str | None = None,
) -> Selection:
    """Return the selection that combines all of these with *and*.

    Args:
        where: an expression of `rundbrief.where`, over the CRM's fields and its opt-in fields.

    Raises:
        InputError: the expression cannot be read, or speaks of a field that the CRM does not have.
    """
    selection = Selection(tuple(dict.fromkeys(contact_ids)), frozenset(kinds), campaign)
    if where is None:
        return selection
    condition, crm = parse(where), workspace.crm
    return replace(selection, where=condition.bind(crm.fields(), [one.key for one in crm.opt_in_fields()]))
