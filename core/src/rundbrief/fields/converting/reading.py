"""Values out of texts, as people write them."""

from typing import TypeVar

from rundbrief.fields.converting.outcome import Unfit
from rundbrief.fields.spelling import parse
from rundbrief.fields.types import FieldType

__all__ = ["parsed"]

_Parsed = TypeVar("_Parsed")


def parsed(text: str, kind: FieldType, expected: type[_Parsed]) -> _Parsed:
    try:
        found = parse(text.strip(), kind)
    except ValueError as error:
        raise Unfit(str(error)) from None
    assert isinstance(found, expected)
    return found
