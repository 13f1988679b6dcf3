"""What a CSV file must never do to the CRM: lose a no, hand on an id, or leave a mess behind."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rundbrief.crm.local import CsvReport, LocalCrm
from rundbrief.errors import InputError
from rundbrief.fields import STANDARD_FIELDS
from rundbrief.models import Contact, OptIn, Selection

Write = Callable[..., Path]


def everybody(crm: LocalCrm) -> list[Contact]:
    return list(crm.contacts(Selection()))


def problems(report: CsvReport) -> dict[int, str]:
    return {one.line: one.problem for one in report.bad_rows}


class TestOptIns:
    @pytest.mark.parametrize(
        ("word", "value"),
        [
            ("TRUE", OptIn.YES),
            ("wahr", OptIn.YES),
            ("1", OptIn.YES),
            ("FALSCH", OptIn.NO),
            ("false", OptIn.NO),
            ("0", OptIn.NO),
            ("", OptIn.UNKNOWN),
        ],
    )
    def test_what_spreadsheets_make_of_yes_and_no(
        self, crm: LocalCrm, write_csv: Write, word: str, value: OptIn
    ) -> None:
        crm.import_csv(write_csv("E-Mail;Opt-in: Customers", f"ann@example.org;{word}"))
        assert crm.find("ann@example.org").opt_in("news/1").value is value

    @pytest.mark.parametrize("word", ["x", "y", "2", "oui", "-"])
    def test_a_mere_mark_is_no_consent(self, crm: LocalCrm, write_csv: Write, word: str) -> None:
        report = crm.import_csv(write_csv("E-Mail;Opt-in: Customers", f"ann@example.org;{word}"))
        assert list(problems(report)) == [2]
        assert everybody(crm) == []

    @pytest.mark.parametrize("words", [("ja", "nein"), ("nein", "ja")])
    @pytest.mark.parametrize("apart", [0, 1500])
    def test_of_two_rows_about_one_person_the_no_counts(
        self, crm: LocalCrm, write_csv: Write, words: tuple[str, str], apart: int
    ) -> None:
        between = [f"p{number}@example.org;" for number in range(apart)]
        first, second = (f"ann@example.org;{word}" for word in words)
        file = write_csv("E-Mail;opt-in news/1", first, *between, second)
        for _ in range(2):
            crm.import_csv(file)
            assert crm.find("ann@example.org").opt_in("news/1").value is OptIn.NO

    @pytest.mark.parametrize("heading", ["Opt-in", "OptIn", "opt_in", "OPT IN:"])
    def test_a_column_has_to_say_which_opt_in_it_holds(
        self, crm: LocalCrm, write_csv: Write, heading: str
    ) -> None:
        with pytest.raises(InputError, match="does not say which") as caught:
            crm.import_csv(write_csv(f"E-Mail;{heading}", "ann@example.org;nein"))
        assert "news/1" in caught.value.hint
        assert everybody(crm) == []


class TestIds:
    def test_a_deleted_contacts_id_is_not_handed_on(self, crm: LocalCrm, write_csv: Write) -> None:
        """A sync knows recipients by the contact's id: bob would get ann's place at the service, and her yes."""
        ann = crm.add(email="ann@example.org")
        crm.delete(ann.id)
        file = write_csv("rundbrief id;E-Mail", f"{ann.id};bob@example.org")
        assert crm.import_csv(file).created == 1
        bob = crm.find("bob@example.org")
        assert bob.id != ann.id
        assert crm.import_csv(file).unchanged == 1
        assert everybody(crm) == [bob]

    def test_a_deleted_contact_without_name_or_address_stays_deleted(self, crm: LocalCrm, tmp_path: Path) -> None:
        nobody = crm.add(fields={"city": "Bonn"})
        crm.export_csv(tmp_path / "out.csv")
        crm.delete(nobody.id)
        assert problems(crm.import_csv(tmp_path / "out.csv")) == {
            2: "Its id is a deleted contact's, and nothing else says who it is."
        }
        assert everybody(crm) == []

    def test_an_exported_file_fills_a_new_crm_under_the_same_ids(
        self, crm: LocalCrm, tmp_path: Path, clock: Any
    ) -> None:
        for number in range(1200):
            contact = crm.add(email=f"p{number}@example.org")
            if number % 2:
                crm.delete(contact.id)
        crm.export_csv(tmp_path / "out.csv")
        other = LocalCrm(tmp_path / "other.db", now=clock)
        other.ensure_opt_in_fields(crm.opt_in_fields())
        other.import_csv(tmp_path / "out.csv")
        assert everybody(other) == everybody(crm)
        other.close()


class TestNothingToKnowAnybodyBy:
    @pytest.mark.parametrize("heading", ["Farbe;Größe", "Ort;opt-in news/1", "sep=;", "E-Mail,Vorname;x"])
    def test_such_a_file_is_refused_and_leaves_no_fields_behind(
        self, crm: LocalCrm, write_csv: Write, heading: str
    ) -> None:
        with pytest.raises(InputError, match=r"No column of people\.csv says who") as caught:
            crm.import_csv(write_csv(heading, "rot;1"))
        assert "first line" in caught.value.hint
        assert len(crm.fields()) == len(STANDARD_FIELDS)
