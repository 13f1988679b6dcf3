"""Conversions: one value, made into what a field of another type can hold.

They work in both directions: out to a service, and in from one for contacts that an import creates. What arrives
is either the same value in another type, or less of it, in which case that is said, or nothing, with a reason.
"""

from rundbrief.fields.converting.choices import one_of, some_of
from rundbrief.fields.converting.days import birthday_in, to_date, to_moment
from rundbrief.fields.converting.forms import address_with, matching, to_mail, to_phone, to_site
from rundbrief.fields.converting.numbers import to_boolean, to_integer, to_number
from rundbrief.fields.converting.outcome import Convert, Habits, Partly, Unfit
from rundbrief.fields.converting.texts import as_text, cut
from rundbrief.fields.model import CrmField, RemoteField
from rundbrief.fields.types import FieldType

__all__ = ["Convert", "Habits", "Partly", "Unfit", "converter"]

_USUAL = Habits()
_SINGLE = frozenset(
    {
        *(FieldType.INTEGER, FieldType.NUMBER, FieldType.BOOLEAN),
        *(FieldType.DATE, FieldType.DATETIME, FieldType.BIRTHDAY),
        *(FieldType.EMAIL, FieldType.PHONE, FieldType.URL),
    }
)


def converter(field: CrmField | RemoteField, habits: Habits = _USUAL) -> Convert:
    """Return what makes any value into one that this field can hold, or raises `Unfit`."""
    convert = _by_type(field, habits)
    if field.type in _SINGLE:
        convert = _of_one(convert)
    return matching(field.pattern, convert) if isinstance(field, RemoteField) and field.pattern else convert


def _of_one(convert: Convert) -> Convert:
    """A single choice is as good as its text."""
    return lambda value: convert(value[0] if isinstance(value, tuple) and len(value) == 1 else value)


def _by_type(field: CrmField | RemoteField, habits: Habits) -> Convert:
    remote = field if isinstance(field, RemoteField) else None
    match field.type:
        case FieldType.INTEGER:
            return to_integer
        case FieldType.NUMBER:
            return to_number
        case FieldType.BOOLEAN:
            return to_boolean
        case FieldType.DATE:
            return to_date
        case FieldType.DATETIME:
            return to_moment
        case FieldType.BIRTHDAY:
            return birthday_in(remote.form if remote else "")
        case FieldType.CHOICE:
            return one_of(field.choices, habits, remote.codes if remote else ())
        case FieldType.CHOICES:
            return some_of(field.choices, habits)
        case FieldType.PHONE:
            return lambda value: to_phone(value, habits)
        case FieldType.URL:
            return to_site
        case FieldType.EMAIL:
            return to_mail
        case FieldType.ADDRESS:
            return address_with(remote.parts if remote else (), habits)
        case _:
            limit = remote.max_bytes if remote else None
            return lambda value: cut(as_text(value, habits), limit)
