"""From a tree back to a text: one canonical spelling, which reads back as an equal tree."""

from datetime import date, datetime
from decimal import Decimal

from rundbrief.where.tree import (
    And,
    Comparison,
    Constant,
    Emptiness,
    FieldLabel,
    FieldName,
    Membership,
    Node,
    Not,
    Operand,
    OptInState,
    Or,
)

__all__ = ["unparse"]

_IN_TEXT = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})
_IN_LABEL = str.maketrans({"\\": "\\\\", "]": "\\]"})


def unparse(node: Node) -> str:
    """Write a tree as `parse` makes it: keywords in small letters, double quotes, no needless parentheses."""
    match node:
        case Or(parts):
            return " or ".join(unparse(part) for part in parts)
        case And(parts):
            return " and ".join(_grouped(part, Or) for part in parts)
        case Not(part):
            return f"not {_grouped(part, And, Or)}"
        case Comparison(operand, operator, constant):
            return f"{_operand(operand)} {operator} {_constant(constant)}"
        case Membership(operand, constants, negated):
            word = "not in" if negated else "in"
            return f"{_operand(operand)} {word} ({', '.join(map(_constant, constants))})"
        case Emptiness(operand, negated):
            return f"{_operand(operand)} is {'not ' if negated else ''}empty"


def _grouped(node: Node, *looser: type[Node]) -> str:
    """Put in parentheses what binds less tightly than its surroundings."""
    return f"({unparse(node)})" if isinstance(node, looser) else unparse(node)


def _operand(operand: Operand) -> str:
    match operand:
        case FieldName(name):
            return name
        case FieldLabel(label):
            return f"[{label.translate(_IN_LABEL)}]"
        case OptInState(key):
            return f"opt_in({_text(key)})"


def _constant(constant: Constant) -> str:
    match constant.value:
        case bool() as truth:
            return "true" if truth else "false"
        case datetime() as moment:
            return moment.replace(tzinfo=None).isoformat()
        case date() as day:
            return day.isoformat()
        case Decimal() as number:
            return f"{number:f}"
        case str() as text:
            return _text(text)


def _text(text: str) -> str:
    return f'"{text.translate(_IN_TEXT)}"'
