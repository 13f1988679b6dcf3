"""`rundbrief plugins --check NAME`."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rundbrief.cli.app import cli
from rundbrief.testing import contract
from rundbrief.testing.contract import Level

Install = Callable[[Sequence[tuple[str, str]]], None]

BROKEN = ("import json\nfrom collections.abc", "import pigeon_basket\nfrom collections.abc")

WITHOUT_PYTEST = """
import sys

sys.modules["pytest"] = None
from rundbrief.cli import main

sys.argv = ["rundbrief", "plugins", "--check", "pigeon"]
main()
"""


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")


SMALL = ("--crowd", "2000")
"""A hundred thousand recipients in pages of ten would take minutes."""


def run(*args: str) -> Result:
    return CliRunner().invoke(cli, ["plugins", *args])


def test_who_keeps_every_rule_is_told_so(install: Install) -> None:
    install([])
    result = run("--check", "pigeon", *SMALL)
    assert result.exit_code == 0, result.output
    assert "Consent is per list." in result.stdout
    counts = [line.split() for line in result.stdout.splitlines()[-3:]]
    rules = Counter(rule.level for rule in contract.RULES)
    assert counts == [
        ["correct", str(rules[Level.CORRECT] - 1), "0", "1"],
        ["robust", str(rules[Level.ROBUST]), "0", "0"],
        ["trustworthy", str(rules[Level.TRUSTWORTHY]), "0", "0"],
    ]


def test_a_broken_rule_is_an_error(install: Install) -> None:
    install([BROKEN])
    result = run("--check", "pigeon", *SMALL)
    assert result.exit_code == 17
    assert f"breaks 1 of {len(contract.RULES)} rules: C01." in result.stderr
    assert "No module named 'pigeon_basket'" in result.stdout


def test_as_one_document(install: Install) -> None:
    install([BROKEN])
    document = json.loads(run("--check", "pigeon", *SMALL, "--json").stdout)
    assert (document["provider"], document["kept"]) == ("pigeon", False)
    assert len(document["rules"]) == len(contract.RULES)
    first, second = document["rules"][:2]
    assert (first["number"], first["level"], first["verdict"]) == ("C01", "correct", "failed")
    assert (second["verdict"], second["reason"]) == ("skipped", "The plugin cannot be imported; C01 says why.")


def test_one_rule_can_be_run_alone(install: Install) -> None:
    install([])
    document = json.loads(run("--check", "pigeon", "--rule", "c09", "--rule", "R01", "--json").stdout)
    assert [(one["number"], one["verdict"]) for one in document["rules"]] == [("C09", "passed"), ("R01", "passed")]


def test_a_rule_that_there_is_not_is_an_error(install: Install) -> None:
    install([])
    result = run("--check", "pigeon", "--rule", "X01")
    assert result.exit_code == 11
    assert "The contract has no rule X01." in result.stderr
    assert run("--rule", "C09").exit_code == 11
    assert run(*SMALL).exit_code == 11


def test_a_crm_is_put_through_the_rules_for_crms() -> None:
    document = json.loads(run("--check", "local", "--rule", "C19", "--rule", "R07", "--json").stdout)
    assert (document["crm"], document["kept"]) == ("local", True)
    assert [one["verdict"] for one in document["rules"]] == ["passed", "skipped"]


def test_who_is_not_installed_cannot_be_checked() -> None:
    result = run("--check", "no-such-bird")
    assert result.exit_code == 16
    assert "pip install rundbrief-no-such-bird" in result.stderr


def test_without_pytest_it_is_told_how_to_get_it() -> None:
    answer = subprocess.run([sys.executable, "-c", WITHOUT_PYTEST], capture_output=True, text=True, check=False)
    assert answer.returncode == 10
    assert 'pip install "rundbrief[testing]"' in answer.stderr


def test_sandboxes_do_not_need_pytest() -> None:
    code = "import sys, rundbrief.testing.sandbox, rundbrief.testing.faults; sys.exit('pytest' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
