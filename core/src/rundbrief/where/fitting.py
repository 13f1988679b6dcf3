"""Whether a test makes sense for the type of its field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from rundbrief.fields import CrmField, FieldType
from rundbrief.models import ContactKind, OptIn, PartyType
from rundbrief.where.excerpt import Mistake
from rundbrief.where.expectations import listed
from rundbrief.where.tree import (
    BuiltIn,
    Comparison,
    Constant,
    ConstantValue,
    Emptiness,
    Membership,
    Operator,
    OptInState,
    Target,
    Test,
)

__all__ = ["check_fit"]

_EQUALITY = frozenset({Operator.EQUAL, Operator.UNEQUAL})
_ORDER = frozenset(
    {Operator.LESS, Operator.LESS_OR_EQUAL, Operator.GREATER, Operator.GREATER_OR_EQUAL},
)
_PARTS = frozenset({Operator.CONTAINS, Operator.STARTS_WITH, Operator.ENDS_WITH})


@dataclass(frozen=True, slots=True)
class _Nature:
    """What the values of a field are like."""

    values: tuple[type[ConstantValue], ...]
    example: str
    """Ends the sentence `this field holds ...`."""
    operators: frozenset[Operator]
    words: frozenset[str] = frozenset()
    """The only texts that a field can hold, where they are known."""


_ANYTHING = _Nature((str, bool, Decimal, date), "anything", _EQUALITY | _ORDER | _PARTS)
_TEXT = _Nature((str,), "texts, in quotes: 'abc'", _EQUALITY | _ORDER | _PARTS)
_CHOICES = _Nature((str,), "choices, in quotes: 'abc'", _EQUALITY | {Operator.CONTAINS})
_NUMBER = _Nature((Decimal,), "numbers: 42.5", _EQUALITY | _ORDER)
_TRUTH = _Nature((bool,), "true or false", _EQUALITY)
_TIME = _Nature((date,), "dates: 2026-01-31, or with a time: 2026-01-31T12:00", _EQUALITY | _ORDER)

_NATURES: Mapping[FieldType, _Nature] = {
    # Whatever a spreadsheet brings is text, also numbers and dates.
    FieldType.TEXT: _ANYTHING,
    FieldType.CHOICE: _ANYTHING,
    FieldType.CHOICES: _CHOICES,
    FieldType.LONG_TEXT: _ANYTHING,
    FieldType.INTEGER: _NUMBER,
    FieldType.LANGUAGE: _ANYTHING,
    FieldType.COUNTRY: _ANYTHING,
    FieldType.NUMBER: _NUMBER,
    FieldType.BOOLEAN: _TRUTH,
    FieldType.DATE: _TIME,
    FieldType.DATETIME: _TIME,
    FieldType.BIRTHDAY: _TEXT,
    FieldType.PHONE: _TEXT,
    FieldType.URL: _TEXT,
    FieldType.ADDRESS: _TEXT,
    FieldType.EMAIL: _TEXT,
}


def _one_of(words: type[StrEnum]) -> _Nature:
    spelt = listed([f"'{word}'" for word in words], "or")
    return _Nature((str,), spelt, _EQUALITY, frozenset(words))


_KIND = _one_of(ContactKind)
_PARTY = _one_of(PartyType)
_OPT_IN = _one_of(OptIn)


def check_fit(test: Test, target: Target) -> None:
    """Check the operator and the values of a test against what it looks at.

    Raises:
        Mistake: one of them does not fit.
    """
    match test:
        case Comparison(_, operator, constant, position):
            nature = _nature(target)
            _check_operator(operator, nature, position)
            _check_constant(constant, nature)
            _check_combination(operator, constant)
        case Membership(_, constants):
            _check_constants(constants, _nature(target))
        case Emptiness(operand):
            if isinstance(target, OptInState):
                raise Mistake(operand.position, "an opt-in is never empty", "Write = 'unknown'.")


def _nature(target: Target) -> _Nature:
    match target:
        case CrmField():
            return _NATURES[target.type]
        case OptInState():
            return _OPT_IN
        case BuiltIn.KIND:
            return _KIND
        case BuiltIn.PARTY:
            return _PARTY
        case BuiltIn.CHANGED_AT:
            return _TIME
        case BuiltIn.ID:
            return _ANYTHING
        case BuiltIn.EMAIL:
            return _TEXT


def _check_operator(operator: Operator, nature: _Nature, position: int) -> None:
    if operator not in nature.operators:
        fitting = listed([one for one in Operator if one in nature.operators], "or")
        raise Mistake(position, f'"{operator}" does not fit this field', f"It can be compared with {fitting}.")


def _check_constants(constants: Sequence[Constant], nature: _Nature) -> None:
    for constant in constants:
        _check_constant(constant, nature)


def _check_constant(constant: Constant, nature: _Nature) -> None:
    value = constant.value
    if isinstance(value, str) and not value.strip():
        raise Mistake(constant.position, "nothing is equal to an empty text", "Write is empty, or is not empty.")
    if not isinstance(value, nature.values) or (nature.words and str(value).casefold() not in nature.words):
        raise Mistake(constant.position, "this value does not fit the field", f"The field holds {nature.example}.")


def _check_combination(operator: Operator, constant: Constant) -> None:
    if operator in _PARTS and not isinstance(constant.value, str):
        raise Mistake(constant.position, f'"{operator}" needs a text', "Write it in quotes: '50'.")
    if operator in _ORDER and isinstance(constant.value, bool):
        raise Mistake(constant.position, "true and false have no order", "Write = or !=.")
