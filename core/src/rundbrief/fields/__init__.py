"""Fields of contacts on both sides, the map between them, and what becomes of values on the way. Pure."""

from rundbrief.fields.conversion import Habits, Partly, Unfit, converter
from rundbrief.fields.making import best_kind, new_key, not_made
from rundbrief.fields.mapping import POSTAL_ADDRESS, FieldLink, FieldMap, FieldPolicy, Outgoing, Translation
from rundbrief.fields.matrix import Cell, Quality, cell
from rundbrief.fields.model import STANDARD_FIELDS, CrmField, FieldKind, FieldRoom, OnEmpty, OnError, RemoteField
from rundbrief.fields.types import FieldType

__all__ = [
    "POSTAL_ADDRESS",
    "STANDARD_FIELDS",
    "Cell",
    "CrmField",
    "FieldKind",
    "FieldLink",
    "FieldMap",
    "FieldPolicy",
    "FieldRoom",
    "FieldType",
    "Habits",
    "OnEmpty",
    "OnError",
    "Outgoing",
    "Partly",
    "Quality",
    "RemoteField",
    "Translation",
    "Unfit",
    "best_kind",
    "cell",
    "converter",
    "new_key",
    "not_made",
]
