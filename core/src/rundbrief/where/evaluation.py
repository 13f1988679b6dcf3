"""From a tree whose fields are known to a function that tells of a contact whether the condition holds.

The logic has two values: a test of a field without a value is false, and whatever is said with `!=`, `not in`,
`is not empty` or `not` is exactly the opposite of what is said without.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rundbrief.fields import CrmField
from rundbrief.models import Contact, FieldValue, address_key
from rundbrief.where.tree import (
    And,
    BuiltIn,
    Comparison,
    Constant,
    Emptiness,
    Membership,
    Node,
    Not,
    Operand,
    Operator,
    OptInState,
    Or,
    Target,
)
from rundbrief.where.values import as_day, as_moment, as_number, as_text, as_truth, folded, is_blank

__all__ = ["Predicate", "predicate"]

Predicate = Callable[[Contact], bool]
_Look = Callable[[Contact], FieldValue | None]
_Read = Callable[[FieldValue], Any]

_RELATIONS: Mapping[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQUAL: operator.eq,
    Operator.LESS: operator.lt,
    Operator.LESS_OR_EQUAL: operator.le,
    Operator.GREATER: operator.gt,
    Operator.GREATER_OR_EQUAL: operator.ge,
    Operator.CONTAINS: operator.contains,
    Operator.STARTS_WITH: str.startswith,
    Operator.ENDS_WITH: str.endswith,
}


def predicate(node: Node, targets: Mapping[Operand, Target]) -> Predicate:
    """Return the function that a tree stands for; values in the tree are prepared once, not for each contact."""
    match node:
        case And(parts):
            return _all_of([predicate(part, targets) for part in parts])
        case Or(parts):
            return _any_of([predicate(part, targets) for part in parts])
        case Not(part):
            return _opposite(predicate(part, targets))
        case Comparison(operand, Operator.UNEQUAL, constant):
            return _opposite(_comparison(targets[operand], Operator.EQUAL, constant))
        case Comparison(operand, relation, constant):
            return _comparison(targets[operand], relation, constant)
        case Membership(operand, constants, negated):
            among = _any_of([_comparison(targets[operand], Operator.EQUAL, constant) for constant in constants])
            return _opposite(among) if negated else among
        case Emptiness(operand, negated):
            look = _looking_at(targets[operand])
            return lambda contact: is_blank(look(contact)) is not negated


def _all_of(predicates: Sequence[Predicate]) -> Predicate:
    return lambda contact: all(holds(contact) for holds in predicates)


def _any_of(predicates: Sequence[Predicate]) -> Predicate:
    return lambda contact: any(holds(contact) for holds in predicates)


def _opposite(holds: Predicate) -> Predicate:
    return lambda contact: not holds(contact)


def _comparison(target: Target, relation: Operator, constant: Constant) -> Predicate:
    look = _looking_at(target)
    read = _reading_as(constant, target)
    wanted = read(constant.value)
    related = _RELATIONS[relation]
    # Several choices contain a whole choice, not a part of one.
    choice_related = operator.eq if relation is Operator.CONTAINS else related

    def holds(contact: Contact) -> bool:
        value = look(contact)
        if value is None or is_blank(value):
            return False
        if isinstance(value, tuple):
            return any(choice_related(one, wanted) for one in map(read, value) if one is not None)
        comparable = read(value)
        return comparable is not None and related(comparable, wanted)

    return holds


def _looking_at(target: Target) -> _Look:
    match target:
        case CrmField(key):
            return lambda contact: contact.fields.get(key)
        case OptInState(key):
            return lambda contact: contact.opt_in(key).value.value
        case BuiltIn.ID:
            return lambda contact: contact.id
        case BuiltIn.EMAIL:
            return lambda contact: contact.email
        case BuiltIn.KIND:
            return lambda contact: contact.kind.value
        case BuiltIn.PARTY:
            return lambda contact: contact.party.value
        case BuiltIn.CHANGED_AT:
            return lambda contact: contact.changed_at


def _reading_as(constant: Constant, target: Target) -> _Read:
    """Return how values become comparable with a constant: the constant's type decides, not the value's."""
    match constant.value:
        case bool():
            return as_truth
        case Decimal():
            return as_number
        case datetime():
            return as_moment
        case date():
            return as_day
        case str():
            return _reading_texts(target)


def _reading_texts(target: Target) -> _Read:
    same = _sameness_of_texts(target)

    def read(value: FieldValue) -> str | None:
        text = as_text(value)
        return None if text is None else same(text)

    return read


def _sameness_of_texts(target: Target) -> Callable[[str], str]:
    match target:
        case BuiltIn.ID:
            return str  # two ids may differ in capitals alone
        case BuiltIn.EMAIL:
            return address_key
    return folded
