"""How values are written and read, and what an e-mail address looks like."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from rundbrief.crm.local.addresses import address_problem, is_plausible_address
from rundbrief.fields import FieldType
from rundbrief.fields.spelling import parse


class TestNumbers:
    @pytest.mark.parametrize(
        ("text", "number"),
        [
            ("1234", "1234"),
            ("1.234,50", "1234.50"),
            ("1,234.50", "1234.50"),
            ("1.234.567", "1234567"),
            ("1,234,567.8", "1234567.8"),
            ("1 234,5", "1234.5"),
            ("1\u202f234,5", "1234.5"),
            ("-0,125", "-0.125"),
            ("0.125", "0.125"),
            ("1234.567", "1234.567"),
            ("+3,5", "3.5"),
            ("1,2340", "1.234"),
        ],
    )
    def test_german_and_english(self, text: str, number: str) -> None:
        assert parse(text, FieldType.NUMBER) == Decimal(number)

    @pytest.mark.parametrize("text", ["1.234", "12,345", "-999.000"])
    def test_a_separator_that_could_mean_either_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match="could mean"):
            parse(text, FieldType.NUMBER)

    @pytest.mark.parametrize(
        "text", ["NaN", "Infinity", "1e3", "12a", "1.2.3", "1,23,456", "--1", ".5", "1,", "٣"]
    )
    def test_what_is_none(self, text: str) -> None:
        with pytest.raises(ValueError, match="no number"):
            parse(text, FieldType.NUMBER)


class TestDates:
    @pytest.mark.parametrize("text", ["1990-12-31", "31.12.1990", "31. 12. 1990"])
    def test_iso_and_german(self, text: str) -> None:
        assert parse(text, FieldType.DATE) == date(1990, 12, 31)

    @pytest.mark.parametrize("text", ["12/31/1990", "31.12.90", "1990", "19901231", "1990-W01-1", "today"])
    def test_what_is_none(self, text: str) -> None:
        with pytest.raises(ValueError, match="no date"):
            parse(text, FieldType.DATE)

    @pytest.mark.parametrize(
        ("text", "moment"),
        [
            ("2026-03-02T12:30:00+01:00", datetime(2026, 3, 2, 12, 30, tzinfo=timezone(timedelta(hours=1)))),
            ("2026-03-02 12:30Z", datetime(2026, 3, 2, 12, 30, tzinfo=UTC)),
            ("2.3.2026 9:05", datetime(2026, 3, 2, 9, 5, tzinfo=UTC)),
            ("02.03.2026 09:05:07", datetime(2026, 3, 2, 9, 5, 7, tzinfo=UTC)),
            ("2026-03-02", datetime(2026, 3, 2, tzinfo=UTC)),
        ],
    )
    def test_times(self, text: str, moment: datetime) -> None:
        assert parse(text, FieldType.DATETIME) == moment

    @pytest.mark.parametrize("text", ["noon", "31.02.2026 12:00", "2.3.2026 25:00", "2.3.2026", "20260302"])
    def test_what_is_no_time(self, text: str) -> None:
        with pytest.raises(ValueError, match="holds"):
            parse(text, FieldType.DATETIME)


class TestWords:
    @pytest.mark.parametrize(("text", "value"), [("Ja", True), ("x", True), ("WAHR", True), ("nein", False)])
    def test_yes_and_no(self, text: str, value: bool) -> None:
        assert parse(text, FieldType.BOOLEAN) is value

    def test_neither(self) -> None:
        with pytest.raises(ValueError, match="neither yes nor no"):
            parse("maybe", FieldType.BOOLEAN)

    @pytest.mark.parametrize(
        ("text", "choices"),
        [
            ("red", ("red",)),
            ("red | green|", ("red", "green")),
            (r"a\|b|c\\", ("a|b", "c\\")),
            ("a, b", ("a, b",)),
        ],
    )
    def test_choices(self, text: str, choices: tuple[str, ...]) -> None:
        assert parse(text, FieldType.CHOICES) == choices

    def test_no_choice(self) -> None:
        with pytest.raises(ValueError, match="no choice"):
            parse("| |", FieldType.CHOICES)


class TestAddresses:
    @pytest.mark.parametrize(
        "address",
        [
            "a@b.de",
            "jo.o'neill+news@mail.example.org",
            "käthe@müller.example",
            "ka\u0308the@mu\u0308ller.example",
            "x@xn--mller-kva.example",
            "用户@例子.广告",
            "a..b@example.org",
            "a@1und1.de",
            f"{'a' * 64}@example.org",
        ],
    )
    def test_good_ones(self, address: str) -> None:
        assert is_plausible_address(address)

    @pytest.mark.parametrize(
        ("address", "problem"),
        [
            ("", "has no @"),
            ("ann at example.org", "has no @"),
            ("ann@bob@example.org", "more than one @"),
            ("@example.org", "lacks the part"),
            ("ann@", "lacks the part"),
            ("ann lee@example.org", "space"),
            ("ann@example.org\u200b", "invisible"),
            ("ann\n@example.org", "space or an invisible"),
            ("Ann <ann@example.org", "space"),
            ("<ann@example.org", "character that no address has"),
            ("a,b@example.org", "character that no address has"),
            ("ann@localhost", "without a dot"),
            ("ann@example..org", "impossible domain"),
            ("ann@-example.org", "impossible domain"),
            ("ann@exam_ple.org", "impossible domain"),
            ("ann@example.org,bob", "impossible domain"),
            ("ann@127.0.0.1", "impossible domain"),
            (f"ann@{'a' * 64}.org", "impossible domain"),
            (f"{'a' * 65}@example.org", "longer"),
            (f"{'ä' * 33}@example.org", "longer"),
            (f"a@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.{'f' * 60}.org", "longer"),
        ],
    )
    def test_slips(self, address: str, problem: str) -> None:
        assert problem in (address_problem(address) or "")
