"""The language of `--where`: which contacts an export looks at, said in one expression. Pure.

`parse` reads a text into a `Condition`, whose `root` is a tree of plain dataclasses. `Condition.bind` finds the
CRM's fields that it speaks of, and checks that the values fit them; the `BoundCondition` tells of a contact
whether the condition holds.
"""

from rundbrief.where.condition import BoundCondition, Condition, parse
from rundbrief.where.spelling import unparse
from rundbrief.where.tree import (
    And,
    BuiltIn,
    Comparison,
    Constant,
    ConstantValue,
    Emptiness,
    FieldLabel,
    FieldName,
    Membership,
    Node,
    Not,
    Operand,
    Operator,
    OptInState,
    Or,
    Target,
    Test,
)

__all__ = [
    "And",
    "BoundCondition",
    "BuiltIn",
    "Comparison",
    "Condition",
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
    "parse",
    "unparse",
]
