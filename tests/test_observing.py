"""The observer of the examples, installed beside rundbrief as a user would install it."""

import json
from pathlib import Path

import pytest
from installing import ROOT, Environment, build_wheels, fresh_environment, served_sandbox, wheel_of

DIARY = ROOT / "docs/examples/rundbrief-diary"

TABLE = """\
[observers.diary]
path = "kept/diary.jsonl"
"""


@pytest.fixture(scope="module")
def environment(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    made = build_wheels(tmp_path_factory.mktemp("diary"), [DIARY])
    both = tmp_path_factory.mktemp("both")
    for wheel in (wheel_of(wheels, "rundbrief"), wheel_of(wheels, "rundbrief_mailchimp"), *made.glob("*.whl")):
        both.joinpath(wheel.name).symlink_to(wheel)
    return fresh_environment(
        tmp_path_factory.mktemp("env"), both, "rundbrief", "rundbrief_mailchimp", "rundbrief_diary"
    )


def test_it_is_listed(environment: Environment, tmp_path: Path) -> None:
    listed = json.loads(environment.rundbrief("plugins", "--json", cwd=tmp_path).stdout)["plugins"]
    assert [one["distribution"] for one in listed if one["kind"] == "observer"] == ["rundbrief-diary"]


def test_it_writes_down_what_runs_did(environment: Environment, tmp_path: Path) -> None:
    with served_sandbox(environment, tmp_path) as (connection, key):

        def run(*arguments: str) -> str:
            answer = environment.rundbrief(*arguments, cwd=tmp_path, **key)
            assert (answer.returncode, answer.stderr) == (0, ""), arguments
            return " ".join(answer.stdout.split())

        tmp_path.joinpath("rundbrief.toml").write_text(f"{connection}\n\n{TABLE}", encoding="utf-8")
        run("lists", "sandbox", "--pull")
        assert "(rundbrief-diary 0.1.0) raised FileNotFoundError (rundbrief_diary, line" in run("sync")
        tmp_path.joinpath("kept").mkdir()
        assert "rundbrief-diary" not in run("sync")
    diary = tmp_path / "kept/diary.jsonl"
    rows = [json.loads(line) for line in diary.read_text(encoding="utf-8").splitlines()]
    assert [one["state"] for one in rows if one["what"] == "run"] == ["done", "done"], "the first came again"
    changes = [one for one in rows if one["what"] == "consent"]
    assert "yes" in {one["became"] for one in changes if one["place"] == "crm"}
    assert [one["number"] for one in changes] == sorted({one["number"] for one in changes})
    assert diary.stat().st_mode & 0o777 == 0o600
