"""CSV out: a file that a spreadsheet opens without harm, and that comes back as it went."""

import csv
import stat
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rundbrief.crm.local import LocalCrm
from rundbrief.errors import InputError
from rundbrief.fields import FieldType
from rundbrief.models import (
    Contact,
    ContactKind,
    CrmOptIn,
    FieldValue,
    NewContact,
    OptIn,
    OptInChange,
    OptInField,
    PartyType,
    Selection,
)

EVERYBODY = Selection()
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def cells(path: Path, delimiter: str = ";") -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


class TestFile:
    def test_it_is_made_for_a_german_spreadsheet(self, crm: LocalCrm, tmp_path: Path) -> None:
        crm.add(email="j@example.org", fields={"first_name": "Jördis", "birthday": "31.12.1990"})
        target = tmp_path / "out.csv"
        assert crm.export_csv(target) == 1
        assert target.read_bytes().startswith(b"\xef\xbb\xbfrundbrief id;Kind;Type;E-mail;Salutation;")
        (row,) = cells(target)
        assert (row["First name"], row["Birthday"], row["opt-in news/1"]) == ("Jördis", "1990-12-31", "")

    def test_or_for_other_programs(self, crm: LocalCrm, tmp_path: Path) -> None:
        crm.add(email="j@example.org")
        crm.export_csv(tmp_path / "out.csv", delimiter=",", bom=False)
        assert (tmp_path / "out.csv").read_bytes().startswith(b"rundbrief id,Kind,")

    def test_opt_ins_come_with_their_evidence(self, crm: LocalCrm, tmp_path: Path) -> None:
        ann = crm.add(email="ann@example.org")
        crm.set_opt_in(ann.id, "news/1", OptIn.NO, "phone")
        crm.export_csv(tmp_path / "out.csv")
        (row,) = cells(tmp_path / "out.csv")
        assert [row[f"opt-in news/1{part}"] for part in ("", " since", " source")] == [
            "no",
            "2026-03-02T12:00:00+00:00",
            "phone",
        ]

    def test_only_the_selection(self, crm: LocalCrm, tmp_path: Path) -> None:
        crm.add(email="ann@example.org")
        bob = crm.add(email="bob@example.org", kind=ContactKind.LEAD)
        assert crm.export_csv(tmp_path / "out.csv", Selection(kinds=frozenset({ContactKind.LEAD}))) == 1
        assert [row["rundbrief id"] for row in cells(tmp_path / "out.csv")] == [bob.id]

    def test_nobody_else_can_read_it_and_an_older_file_is_replaced_as_a_whole(
        self, crm: LocalCrm, tmp_path: Path
    ) -> None:
        target = tmp_path / "out.csv"
        target.write_text("old")
        with pytest.raises(InputError, match="no contact"):
            crm.export_csv(target, Selection(contact_ids=("4711",)))
        assert target.read_text() == "old"
        crm.export_csv(target)
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
        assert not list(tmp_path.glob(".out*"))

    def test_a_place_that_cannot_be_written(self, crm: LocalCrm, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        for target in (tmp_path, tmp_path / "no folder" / "x.csv", tmp_path / "file" / "x.csv"):
            with pytest.raises(InputError, match="cannot be written"):
                crm.export_csv(target)


class TestFormulas:
    @pytest.mark.parametrize(
        ("text", "cell"),
        [
            ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
            ("+49 40 123", "'+49 40 123"),
            ("\uff1d1+1", "'\uff1d1+1"),
            ("'=1", "''=1"),
            ("-5", "-5"),
            ("'s Gravenhage", "'s Gravenhage"),
            ("a=b", "a=b"),
        ],
    )
    def test_a_cell_never_begins_like_one(self, crm: LocalCrm, tmp_path: Path, text: str, cell: str) -> None:
        crm.add(fields={"company": text})
        crm.export_csv(tmp_path / "out.csv")
        assert cells(tmp_path / "out.csv")[0]["Company"] == cell

    def test_nor_does_a_heading_or_a_source(self, crm: LocalCrm, tmp_path: Path) -> None:
        crm.define_field("=1+1")
        crm.set_opt_in(crm.add().id, "news/1", OptIn.YES, "=2+2")
        crm.export_csv(tmp_path / "out.csv")
        (row,) = cells(tmp_path / "out.csv")
        assert "'=1+1" in row
        assert row["opt-in news/1 source"] == "'=2+2"
        assert crm.import_csv(tmp_path / "out.csv").unchanged == 1

    def test_negative_numbers_stay_numbers(self, crm: LocalCrm, tmp_path: Path) -> None:
        balance = crm.define_field("Balance", FieldType.NUMBER)
        crm.add(fields={balance.key: Decimal("-12.50")})
        crm.export_csv(tmp_path / "out.csv")
        assert cells(tmp_path / "out.csv")[0]["Balance"] == "-12,50"


CUSTOM = {
    "Something = odd": FieldType.TEXT,
    "Größe": FieldType.NUMBER,
    "VIP?": FieldType.BOOLEAN,
    "Since": FieldType.DATE,
    "Seen": FieldType.DATETIME,
    "Likes, loves; hates": FieldType.CHOICES,
}
TEXTS = st.text(
    st.one_of(
        st.sampled_from("=+-@'\"\\|;,\t\r\n ä"), st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    ),
    min_size=1,
).filter(str.strip)
ZONES = st.one_of(st.just(UTC), st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours))))
TIMES = st.datetimes(timezones=ZONES).filter(lambda moment: 1 < moment.year < 9999)
VALUES: Mapping[FieldType, st.SearchStrategy[FieldValue]] = {
    FieldType.TEXT: TEXTS,
    FieldType.PHONE: TEXTS,
    FieldType.NUMBER: st.one_of(
        st.decimals(allow_nan=False, allow_infinity=False), st.decimals(-2000, 2000, places=3), st.integers()
    ),
    FieldType.BOOLEAN: st.booleans(),
    FieldType.DATE: st.dates(),
    FieldType.DATETIME: TIMES,
    FieldType.CHOICES: st.lists(TEXTS, min_size=1).map(tuple),
}
ADDRESSES = st.sampled_from(["ann@example.org", "Ann@example.org", "bob+x@exämple.org", "+49@example.org", None])
OPT_INS = st.builds(
    CrmOptIn,
    st.sampled_from([OptIn.YES, OptIn.NO]),
    st.one_of(st.none(), st.timedeltas(timedelta(0), timedelta(9999)).map(lambda ago: NOW - ago)),
    st.one_of(st.just(""), TEXTS.map(str.strip)),
)


@st.composite
def people(draw: st.DrawFn) -> dict[str, Any]:
    """Draw what one contact holds; fields by label."""
    fields = {label: VALUES[kind] for label, kind in CUSTOM.items()}
    standard = {
        "First name": TEXTS,
        "Company": TEXTS,
        "Phone": TEXTS,
        "Customer number": TEXTS,
        "Birthday": st.dates(),
    }
    return {
        "email": draw(ADDRESSES),
        "kind": draw(st.sampled_from(ContactKind)),
        "party": draw(st.sampled_from(PartyType)),
        "fields": draw(st.fixed_dictionaries({}, optional={**fields, **standard})),
        "opt_ins": draw(st.dictionaries(st.sampled_from(["news/1", "news/2"]), OPT_INS)),
    }


@pytest.fixture(scope="module")
def two_crms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[LocalCrm]]:
    """Two CRMs with the same fields; opened once, as each example only needs them to be empty."""
    folder = tmp_path_factory.mktemp("round-trip")
    crms = [LocalCrm(folder / name, now=lambda: NOW) for name in ("one.db", "other.db")]
    for crm in crms:
        crm.ensure_opt_in_fields([OptInField("news/1", "Customers"), OptInField("news/2", "news/1 since")])
        for label, kind in CUSTOM.items():
            crm.define_field(label, kind)
    yield crms
    for crm in crms:
        crm.close()


def fill(crm: LocalCrm, group: Iterable[Mapping[str, Any]]) -> None:
    keys = {one.label: one.key for one in crm.fields()}
    for person in group:
        fields = {keys[label]: value for label, value in person["fields"].items()}
        contact = crm.add(email=person["email"], kind=person["kind"], party=person["party"], fields=fields)
        crm.set_opt_ins(
            [OptInChange(contact.id, key, OptIn.UNKNOWN, one) for key, one in person["opt_ins"].items()]
        )


def everybody(crm: LocalCrm) -> list[Contact]:
    return list(crm.contacts(EVERYBODY))


class TestRoundTrip:
    @settings(max_examples=60, deadline=None)
    @given(st.lists(people(), max_size=5), st.sampled_from(";,\t"), st.booleans())
    def test_an_exported_file_changes_nothing_and_fills_an_empty_crm_alike(
        self, two_crms: list[LocalCrm], group: list[dict[str, Any]], delimiter: str, bom: bool
    ) -> None:
        crm, other = two_crms
        for one in two_crms:
            for contact in everybody(one):
                one.delete(contact.id)
        file = crm.path.with_name("all.csv")
        fill(crm, group)
        before = everybody(crm)
        crm.export_csv(file, delimiter=delimiter, bom=bom)

        report = crm.import_csv(file)
        assert (report.unchanged, report.bad_rows) == (len(group), ())
        assert everybody(crm) == before

        report = other.import_csv(file)
        assert (report.created, report.bad_rows) == (len(group), ())
        assert everybody(other) == before

    def test_values_that_the_crm_took_from_a_service_as_they_were(self, crm: LocalCrm, tmp_path: Path) -> None:
        """A service's birthday without a year is no date, and its address may be none; both must survive."""
        crm.create_contacts([NewContact("ann@localhost", {"birthday": "12/31"}, "news/1", CrmOptIn(), "x")])
        crm.export_csv(tmp_path / "out.csv")
        assert crm.import_csv(tmp_path / "out.csv").unchanged == 1

    def test_an_edited_file_changes_what_was_edited(self, crm: LocalCrm, tmp_path: Path) -> None:
        ann, bob = (crm.add(email=f"{name}@example.org", fields={"city": "Bonn"}) for name in ("ann", "bob"))
        crm.export_csv(tmp_path / "out.csv")
        text = (tmp_path / "out.csv").read_text(encoding="utf-8").replace("Bonn", "Köln", 1)
        (tmp_path / "out.csv").write_text(text, encoding="utf-8")
        report = crm.import_csv(tmp_path / "out.csv")
        assert (report.changed, report.unchanged) == (1, 1)
        assert [crm.find(one.id).fields["city"] for one in (ann, bob)] == ["Köln", "Bonn"]

    def test_dates_that_excel_has_rewritten(self, crm: LocalCrm, tmp_path: Path) -> None:
        crm.add(email="ann@example.org", fields={"birthday": date(1990, 12, 31)})
        crm.export_csv(tmp_path / "out.csv")
        text = (tmp_path / "out.csv").read_text(encoding="utf-8").replace("1990-12-31", "31.12.1990")
        (tmp_path / "out.csv").write_text(text, encoding="cp1252", errors="ignore")
        assert crm.import_csv(tmp_path / "out.csv").unchanged == 1
