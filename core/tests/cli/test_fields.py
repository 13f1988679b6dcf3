"""`rundbrief fields`, as somebody reads it who knows neither JSON nor APIs."""

from pathlib import Path
from typing import Any

import pytest

Desk = Any  # conftest.Desk: test modules cannot import each other
merge_fields = pytest.importorskip("rundbrief_mailchimp.testing.merge_fields")

CSV = """\
E-Mail;Vorname;Größe;Umsatz 2025;Bemerkung
anna@example.org;Anna;L;1.234,50;Ruft gern an
"""


@pytest.fixture
def office(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A CRM with three columns of its own, and a terminal that is wide enough to keep words whole."""
    monkeypatch.setenv("COLUMNS", "200")
    (desk.folder / "people.csv").write_text(CSV, encoding="utf-8")
    desk.ok("contacts", "import", "people.csv")
    return desk


def fields(office: Desk, *args: str) -> str:
    """Return what is printed, with single blanks and no lines."""
    return " ".join(office.ok("fields", "news", "Kundenbrief", *args).split())


def add(office: Desk, tag: str, name: str, **more: Any) -> None:
    """An administrator adds a merge field."""
    there = office.service.account.audience(office.list_id).merge_fields
    there.append(merge_fields.MergeField(100 + len(there), tag, name, **more))


def test_each_row_says_what_becomes_of_a_field_and_the_end_what_to_do_next(office: Desk) -> None:
    shown = fields(office)
    assert "In the CRM Type At Mailchimp What becomes of it" in shown
    assert "First name (first_name) text First Name (FNAME) arrives as it is; at most 255 letters" in shown
    assert "Birthday (birthday) date Birthday (BIRTHDAY) day and month arrive, without the year" in shown
    assert "Größe (groesse) text - stays here: no field there fits" in shown
    assert "an umlaut or accent counts as two" in shown
    assert shown.endswith("What could be made for them: rundbrief fields news Kundenbrief --push --dry-run")


def test_a_preview_names_what_would_be_made_and_the_limit_and_makes_nothing(office: Desk) -> None:
    preview = fields(office, "--push", "--dry-run", "--field", "groesse", "--field", "bemerkung")
    assert "at most 30 merge fields, 80 on the Premium plan; 5 are there." in preview
    assert preview.endswith("Would be made: Größe, Bemerkung. Nothing was changed.")
    assert "Größe (groesse) text -" in fields(office)


def test_what_was_made_is_told_by_its_key_and_can_be_written_down(office: Desk) -> None:
    made = fields(office, "--push", "--field", "groesse")
    assert "Größe (groesse) text Größe (GROESSE) arrives as it is" in made
    assert "Made: Größe as GROESSE." in made
    assert made.endswith("rundbrief fields news Kundenbrief --write-config")
    written = fields(office, "--write-config")
    assert "FNAME, LNAME, PHONE, BIRTHDAY, GROESSE." in written
    assert 'GROESSE = "groesse"' in Path("rundbrief.toml").read_text(encoding="utf-8")
    assert fields(office, "--write-config").endswith("rundbrief.toml has all of them.")


def test_a_required_field_without_a_source_is_told_with_what_to_do(office: Desk) -> None:
    add(office, "REGION", "Region", required=True)
    assert "Mailchimp refuses every contact that lacks Region" in fields(office)
    assert 'below [connections.news.fields], such as REGION = "city"' in fields(office)


def test_a_field_that_was_renamed_there_is_told_and_not_made_again(office: Desk) -> None:
    office.configure('[connections.news.fields]\nREVENUE = "umsatz_2025"\n')
    add(office, "MMERGE7", "Umsatz 2025")
    shown = fields(office, "--push", "--dry-run")
    assert "stays here: rundbrief.toml names another field, see the note" in shown
    assert "MMERGE7 there has the name of the CRM's Umsatz 2025: it may be REVENUE, renamed." in shown
    assert "Would be made: Salutation, Title" in shown
    assert "Umsatz 2025" not in shown.partition("Would be made:")[2].partition("Note:")[0]


def test_a_type_that_does_not_fit_is_told(office: Desk) -> None:
    office.configure('[connections.news.fields]\nADDRESS = "city"\n')
    assert "city (text) does not fit ADDRESS (address)" in fields(office)


def test_where_there_is_no_room_the_fields_are_named(office: Desk) -> None:
    for number in range(24):
        add(office, f"F{number}", f"Field {number}")
    chosen = ("--push", "--field", "groesse", "--field", "bemerkung")
    assert "The account's plan may have no room for Bemerkung." in fields(office, *chosen, "--dry-run")
    made = fields(office, *chosen)
    assert "Made: Größe as GROESSE." in made
    assert "Bemerkung was not made: Bad Request: An audience may have at most 30 merge fields." in made


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--field", "groesse"], "--field and --dry-run go with --push."),
        (["--dry-run"], "--field and --dry-run go with --push."),
        (["--push", "--dry-run", "--write-config"], "--dry-run writes nothing"),
    ],
)
def test_options_that_would_be_ignored_are_refused(office: Desk, args: list[str], said: str) -> None:
    before = Path("rundbrief.toml").read_bytes()
    result = office.run("fields", "news", "Kundenbrief", *args)
    assert (result.exit_code, said in result.stderr) == (2, True)
    assert Path("rundbrief.toml").read_bytes() == before


def test_a_list_that_there_is_not_is_told_with_those_that_there_are(office: Desk) -> None:
    result = office.run("fields", "news", "Nosuch")
    assert result.exit_code == 13
    assert "has no list 'Nosuch'" in result.stderr
    assert "It has: Kundenbrief" in result.stderr


def test_what_is_kept_back_is_shown_and_made_only_when_it_is_asked_for(office: Desk) -> None:
    path = Path("rundbrief.toml")
    lines = path.read_text(encoding="utf-8").replace(
        "[connections.news]", "[connections.news]\nmatch_fields = false"
    )
    path.write_text(lines, encoding="utf-8")
    shown = fields(office)
    assert "Birthday (birthday) date - stays here: rundbrief.toml does not name it" in shown
    assert "What could be made" not in shown
    assert "Nothing is missing at Mailchimp." in fields(office, "--push", "--dry-run")
    made = fields(office, "--push", "--field", "groesse", "--write-config")
    assert "Made: Größe as GROESSE." in made
    assert "Größe (groesse) text Größe (GROESSE) arrives as it is" in fields(office)
