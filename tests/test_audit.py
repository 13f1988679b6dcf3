"""The question for known weaknesses: a finding fails the check, and no answer is never taken for a good one."""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from installing import tool

audit = tool("audit")
PYTHON = sys.executable
PINS = "# made by hand\npip==26.3\nleaky==1.0\nsound==2.0\n"


def known(name: str, *weak: str) -> dict[str, Any]:
    return {"name": name, "version": "1.0", "vulns": [{"id": one, "fix_versions": ["1.1"]} for one in weak]}


def unknown(name: str) -> dict[str, Any]:
    return {"name": name, "skip_reason": "not found"}


@pytest.fixture
def ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Return what asks about PINS, where `pip-audit` tells this of each package; None: it has no network."""

    def ask(*told: dict[str, Any] | None) -> tuple[int, str]:
        (tmp_path / "told.json").write_text(json.dumps(told), encoding="utf-8")
        program = tmp_path / "pip-audit"
        program.write_text(
            f"#!{PYTHON}\n"
            "import json, sys\n"
            f"told = json.load(open({str(tmp_path / 'told.json')!r}))\n"
            "wanted = [line.split('==')[0] for line in open(sys.argv[-1]).read().split()]\n"
            "found = [one for one in told if one and one['name'] in wanted]\n"
            "print('no network' if None in told else json.dumps({'dependencies': found}))\n"
        )
        program.chmod(0o700)
        monkeypatch.setattr(audit.sys, "executable", str(tmp_path / "python"))
        (tmp_path / "constraints.txt").write_text(PINS, encoding="utf-8")
        code = audit.main(tmp_path / "constraints.txt", tmp_path / "memory")
        return code, capsys.readouterr().out

    return ask


def test_a_weakness_fails_the_check_and_names_the_way_out(ask: Callable[..., tuple[int, str]]) -> None:
    assert ask(known("pip"), known("leaky", "CVE-1"), known("sound")) == (
        1,
        "leaky 1.0 has a known weakness, CVE-1; it is mended in 1.1.\n",
    )


def test_what_was_found_sound_is_not_asked_again_for_a_day(
    ask: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    assert ask(known("pip"), known("leaky"), known("sound")) == (0, "")
    assert ask(known("pip"), known("leaky", "CVE-1"), known("sound"))[0] == 0
    yesterday = time.time() - 25 * 60 * 60
    os.utime(tmp_path / "memory", (yesterday, yesterday))
    assert ask(known("pip"), known("leaky", "CVE-1"), known("sound"))[0] == 1


@pytest.mark.parametrize("told", [[None], [unknown("pip"), unknown("leaky"), unknown("sound")], []])
def test_no_answer_fails_nothing_and_is_told_and_not_remembered(
    ask: Callable[..., tuple[int, str]], tmp_path: Path, told: list[Any]
) -> None:
    code, said = ask(*told)
    assert (code, said.count("\n")) == (0, 1)
    assert "could not be asked" in said
    assert not (tmp_path / "memory").exists()


def test_half_an_answer_counts_and_the_rest_is_told(ask: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    code, said = ask(known("pip"), known("leaky", "CVE-1"), unknown("sound"))
    assert (code, said.splitlines()[-1]) == (1, "Of 1 packages it could not be asked whether a weakness is known.")
    assert not (tmp_path / "memory").exists()
