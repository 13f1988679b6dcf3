"""Laws that are searched: what is written reads back, a second opinion, and no other error than the right one."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from rundbrief.errors import InputError
from rundbrief.fields import CrmField
from rundbrief.models import Contact, ContactKind, CrmOptIn, FieldValue, OptIn
from rundbrief.where import (
    And,
    Comparison,
    Condition,
    Constant,
    ConstantValue,
    Emptiness,
    FieldLabel,
    FieldName,
    Membership,
    Node,
    Not,
    Operator,
    OptInState,
    Or,
    parse,
    unparse,
)

# --- reading what was written -----------------------------------------------------------------------------

texts = st.text(st.characters(codec=None), max_size=12)
constants = st.builds(
    Constant,
    st.one_of(
        texts,
        st.booleans(),
        st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=3),
        st.dates(),
        st.datetimes(timezones=st.just(UTC)),
    ),
)
operands = st.one_of(
    st.builds(FieldName, st.from_regex(r"[a-zäöüß_][a-z0-9äöüß]*_[a-z]{1,5}", fullmatch=True)),
    st.builds(FieldLabel, texts),
    st.builds(OptInState, texts),
)
any_test = st.one_of(
    st.builds(Comparison, operands, st.sampled_from(Operator), constants),
    st.builds(Membership, operands, st.lists(constants, min_size=1, max_size=3).map(tuple), st.booleans()),
    st.builds(Emptiness, operands, st.booleans()),
)


def _all_of(parts: Sequence[Node]) -> Node:
    return And(tuple(inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,))))


def _any_of(parts: Sequence[Node]) -> Node:
    return Or(tuple(inner for part in parts for inner in (part.parts if isinstance(part, Or) else (part,))))


def _combined(leaves: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.recursive(
        leaves,
        lambda nodes: st.one_of(
            nodes.map(Not),
            st.lists(nodes, min_size=2, max_size=3).map(_all_of),
            st.lists(nodes, min_size=2, max_size=3).map(_any_of),
        ),
        max_leaves=8,
    )


@settings(deadline=None)
@given(_combined(any_test))
def test_what_is_written_reads_back_equal(root: Node) -> None:
    written = unparse(root)
    read = parse(written)
    assert read.root == root
    assert [type(one) for one in _values(read.root)] == [type(one) for one in _values(root)]
    assert str(read) == written


def _values(node: Node) -> list[ConstantValue]:
    """True equals Decimal(1), so equal trees may still differ in the types of their values."""
    match node:
        case Comparison(_, _, constant):
            return [constant.value]
        case Membership(_, constants):
            return [one.value for one in constants]
        case And(parts) | Or(parts):
            return [value for part in parts for value in _values(part)]
        case Not(part):
            return _values(part)
    return []


# --- a second opinion -------------------------------------------------------------------------------------

WORDS = ("", " ", "Köln", "KO\u0308LN", "Kö", "ln", "gießen", "GIESSEN", "ja", "nein", "7", "7,0", "31.01.2026")
DAYS = (date(2026, 1, 30), date(2026, 1, 31), date(2026, 2, 1))
MOMENTS = tuple(datetime(2026, 1, 31, hour, tzinfo=UTC) for hour in (0, 12))
NUMBERS = (Decimal(-1), Decimal(7), Decimal("7.5"))

held: st.SearchStrategy[FieldValue] = st.one_of(
    st.sampled_from([*WORDS, "2026-01-31", "2026-01-31T12:00"]),
    st.sampled_from([*DAYS, *MOMENTS, MOMENTS[1].astimezone(timezone(timedelta(hours=14))), *NUMBERS, 7]),
    st.booleans(),
    st.lists(st.sampled_from(WORDS), max_size=2).map(tuple),
)
contacts = st.builds(
    Contact,
    id=st.just("1"),
    email=st.sampled_from([None, "Jo@Example.org"]),
    kind=st.sampled_from(ContactKind),
    fields=st.dictionaries(st.sampled_from(["city", "remark"]), held),
    opt_ins=st.dictionaries(st.just("brevo"), st.builds(CrmOptIn, st.sampled_from(OptIn))),
)
READABLE = tuple(word for word in WORDS if word.strip())
ORDERED: tuple[ConstantValue, ...] = (*READABLE, *DAYS, *MOMENTS, *NUMBERS)
ordered = st.sampled_from([Constant(one) for one in ORDERED])
truths = st.sampled_from([Constant(True), Constant(False)])
fields = st.sampled_from([FieldName("city"), FieldLabel("Bemerkung [intern]")])
WITHOUT_PARTS = [one for one in Operator if " " not in one and one is not Operator.CONTAINS]
fitting_tests = st.one_of(
    st.builds(
        Comparison, fields, st.sampled_from(Operator), st.sampled_from(["Kö", "LN", "KÖLN", "7"]).map(Constant)
    ),
    st.builds(Comparison, fields, st.sampled_from(WITHOUT_PARTS), ordered),
    st.builds(Comparison, fields, st.sampled_from([Operator.EQUAL, Operator.UNEQUAL]), truths),
    st.builds(Membership, fields, st.lists(ordered | truths, min_size=1, max_size=3).map(tuple), st.booleans()),
    st.builds(Emptiness, fields, st.booleans()),
    st.builds(
        Membership, st.just(OptInState("brevo")), st.just((Constant("yes"), Constant("unknown"))), st.booleans()
    ),
    st.builds(
        Comparison,
        st.just(FieldName("kind")),
        st.just(Operator.UNEQUAL),
        st.sampled_from(ContactKind).map(Constant),
    ),
)


@settings(max_examples=300, deadline=None)
@given(root=_combined(fitting_tests), contact=contacts)
def test_a_naive_reader_comes_to_the_same_answer(
    root: Node, contact: Contact, crm_fields: Sequence[CrmField], opt_in_keys: Sequence[str]
) -> None:
    bound = Condition(unparse(root), root).bind(crm_fields, opt_in_keys)
    assert bound.holds(contact) is _naively(root, contact)


def _naively(node: Node, contact: Contact) -> bool:
    match node:
        case And(parts):
            return False not in [_naively(part, contact) for part in parts]
        case Or(parts):
            return True in [_naively(part, contact) for part in parts]
        case Not(part):
            return _naively(part, contact) is False
        case Emptiness(operand, negated):
            return (not _held(operand, contact)) ^ negated
        case Membership(operand, constants, negated):
            return any(_equal(one, c.value) for one in _held(operand, contact) for c in constants) ^ negated
        case Comparison(operand, Operator.UNEQUAL, constant):
            return all(not _equal(one, constant.value) for one in _held(operand, contact))
        case Comparison(operand, relation, constant):
            whole = operand != FieldName("kind") and isinstance(contact.fields.get(_key(operand)), tuple)
            return any(_related(one, relation, constant.value, whole) for one in _held(operand, contact))


def _key(operand: object) -> str:
    return "city" if operand == FieldName("city") else "remark"


def _held(operand: object, contact: Contact) -> list[FieldValue]:
    """All values there are: none, one, or several choices."""
    if isinstance(operand, OptInState):
        return [contact.opt_in(operand.key).value.value]
    if operand == FieldName("kind"):
        return [contact.kind.value]
    value = contact.fields.get(_key(operand), "")
    several: list[FieldValue] = list(value) if isinstance(value, tuple) else [value]
    return several if any(not isinstance(one, str) or one.strip() for one in several) else []


def _equal(value: FieldValue, constant: ConstantValue) -> bool:
    return _related(value, Operator.EQUAL, constant, whole=True)


def _related(value: FieldValue, relation: Operator, constant: ConstantValue, whole: bool) -> bool:
    left, right = _like(value, constant), _like(constant, constant)
    if left is None or right is None:
        return False
    match relation:
        case Operator.CONTAINS:
            return left == right if whole else right in left
        case Operator.STARTS_WITH:
            return bool(left[: len(right)] == right)
        case Operator.ENDS_WITH:
            return bool(left[max(0, len(left) - len(right)) :] == right)
        case Operator.EQUAL:
            return bool(left == right)
        case Operator.LESS:
            return bool(left < right)
        case Operator.LESS_OR_EQUAL:
            return not left > right
        case Operator.GREATER:
            return bool(left > right)
        case Operator.GREATER_OR_EQUAL:
            return not left < right
    raise AssertionError(relation)


# What the words and values above are, looked up instead of worked out.
TRUTHS = {True: True, False: False, "ja": True, "nein": False}
AS_NUMBER = {"7": Decimal(7), "7,0": Decimal(7)}
AS_MOMENT = {
    "31.01.2026": MOMENTS[0],
    "2026-01-31": MOMENTS[0],
    "2026-01-31T12:00": MOMENTS[1],
}


def _like(value: Any, constant: ConstantValue) -> Any:
    if isinstance(constant, bool):
        return TRUTHS.get(value) if isinstance(value, bool | str) else None
    if isinstance(constant, Decimal):
        return (
            None if isinstance(value, bool | date) else AS_NUMBER.get(value) if isinstance(value, str) else value
        )
    if isinstance(constant, date):
        moment = AS_MOMENT.get(value) if isinstance(value, str) else value
        if isinstance(moment, bool) or not isinstance(moment, date):
            return None
        if not isinstance(moment, datetime):
            moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
        return moment if isinstance(constant, datetime) else moment.astimezone(UTC).date()
    spelt = (
        str(value).lower() if isinstance(value, bool) else value.isoformat() if isinstance(value, date) else value
    )
    return str(spelt).lower().replace("o\u0308", "ö").replace("ß", "ss")


# --- no other error ---------------------------------------------------------------------------------------

FRAGMENTS = (
    *(
        "city",
        "vip",
        "[Schuhgröße]",
        "[",
        "]",
        "opt_in(",
        "opt_in('brevo')",
        "(",
        ")",
        ",",
        "and",
        "or",
        "not",
        "in",
    ),
    *(
        "is",
        "empty",
        "is empty",
        "contains",
        "starts with",
        "=",
        "!=",
        "<=",
        "'x'",
        '"',
        "'",
        "\\",
        "7",
        "-",
        "2026-01-31",
    ),
    *("T12:00", "true", "\n", "\u0308", "ß", "\x00", "\udcff", "yes", ".", ":", "jo@example.org"),
)
garbage = st.one_of(
    st.text(st.characters(codec=None), max_size=60),
    st.lists(st.sampled_from(FRAGMENTS), max_size=25).map(" ".join),
    st.lists(st.sampled_from(FRAGMENTS), max_size=25).map("".join),
)


@settings(max_examples=300, deadline=None)
@given(text=garbage)
@example(text="(" * 10_000)
@example(text="not " * 2_500)
@example(text="city = " + "9" * 9_990)
@example(text="city = '" + "\\" * 9_990)
@example(text="a" * 20_000)
def test_garbage_is_refused_at_a_place_in_it(
    text: str, crm_fields: Sequence[CrmField], opt_in_keys: Sequence[str]
) -> None:
    error = _refusal(lambda: parse(text).bind(crm_fields, opt_in_keys).holds(Contact(id="1", email=None)))
    if error:
        line, column = _place(error)
        lines = text.split("\n")
        assert 1 <= line <= len(lines)
        assert 1 <= column <= len(lines[line - 1]) + 1
        assert error.message.replace("\n", "").isprintable()
        assert error.hint.isprintable()
        assert error.hint


@settings(deadline=None)
@given(root=_combined(any_test), cut=st.integers(0, 200))
def test_half_a_condition_is_no_accident(root: Node, cut: int) -> None:
    error = _refusal(lambda: parse(unparse(root)[:cut]))
    assert error is None or error.hint


def _refusal(act: Callable[[], object]) -> InputError | None:
    try:
        act()
    except InputError as error:
        return error
    return None


def _place(error: InputError) -> tuple[int, int]:
    found = re.match(r"The condition has a mistake in line (\d+), column (\d+): ", error.message)
    assert found
    return int(found[1]), int(found[2])
