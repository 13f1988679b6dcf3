"""New fields: of which kind, and under what key."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rundbrief.fields import CrmField, FieldKind, FieldType, best_kind, new_key

KINDS = [
    FieldKind("text", FieldType.TEXT, 255),
    FieldKind("float", FieldType.NUMBER),
    FieldKind("date", FieldType.DATE),
    FieldKind("dropdown", FieldType.CHOICE),
    FieldKind("gender", FieldType.BOOLEAN, is_creatable=False),
]


@pytest.mark.parametrize(
    ("kind", "choices", "best"),
    [
        (FieldType.TEXT, (), "text"),
        (FieldType.INTEGER, (), "float"),
        (FieldType.NUMBER, (), "float"),
        (FieldType.DATE, (), "date"),
        (FieldType.DATETIME, (), "text"),
        (FieldType.BOOLEAN, (), "text"),
        (FieldType.CHOICE, ("red",), "dropdown"),
        (FieldType.CHOICE, (), "text"),
        (FieldType.CHOICES, ("red",), "text"),
        (FieldType.PHONE, (), "text"),
    ],
)
def test_the_kind_that_loses_least(kind: FieldType, choices: tuple[str, ...], best: str) -> None:
    assert best_kind(CrmField("x", "X", kind, choices), KINDS).name == best


def test_what_no_kind_holds_is_told() -> None:
    with pytest.raises(LookupError):
        best_kind(CrmField("x", "X", FieldType.TEXT), [FieldKind("date", FieldType.DATE)])


@pytest.mark.parametrize(
    ("label", "key"),
    [
        ("Größe & Gewicht", "GROESSE_GE"),
        ("1. Wahl", "F_1_WAHL"),
        ("Prénom", "PRENOM"),
        ("电话", "FIELD"),
        ("---", "FIELD"),
    ],
)
def test_keys_as_a_service_wants_them(label: str, key: str) -> None:
    assert new_key(label, (), upper=True, longest=10) == key


def test_a_taken_key_is_numbered_and_stays_short_enough() -> None:
    assert new_key("Customer number", ["customer_n"], upper=True, longest=10) == "CUSTOMER2"
    assert new_key("Number", ["number", "NUMBER2"], upper=False, longest=50) == "number3"


@given(st.lists(st.text(max_size=30), max_size=40), st.integers(4, 12), st.booleans())
def test_keys_never_clash(labels: list[str], longest: int, upper: bool) -> None:
    taken: list[str] = []
    for label in labels:
        taken.append(new_key(label, taken, upper=upper, longest=longest))
    assert len({one.casefold() for one in taken}) == len(labels)
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", one) and len(one) <= longest for one in taken)
    assert all(one == (one.upper() if upper else one.lower()) for one in taken)
