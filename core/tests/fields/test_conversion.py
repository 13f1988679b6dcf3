"""What becomes of single values on their way between CRM and service."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rundbrief.fields import CrmField, FieldType, Habits, Partly, RemoteField, Unfit, converter
from rundbrief.models import PostalAddress

GERMAN = Habits("de", "DE")


def converted(value: Any, kind: FieldType, habits: Habits | None = None, **more: Any) -> Any:
    return converter(RemoteField("X", "X", kind, **more), habits or Habits())(value)


def refusal(value: Any, kind: FieldType, **more: Any) -> str:
    with pytest.raises(Unfit) as caught:
        converted(value, kind, **more)
    return str(caught.value)


class TestTexts:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (True, "yes"),
            (Decimal("1234.50"), "1234.50"),
            (Decimal("1E+3"), "1000"),
            (7, "7"),
            (date(1980, 2, 29), "1980-02-29"),
            (datetime(2026, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=1))), "2025-12-31T23:30:00Z"),
            (("red", "dark, blue"), 'red,"dark, blue"'),
            (PostalAddress("Am Markt 1", "Dresden", "", "01067", "DE"), "Am Markt 1, 01067 Dresden, DE"),
        ],
    )
    def test_everything_has_a_text(self, value: Any, text: str) -> None:
        assert converted(value, FieldType.TEXT) == text

    def test_in_german(self) -> None:
        assert converted(False, FieldType.TEXT, GERMAN) == "nein"
        assert converted(Decimal("1234.50"), FieldType.TEXT, GERMAN) == "1234,50"

    @pytest.mark.parametrize(
        ("text", "limit", "kept"),
        [
            ("abcdef", 4, "abcd"),
            ("äöü", 3, "ä"),
            ("ab🙂", 5, "ab"),
            ("abe\u0301", 3, "ab"),
            ("ae\u0301b", 4, "ae\u0301"),
            ("aनि", 4, "a"),
            ("ab👍🏽", 6, "ab"),
            ("a👩\u200d👧b", 5, "a"),
            ("a👩\u200d👧b", 8, "a"),
            ("a👩\u200d👧b", 12, "a👩\u200d👧"),
            ("a❤\ufe0fb", 4, "a"),
            ("🇩🇪🇦🇹", 12, "🇩🇪"),
            ("a🇩🇪🇦🇹", 9, "a🇩🇪"),
            ("\u0301\u0301\u0301", 4, "\u0301\u0301"),
        ],
    )
    def test_a_cut_leaves_whole_characters(self, text: str, limit: int, kept: str) -> None:
        found = converted(text, FieldType.TEXT, max_bytes=limit)
        assert found == (Partly(kept, f"was cut to {limit} bytes") if len(text.encode()) > limit else text)

    @given(st.text(max_size=80), st.integers(4, 60))
    def test_a_cut_is_as_long_as_it_may_be(self, text: str, limit: int) -> None:
        found = converted(text, FieldType.TEXT, max_bytes=limit)
        kept = found.value if isinstance(found, Partly) else found
        assert text.startswith(kept)
        assert len(kept.encode()) <= limit
        assert isinstance(found, Partly) == (len(text.encode()) > limit)


class TestNumbers:
    @pytest.mark.parametrize(("text", "number"), [("1.234,50", "1234.50"), ("1,234.50", "1234.50"), (" 7 ", "7")])
    def test_german_and_english(self, text: str, number: str) -> None:
        assert converted(text, FieldType.NUMBER) == Decimal(number)

    def test_more_digits_than_a_float_has_are_told(self) -> None:
        number = Decimal("12345678901234567")
        assert converted(number, FieldType.NUMBER) == Partly(number, "keeps 15 of its digits")

    @pytest.mark.parametrize("value", ["many", "", ("1", "2"), date(2026, 1, 1)])
    def test_what_is_none(self, value: Any) -> None:
        assert "number" in refusal(value, FieldType.NUMBER)

    def test_a_crm_that_wants_whole_ones_gets_no_others(self) -> None:
        whole = converter(CrmField("n", "N", FieldType.INTEGER))
        assert whole(Decimal("12.0")) == 12
        with pytest.raises(Unfit, match="whole"):
            whole(Decimal("12.5"))


class TestYesAndNo:
    @pytest.mark.parametrize(
        ("value", "truth"), [("Ja", True), ("nein", False), ("x", True), (1, True), (False, False)]
    )
    def test_words_of_both_languages(self, value: Any, truth: bool) -> None:
        assert converted(value, FieldType.BOOLEAN) is truth

    @pytest.mark.parametrize("value", ["perhaps", 2, ("yes", "no")])
    def test_what_is_neither(self, value: Any) -> None:
        assert refusal(value, FieldType.BOOLEAN) == "is neither yes nor no"

    def test_a_choice_of_two_words(self) -> None:
        assert converted(True, FieldType.CHOICE, choices=("Nein", "Ja")) == "Ja"


class TestDays:
    @pytest.mark.parametrize("hours", [-11, 0, 14])
    def test_no_zone_shifts_a_date(self, hours: int) -> None:
        day = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=hours)))
        assert converted(date(2026, 3, 1), FieldType.DATE) == date(2026, 3, 1)
        assert converted(day, FieldType.DATE) == day.astimezone(UTC).date()

    @pytest.mark.parametrize("text", ["1980-02-29", "29.02.1980", "29. 2. 1980"])
    def test_dates_as_people_write_them(self, text: str) -> None:
        assert converted(text, FieldType.DATE) == date(1980, 2, 29)

    def test_a_birthday_is_no_date(self) -> None:
        assert refusal("02-29", FieldType.DATE) == "lacks the year"

    @pytest.mark.parametrize("text", ["30.02.1980", "02/29/1980", "in May"])
    def test_what_is_none(self, text: str) -> None:
        assert "date" in refusal(text, FieldType.DATE)

    @pytest.mark.parametrize("value", ["02-29", "29.2.", "1980-02-29", date(1980, 2, 29)])
    @pytest.mark.parametrize(("form", "spelt"), [("", "02-29"), ("MM/DD", "02/29"), ("DD/MM", "29/02")])
    def test_a_birthday_is_spelt_as_the_service_does(self, value: Any, form: str, spelt: str) -> None:
        assert converted(value, FieldType.BIRTHDAY, form=form) == spelt
        assert converted(spelt, FieldType.BIRTHDAY, form=form) == spelt

    def test_a_birthday_that_is_none(self) -> None:
        assert refusal("02-30", FieldType.BIRTHDAY) == "is a day that the calendar does not have"
        assert "date" in refusal("02/29", FieldType.BIRTHDAY)


class TestChoices:
    def test_capitals_do_not_matter_and_the_services_spelling_counts(self) -> None:
        assert converted(" dARK blue", FieldType.CHOICE, choices=("Red", "Dark Blue")) == "Dark Blue"

    def test_what_is_none_of_them(self) -> None:
        assert refusal("green", FieldType.CHOICE, choices=("red", "blue")) == "is none of the choices"
        assert refusal(("red", "blue"), FieldType.CHOICE, choices=("red", "blue")) == "is more than one choice"

    def test_of_several_those_that_are_there(self) -> None:
        found = converted(("red", "green"), FieldType.CHOICES, choices=("Red", "Blue"))
        assert found == Partly(("Red",), "has choices that the field has not")
        assert refusal(("green",), FieldType.CHOICES, choices=("Red",)) == "has none of the choices"

    def test_a_text_is_split_at_its_commas(self) -> None:
        assert converted('red, "dark, blue"', FieldType.CHOICES) == ("red", "dark, blue")


class TestForms:
    @pytest.mark.parametrize("text", ["0351 / 123 45 67", "+49 351 1234567", "0049 351 1234567", "(0351) 1234567"])
    def test_telephone_numbers_become_e164(self, text: str) -> None:
        assert converted(text, FieldType.PHONE, GERMAN) == "+493511234567"

    def test_without_a_country_a_local_number_stays_as_it_is(self) -> None:
        assert converted("0351 1234567", FieldType.PHONE) == "0351 1234567"
        assert converted("+49 351 1234567", FieldType.PHONE) == "+493511234567"

    @pytest.mark.parametrize("text", ["+49", "call me", ""])
    def test_what_is_no_number(self, text: str) -> None:
        with pytest.raises(Unfit, match="no telephone number"):
            converted(text, FieldType.PHONE, GERMAN)

    @pytest.mark.parametrize(
        ("text", "site"),
        [("example.org/a", "https://example.org/a"), ("http://example.org", "http://example.org")],
    )
    def test_web_addresses(self, text: str, site: str) -> None:
        assert converted(text, FieldType.URL) == site

    def test_what_is_no_web_address(self) -> None:
        assert refusal("see our site", FieldType.URL) == "is no web address"

    def test_an_address_without_a_part_stays_here_whole(self) -> None:
        german = PostalAddress("Am Markt 1", "Dresden", "", "01067", "DE")
        assert converted(german, FieldType.ADDRESS) == german
        assert refusal(german, FieldType.ADDRESS, parts=("street", "state")) == "lacks state"

    def test_a_country_goes_without_saying_at_home_where_the_service_would_call_it_another(self) -> None:
        """Mailchimp makes it US."""
        nowhere, austrian = PostalAddress("Ring 2", "Wien", "W", "1010"), PostalAddress("Ring 2", country="AT")
        parts = ("street", "country")
        assert converted(nowhere, FieldType.ADDRESS, GERMAN, parts=parts) == replace(nowhere, country="DE")
        assert converted(austrian, FieldType.ADDRESS, GERMAN, parts=parts) == austrian
        assert converted(nowhere, FieldType.ADDRESS, GERMAN, parts=("street",)) == nowhere
        assert refusal(nowhere, FieldType.ADDRESS, parts=parts) == "lacks country"

    def test_a_pattern_of_the_service(self) -> None:
        assert converted("01067", FieldType.TEXT, pattern="[0-9]{5}") == "01067"
        assert refusal("SW1A 1AA", FieldType.TEXT, pattern="[0-9]{5}") == "is not as the service wants it"
