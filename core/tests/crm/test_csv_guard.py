"""The guard rail before a file: a column that has slipped changes nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rundbrief.crm.local import LocalCrm
from rundbrief.crm.local.csv_guard import Allowance
from rundbrief.errors import GuardRail, InputError
from rundbrief.models import Contact, OptIn, Selection

Write = Callable[..., Path]
KEY = "news/1"


@pytest.fixture
def fill(crm: LocalCrm, write_csv: Write) -> Callable[..., None]:
    """Return what takes in so many contacts with an opt-in, and so many without."""

    def fill(with_yes: int, without: int = 0) -> None:
        rows = [row(number, "yes" if number < with_yes else "") for number in range(with_yes + without)]
        crm.import_csv(write_csv(HEADINGS, *rows))

    return fill


HEADINGS = f"E-mail;Last name;Country;VIP;opt-in {KEY}"


def row(number: int, opt_in: str, *, vip: str = "0", country: str = "DE") -> str:
    return f"p{number:04}@example.org;Nr{number};{country};{vip};{opt_in}"


def everything(crm: LocalCrm) -> list[Contact]:
    return list(crm.contacts(Selection()))


def opted_in(crm: LocalCrm) -> int:
    return sum(one.opt_in(KEY).value is OptIn.YES for one in everything(crm))


def test_a_column_that_slipped_onto_words_is_refused(
    crm: LocalCrm, fill: Callable[..., None], write_csv: Write
) -> None:
    fill(30)
    before = everything(crm)
    slipped = f"E-mail;Last name;opt-in {KEY};VIP;Unheard of"
    rows = [row(number, "yes") for number in range(2000)]
    with pytest.raises(InputError, match=r"neither yes nor no in 2,000 of 2,000 rows\. Nothing was taken in"):
        crm.import_csv(write_csv(slipped, *rows), allowance=Allowance(withdrawals=True, additions=True))
    assert everything(crm) == before
    assert not [one for one in crm.fields() if one.label == "Unheard of"]


def test_a_column_that_slipped_onto_noughts_takes_nothing_away(
    crm: LocalCrm, fill: Callable[..., None], write_csv: Write
) -> None:
    fill(30)
    before = everything(crm)
    slipped = write_csv(
        f"E-mail;Last name;Country;opt-in {KEY};VIP", *[row(number, "yes") for number in range(1500)]
    )
    with pytest.raises(GuardRail, match=r"take away 30 opt-ins for news/1, where 30 .* 20 are allowed") as caught:
        crm.import_csv(slipped, allowance=Allowance(additions=True))
    assert "--allow-withdrawals" in caught.value.hint
    assert everything(crm) == before
    crm.import_csv(slipped, allowance=Allowance(withdrawals=True))
    assert opted_in(crm) == 0


def test_a_column_that_slipped_onto_ones_gives_nothing(
    crm: LocalCrm, fill: Callable[..., None], write_csv: Write
) -> None:
    fill(30, without=101)
    before = everything(crm)
    slipped = write_csv(
        f"E-mail;Last name;Country;opt-in {KEY};VIP", *[row(number, "", vip="1") for number in range(131)]
    )
    with pytest.raises(GuardRail, match=r"add to known contacts 101 opt-ins .* 100 are allowed") as caught:
        crm.import_csv(slipped, allowance=Allowance(withdrawals=True))
    assert "--allow-additions" in caught.value.hint
    assert everything(crm) == before
    crm.import_csv(slipped, allowance=Allowance(additions=True))
    assert opted_in(crm) == 131


@pytest.mark.parametrize("clear", [0, 1, 20])
def test_what_is_usual_goes_in(crm: LocalCrm, fill: Callable[..., None], write_csv: Write, clear: int) -> None:
    fill(30, without=100)
    rows = [row(number, "no" if number < clear else "yes") for number in range(130)]
    crm.import_csv(write_csv(HEADINGS, *rows))
    assert opted_in(crm) == 130 - clear


def test_a_few_bad_rows_are_named_and_the_rest_goes_in(crm: LocalCrm, write_csv: Write) -> None:
    rows = [row(number, "perhaps" if number < 20 else "yes") for number in range(60)]
    report = crm.import_csv(write_csv(HEADINGS, *rows))
    assert (report.created, len(report.bad_rows)) == (40, 20)


def test_a_field_in_which_nobody_has_said_yes_is_filled(
    crm: LocalCrm, fill: Callable[..., None], write_csv: Write
) -> None:
    fill(0, without=120)
    crm.import_csv(write_csv(HEADINGS, *[row(number, "yes") for number in range(120)]))
    assert opted_in(crm) == 120


def test_new_contacts_bring_as_many_as_they_are(
    crm: LocalCrm, fill: Callable[..., None], write_csv: Write
) -> None:
    fill(30)
    crm.import_csv(write_csv(HEADINGS, *[row(number, "yes") for number in range(30, 230)]))
    assert opted_in(crm) == 230
