"""Before anything is configured, and when it is configured wrongly: a sentence, a hint and a code each time."""

import json
import os
import stat
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rundbrief import __version__
from rundbrief.cli.app import GuardedGroup, cli
from rundbrief.cli.lazy import LazyCommand


def run(*args: str) -> Result:
    return CliRunner().invoke(cli, list(args))


def test_init_writes_a_configuration_that_loads(bare: Path) -> None:
    result = run("init")
    assert result.exit_code == 0
    assert "rundbrief connections check" in result.stdout
    tomllib.loads((bare / "rundbrief.toml").read_text(encoding="utf-8"))
    assert run("connections", "list").exit_code == 0


def test_init_overwrites_nothing(bare: Path) -> None:
    (bare / "rundbrief.toml").write_text("# mine\n", encoding="utf-8")
    result = run("init")
    assert result.exit_code == 11
    assert result.stderr.startswith("Error: rundbrief.toml exists already")
    assert (bare / "rundbrief.toml").read_text(encoding="utf-8") == "# mine\n"


def test_init_goes_where_it_is_told(bare: Path) -> None:
    assert run("--config", "other.toml", "init").exit_code == 0
    assert run("init", "--config", "second.toml").exit_code == 0
    assert (bare / "other.toml").read_bytes() == (bare / "second.toml").read_bytes()


def test_without_a_configuration_init_is_named(bare: Path) -> None:
    result = run("runs")
    assert result.exit_code == 10
    assert result.stdout == ""
    assert "rundbrief init" in result.stderr


def test_broken_toml_is_shown_with_line_and_column(bare: Path) -> None:
    (bare / "rundbrief.toml").write_text("[crm]\nplugin = local\n", encoding="utf-8")
    result = run("connections", "list")
    assert result.exit_code == 10
    assert "line 2, column 10" in result.stderr


def test_an_unknown_key_is_answered_with_the_nearest(bare: Path) -> None:
    (bare / "rundbrief.toml").write_text('[conections.news]\nprovider = "mailchimp"\n', encoding="utf-8")
    result = run("connections", "list")
    assert result.exit_code == 10
    assert "conections" in result.stderr
    assert "Did you mean connections?" in result.stderr


def test_an_unknown_connection_is_answered_with_the_nearest(bare: Path) -> None:
    (bare / "rundbrief.toml").write_text('[connections.news]\nprovider = "mailchimp"\n', encoding="utf-8")
    result = run("import", "mews")
    assert result.exit_code == 12
    assert "Did you mean news?" in result.stderr


def test_a_missing_plugin_names_the_pip_line(bare: Path) -> None:
    (bare / "rundbrief.toml").write_text('[connections.news]\nprovider = "gazette"\n', encoding="utf-8")
    for args in (("connections", "check", "news"), ("lists", "news"), ("import", "news")):
        result = run(*args)
        assert result.exit_code == 16, args
        assert "pip install rundbrief-gazette" in result.stderr
    assert run("sandbox", "gazette").exit_code == 16
    assert run("plugins", "gazette").exit_code == 16


def test_a_state_that_cannot_be_written_is_named(bare: Path) -> None:
    (bare / "a-file").touch()
    (bare / "rundbrief.toml").write_text('[state]\npath = "a-file/rundbrief.db"\n', encoding="utf-8")
    result = run("runs")
    assert result.exit_code == 52
    assert "a-file" in result.stderr


def test_a_damaged_state_is_named(bare: Path) -> None:
    (bare / "rundbrief.toml").write_text("[crm]\n", encoding="utf-8")
    (bare / "rundbrief.db").write_bytes(b"not a database at all" * 100)
    assert run("runs").exit_code == 53


def test_nothing_has_run_yet(bare: Path) -> None:
    (bare / "rundbrief.toml").write_text("[crm]\n", encoding="utf-8")
    assert "Nothing has run yet" in run("runs").stdout
    assert json.loads(run("runs", "--json").stdout) == {"runs": []}
    missing = run("runs", "7")
    assert missing.exit_code == 11
    assert "There is no run 7" in missing.stderr


def test_a_bug_is_one_sentence_and_a_file(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(bare))
    (bare / "buggy.py").write_text(
        "import click\n@click.command('buggy')\ndef command():\n    raise LookupError('jo@example.org')\n"
    )
    (bare / "rundbrief.toml").write_text("[crm]\n", encoding="utf-8")
    group = GuardedGroup("rundbrief", sections={"Bugs": {"buggy": LazyCommand("buggy", "Fail.")}})
    result = CliRunner().invoke(group, ["buggy"])
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    (log,) = bare.glob("error-*.log")
    assert str(log) in result.stderr
    assert "Traceback" in log.read_text(encoding="utf-8")
    assert "jo@example.org" not in log.read_text(encoding="utf-8")
    assert stat.S_IMODE(os.stat(log).st_mode) == 0o600


def test_unknown_commands_and_options_are_usage_errors(bare: Path) -> None:
    assert run("exprot").exit_code == 2
    assert "Did you mean 'export'?" in run("exprot").stderr
    assert run("runs", "--everything").exit_code == 2
    assert run("export", "news").exit_code == 2


def test_the_version_is_the_packages(bare: Path) -> None:
    assert run("--version").stdout.endswith(f" {__version__}\n")


def test_json_is_understood_before_and_after_the_command(bare: Path) -> None:
    before, after = run("--json", "plugins"), run("plugins", "--json")
    assert before.stdout == after.stdout
    rows = json.loads(before.stdout)["plugins"]
    local = next(row for row in rows if row["name"] == "local")
    assert local == {"name": "local", "kind": "CRM", "distribution": "rundbrief", "version": __version__}


def test_a_plugin_is_loaded_to_show_what_it_can(bare: Path) -> None:
    rows = json.loads(run("plugins", "local", "--json").stdout)["plugins"]
    assert rows[0]["title"] == "Embedded CRM"


def test_one_broken_plugin_breaks_neither_the_list_nor_the_others(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = bare / "rundbrief_wreck-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: rundbrief-wreck\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[rundbrief.providers]\nwreck = rundbrief_wreck\n")
    (bare / "rundbrief_wreck.py").write_text("import no_such_module\n")
    monkeypatch.syspath_prepend(str(bare))
    names = {row["name"] for row in json.loads(run("plugins", "--json").stdout)["plugins"]}
    assert {"wreck", "local"} <= names
    (row,) = json.loads(run("plugins", "wreck", "--json").stdout)["plugins"]
    assert "no_such_module" in row["error"]
    assert "no_such_module" in run("plugins", "wreck").stdout
    assert run("plugins", "local").exit_code == 0


def test_no_colour_where_none_is_wanted(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in CliRunner().invoke(cli, ["runs"], color=True).output
