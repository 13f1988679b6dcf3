"""What a condition is made of: a tree of frozen dataclasses, which a CRM's plugin can translate.

`position` counts characters of the text from 0. Equality does not look at it, so the same condition in another
spelling is equal. A part may hold an address, which is why no `repr` shows values in full.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from rundbrief.fields import CrmField
from rundbrief.where.excerpt import veiled

__all__ = [
    "And",
    "BuiltIn",
    "Comparison",
    "Constant",
    "ConstantValue",
    "Emptiness",
    "FieldLabel",
    "FieldName",
    "Membership",
    "Node",
    "Not",
    "Operand",
    "Operator",
    "OptInState",
    "Or",
    "Target",
    "Test",
    "children",
    "tests",
]

# --- what is looked at ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FieldName:
    """A field by its key, or a built-in one: `city`."""

    name: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class FieldLabel:
    """A field by its label: `[Shoe size]`."""

    label: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class OptInState:
    """What the CRM knows of a wish: `opt_in("news/1")`. `key` is an `OptInField.key`."""

    key: str
    position: int = field(default=0, compare=False)


Operand = FieldName | FieldLabel | OptInState


class BuiltIn(StrEnum):
    """What every contact has beside its fields."""

    ID = "id"
    EMAIL = "email"
    KIND = "kind"
    PARTY = "party"
    CHANGED_AT = "changed_at"


Target = BuiltIn | CrmField | OptInState
"""What an operand turns out to mean, once the CRM's fields are known."""

# --- what it is compared with -----------------------------------------------------------------------------

ConstantValue = str | bool | Decimal | date | datetime
"""A `datetime` is in UTC. `datetime` is checked before `date`."""


@dataclass(frozen=True, slots=True, repr=False)
class Constant:
    """A value written in the condition."""

    value: ConstantValue
    position: int = field(default=0, compare=False)

    def __repr__(self) -> str:
        return f"Constant({veiled(repr(self.value))}, position={self.position})"


class Operator(StrEnum):
    EQUAL = "="
    UNEQUAL = "!="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="
    CONTAINS = "contains"
    STARTS_WITH = "starts with"
    ENDS_WITH = "ends with"


# --- tests, and how they are combined ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Comparison:
    """`city = "Köln"`."""

    operand: Operand
    operator: Operator
    constant: Constant
    position: int = field(default=0, compare=False)
    """Of the operator."""


@dataclass(frozen=True, slots=True)
class Membership:
    """`city in ("Köln", "Bonn")`, or `not in`."""

    operand: Operand
    constants: tuple[Constant, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Emptiness:
    """`city is empty`, or `is not empty`."""

    operand: Operand
    negated: bool = False


Test = Comparison | Membership | Emptiness


@dataclass(frozen=True, slots=True)
class Not:
    part: "Node"


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more parts, none of which is an `And` itself."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of two or more parts, none of which is an `Or` itself."""

    parts: tuple["Node", ...]


Node = Test | Not | And | Or


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes right below this one."""
    match node:
        case And(parts) | Or(parts):
            return parts
        case Not(part):
            return (part,)
    return ()


def tests(node: Node) -> Iterator[Test]:
    """Yield the leaves, from left to right."""
    match node:
        case Comparison() | Membership() | Emptiness():
            yield node
        case Not() | And() | Or():
            for child in children(node):
                yield from tests(child)
