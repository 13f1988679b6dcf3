"""`rundbrief doctor`: what it finds, what it says to do, and that it changes nothing unless it is asked to."""

import json
import os
import sqlite3
import stat
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from rundbrief.cli.app import cli
from rundbrief.engine.locks import only_run
from rundbrief.hookspecs import CRM_GROUP
from rundbrief.store.erasure_key import KeyFile

Desk = Used = Any  # those of conftest: test modules cannot import each other
STATE, CRM = "rundbrief.db", "contacts.db"


@pytest.fixture
def served(desk: Desk, use: Callable[[Desk], None]) -> Desk:
    """A desk that was used, with its service."""
    use(desk)
    return desk


def examine(desk: Any, *options: str) -> Mapping[str, Any]:
    result = desk.run("doctor", "--json", *options)
    document: Mapping[str, Any] = json.loads(result.stdout)
    assert result.exit_code == document["exit_code"], result.output
    return document


def problems(document: Mapping[str, Any]) -> list[str]:
    return [one["check"] for one in document["checks"] if one["level"] == "problem"]


def the(document: Mapping[str, Any], check: str, level: str = "problem") -> Mapping[str, Any]:
    [found] = [one for one in document["checks"] if (one["check"], one["level"]) == (check, level)]
    return dict(found)


def in_the_state(desk: Any, script: str) -> None:
    run_script(desk.folder / STATE, script)


def run_script(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file but SQLite's index of an open log, which is none of its data."""
    return {one.name: one.read_bytes() for one in folder.iterdir() if one.is_file() and "-shm" not in one.name}


def test_all_is_well(used: Used) -> None:
    document = examine(used)
    assert problems(document) == []
    assert {one["level"] for one in document["checks"]} == {"ok"}
    said = used.run("doctor").output
    assert "Each withdrawal in the journal stands." in said
    assert said.endswith("Everything is in order.\n")


def test_before_the_first_run_it_says_that_there_is_nothing_and_makes_nothing(desk: Desk) -> None:
    before = contents(desk.folder)
    assert "nothing has run yet" in desk.ok("doctor")
    assert contents(desk.folder) == before


DAMAGES: Mapping[str, tuple[Callable[[Path], object], str, int]] = {
    "another kind of file": (lambda path: path.write_text("Buy milk. " * 500), "no database", 53),
    "a page of zeros in the middle": (lambda path: overwrite(path, 3 * 4096, bytes(4096)), "damaged", 53),
    "cut off in the middle": (lambda path: os.truncate(path, path.stat().st_size // 2), "damaged", 53),
    "without its revision": (lambda path: run_script(path, "DELETE FROM alembic_version"), "which schema", 53),
    "without the table of its revision": (
        lambda path: run_script(path, "DROP TABLE alembic_version"),
        "no such table",
        53,
    ),
    "emptied": (lambda path: os.truncate(path, 0), "is empty", 53),
    "of another program": (lambda path: path.write_bytes(other_program()), "something else", 57),
}


def overwrite(path: Path, place: int, new: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        file.write(new)


def other_program() -> bytes:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE recipes (name)")
        return connection.serialize()


@pytest.mark.parametrize("name", [STATE, CRM])
@pytest.mark.parametrize(("damage", "word", "code"), DAMAGES.values(), ids=DAMAGES)
def test_a_file_that_no_run_could_use(
    used: Used, name: str, damage: Callable[[Path], object], word: str, code: int
) -> None:
    damage(used.folder / name)
    before = contents(used.folder)
    document = examine(used)
    assert document["exit_code"] == code
    [found] = [one for one in document["checks"] if one["level"] == "problem"]
    assert (found["subject"], word in found["sentence"]) == (name, True)
    assert found["remedy"]
    assert contents(used.folder) == before


@pytest.mark.parametrize("loss", ["DROP TABLE runs", "DELETE FROM alembic_version", "DROP TABLE alembic_version"])
def test_a_command_on_a_state_that_lacks_a_part_leads_to_the_doctor(used: Used, loss: str) -> None:
    in_the_state(used, loss)
    refused = used.run("runs")
    assert (refused.exit_code, "rundbrief doctor" in refused.stderr) == (53, True)


def test_a_state_that_was_emptied_is_not_begun_anew(used: Used) -> None:
    os.truncate(used.folder / STATE, 0)
    refused = used.run("runs")
    assert (refused.exit_code, "in use before" in refused.stderr) == (53, True)
    assert (used.folder / STATE).stat().st_size == 0


def test_a_damaged_state_with_a_backup_names_it(used: Used) -> None:
    backup = json.loads(used.run("backup", "--json").stdout)["folder"]
    (used.folder / STATE).write_text("Buy milk. " * 500)
    assert backup in the(examine(used), "integrity")["remedy"]


def test_a_state_that_is_too_new(used: Used) -> None:
    in_the_state(used, "UPDATE alembic_version SET version_num = '9999'")
    document = examine(used)
    assert (document["exit_code"], problems(document)) == (51, ["age"])
    assert "pip install --upgrade" in the(document, "age")["remedy"]


def test_a_state_whose_log_is_all_that_is_left(used: Used) -> None:
    (used.folder / STATE).rename(used.folder / f"{STATE}-wal")
    document = examine(used)
    assert (document["exit_code"], problems(document)) == (53, ["file"])


@pytest.mark.parametrize("name", [STATE, CRM])
def test_while_somebody_writes(used: Used, name: str) -> None:
    with closing(sqlite3.connect(used.folder / name, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert problems(examine(used)) == []


def test_while_somebody_keeps_everybody_out(used: Used) -> None:
    with closing(sqlite3.connect(used.folder / STATE, isolation_level=None)) as owner:
        owner.executescript("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE;")
        assert examine(used)["exit_code"] == 56


class TestLostWithdrawals:
    """The worst: the journal knows of a *no*, and the record that a decision stands on does not."""

    LOSSES = (
        "DELETE FROM recipients WHERE address = 'nora@example.org'",
        "UPDATE recipients SET withdrawn = 0 WHERE address = 'nora@example.org'",
        "UPDATE recipients SET status = 'subscribed', agreed = 'yes', withdrawn = 0",
    )

    @pytest.mark.parametrize("loss", LOSSES)
    def test_it_is_found_and_nobody_is_named(self, used: Used, loss: str) -> None:
        in_the_state(used, loss)
        document = examine(used)
        assert (document["exit_code"], "withdrawals" in problems(document)) == (58, True)
        found = the(document, "withdrawals")
        assert "1 withdrawal in the journal no longer counted: n…@" in found["sentence"]
        assert "nora@example.org" not in json.dumps(document)
        assert "--repair" in found["remedy"]

    @pytest.mark.parametrize("loss", LOSSES)
    def test_a_repair_makes_the_record_what_it_was(self, used: Used, loss: str) -> None:
        in_the_state(used, loss)
        assert examine(used, "--repair")["exit_code"] == 0
        with closing(sqlite3.connect(used.folder / STATE)) as connection:
            record = connection.execute(
                "SELECT status, agreed, withdrawn FROM recipients WHERE address = 'nora@example.org'"
            ).fetchall()
        assert record == [("unsubscribed", "no", 1)]

    def test_a_repair_lets_it_count_again(self, served: Desk) -> None:
        """She was deleted at the service meanwhile, and the CRM wants her: without the *no* she would get mail."""
        in_the_state(served, self.LOSSES[0])
        served.service.delete(served.list_id, "nora@example.org")
        mended = examine(served, "--repair")
        assert (mended["exit_code"], len(mended["repaired"])) == (0, 1)
        assert Path(mended["backup"], STATE).is_file()
        served.ok("contacts", "set-opt-in", f"news/{served.list_id}", "yes", "nora@example.org")
        served.ok("export", "news", "--list", served.list_id)
        assert served.service.status(served.list_id, "nora@example.org").value == "absent"

    def test_who_came_back_by_herself_is_left_alone(self, served: Desk) -> None:
        served.service.subscribe(served.list_id, "nora@example.org")
        served.ok("import", "news")
        assert problems(examine(served)) == []


def test_entries_that_were_cut_off_the_journal_are_missed(used: Used) -> None:
    in_the_state(used, "DROP TRIGGER journal_is_not_cut; DELETE FROM journal WHERE seq > 5")
    document = examine(used)
    assert document["exit_code"] in (54, 58)
    assert "are missing at the end" in the(document, "journal")["sentence"]
    assert "trigger journal_is_not_cut" in the(document, "schema")["sentence"]


@pytest.mark.parametrize(
    "missing",
    [
        "DROP TRIGGER journal_is_not_edited",
        "DROP INDEX journal_address",
        "DROP INDEX inbox_remote; CREATE INDEX inbox_remote ON inbox (remote_id)",
        "DROP TRIGGER journal_is_not_cut;"
        "CREATE TRIGGER journal_is_not_cut BEFORE DELETE ON runs BEGIN SELECT 1; END",
    ],
)
def test_what_was_taken_out_of_the_schema_is_put_back(used: Used, missing: str) -> None:
    in_the_state(used, missing)
    assert problems(examine(used)) == ["schema"]
    mended = examine(used, "--repair")
    assert (mended["exit_code"], len(mended["repaired"])) == (0, 1)
    with closing(sqlite3.connect(used.folder / STATE)) as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute("DELETE FROM journal")


def test_a_table_that_was_taken_out_cannot_be_put_back(used: Used) -> None:
    in_the_state(used, "DROP TABLE recipients")
    (used.folder / STATE).chmod(0o644)
    assert examine(used)["exit_code"] == 58
    refused = used.run("doctor", "--repair")
    assert (refused.exit_code, "Nothing was repaired" in refused.stderr) == (53, True)
    assert not (used.folder / "backups").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
def test_files_that_others_can_read_are_closed(used: Used) -> None:
    (used.folder / STATE).chmod(0o644)
    (used.folder / CRM).chmod(0o666)
    document = examine(used)
    assert (document["exit_code"], problems(document)) == (58, ["rights", "rights"])
    assert examine(used, "--repair")["exit_code"] == 0
    assert {stat.S_IMODE((used.folder / name).stat().st_mode) for name in (STATE, CRM)} == {0o600}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
def test_a_configuration_that_others_can_write(used: Used) -> None:
    (used.folder / "rundbrief.toml").chmod(0o666)
    assert examine(used)["exit_code"] == 10


def test_a_run_that_was_killed(used: Used) -> None:
    in_the_state(used, "UPDATE runs SET state = 'running', ended_at = NULL WHERE id = 2")
    document = examine(used)
    assert document["exit_code"] == 0
    assert "cut off" in the(document, "runs", "note")["sentence"]
    examine(used, "--repair")
    assert json.loads(used.run("runs", "--json").stdout)["runs"][0]["state"] == "cut off"


def test_a_run_that_is_under_way_is_left_alone(used: Used) -> None:
    in_the_state(used, "UPDATE runs SET state = 'running', ended_at = NULL WHERE id = 2")
    with only_run(used.folder / STATE, "news"):
        assert "under way" in the(examine(used), "runs", "note")["sentence"]
        (used.folder / STATE).chmod(0o644)
        assert used.run("doctor", "--repair").exit_code == 32


def test_an_observer_that_was_told_more_than_there_is(used: Used) -> None:
    in_the_state(used, "INSERT INTO observations VALUES ('diary', 'news', 99, 9999, 0)")
    assert problems(examine(used)) == ["observers"]
    assert examine(used, "--repair")["exit_code"] == 0


def test_a_clock_that_is_wrong(used: Used) -> None:
    in_the_state(used, "UPDATE runs SET started_at = '2999-01-01T00:00:00.000000+00:00'")
    assert problems(examine(used)) == ["clock"]


def test_a_link_to_nobody(used: Used) -> None:
    in_the_state(used, "UPDATE links SET address = 'nobody@example.org' WHERE contact_id = '1'")
    assert problems(examine(used)) == ["links"]


def test_a_plugin_that_is_gone(used: Used) -> None:
    with (used.folder / "rundbrief.toml").open("a") as file:
        file.write('\n[observers.diary]\n[connections.old]\nprovider = "pigeon"\n')
    document = examine(used)
    assert document["exit_code"] == 16
    assert problems(document) == ["plugins", "plugins"]


def test_a_crm_whose_plugin_is_broken(used: Used, install: Callable[..., None]) -> None:
    install("cardbox", "cardbox", "import a_drawer_that_is_not_there", name="cardbox", group=CRM_GROUP)
    with (used.folder / "rundbrief.toml").open("a") as file:
        file.write('\n[crm]\nplugin = "cardbox"\n')
    document = examine(used)
    assert (document["exit_code"], problems(document)) == (17, ["files"])


NOTES = {
    "another connection": ("UPDATE cursors SET connection = 'old'", "connections"),
    "an unknown list": ("DELETE FROM lists", "lists"),
    "a full read that is overdue": (
        "UPDATE cursors SET full_read_at = '2020-01-01T00:00:00.000000+00:00'",
        "reading",
    ),
    "a list that was never read": ("UPDATE cursors SET full_read_at = NULL", "reading"),
    "a read in its middle": ("UPDATE cursors SET reading = 1", "cursors"),
    "a withdrawal that the service has to be told": (
        "UPDATE recipients SET withdrawn = 1 WHERE rowid = 1",
        "unheard",
    ),
    "an intent": (
        "INSERT INTO intents VALUES (1, 'news', 'a@example.org', '1', 'k', 'no', 'yes', NULL, '')",
        "intents",
    ),
    "an older schema": ("UPDATE alembic_version SET version_num = '0001'", "age"),
}


@pytest.mark.parametrize(("script", "check"), NOTES.values(), ids=NOTES)
def test_what_a_run_copes_with_is_a_note(used: Used, script: str, check: str) -> None:
    in_the_state(used, script)
    document = examine(used)
    assert document["exit_code"] == 0
    found = the(document, check, "note")
    assert found["remedy"]


def test_a_lock_without_a_connection_is_a_note(used: Used) -> None:
    (used.folder / f"{STATE}.former.lock").touch()
    assert "former" in the(examine(used), "locks", "note")["sentence"]


def test_a_key_to_the_erased_that_is_lost(used: Used) -> None:
    key = KeyFile(used.folder / f"{STATE}.key").load_or_create()
    with closing(sqlite3.connect(used.folder / STATE)) as connection, connection:
        row = (key.digest("eve@example.org"), "news", "1", "2026-01-01T00:00:00.000000+00:00", 1, key.id)
        connection.execute("INSERT INTO erased VALUES (?, ?, ?, ?, ?, ?)", row)
    assert problems(examine(used)) == []
    (used.folder / f"{STATE}.key").unlink()
    document = examine(used)
    assert (document["exit_code"], problems(document)) == (59, ["key"])


def test_without_a_configuration_it_says_so(bare: Path) -> None:
    result = CliRunner().invoke(cli, ["doctor"])
    assert (result.exit_code, "rundbrief init" in result.stdout) == (10, True)
