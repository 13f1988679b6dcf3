"""From a text to a tree, by the grammar in `grammar.lark`. The only module that knows lark.

Lark's LALR parser keeps its own stack and builds the tree as it goes, so no input can exhaust Python's.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import cast

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken, v_args

from rundbrief.where.excerpt import Mistake
from rundbrief.where.expectations import mistake_at
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
    Operator,
    OptInState,
    Or,
    children,
)

__all__ = ["read"]

LONGEST = 10_000
"""Characters of an expression."""
DEEPEST = 50
"""Levels of a tree: whatever walks one may do so by recursion."""

_TEXT_ESCAPES = {"\\": "\\", '"': '"', "'": "'", "n": "\n", "r": "\r", "t": "\t"}
_LABEL_ESCAPES = {"\\": "\\", "]": "]", "[": "["}


def read(text: str) -> Node:
    """Return the tree of an expression.

    Raises:
        Mistake: it is no expression, or longer or deeper than allowed.
    """
    if len(text) > LONGEST:
        raise Mistake(
            LONGEST,
            f"it is longer than {LONGEST:,} characters",
            "Give long lists of contacts by --contact - on standard input.",
        )
    if not text.strip():
        raise Mistake(0, "it is empty", "Write a condition such as city = 'Köln'.")
    try:
        root = cast(Node, _parser().parse(text))
    except UnexpectedInput as error:
        raise mistake_at(text, *_place(error, text)) from None
    _check_depth(root)
    return root


@cache
def _parser() -> Lark:
    grammar = files(__package__).joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", transformer=_TreeBuilder())


def _place(error: UnexpectedInput, text: str) -> tuple[int, set[str]]:
    """Return where reading ended, and the names of the grammar's terminals that could have come there."""
    at_end = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    position = len(text.rstrip()) if at_end else cast(int, error.pos_in_stream)
    return position, error.interactive_parser.accepts()  # type: ignore[no-untyped-call]  # lark gives it no types


def _check_depth(root: Node) -> None:
    level: tuple[Node, ...] = (root,)
    for _ in range(DEEPEST):
        level = tuple(child for node in level for child in children(node))
        if not level:
            return
    raise Mistake(
        _first_position(level[0]),
        f"it is nested more than {DEEPEST} levels deep",
        "Use fewer parentheses, or `in (...)` instead of many `or`.",
    )


def _first_position(node: Node) -> int:
    while below := children(node):
        node = below[0]
    match node:
        case Comparison(operand) | Membership(operand) | Emptiness(operand):
            return operand.position
    raise AssertionError("a node without children is a test")


@v_args(inline=True)
class _TreeBuilder(Transformer[Token, Node]):
    """One method for each rule and alias of the grammar."""

    def disjunction(self, *parts: Node) -> Node:
        return Or(tuple(inner for part in parts for inner in (part.parts if isinstance(part, Or) else (part,))))

    def conjunction(self, *parts: Node) -> Node:
        return And(tuple(inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,))))

    def inverse(self, part: Node) -> Node:
        return Not(part)

    def comparison(self, operand: Operand, operator: Token, constant: Constant) -> Node:
        return Comparison(operand, Operator(" ".join(operator.lower().split())), constant, _start(operator))

    def among(self, operand: Operand, *constants: Constant) -> Node:
        return Membership(operand, constants)

    def not_among(self, operand: Operand, *constants: Constant) -> Node:
        return Membership(operand, constants, negated=True)

    def empty(self, operand: Operand) -> Node:
        return Emptiness(operand)

    def not_empty(self, operand: Operand) -> Node:
        return Emptiness(operand, negated=True)

    def field_name(self, token: Token) -> Operand:
        return FieldName(str(token), _start(token))

    def field_label(self, token: Token) -> Operand:
        return FieldLabel(_unescaped(token, _LABEL_ESCAPES), _start(token))

    def opt_in_state(self, token: Token) -> Operand:
        return OptInState(_unescaped(token, _TEXT_ESCAPES), _start(token))

    def text(self, token: Token) -> Constant:
        return Constant(_unescaped(token, _TEXT_ESCAPES), _start(token))

    def number(self, token: Token) -> Constant:
        return Constant(Decimal(token), _start(token))

    def truth(self, token: Token) -> Constant:
        return Constant(token.lower() == "true", _start(token))

    def day(self, token: Token) -> Constant:
        try:
            return Constant(date.fromisoformat(token), _start(token))
        except ValueError:
            raise Mistake(_start(token), "the calendar does not have this date", "Write year-month-day.") from None

    def moment(self, token: Token) -> Constant:
        try:
            moment = datetime.fromisoformat(token.upper())
            in_utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            raise Mistake(_start(token), "there is no such date and time", "Write them in UTC.") from None
        return Constant(in_utc, _start(token))


def _start(token: Token) -> int:
    return token.start_pos or 0


def _unescaped(token: Token, escapes: Mapping[str, str]) -> str:
    """Return what stands between the quotes or brackets.

    Raises:
        Mistake: a backslash before something that needs none; at the backslash.
    """

    def replaced(found: re.Match[str]) -> str:
        if found[1] not in escapes:
            raise Mistake(
                _start(token) + 1 + found.start(),
                "this backslash has no meaning here",
                "Write \\\\ for a backslash.",
            )
        return escapes[found[1]]

    return re.sub(r"\\(.)", replaced, token[1:-1], flags=re.DOTALL)
