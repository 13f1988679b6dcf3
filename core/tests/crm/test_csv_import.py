"""CSV in: what people's files look like, who is who, and what is refused."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from rundbrief.crm.local import CsvReport, LocalCrm
from rundbrief.errors import InputError
from rundbrief.fields import STANDARD_FIELDS, FieldType
from rundbrief.models import Contact, ContactKind, CrmOptIn, OptIn, PartyType, Selection

Write = Callable[..., Path]


def everybody(crm: LocalCrm) -> list[Contact]:
    return list(crm.contacts(Selection()))


def numbers(report: CsvReport) -> tuple[int, int, int, int]:
    return report.created, report.changed, report.unchanged, len(report.bad_rows)


def problems(report: CsvReport) -> dict[int, str]:
    return {one.line: one.problem for one in report.bad_rows}


class TestFiles:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
    @pytest.mark.parametrize("delimiter", [";", ",", "\t"])
    @pytest.mark.parametrize("newline", ["\n", "\r\n"])
    def test_every_usual_kind_of_file_reads_alike(
        self, crm: LocalCrm, write_csv: Write, encoding: str, delimiter: str, newline: str
    ) -> None:
        rows = [["Vorname", "E-Mail", "Straße"], ["Jördis", "j@example.org", "Weiße Gasse 1 €"]]
        file = write_csv(*(delimiter.join(row) for row in rows), encoding=encoding, newline=newline)
        assert numbers(crm.import_csv(file)) == (1, 0, 0, 0)
        (contact,) = everybody(crm)
        assert (contact.fields, contact.email) == (
            {"first_name": "Jördis", "street": "Weiße Gasse 1 €"},
            "j@example.org",
        )

    def test_separators_in_quoted_headings_and_cells_do_not_mislead(self, crm: LocalCrm, write_csv: Write) -> None:
        crm.import_csv(write_csv('"Likes a, b, c, d";E-Mail', '"x; ""y"", z";ann@example.org'))
        assert everybody(crm)[0].fields == {"likes_a_b_c_d": 'x; "y", z'}

    def test_the_line_is_the_one_where_the_row_begins(self, crm: LocalCrm, write_csv: Write) -> None:
        report = crm.import_csv(
            write_csv('"E-Mail\n";Note', "a@example.org;", '"b@example.org";"1\n2\n3"', "", ";", "nonsense;x")
        )
        assert list(problems(report)) == [9]
        assert crm.find("b@example.org").fields == {"note": "1\n2\n3"}

    def test_a_single_column_is_enough(self, crm: LocalCrm, write_csv: Write) -> None:
        assert numbers(crm.import_csv(write_csv("E-Mail", "a@example.org", "", "b@example.org"))) == (2, 0, 0, 0)

    @pytest.mark.parametrize("text", [b"", b"\xef\xbb\xbf", b"\n\n", b";;\n"])
    def test_an_empty_file(self, crm: LocalCrm, tmp_path: Path, text: bytes) -> None:
        (tmp_path / "x.csv").write_bytes(text)
        with pytest.raises(InputError, match=r"x\.csv is empty"):
            crm.import_csv(tmp_path / "x.csv")

    def test_headings_alone_are_no_error(self, crm: LocalCrm, write_csv: Write) -> None:
        assert numbers(crm.import_csv(write_csv("E-Mail;Vorname"))) == (0, 0, 0, 0)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (b"E-Mail\n\x81\n", "neither UTF-8 nor Windows-1252"),
            (b"\xef\xbb\xbfE-Mail\nJ\xfcrgen\n", "neither UTF-8 nor Windows-1252"),
            (b"PNG\0\0\n", "headings"),
            (b'E-Mail;"Vorname\n1\n', "headings"),
        ],
    )
    def test_what_is_no_csv_text_is_refused(
        self, crm: LocalCrm, tmp_path: Path, text: bytes, message: str
    ) -> None:
        (tmp_path / "x.csv").write_bytes(text)
        with pytest.raises(InputError, match=message):
            crm.import_csv(tmp_path / "x.csv")

    def test_a_missing_file_and_a_folder(self, crm: LocalCrm, tmp_path: Path) -> None:
        for path in (tmp_path / "x.csv", tmp_path):
            with pytest.raises(InputError, match="cannot be read"):
                crm.import_csv(path)


class TestHeadings:
    @pytest.mark.parametrize(
        ("heading", "key"),
        [
            ("VORNAME", "first_name"),
            ("First-Name", "first_name"),
            ("nach_name", "last_name"),
            ("Name", "last_name"),
            ("Firma", "company"),
            ("Strasse", "street"),
            ("Straße / Nr.", "street"),
            ("PLZ", "postcode"),
            ("Wohnort", "city"),
            ("Land", "country"),
            ("Tel.", "phone"),
            ("Anrede", "salutation"),
            ("Titel", "title"),
            ("Kunden-Nr.", "customer_number"),
            ("Sprache", "language"),
            ("postal code", "postcode"),
        ],
    )
    def test_english_and_german_in_any_spelling(
        self, crm: LocalCrm, write_csv: Write, heading: str, key: str
    ) -> None:
        report = crm.import_csv(write_csv(f"e mail-adresse;{heading}", "a@example.org;007"))
        assert everybody(crm)[0].fields == {key: "007"}
        assert report.new_fields == ()

    @pytest.mark.parametrize("field", STANDARD_FIELDS, ids=lambda field: field.key)
    def test_every_standard_field_is_known_by_key_and_label(
        self, crm: LocalCrm, write_csv: Write, field: Any
    ) -> None:
        cell = "1990-12-31" if field.type is FieldType.DATE else "x"
        for number, heading in enumerate((field.key, field.label)):
            crm.import_csv(write_csv(f"E-Mail;{heading}", f"{number}@example.org;{cell}"))
            assert list(crm.find(f"{number}@example.org").fields) == [field.key]

    def test_name_beside_a_last_name_is_something_else(self, crm: LocalCrm, write_csv: Write) -> None:
        report = crm.import_csv(write_csv("Vorname;Nachname;Name", "Anna;Weiß;A. Weiß"))
        assert everybody(crm)[0].fields == {"first_name": "Anna", "last_name": "Weiß", "name": "A. Weiß"}
        assert [one.label for one in report.new_fields] == ["Name"]

    def test_an_unknown_column_becomes_a_text_field_and_keeps_every_digit(
        self, crm: LocalCrm, write_csv: Write
    ) -> None:
        file = write_csv("E-Mail;Artikel  Nr;Preis", "a@example.org;00420;1.234,50")
        assert [one.key for one in crm.import_csv(file).new_fields] == ["artikel_nr", "preis"]
        assert everybody(crm)[0].fields == {"artikel_nr": "00420", "preis": "1.234,50"}
        again = crm.import_csv(write_csv("E-Mail;artikel nr", "a@example.org;00421"))
        assert (again.new_fields, everybody(crm)[0].fields["artikel_nr"]) == ((), "00421")

    def test_the_id_of_another_program_is_never_taken_for_ours(self, crm: LocalCrm, write_csv: Write) -> None:
        ann = crm.add(email="ann@example.org")
        crm.import_csv(write_csv("ID;E-Mail", f"{ann.id};bob@example.org"))
        assert crm.find(ann.id) == ann
        assert crm.find("bob@example.org").fields == {"id_2": ann.id}

    @pytest.mark.parametrize(
        "headings", ["E-Mail;Mail", "Vorname;first name", "Farbe;farbe", "opt-in news/1;Opt-In Customers"]
    )
    def test_two_columns_that_mean_the_same_are_refused(
        self, crm: LocalCrm, write_csv: Write, headings: str
    ) -> None:
        with pytest.raises(InputError, match="mean the same"):
            crm.import_csv(write_csv(headings, "a;b"))
        assert len(crm.fields()) == len(STANDARD_FIELDS)

    def test_a_column_without_a_heading_may_only_be_empty(self, crm: LocalCrm, write_csv: Write) -> None:
        report = crm.import_csv(write_csv("E-Mail;;", "a@example.org;;", "b@example.org;;x"))
        assert problems(report) == {3: "A column without a heading holds something."}


class TestCells:
    def test_typed_columns(self, crm: LocalCrm, write_csv: Write) -> None:
        crm.define_field("VIP", FieldType.BOOLEAN)
        crm.import_csv(
            write_csv("E-Mail;Geburtstag;VIP", "a@example.org;31.12.1990;ja", "b@example.org;1990-12-31;")
        )
        assert [one.fields for one in everybody(crm)] == [
            {"birthday": date(1990, 12, 31), "vip": True},
            {"birthday": date(1990, 12, 31)},
        ]

    @pytest.mark.parametrize(
        ("cell", "kind", "party"),
        [
            ("Kunde", ContactKind.CUSTOMER, PartyType.PERSON),
            ("INTERESSENT", ContactKind.LEAD, PartyType.PERSON),
            ("Firma", ContactKind.CONTACT, PartyType.ORGANISATION),
            ("", ContactKind.CONTACT, PartyType.PERSON),
        ],
    )
    def test_roles(self, crm: LocalCrm, write_csv: Write, cell: str, kind: ContactKind, party: PartyType) -> None:
        crm.import_csv(write_csv("E-Mail;Art", f"a@example.org;{cell}"))
        assert [(one.kind, one.party) for one in everybody(crm)] == [(kind, party)]

    def test_bad_rows_are_named_by_line_and_the_rest_goes_in(self, crm: LocalCrm, write_csv: Write) -> None:
        file = write_csv(
            "Vorname;E-Mail;Geburtstag;Art;opt-in news/1",
            "Ann;ann@example.org;;;",
            "Bob;bob@example.org",
            "Cid;cid at example.org;;;",
            "Dan;dan@example.org;31.02.1990;;",
            "Eve;eve@example.org;;Freund;",
            "Fay;fay@example.org;;;vielleicht",
            ";;;Kunde;",
            'Gus;"gus"@example.org;;;',
            "Hal\0;hal@example.org;;;",
            "Ida;ida@example.org;;;ja",
        )
        report = crm.import_csv(file)
        assert [one.email for one in everybody(crm)] == ["ann@example.org", "ida@example.org"]
        assert problems(report) == {
            3: "It has 2 cells, but there are 5 headings.",
            4: "The e-mail address has no @.",
            5: "The column 'Geburtstag' holds a date that the calendar does not have.",
            6: "The column 'Art' holds no role; write contact, customer, lead, person or organisation.",
            7: "The opt-in news/1 is neither yes nor no; leave it empty when nothing is known.",
            8: "It has neither a name nor an e-mail address nor a customer number.",
            9: "The quotation marks do not match.",
            10: "It holds a NUL character, which no text does.",
        }

    def test_a_quotation_mark_that_is_never_closed_says_what_was_lost(
        self, crm: LocalCrm, write_csv: Write
    ) -> None:
        report = crm.import_csv(
            write_csv("E-Mail;x", "a@example.org;", 'b@example.org;"x', "c@example.org;", "d;")
        )
        assert problems(report) == {3: "The quotation marks do not match. Lines 3 to 5 were taken for one row."}

    def test_a_text_without_end_is_a_bad_row_too(self, crm: LocalCrm, write_csv: Write) -> None:
        report = crm.import_csv(write_csv("E-Mail;x", f"a@example.org;{'x' * 200_000}", "b@example.org;"))
        assert (list(problems(report)), len(everybody(crm))) == ([2], 1)

    def test_an_apostrophe_that_guards_against_formulas_is_taken_off(
        self, crm: LocalCrm, write_csv: Write
    ) -> None:
        crm.import_csv(write_csv("E-Mail;Telefon;Firma", "a@example.org;'+49 40 1;'s Gravenhage"))
        assert everybody(crm)[0].fields == {"phone": "+49 40 1", "company": "'s Gravenhage"}


class TestWhoIsWho:
    def test_the_same_file_twice_changes_nothing(self, crm: LocalCrm, write_csv: Write, clock: Any) -> None:
        file = write_csv(
            "Kunden-Nr.;Vorname;Nachname;Firma;E-Mail;Farbe;opt-in news/1",
            ";Anna;Weiß;;anna@example.org;rot;ja",
            ";Anna;Weiß;;ANNA@example.org;;",
            ";Bernd;Weiß;;anna@example.org;;nein",
            "K1;Max;Kurz;Kurz AG;info@example.com;;",
            "K1;Eva;Lang;Kurz AG;info@example.com;;",
            "K2;;;Lang GmbH;;;",
            ";Tim;Tür;;;blau;",
            ";;;Tür KG;;;",
        )
        assert numbers(crm.import_csv(file)) == (7, 0, 1, 0)
        before = everybody(crm)
        clock.pass_days(1)
        assert numbers(crm.import_csv(file)) == (0, 0, 8, 0)
        assert everybody(crm) == before

    def test_filled_cells_are_taken_over_empty_ones_leave_alone(
        self, crm: LocalCrm, write_csv: Write, clock: Any
    ) -> None:
        ann = crm.add(email="ann@example.org", fields={"first_name": "Ann", "city": "Bonn", "phone": "1"})
        clock.pass_days(1)
        report = crm.import_csv(write_csv("E-Mail;Ort;Telefon;Art", "Ann@example.org;Köln;;Kunde"))
        assert numbers(report) == (0, 1, 0, 0)
        assert crm.find(ann.id) == replace(
            ann,
            kind=ContactKind.CUSTOMER,
            fields={"first_name": "Ann", "city": "Köln", "phone": "1"},
            changed_at=clock.at,
        )

    def test_different_names_at_one_address_are_different_people(self, crm: LocalCrm, write_csv: Write) -> None:
        crm.add(email="we@example.org", fields={"first_name": "Ann"})
        assert numbers(crm.import_csv(write_csv("E-Mail;Vorname", "we@example.org;Bob"))) == (1, 0, 0, 0)

    def test_a_missing_name_fits_if_only_one_does(self, crm: LocalCrm, write_csv: Write) -> None:
        crm.add(email="we@example.org", fields={"first_name": "Ann"})
        file = write_csv("E-Mail;Ort", "we@example.org;Bonn")
        assert numbers(crm.import_csv(file)) == (0, 1, 0, 0)
        crm.add(email="we@example.org", fields={"first_name": "Bob"})
        assert problems(crm.import_csv(file)) == {
            2: "It fits several contacts; add the whole name or the rundbrief id."
        }

    def test_a_company_is_not_one_of_its_people(self, crm: LocalCrm, write_csv: Write) -> None:
        file = write_csv("E-Mail;Vorname;Firma", "info@example.org;Max;Kurz AG", "info@example.org;;Kurz AG")
        assert numbers(crm.import_csv(file)) == (2, 0, 0, 0)

    def test_a_customer_number_survives_a_new_address(self, crm: LocalCrm, write_csv: Write) -> None:
        ann = crm.add(email="old@example.org", fields={"customer_number": "K1", "last_name": "Lee"})
        crm.import_csv(write_csv("Kundennummer;Nachname;E-Mail", "k1;Lee;new@example.org"))
        assert crm.find("new@example.org").id == ann.id

    def test_two_customer_numbers_are_two_contacts(self, crm: LocalCrm, write_csv: Write) -> None:
        file = write_csv("Kundennummer;Nachname;E-Mail", "K1;Lee;a@example.org", "K2;Lee;a@example.org")
        assert numbers(crm.import_csv(file)) == (2, 0, 0, 0)
        assert numbers(crm.import_csv(file)) == (0, 0, 2, 0)

    def test_the_same_person_with_other_data_further_down_is_a_bad_row(
        self, crm: LocalCrm, write_csv: Write
    ) -> None:
        people = [f"p{number}@example.org;Bonn" for number in range(1200)]
        file = write_csv("E-Mail;Ort", *people, "p7@example.org;Köln", "p1199@example.org;Köln")
        for _ in range(2):
            assert problems(crm.import_csv(file)) == {
                1202: "It is about the same contact as line 9, and says something else.",
                1203: "It is about the same contact as line 1201, and says something else.",
            }
        assert crm.find("p7@example.org").fields == {"city": "Bonn"}

    def test_an_id_lets_name_or_address_change(self, crm: LocalCrm, write_csv: Write) -> None:
        ann = crm.add(email="ann@example.org", fields={"last_name": "Lee"})
        head = "rundbrief id;Nachname;E-Mail"
        assert numbers(crm.import_csv(write_csv(head, f"{ann.id};Lang;ann@example.org"))) == (0, 1, 0, 0)
        assert numbers(crm.import_csv(write_csv(head, f"{ann.id};Lang;new@example.org"))) == (0, 1, 0, 0)
        assert crm.find(ann.id).email == "new@example.org"

    def test_an_id_of_somebody_else_is_refused(self, crm: LocalCrm, write_csv: Write) -> None:
        ann = crm.add(email="ann@example.org", fields={"last_name": "Lee"})
        crm.set_opt_in(ann.id, "news/1", OptIn.NO, "phone")
        before = crm.find(ann.id)
        file = write_csv(
            "rundbrief id;Nachname;E-Mail;opt-in news/1", f"{ann.id};Lang;bob@example.org;ja", "x1;Lee;;"
        )
        assert problems(crm.import_csv(file)) == {
            2: "The id belongs to somebody else: neither name nor address nor customer number fit.",
            3: "The column 'rundbrief id' holds no id that rundbrief has given.",
        }
        assert everybody(crm) == [before]

    def test_an_unknown_id_goes_to_the_new_contact_unless_somebody_fits(
        self, crm: LocalCrm, write_csv: Write
    ) -> None:
        ann = crm.add(email="ann@example.org")
        file = write_csv("rundbrief id;E-Mail", "40;bob@example.org", "41;bob@example.org", "42;ann@example.org")
        assert numbers(crm.import_csv(file)) == (2, 0, 1, 0)
        assert [one.id for one in everybody(crm)] == [ann.id, "40", "41"]
        assert int(crm.add().id) == 42


class TestOptIns:
    def test_words_in_two_languages_and_nothing(self, crm: LocalCrm, write_csv: Write, clock: Any) -> None:
        words = ["ja", "YES", "nein", "No", ""]
        file = write_csv("E-Mail;Opt-In: customers", *(f"{n}@example.org;{word}" for n, word in enumerate(words)))
        crm.import_csv(file, source="form at the fair")
        yes, no = (CrmOptIn(value, clock.at, "form at the fair") for value in (OptIn.YES, OptIn.NO))
        assert [one.opt_in("news/1") for one in everybody(crm)] == [yes, yes, no, no, CrmOptIn()]

    def test_the_source_is_the_file_unless_something_else_is_said(self, crm: LocalCrm, write_csv: Write) -> None:
        crm.import_csv(write_csv("E-Mail;opt-in Team, inner circle", "a@example.org;ja"))
        assert everybody(crm)[0].opt_in("news/2").source == "CSV file people.csv"

    def test_date_and_source_come_along(self, crm: LocalCrm, write_csv: Write) -> None:
        crm.import_csv(
            write_csv(
                "E-Mail;opt-in news/1;opt-in news/1 seit;opt-in news/1 Quelle",
                "a@example.org;ja;31.12.2025 9:30;Messe",
                "b@example.org;ja;;",
            )
        )
        assert [one.opt_in("news/1") for one in everybody(crm)] == [
            CrmOptIn(OptIn.YES, datetime(2025, 12, 31, 9, 30, tzinfo=UTC), "Messe"),
            CrmOptIn(OptIn.YES, None, ""),
        ]

    def test_an_empty_cell_takes_no_opt_in_away(self, crm: LocalCrm, write_csv: Write) -> None:
        crm.import_csv(write_csv("E-Mail;opt-in news/1", "a@example.org;nein", "b@example.org;ja"))
        before = everybody(crm)
        crm.import_csv(write_csv("E-Mail;opt-in news/1", "a@example.org;", "b@example.org;"))
        assert everybody(crm) == before

    def test_an_opt_in_is_no_edit_of_the_data(self, crm: LocalCrm, write_csv: Write, clock: Any) -> None:
        ann = crm.add(email="a@example.org")
        clock.pass_days(1)
        report = crm.import_csv(write_csv("E-Mail;opt-in news/1", "a@example.org;nein"))
        assert numbers(report) == (0, 1, 0, 0)
        assert crm.find(ann.id).changed_at == ann.changed_at

    def test_an_old_file_does_not_undo_a_no(self, crm: LocalCrm, write_csv: Write, clock: Any) -> None:
        file = write_csv("E-Mail;Ort;opt-in news/1", "a@example.org;Bonn;ja")
        crm.import_csv(file)
        clock.pass_days(1)
        crm.set_opt_in("a@example.org", "news/1", OptIn.NO, "Mailchimp: unsubscribed")
        clock.pass_days(1)
        before = everybody(crm)
        assert problems(crm.import_csv(file)) == {
            2: "The CRM has a no for the opt-in news/1; only a yes with a later date undoes it."
        }
        assert everybody(crm) == before

    @pytest.mark.parametrize(
        ("since", "result"), [("2026-03-01", OptIn.NO), ("2026-03-03", OptIn.YES), ("2026-03-09", OptIn.NO)]
    )
    def test_a_later_yes_undoes_it_but_none_from_the_future(
        self, crm: LocalCrm, write_csv: Write, clock: Any, since: str, result: OptIn
    ) -> None:
        ann = crm.add(email="a@example.org")
        crm.set_opt_in(ann.id, "news/1", OptIn.NO, "phone")  # on 2026-03-02
        clock.pass_days(3)
        report = crm.import_csv(write_csv("E-Mail;opt-in news/1;opt-in news/1 since", f"a@example.org;ja;{since}"))
        assert crm.find(ann.id).opt_in("news/1").value is result
        assert len(report.bad_rows) == (result is OptIn.NO)

    def test_a_yes_is_undone_by_any_no(self, crm: LocalCrm, write_csv: Write) -> None:
        ann = crm.add(email="a@example.org")
        crm.set_opt_in(ann.id, "news/1", OptIn.YES, "phone")
        crm.import_csv(write_csv("E-Mail;opt-in news/1;opt-in news/1 since", "a@example.org;nein;2020-01-01"))
        assert crm.find(ann.id).opt_in("news/1").value is OptIn.NO

    def test_a_list_that_the_crm_does_not_know_is_never_invented(self, crm: LocalCrm, write_csv: Write) -> None:
        with pytest.raises(InputError, match="'Nwes'") as caught:
            crm.import_csv(write_csv("E-Mail;opt-in Nwes", "a@example.org;ja"))
        assert "news/1, news/2" in caught.value.hint
        assert everybody(crm) == []
