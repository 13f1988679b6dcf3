"""`rundbrief backup`: consistent, complete, private, and good for going on from."""

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

Desk = Used = Any  # those of conftest: test modules cannot import each other
STATE, CRM = "rundbrief.db", "contacts.db"


def rows(path: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


def test_it_has_the_state_and_the_crm_for_their_owner_alone(used: Used, tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        backup = used.json("backup", str(tmp_path / "elsewhere"))
    finally:
        os.umask(old)
    folder = Path(backup["folder"])
    assert folder.parent == tmp_path / "elsewhere"
    assert {one.name for one in folder.iterdir()} == {STATE, CRM}
    assert {stat.S_IMODE(one.stat().st_mode) for one in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert rows(folder / STATE, "SELECT count(*) FROM journal") == rows(
        used.folder / STATE, "SELECT count(*) FROM journal"
    )
    told = {one["name"]: one for one in backup["files"]}
    assert told[CRM]["rows"]["contacts"] == 31
    assert told[STATE]["bytes"] == (folder / STATE).stat().st_size


def test_it_says_where_and_how_much(used: Used) -> None:
    said = used.run("backup").output
    assert str(used.folder / "backups") in said
    assert "verified" in said
    assert CRM in said


def test_tokens_stay_behind_and_leave_no_trace(used: Used) -> None:
    """An earlier rundbrief kept them in the state; now they are in files beside it."""
    with closing(sqlite3.connect(used.folder / STATE)) as connection, connection:
        connection.execute("CREATE TABLE tokens (access_token)")
        connection.execute("INSERT INTO tokens VALUES ('access-swordfish')")
    (used.folder / f"{STATE}.news.tokens").write_text("refresh-swordfish")
    folder = Path(used.json("backup")["folder"])
    assert rows(folder / STATE, "SELECT * FROM tokens") == []
    assert [one for one in folder.iterdir() if b"swordfish" in one.read_bytes()] == []
    assert len(rows(used.folder / STATE, "SELECT * FROM tokens")) == 1


def test_a_key_beside_the_state_goes_along(used: Used) -> None:
    (used.folder / f"{STATE}.key").write_bytes(b"k" * 32)
    folder = Path(used.json("backup")["folder"])
    assert (folder / f"{STATE}.key").read_bytes() == b"k" * 32
    assert stat.S_IMODE((folder / f"{STATE}.key").stat().st_mode) == 0o600


def test_somebody_who_writes_is_no_obstacle(used: Used) -> None:
    with closing(sqlite3.connect(used.folder / STATE, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE runs SET message = 'half'")
        folder = Path(used.json("backup")["folder"])
        writer.execute("ROLLBACK")
    assert rows(folder / STATE, "SELECT message FROM runs") == [("",), ("",)]


def test_a_damaged_original_makes_no_backup_and_spares_the_older_ones(used: Used) -> None:
    older = Path(used.json("backup")["folder"])
    with (used.folder / STATE).open("r+b") as file:
        file.seek(3 * 4096)
        file.write(bytes(4096))
    result = used.run("backup", str(used.folder / "more"))
    assert (result.exit_code, "damaged" in result.stderr) == (53, True)
    assert list((used.folder / "more").iterdir()) == []
    assert rows(older / STATE, "PRAGMA integrity_check") == [("ok",)]


def test_a_place_that_is_a_file(used: Used) -> None:
    result = used.run("backup", "rundbrief.toml/backups")
    assert (result.exit_code, "Traceback" in result.output) == (52, False)


def test_before_the_first_run_there_is_nothing_to_back_up(desk: Desk) -> None:
    result = desk.run("backup")
    assert (result.exit_code, "nothing to back up" in result.stderr) == (11, True)
    assert not (desk.folder / STATE).exists()


def test_a_backup_that_is_put_back_is_gone_on_from(desk: Desk) -> None:
    """What happened since, at the service and by export, is found again; nobody is added twice or comes back."""
    desk.service.seed(desk.list_id, 5)
    desk.service.subscribe(desk.list_id, "nora@example.org")
    desk.ok("import", "news")
    backup = Path(desk.json("backup")["folder"])
    desk.service.unsubscribe(desk.list_id, "nora@example.org")
    desk.ok("contacts", "add", "new@example.org")
    desk.ok("contacts", "set-opt-in", f"news/{desk.list_id}", "yes", "new@example.org")
    desk.ok("sync", "news")
    assert desk.service.status(desk.list_id, "new@example.org").value == "subscribed"

    for name in (STATE, CRM):
        for old in desk.folder.glob(f"{name}*"):
            old.unlink()
        (backup / name).rename(desk.folder / name)
    desk.ok("sync", "news")
    assert desk.service.status(desk.list_id, "nora@example.org").value == "unsubscribed"
    assert len(desk.service.recipients(desk.list_id)) == 7
    contacts = {one["email"]: one for one in desk.json("contacts", "list", "--limit", "100")["contacts"]}
    assert len(contacts) == 7
    assert {"nora@example.org", "new@example.org"} <= contacts.keys()
    assert desk.json("doctor")["ok"]
