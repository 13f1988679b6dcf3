"""The demo, as a newcomer meets it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rundbrief.cli.demo.cast import Cast, write_contacts, write_fair_sheet
from rundbrief.cli.demo.stage import Stage, StoryBroken
from rundbrief.cli.demo.together import tell_together
from rundbrief.plugins import installed, load_provider


def test_the_story_holds_and_leaves_nothing_behind(tmp_path: Path) -> None:
    pytest.importorskip("rundbrief_mailchimp")
    environ = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    done = subprocess.run(
        [sys.executable, "-m", "rundbrief", "demo"],
        cwd=tmp_path,
        env=environ | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= 100
    for promise in (
        "$ rundbrief lists news --pull",
        "became new contacts",
        "Has unsubscribed at the service",
        "she is still unsubscribed",
        "unsubscribed, by the person or the service",
        "$ rundbrief init",
    ):
        assert promise in " ".join(done.stdout.replace("│", " ").split()), promise
    assert list(tmp_path.iterdir()) == []


def test_a_demo_with_a_provider_that_is_not_there_names_the_pip_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rundbrief", "demo", "gazette"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 16
    assert "pip install rundbrief-gazette" in done.stderr


def test_a_promise_that_does_not_hold_breaks_the_story() -> None:
    with pytest.raises(StoryBroken, match="she is still unsubscribed"):
        Stage().check(False, "she is still unsubscribed")


def test_a_command_that_fails_breaks_the_story(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(StoryBroken, match="exit code 10"):
        Stage().run("runs")
    assert "$ rundbrief runs" in capsys.readouterr().out


def test_the_spreadsheets_hold_what_the_story_needs(tmp_path: Path) -> None:
    cast = Cast()
    write_contacts(tmp_path / "contacts.csv", cast)
    write_fair_sheet(tmp_path / "fair.csv", cast)
    contacts = (tmp_path / "contacts.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(contacts) == len(set(contacts)) + 3, "three people stand in it twice"
    assert any("(at)" in line for line in contacts)
    fair = (tmp_path / "fair.csv").read_text(encoding="utf-8-sig").splitlines()
    assert sum(";;" in line and "@" not in line for line in fair) == 4, "four left no address"
    assert sum(line.split(";")[7] == "nein" for line in fair) == 1


def test_the_story_of_several_services_holds(capsys: pytest.CaptureFixture[str]) -> None:
    """With every provider that is installed: the story is the same for one as for three."""
    pytest.importorskip("rundbrief_mailchimp")
    providers = [load_provider(one.name) for one in installed() if one.module.startswith("rundbrief_")]
    tell_together([one for one in providers if "sandbox" in one.capabilities])
    told = capsys.readouterr().out
    assert "$ rundbrief sync" in told
    assert "Where she stands, everywhere" in told
