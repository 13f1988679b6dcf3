"""What a mistake in a condition looks like: a sentence, the line, a caret, and what to write instead."""

from collections.abc import Sequence

import pytest

from rundbrief.errors import InputError
from rundbrief.fields import CrmField
from rundbrief.where import parse


@pytest.fixture
def mistake(crm_fields: Sequence[CrmField], opt_in_keys: Sequence[str]) -> "Mistake":
    return Mistake(crm_fields, opt_in_keys)


class Mistake:
    """Reads and binds a text that is wrong, and hands back the error."""

    def __init__(self, crm_fields: Sequence[CrmField], opt_in_keys: Sequence[str]) -> None:
        self.crm_fields, self.opt_in_keys = crm_fields, opt_in_keys

    def __call__(self, text: str) -> InputError:
        with pytest.raises(InputError) as caught:
            parse(text).bind(self.crm_fields, self.opt_in_keys)
        return caught.value


def test_the_whole_picture(mistake: Mistake) -> None:
    error = mistake("vip = true and city = Köln")
    assert error.message == (
        "The condition has a mistake in line 1, column 23: expected a value.\n"
        "    vip = true and city = Köln\n"
        "                          ^"
    )
    assert error.hint == "Write texts in quotes: 'Köln'."
    assert error.exit_code == 11


@pytest.mark.parametrize(
    ("text", "column", "sentence", "hint"),
    [
        ("", 1, "it is empty", "such as city"),
        (" \n ", 1, "it is empty", "such as city"),
        ("city", 5, "expected an operator such as =, contains", "such as city"),
        ("city = ", 7, "expected a value", "a text in quotes, a number"),
        ("city = 'x' and ", 15, 'expected a field, "not" or "("', "such as city"),
        ("city = 'x' vip = true", 12, 'expected "and", "or" or the end', "between two tests"),
        ("(city = 'x'", 12, 'expected ")"', "closing"),
        ("city = 'x')", 11, "expected the end", "opening"),
        ("city in 'x'", 9, 'expected "("', "in ('x', 'y')"),
        ("city in ()", 10, "expected a value", "a text in quotes"),
        ("city in ('x' 'y')", 14, 'expected "," or ")"', "commas"),
        ("city = 'x", 8, "no closing quote", r"\'"),
        ('city = "x', 8, "no closing quote", r"\""),
        ("[city = 'x'", 1, "no closing bracket", r"\]"),
        (r"city = 'a\d'", 10, "this backslash has no meaning", "\\\\"),
        ("city = „Köln“", 8, "expected a value", "straight quotes"),
        ("city == 'x'", 7, "expected a value", "= once"),
        ("city <> 'x'", 7, "expected a value", "!="),
        ("!vip = true", 1, "expected a field", "not"),
        ("city = 'x' && vip = true", 12, "expected", "Write and."),
        ("city = 'x' || vip = true", 12, "expected", "Write or."),
        ("city like 'x'", 6, "expected an operator", "contains"),
        ("city is 'x'", 6, "expected an operator", "= for equal"),
        ("city not 'x'", 6, "expected an operator", "not in"),
        ("shoe_size = 42,5", 15, "expected", "decimals with a point"),
        ("shoe_size = 4x", 13, "expected a value", "numbers like this"),
        ("since > 31.01.2026", 9, "expected a value", "2026-01-31"),
        ("since > 2026-1-31", 9, "expected a value", "2026-01-31"),
        ("since > 2026-02-30", 9, "the calendar does not have this date", "year-month-day"),
        ("since > 2026-01-31 12:00", 20, "expected", "2026-01-31T12:00"),
        ("last_call > 2026-01-31T25:00", 13, "no such date and time", "UTC"),
        ("last_call > 0001-01-01T00:00+01:00", 13, "no such date and time", "UTC"),
        ("opt_in(news) = 'yes'", 8, "expected a text in quotes", "opt_in('news/1')"),
        ("in = 'x'", 1, "expected a field", "[in]"),
    ],
)
def test_what_cannot_be_read(mistake: Mistake, text: str, column: int, sentence: str, hint: str) -> None:
    error = mistake(text)
    assert f"line 1, column {column}: " in error.message
    assert sentence in error.message
    assert hint in error.hint


@pytest.mark.parametrize(
    ("text", "column", "sentence", "hint"),
    [
        ("ctiy = 'x'", 1, 'no field "ctiy"', "Did you mean city?"),
        ("City = 'x' and emial = 'x'", 16, 'no field "emial"', "Did you mean email?"),
        ("[Schuhgrose] = 42", 1, 'no field "Schuhgrose"', "Did you mean [Schuhgröße]?"),
        ("zzz = 1", 1, 'no field "zzz"', "Write a field's key"),
        ("opt_in('news/3') = 'yes'", 8, 'no opt-in field "news/3"', "Did you mean 'news/2'?"),
        ("opt_in('zzzzzz') = 'yes'", 8, 'no opt-in field "zzzzzz"', "lists CONNECTION --pull"),
        ("opt_in('news/1') = 'maybe'", 20, "does not fit", "'yes', 'no' or 'unknown'"),
        ("opt_in('news/1') = true", 20, "does not fit", "'yes', 'no' or 'unknown'"),
        ("opt_in('news/1') is empty", 8, "never empty", "= 'unknown'"),
        ("opt_in('news/1') contains 'y'", 18, '"contains" does not fit', "= or !="),
        ("kind = 'customers'", 8, "does not fit", "'contact', 'customer' or 'lead'"),
        ("party in ('person', 'x')", 21, "does not fit", "'person' or 'organisation'"),
        ("shoe_size = '42'", 13, "does not fit", "numbers: 42.5"),
        ("shoe_size contains '4'", 11, '"contains" does not fit', "=, !=, <, <=, > or >="),
        ("vip = 'yes'", 7, "does not fit", "true or false"),
        ("vip < true", 5, '"<" does not fit', "= or !="),
        ("since = '2026-01-31'", 9, "does not fit", "dates: 2026-01-31"),
        ("changed_at > 5", 14, "does not fit", "dates: 2026-01-31"),
        ("interests = 5", 13, "does not fit", "choices"),
        ("interests starts with 'x'", 11, '"starts with" does not fit', "contains"),
        ("phone = 0221123", 9, "does not fit", "texts, in quotes"),
        ("postcode starts with 50", 22, '"starts with" needs a text', "'50'"),
        ("city < true", 8, "no order", "= or !="),
        ("city = ' '", 8, "empty text", "is empty"),
        ("city not in ('x', '')", 19, "empty text", "is not empty"),
    ],
)
def test_what_does_not_fit(mistake: Mistake, text: str, column: int, sentence: str, hint: str) -> None:
    error = mistake(text)
    assert f"line 1, column {column}: " in error.message
    assert sentence in error.message
    assert hint in error.hint


def test_one_line_of_several_is_shown(mistake: Mistake) -> None:
    message = mistake("city = 'x'\n  and vip = 7\n  and since is empty").message
    assert message == (
        "The condition has a mistake in line 2, column 13: this value does not fit the field.\n"
        "      and vip = 7\n"
        "                ^"
    )


def test_a_long_line_is_cut_around_the_place(mistake: Mistake) -> None:
    message = mistake(f"city = '{'a' * 300}' and vip = 7 and city = '{'b' * 300}'").message
    _, shown, caret = message.split("\n")
    assert len(shown) < 80
    assert shown.strip().startswith("…")
    assert shown.endswith("…")
    assert shown[caret.index("^")] == "7"


def test_the_caret_allows_for_wide_letters_and_combining_marks(mistake: Mistake) -> None:
    _, shown, caret = mistake("city = '東京o\u0308' and vip = 7").message.split("\n")
    assert shown.endswith("vip = 7")
    assert caret.index("^") == shown.index("7") + 2 - 1  # two wide letters, and one mark without a width


def test_what_a_terminal_obeys_is_not_shown(mistake: Mistake) -> None:
    message = mistake("city = '\x1b[31m\u202e\udcff\t' and vip = 7").message
    assert "city = '?[31m?? ' and vip = 7" in message


@pytest.mark.parametrize(
    "text",
    [
        "email = 'jo.miller@example.org' and",
        "email = jo.miller@example.org",
        "email in ('x@example.org', jo.miller@example.org)",
        "[jo.miller@example.org] = 'x'",
        "opt_in('jo.miller@example.org') = 'yes'",
        "city = '" + "x" * 60 + " jo.miller@example.org' and vip = 7",
    ],
)
def test_no_address_is_shown(mistake: Mistake, text: str) -> None:
    error = mistake(text)
    assert "iller" not in str(error)
    assert "xample" not in str(error)


def test_no_address_is_in_a_repr(crm_fields: Sequence[CrmField]) -> None:
    condition = parse("email = 'jo.miller@example.org'")
    for shown in (repr(condition), repr(condition.root), repr(condition.bind(crm_fields))):
        assert "iller" not in shown
        assert "xample" not in shown
