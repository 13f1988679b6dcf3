"""The journal as evidence, everything that is held about a person, and her erasure, from the command line."""

import csv
import json
import re
import sqlite3
from contextlib import closing
from typing import Any

import pytest

ANN = "ann@example.org"


@pytest.fixture
def busy(desk: Any) -> Any:
    """A desk with a subscriber, who became a contact."""
    desk.service.subscribe(desk.list_id, ANN, {"FNAME": "=Ann"})
    desk.ok("import", "news")
    return desk


def damage(desk: Any, statement: str) -> None:
    with closing(sqlite3.connect(desk.folder / "rundbrief.db")) as connection, connection:
        for name in ("journal_is_not_edited", "journal_is_not_cut"):
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)


class TestVerify:
    def test_the_head_is_told_and_found_again(self, busy: Any) -> None:
        text = busy.ok("journal", "verify")
        match = re.fullmatch(r"2 entries, head ([0-9a-f]{64})\n", text)
        assert match
        (busy.folder / "noted.txt").write_text(f"2026-03-01 {text}2026-03-02 {text}")
        busy.service.unsubscribe(busy.list_id, ANN)
        busy.ok("import", "news")
        assert "noted earlier" not in busy.ok("journal", "verify")
        assert "The head noted earlier: in the chain." in busy.ok("journal", "verify", "--heads", "noted.txt")
        document = busy.json("journal", "verify", "--head", match[1])
        assert (document["holds"], document["entries"], document["missing_heads"]) == (True, 4, [])

    def test_what_is_broken_is_a_sentence_and_an_exit_code(self, busy: Any) -> None:
        damage(busy, "UPDATE journal SET became = 'unsubscribed' WHERE seq = 2")
        result = busy.run("journal", "verify", "--json")
        assert result.exit_code == 54
        assert json.loads(result.stdout)["fault"] == {
            "entry": 2,
            "what": "Entry 2 was edited, inserted, or put into another place.",
        }
        assert "Entry 2 was edited" in result.stderr

    def test_an_older_copy_is_told_by_a_head_noted_later(self, busy: Any) -> None:
        result = busy.run("journal", "verify", "--head", "ab" * 32)
        assert (result.exit_code, "holds in itself" in result.stderr) == (54, True)

    def test_what_is_no_head(self, desk: Any) -> None:
        for option in (("--head", "abc"), ("--heads", "nowhere.txt"), ("--heads", "rundbrief.toml")):
            result = desk.run("journal", "verify", *option)
            assert (result.exit_code, "head" in result.stderr or "read" in result.stderr) == (11, True)


class TestExport:
    def test_everything_is_in_the_document(self, busy: Any) -> None:
        document = json.loads(busy.ok("opt-ins", "Ann@Example.org", "--export", "json"))
        assert document["address"] == ANN
        (contact,) = document["contacts"]
        assert {"key": "first_name", "label": "First name", "value": "=Ann"} in contact["fields"]
        assert [one["service"]["status"] for one in document["lists"]] == ["subscribed"]
        assert [one["became"] for one in document["journal"]] == ["subscribed", "yes"]
        state = document["state"]
        assert (len(state["recipients"]), len(state["links"]), len(state["outcomes"])) == (1, 1, 1)
        assert state["sent"][0]["fingerprint"]
        assert not {"salt", "sealed", "chain"} & state["journal"][0].keys()

    def test_the_file_is_private_and_no_cell_is_a_formula(self, busy: Any) -> None:
        busy.ok("opt-ins", ANN, "--export", "csv", "--output", "ann.csv")
        path = busy.folder / "ann.csv"
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.read_bytes().startswith(b"\xef\xbb\xbfPart;Number;What;Value\r\n")
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file, delimiter=";"))
        assert ["contacts", "1", "fields 1.value", "'=Ann"] in rows
        assert ["state: recipients", "1", "address", ANN] in rows
        assert not [cell for row in rows for cell in row if cell.startswith("=")]

    def test_standard_output_has_the_same_lines(self, busy: Any) -> None:
        busy.ok("opt-ins", ANN, "--export", "csv", "--output", "ann.csv")
        written = (busy.folder / "ann.csv").read_text("utf-8-sig").splitlines()
        printed = busy.ok("opt-ins", ANN, "--export", "csv").splitlines()
        assert [line for line in printed if "gathered_at" not in line] == [
            line for line in written if "gathered_at" not in line
        ]

    def test_somebody_unknown(self, desk: Any) -> None:
        document = json.loads(desk.ok("opt-ins", "nobody@example.org", "--export", "json"))
        assert (document["contacts"], document["journal"], document["state"]["recipients"]) == ([], [], [])

    def test_a_file_without_what_should_be_in_it(self, desk: Any) -> None:
        assert desk.run("opt-ins", ANN, "--output", "x.csv").exit_code == 11
        assert desk.run("opt-ins", ANN, "--export", "csv", "--output", "no/folder/x.csv").exit_code == 11


class TestErase:
    def test_what_was_done_and_what_is_left_is_told(self, busy: Any) -> None:
        text = busy.ok("erase", ANN, "--yes")
        assert f"Erased {ANN}." in text
        assert "rundbrief contacts delete 1" in text
        assert "Backups of rundbrief.db" in text
        assert busy.json("opt-ins", ANN)["journal"] == []
        assert "Was erased on" in busy.ok("opt-ins", ANN)
        assert "erased" in busy.ok("journal", "verify")
        assert "erase" in busy.ok("runs")
        assert "Erasure at" in busy.ok("runs", "2")

    def test_a_no_to_the_question_changes_nothing(self, busy: Any) -> None:
        result = busy.run("erase", ANN, stdin="n\n")
        assert (result.exit_code, "cannot be undone" in result.stderr) == (1, True)
        assert busy.run("erase", ANN).exit_code == 1  # nobody is there to answer
        assert len(busy.json("opt-ins", ANN)["journal"]) == 2

    def test_a_dry_run_tells_where_she_is(self, busy: Any) -> None:
        document = busy.json("erase", ANN, "--dry-run")
        assert document["state"] == {"recipients": 1, "links": 1, "sent": 1, "outcomes": 1, "journal": 2}
        assert [one["answer"] for one in document["services"]] == ["not asked"]
        assert len(busy.json("opt-ins", ANN)["journal"]) == 2

    def test_a_connection_that_cannot_be_used_is_named(self, busy: Any) -> None:
        busy.configure(api_key={"env": "NOT_SET"})
        result = busy.run("erase", ANN, "--yes")
        assert (result.exit_code, "NOT_SET" in result.stderr) == (33, True)
        busy.service.subscribe(busy.list_id, "bob@example.org")
        busy.configure()
        assert "An erasure was begun" in busy.ok("import", "news")
        busy.ok("erase", ANN, "--yes")
        assert "An erasure was begun" not in busy.ok("import", "news")

    def test_a_connection_that_is_configured_no_more_is_named(self, busy: Any) -> None:
        (busy.folder / "rundbrief.toml").write_text('[crm]\nplugin = "local"\n')
        assert "Connection news stands in rundbrief.toml no more" in busy.ok("erase", ANN, "--yes")

    def test_a_key_that_is_lost_is_a_sentence(self, busy: Any) -> None:
        busy.ok("erase", ANN, "--yes")
        (busy.folder / "rundbrief.db.key").unlink()
        result = busy.run("import", "news")
        assert result.exit_code == 59
        assert "Restore it from the backup" in result.stderr
