"""What the matrix calls exact comes back equal; what it calls refused is never tried."""

from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rundbrief.fields import CrmField, FieldType, Habits, Partly, Quality, RemoteField, Unfit, cell, converter
from rundbrief.fields.converting.days import plain_birthday
from rundbrief.models import PostalAddress

_words = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12)
_lines = st.lists(_words, min_size=1, max_size=4).map(" ".join)
_days = st.dates(date(1583, 1, 1), date(2200, 1, 1))
_choices = ("Red", "Dark, Blue", 'a "quoted" one', "Größe 4")

VALUES: dict[FieldType, st.SearchStrategy[Any]] = {
    FieldType.TEXT: _lines,
    FieldType.LONG_TEXT: st.lists(_lines, min_size=1, max_size=3).map("\n".join),
    FieldType.INTEGER: st.integers(-(10**14), 10**14),
    FieldType.NUMBER: st.decimals(-(10**9), 10**9, places=4, allow_nan=False),
    FieldType.BOOLEAN: st.booleans(),
    FieldType.DATE: _days,
    FieldType.DATETIME: st.datetimes(datetime(1600, 1, 1), datetime(2200, 1, 1)).map(  # noqa: DTZ001
        lambda one: one.replace(tzinfo=UTC)
    ),
    FieldType.BIRTHDAY: _days.map(lambda one: one.strftime("%m-%d")),
    FieldType.CHOICE: st.sampled_from(_choices),
    FieldType.CHOICES: st.lists(st.sampled_from(_choices), min_size=1, unique=True).map(tuple),
    FieldType.EMAIL: st.sampled_from(["jo@example.org", "J.O+x@Example.org"]),
    FieldType.PHONE: st.sampled_from(["+493511234567", "+4312345678"]),
    FieldType.URL: st.sampled_from(["https://example.org/a?b=1", "http://bücher.example"]),
    FieldType.ADDRESS: st.builds(PostalAddress, street=_lines, city=_lines, postcode=_words),
    FieldType.LANGUAGE: st.sampled_from(["de", "Deutsch"]),
    FieldType.COUNTRY: st.sampled_from(["DE", "Deutschland"]),
}
PAIRS = list(product(FieldType, FieldType))
EXACT = [pair for pair in PAIRS if cell(*pair).quality is Quality.EXACT]


@given(st.sampled_from(["MM/DD", "DD/MM"]), VALUES[FieldType.BIRTHDAY])
def test_a_birthday_is_the_same_in_any_spelling(form: str, day: str) -> None:
    there = converter(RemoteField("X", "X", FieldType.BIRTHDAY, form=form))(day)
    assert plain_birthday(str(there), form) == day


def test_every_type_is_tried() -> None:
    assert VALUES.keys() == set(FieldType)


@pytest.mark.parametrize(("source", "target"), EXACT, ids=lambda kind: kind.value)
@settings(max_examples=50)
@given(data=st.data())
def test_what_is_exact_comes_back_equal(source: FieldType, target: FieldType, data: st.DataObject) -> None:
    habits = Habits(data.draw(st.sampled_from(["en", "de"])))
    value = data.draw(VALUES[source])
    choices = _choices if {source, target} <= {FieldType.CHOICE, FieldType.CHOICES} else ()
    there = converter(RemoteField("X", "X", target, choices=choices), habits)(value)
    assert not isinstance(there, Partly)
    assert converter(CrmField("x", "X", source), habits)(there) == value


@pytest.mark.parametrize("source", FieldType, ids=lambda kind: kind.value)
@settings(max_examples=200)
@given(data=st.data())
def test_any_value_arrives_or_is_refused(source: FieldType, data: st.DataObject) -> None:
    target = data.draw(st.sampled_from(FieldType))
    convert = converter(RemoteField("X", "X", target, choices=_choices, max_bytes=20), Habits("de", "DE"))
    with suppress(Unfit):
        assert convert(data.draw(VALUES[source])) is not None


def test_an_exact_cell_says_nothing_and_a_lossy_one_what_is_lost() -> None:
    for pair in PAIRS:
        found = cell(*pair)
        assert bool(found.lost) == (found.quality is Quality.LOSSY)


def test_the_same_type_is_never_refused() -> None:
    assert [kind for kind in FieldType if cell(kind, kind).quality is Quality.REFUSED] == []


@pytest.mark.parametrize("number", ["1.234", "-0.125", "1000.500", "0.1"])
def test_three_decimals_are_not_taken_for_thousands(number: str) -> None:
    for language in ("en", "de"):
        habits = Habits(language)
        text = converter(RemoteField("X", "X"), habits)(Decimal(number))
        assert converter(CrmField("x", "X", FieldType.NUMBER), habits)(text) == Decimal(number)  # type: ignore[arg-type]
