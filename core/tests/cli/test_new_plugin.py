"""`rundbrief plugins new`: a package to start from, and what it says when it cannot be made."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rundbrief.cli.app import cli
from rundbrief.plugins import load_provider
from rundbrief.testing.contract import Verdict, check_provider

BEGUN = {"C01", "C02", "C03", "C04", "C05", "C13"}
"""What an untouched plugin keeps: it can be loaded, reached, and asked whose account it is."""


# None of the names below is one of the providers that other tests put on the path of the same process.


def new(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["plugins", "new", *arguments])


@pytest.fixture
def on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make a plugin, and put it on the path as an installer would."""
    result = new("post-office", "--title", "Post & Co.", "--into", str(tmp_path))
    assert result.exit_code == 0, result.output
    home = tmp_path / "rundbrief-post-office"
    metadata = home / "src" / "rundbrief_post_office-0.1.0.dist-info"
    metadata.mkdir()
    metadata.joinpath("METADATA").write_text(
        "Metadata-Version: 2.1\nName: rundbrief-post-office\nVersion: 0.1.0\n"
    )
    metadata.joinpath("entry_points.txt").write_text(
        "[rundbrief.providers]\npost-office = rundbrief_post_office\n"
    )
    monkeypatch.syspath_prepend(str(home / "src"))
    yield home
    for name in [one for one in sys.modules if one.startswith("rundbrief_post_office")]:
        del sys.modules[name]
    importlib.invalidate_caches()


def test_it_says_what_comes_next(tmp_path: Path) -> None:
    result = new("milkman", "--into", str(tmp_path))
    assert "does not do its job yet" in result.output
    assert "rundbrief plugins --check milkman" in result.output
    assert (tmp_path / "rundbrief-milkman/.github/workflows/test.yml").is_file()


def test_names_are_spelt_as_each_place_needs_them(on_the_path: Path) -> None:
    info = load_provider("post-office").info
    assert (info.name, info.title, info.settings.__name__) == ("post-office", "Post & Co.", "PostOfficeSettings")
    assert 'name = "rundbrief-post-office"' in on_the_path.joinpath("pyproject.toml").read_text(encoding="utf-8")
    for file in (one for one in on_the_path.rglob("*") if one.is_file() and one.suffix != ".pyc"):
        assert "${" not in file.read_text(encoding="utf-8").replace("${{ matrix", "")


def test_its_contract_tells_what_is_not_done(on_the_path: Path) -> None:
    """A rule is kept, skipped because the service has no such thing, or broken by a hook that is not written."""
    report = check_provider("post-office", crowd=2_000)
    assert {one.rule.number for one in report.of(Verdict.PASSED)} == BEGUN
    failed = report.of(Verdict.FAILED)
    assert len(failed) > 30
    assert all("(rundbrief-post-office 0.1.0) is not finished: " in one.reason for one in failed)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("Paper Boy",), "cannot be called 'Paper Boy'"),
        (("9lives",), "cannot be called '9lives'"),
        (("milkman", "--title", 'A "quoted" one'), "title cannot be used"),
        (("mailchimp",), "There is a plugin named 'mailchimp' already: rundbrief-mailchimp."),
    ],
)
def test_names_that_cannot_be_used(tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    result = new(*arguments, "--into", str(tmp_path))
    assert (result.exit_code, list(tmp_path.iterdir())) == (11, [])
    assert sentence in result.output


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    new("milkman", "--into", str(tmp_path))
    pyproject = tmp_path / "rundbrief-milkman/pyproject.toml"
    pyproject.write_text("mine", encoding="utf-8")
    result = new("milkman", "--into", str(tmp_path))
    assert (result.exit_code, pyproject.read_text(encoding="utf-8")) == (11, "mine")


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    result = new("milkman", "--into", str(tmp_path / "file"))
    assert result.exit_code == 11
    assert "cannot be made" in result.output


def test_the_group_shows_what_is_installed_without_a_subcommand() -> None:
    plain, named, shown = (CliRunner().invoke(cli, ["plugins", *more]) for more in ((), ("mailchimp",), ("show",)))
    assert (plain.exit_code, shown.exit_code) == (0, 0)
    assert plain.output == shown.output
    assert "brevo" not in named.output
