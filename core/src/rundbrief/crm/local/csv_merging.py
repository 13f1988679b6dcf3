"""What a contact becomes when a row of a CSV file is taken over. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from rundbrief.crm.local.addresses import address_problem
from rundbrief.crm.local.csv_rows import FieldCell, OptInCell, Row, RowProblem
from rundbrief.fields.spelling import spell
from rundbrief.models import Contact, CrmOptIn, FieldValue, OptIn, address_key

__all__ = ["merged"]


def merged(contact: Contact, row: Row, *, now: datetime, source: str) -> Contact:
    """Return the contact with the filled cells of the row.

    What the row spells as the contact has it already is left alone, even if it would not do as something new.

    Args:
        now: when opt-ins begin for which the file has no dates.
        source: where opt-ins come from for which the file does not say.

    Raises:
        RowProblem: the address is none, a value does not fit its field, or a yes comes too late for a no.
    """
    return replace(
        contact,
        email=_email(contact.email, row.email),
        kind=row.kind or contact.kind,
        party=row.party or contact.party,
        fields={**contact.fields, **_values(contact.fields, row.fields)},
        opt_ins={**contact.opt_ins, **_opt_ins(contact, row, now, source)},
    )


def _email(present: str | None, text: str) -> str | None:
    if not text or (present and address_key(text) == address_key(present)):
        return present
    if problem := address_problem(text):
        raise RowProblem(f"The e-mail address {problem}.")
    return text


def _values(present: Mapping[str, FieldValue], cells: Mapping[str, FieldCell]) -> dict[str, FieldValue]:
    return {
        key: cell.value() for key, cell in cells.items() if key not in present or spell(present[key]) != cell.text
    }


def _opt_ins(contact: Contact, row: Row, now: datetime, source: str) -> dict[str, CrmOptIn]:
    return {
        key: CrmOptIn(
            cell.value,
            cell.since if cell.has_since else now,
            source if cell.source is None else cell.source,
        )
        for key, cell in row.opt_ins.items()
        if _is_change(key, contact.opt_in(key), cell, now)
    }


def _is_change(key: str, present: CrmOptIn, cell: OptInCell, now: datetime) -> bool:
    if cell.since is not None and cell.since > now:
        raise RowProblem(f"The date of the opt-in {key} lies in the future.")
    is_undone = present.value is OptIn.NO and cell.value is OptIn.YES
    if is_undone and (cell.since is None or present.since is None or cell.since <= present.since):
        raise RowProblem(f"The CRM has a no for the opt-in {key}; only a yes with a later date undoes it.")
    return present.value is not cell.value
