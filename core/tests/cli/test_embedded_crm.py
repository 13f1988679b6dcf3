"""Contacts and campaigns of the embedded CRM, without any service."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from rundbrief.cli.app import cli
from rundbrief.crm.local import LocalCrm
from rundbrief.models import OptInField

Run = Callable[..., Result]

CSV = """\
Vorname;Nachname;E-Mail;Lieblingsfarbe;Opt-in Kundenbrief
Jördis;Weiß;joerdis@example.org;blau;ja
Ömer;Özdemir;oemer@example.org;;
Ute;Vogt;ute(at)example.org;;
"""


@pytest.fixture
def run(bare: Path) -> Run:
    (bare / "rundbrief.toml").write_text("[crm]\n", encoding="utf-8")
    (bare / "people.csv").write_text(CSV, encoding="cp1252")
    crm = LocalCrm(bare / "contacts.db")
    crm.ensure_opt_in_fields([OptInField("news/1", "Kundenbrief")])
    crm.close()
    return lambda *args: CliRunner().invoke(cli, list(args))


def document(run: Run, *args: str) -> Any:
    result = run(*args, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_an_import_names_new_fields_and_bad_rows(run: Run) -> None:
    shown = run("contacts", "import", "people.csv").stdout
    assert "people.csv: 2 new contacts, 0 changed, 0 as they were." in shown
    assert "New fields: Lieblingsfarbe" in shown
    assert "line 4: " in shown
    again = document(run, "contacts", "import", "people.csv")
    assert (again["created"], again["changed"], again["unchanged"]) == (0, 0, 2)
    assert again["new_fields"] == []
    assert [one["line"] for one in again["bad_rows"]] == [4]


def test_a_file_that_is_not_there_is_a_sentence(run: Run) -> None:
    result = run("contacts", "import", "nobody.csv")
    assert result.exit_code == 11
    assert "nobody.csv" in result.stderr


def test_contacts_are_listed_and_shown(run: Run) -> None:
    assert "No contact yet" in run("contacts", "list").stdout
    run("contacts", "import", "people.csv", "--source", "spring fair")
    listed = document(run, "contacts", "list", "--limit", "1")
    assert listed["total"] == 2
    (first,) = listed["contacts"]
    assert first["fields"]["first_name"] == "Jördis"
    assert first["opt_ins"]["news/1"]["value"] == "yes"
    assert first["opt_ins"]["news/1"]["source"] == "spring fair"
    assert "1 more; see --limit." in run("contacts", "list", "--limit", "1").stdout
    shown = run("contacts", "show", "joerdis@example.org").stdout
    assert "Lieblingsfarbe: blau" in shown
    assert "Opt-in Kundenbrief: yes, since " in shown
    assert "spring fair" in shown
    assert run("contacts", "show", "stranger@example.org").exit_code == 11


def test_a_field_of_a_type_takes_a_column_as_a_german_spreadsheet_has_it(run: Run, bare: Path) -> None:
    added = run("contacts", "add-field", "Umsatz 2025", "--type", "number")
    assert added.stdout == "Added the field Umsatz 2025 (umsatz_2025), for: number.\n"
    run("contacts", "add-field", "Stammkunde", "--type", "boolean")
    text = "E-Mail;Umsatz 2025;Stammkunde\njo@example.org;1.234,50;ja\nal@example.org;viel;nein\n"
    (bare / "typed.csv").write_text(text, encoding="utf-8")
    report = document(run, "contacts", "import", "typed.csv")
    assert (report["created"], report["new_fields"]) == (1, [])
    assert "holds no number" in report["bad_rows"][0]["problem"]
    (one,) = document(run, "contacts", "show", "jo@example.org")["contacts"]
    assert (one["fields"]["umsatz_2025"], one["fields"]["stammkunde"]) == ("1234.50", True)
    again = run("contacts", "add-field", "umsatz 2025")
    assert (again.exit_code, "means something already" in again.stderr) == (11, True)


def test_everybody_with_an_address_is_shown(run: Run, bare: Path) -> None:
    (bare / "family.csv").write_text(
        "Vorname,E-Mail\nUte,family@example.org\nGötz,family@example.org\n", encoding="utf-8"
    )
    run("contacts", "import", "family.csv")
    assert len(document(run, "contacts", "show", "family@example.org")["contacts"]) == 2
    edited = run("contacts", "edit", "family@example.org", "city=Bremen")
    assert edited.exit_code == 11
    assert "share" in edited.stderr


def test_data_is_edited_and_emptied(run: Run) -> None:
    run("contacts", "import", "people.csv")
    assert run("contacts", "edit", "oemer@example.org", "city=Köln", "--email", "oe@example.org").exit_code == 0
    (one,) = document(run, "contacts", "show", "oe@example.org")["contacts"]
    assert one["fields"]["city"] == "Köln"
    run("contacts", "edit", "oe@example.org", "city=")
    (one,) = document(run, "contacts", "show", "oe@example.org")["contacts"]
    assert "city" not in one["fields"]
    assert run("contacts", "edit", "oe@example.org", "city").exit_code == 11
    wrong = run("contacts", "edit", "oe@example.org", "frist_name=X")
    assert wrong.exit_code == 11
    assert "first_name" in wrong.stderr


def test_opt_ins_are_set_with_their_source(run: Run) -> None:
    run("contacts", "import", "people.csv")
    both = ("joerdis@example.org", "oemer@example.org")
    shown = run("contacts", "set-opt-in", "Kundenbrief", "no", *both, "--source", "phone call").stdout
    assert shown == "Opt-in Kundenbrief of 2 contacts: no.\n"
    (one,) = document(run, "contacts", "show", both[1])["contacts"]
    assert one["opt_ins"]["news/1"]["value"] == "no"
    assert one["opt_ins"]["news/1"]["source"] == "phone call"
    assert run("contacts", "set-opt-in", "Kundenbreif", "no", *both).exit_code == 11
    assert run("contacts", "set-opt-in", "Kundenbrief", "perhaps", *both).exit_code == 2


def test_a_contact_is_deleted(run: Run) -> None:
    run("contacts", "import", "people.csv")
    assert "Deleted Ömer Özdemir" in run("contacts", "delete", "oemer@example.org").stdout
    assert document(run, "contacts", "list")["total"] == 1


def test_what_is_exported_comes_back_unchanged(run: Run, bare: Path) -> None:
    run("contacts", "import", "people.csv")
    assert run("contacts", "export", "out.csv").stdout == "Wrote 2 contacts to out.csv.\n"
    again = document(run, "contacts", "import", "out.csv")
    assert (again["created"], again["changed"], again["bad_rows"]) == (0, 0, [])
    assert run("contacts", "export", "people.csv/out.csv").exit_code == 11


def test_campaigns_are_made_filled_and_listed(run: Run) -> None:
    run("contacts", "import", "people.csv")
    assert "No campaign yet" in run("campaigns", "list").stdout
    assert "Created campaign Herbst" in run("campaigns", "create", "Herbst").stdout
    assert run("campaigns", "create", "Herbst").exit_code == 11
    assert run("campaigns", "add", "Herbst", "joerdis@example.org").stdout == "1 added.\n"
    assert "1 took part already" in run("campaigns", "add", "Herbst", "joerdis@example.org").stdout
    assert document(run, "campaigns", "list") == {"campaigns": [{"id": "1", "name": "Herbst", "participants": 1}]}
    assert "Herbst" in run("campaigns", "list").stdout
    assert run("campaigns", "add", "Winter", "joerdis@example.org").exit_code == 11


def test_a_contact_is_added_and_told_with_whom_it_shares_the_address(run: Run) -> None:
    assert run("contacts", "add", "vogt@example.org", "first_name=Ute", "last_name=Vogt").stdout == (
        "Added Ute Vogt (id 1).\n"
    )
    added = run("contacts", "add", "Vogt@example.org", "first_name=Götz", "--kind", "customer").stdout
    assert added == "Added Götz (id 2).\n  Shares the address with Ute Vogt (id 1).\n"
    assert [one["kind"] for one in document(run, "contacts", "list")["contacts"]] == ["contact", "customer"]
    assert run("contacts", "add", "vogt@example.org", "no_such_field=1").exit_code == 11
