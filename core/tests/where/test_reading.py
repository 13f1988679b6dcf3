"""How a text becomes a tree: precedence, spelling of keywords and values, limits."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from rundbrief.errors import InputError
from rundbrief.fields import CrmField
from rundbrief.models import Contact
from rundbrief.where import (
    And,
    Comparison,
    Constant,
    ConstantValue,
    Emptiness,
    FieldLabel,
    FieldName,
    Membership,
    Not,
    Operator,
    OptInState,
    Or,
    parse,
)


def equals(name: str, value: ConstantValue) -> Comparison:
    return Comparison(FieldName(name), Operator.EQUAL, Constant(value))


A, B, C = (equals(name, Decimal(1)) for name in "abc")


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("a = 1 or b = 1 and c = 1", Or((A, And((B, C))))),
        ("(a = 1 or b = 1) and c = 1", And((Or((A, B)), C))),
        ("not a = 1 and b = 1", And((Not(A), B))),
        ("not (a = 1 and b = 1)", Not(And((A, B)))),
        ("not not a = 1", Not(Not(A))),
        ("((a = 1))", A),
        ("a = 1 and (b = 1 and c = 1)", And((A, B, C))),
        ("(a = 1 or b = 1) or c = 1", Or((A, B, C))),
    ],
)
def test_not_binds_tighter_than_and_and_that_tighter_than_or(text: str, root: object) -> None:
    assert parse(text).root == root


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("a is empty", Emptiness(FieldName("a"))),
        ("a is not empty", Emptiness(FieldName("a"), negated=True)),
        ("a in (1)", Membership(FieldName("a"), (Constant(Decimal(1)),))),
        (
            "a not in ('x', true)",
            Membership(FieldName("a"), (Constant("x"), Constant(True)), negated=True),
        ),
        ("[Shoe size] = 1", Comparison(FieldLabel("Shoe size"), Operator.EQUAL, Constant(Decimal(1)))),
        (r"[a \[b\] \\] is empty", Emptiness(FieldLabel("a [b] \\"))),
        (
            "opt_in('news/1') != 'yes'",
            Comparison(OptInState("news/1"), Operator.UNEQUAL, Constant("yes")),
        ),
        ("opt_in is empty", Emptiness(FieldName("opt_in"))),
        ("order = 1", equals("order", Decimal(1))),
        ("island = 1", equals("island", Decimal(1))),
        ("Straße_1 = 1", equals("Straße_1", Decimal(1))),
        ("Gro\u0308ße = 1", equals("Gro\u0308ße", Decimal(1))),
    ],
)
def test_tests_and_names(text: str, root: object) -> None:
    assert parse(text).root == root


@pytest.mark.parametrize("operator", Operator)
def test_every_operator(operator: Operator) -> None:
    assert parse(f"a {operator} 'x'").root == Comparison(FieldName("a"), operator, Constant("x"))


def test_keywords_take_any_case_and_any_blanks() -> None:
    loud = "NOT a STARTS\n\tWITH 'x' AND b Is  Not   Empty OR c NOT\u00a0IN (TRUE) and OPT_IN ('k') = 'yes'"
    quiet = "not a starts with 'x' and b is not empty or c not in (true) and opt_in('k') = 'yes'"
    assert parse(loud).root == parse(quiet).root


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('"Köln"', "Köln"),
        ("'Köln'", "Köln"),
        ('"it\'s"', "it's"),
        (r"'it\'s \"so\"'", 'it\'s "so"'),
        (r'"a\\b\n\t\r"', "a\\b\n\t\r"),
        ('"two\nlines"', "two\nlines"),
        ('""', ""),
        ('"and or )"', "and or )"),
        ("0", Decimal(0)),
        ("-42.50", Decimal("-42.5")),
        ("01067", Decimal(1067)),
        ("9" * 5000, Decimal("9" * 5000)),
        ("true", True),
        ("False", False),
        ("2026-01-31", date(2026, 1, 31)),
        ("2026-01-31T12:00", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31t12:00:30.25z", datetime(2026, 1, 31, 12, 0, 30, 250_000, tzinfo=UTC)),
        ("2026-01-31T00:30+01:00", datetime(2026, 1, 30, 23, 30, tzinfo=UTC)),
    ],
)
def test_values(written: str, value: ConstantValue) -> None:
    read = parse(f"a = {written}").root
    assert isinstance(read, Comparison)
    assert read.constant.value == value
    assert type(read.constant.value) is type(value)


def test_parts_know_their_places() -> None:
    text = "not [Shoe size] >= 42 and\n city in ('x', 'y')"
    root = parse(text).root
    assert isinstance(root, And)
    denial, membership = root.parts
    assert isinstance(denial, Not)
    assert isinstance(membership, Membership)
    comparison = denial.part
    assert isinstance(comparison, Comparison)
    assert text[comparison.operand.position :].startswith("[Shoe size]")
    assert text[comparison.position :].startswith(">=")
    assert text[comparison.constant.position :].startswith("42")
    assert text[membership.operand.position :].startswith("city")
    assert [text[one.position : one.position + 3] for one in membership.constants] == ["'x'", "'y'"]


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("A='x'AND(b<2 OR c Contains 'y')", 'A = "x" and (b < 2 or c contains "y")'),
        ("((a=1)and(b=1))or not(c=1)", "a = 1 and b = 1 or not c = 1"),
        ("a in(1,2.50)", "a in (1, 2.50)"),
        ("a = 2026-01-31T13:00+01:00", "a = 2026-01-31T12:00:00"),
        (r"[x\]] = 'a \' b'", r"[x\]] = " + '"a \' b"'),
        (r"a = 'say \"hi\"'", r'a = "say \"hi\""'),
        ("opt_in('n/1')='no'", 'opt_in("n/1") = "no"'),
    ],
)
def test_the_canonical_text(text: str, canonical: str) -> None:
    assert str(parse(text)) == canonical


class TestLimits:
    def test_ten_thousand_characters(self) -> None:
        start, end = "a = '", "'"
        parse(start + "x" * (10_000 - 6) + end)
        with pytest.raises(InputError, match="longer than 10,000 characters"):
            parse(start + "x" * (10_000 - 5) + end)

    def test_fifty_levels(self) -> None:
        parse("not " * 49 + "a = 1")
        with pytest.raises(InputError, match="column 201: it is nested more than 50 levels deep"):
            parse("not " * 50 + "a = 1")

    def test_parentheses_alone_make_no_level(self) -> None:
        assert parse("(" * 4000 + "a = 1" + ")" * 4000).root == A

    def test_a_long_row_of_tests_is_not_deep(self) -> None:
        root = parse(" or ".join(["a = 1"] * 1000)).root
        assert root == Or((A,) * 1000)

    @pytest.mark.parametrize(
        "text",
        ["(" * 10_000, "not " * 2500, "(a=1 or b=1 and " * 600 + "a=1" + ")" * 300, "[" * 10_000, "-" * 10_000],
    )
    def test_no_depth_is_too_much_for_an_answer(self, text: str) -> None:
        with pytest.raises(InputError):
            parse(text)

    def test_what_is_allowed_can_be_bound_asked_and_written(self) -> None:
        condition = parse("not (a = 1 and (b = 1 or " * 16 + "not a = 1" + "))" * 16)
        bound = condition.bind([CrmField("a", "A"), CrmField("b", "B")])
        assert isinstance(bound.holds(Contact("1", None)), bool)
        assert parse(str(condition)).root == condition.root
