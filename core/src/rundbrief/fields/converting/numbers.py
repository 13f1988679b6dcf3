"""Numbers, and yes and no."""

from decimal import Decimal

from rundbrief.fields.converting.outcome import Partly, Unfit
from rundbrief.fields.converting.reading import parsed
from rundbrief.fields.spelling import truth_in
from rundbrief.fields.types import FieldType
from rundbrief.models import FieldValue

__all__ = ["to_boolean", "to_integer", "to_number"]

_DIGITS = 15
"""So many digits survive in a number of JSON, which services read as a float of 64 bits (IEEE 754)."""


def to_number(value: FieldValue) -> FieldValue | Partly:
    match value:
        case bool():
            return int(value)
        case int() | Decimal():
            number: int | Decimal = value
        case str() if value.strip():
            number = parsed(value, FieldType.NUMBER, Decimal)
        case _:
            raise Unfit("is no number")
    if len(Decimal(number).normalize().as_tuple().digits) > _DIGITS:
        return Partly(number, f"keeps {_DIGITS} of its digits")
    return number


def to_integer(value: FieldValue) -> FieldValue | Partly:
    number = to_number(value)
    number = number.value if isinstance(number, Partly) else number
    assert isinstance(number, int | Decimal)
    if number != int(number):
        raise Unfit("is no whole number")
    return int(number)


def to_boolean(value: FieldValue) -> bool:
    match value:
        case bool():
            return value
        case int() | Decimal() if value in (0, 1):
            return value == 1
        case str() if (found := truth_in(value)) is not None:
            return found
    raise Unfit("is neither yes nor no")
