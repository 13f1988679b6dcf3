"""The tutorial for authors of plugins, followed word by word where only wheels are installed."""

import ast
from pathlib import Path

import pytest
from documentation.pages import blocks_of
from documentation.walking import Reader
from installing import ROOT, fresh_environment

TUTORIAL = ROOT / "docs/tutorial/write-a-provider.md"
EXAMPLE = ROOT / "docs/examples/rundbrief-paperboy"

NO_INDEX = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
"""What its command line calls --no-build-isolation is, as a variable, the isolation itself: 0 is none of it."""


@pytest.fixture(scope="module")
def followed(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Follow the tutorial to its end, and return the folder in which the author worked."""
    author = fresh_environment(
        tmp_path_factory.mktemp("author"), wheels, "rundbrief", extra="testing", tools=("pip", "hatchling")
    )
    folder = tmp_path_factory.mktemp("work")
    Reader(folder, author.folder / "bin", NO_INDEX).follow(TUTORIAL)
    return folder


def test_it_ends_in_the_package_of_the_examples(followed: Path) -> None:
    """File by file; in modules the order of imports may differ."""
    made = followed / "rundbrief-paperboy"
    names = {one.relative_to(EXAMPLE) for one in EXAMPLE.rglob("*") if one.is_file()}
    for name in sorted(names):
        there, here = (folder.joinpath(name).read_text(encoding="utf-8") for folder in (made, EXAMPLE))
        if name.suffix == ".py":
            assert code_of(there) == code_of(here), name
        else:
            assert there == here, name
    assert names == tracked(made)


def tracked(folder: Path) -> set[Path]:
    found = {one.relative_to(folder) for one in folder.rglob("*") if one.is_file()}
    return {one for one in found if "__pycache__" not in one.parts}


def code_of(source: str) -> tuple[list[str], list[str]]:
    """Return the names that a module imports, and the rest of its code; `__all__` of a package says nothing."""
    body = ast.parse(source).body
    imports = [one for one in body if isinstance(one, ast.Import | ast.ImportFrom)]
    names = sorted({f"{getattr(one, 'module', '')}.{name.name}" for one in imports for name in one.names})
    return names, [ast.unparse(one) for one in body if one not in imports and "__all__" not in ast.unparse(one)]


def test_an_author_writes_some_two_hundred_lines() -> None:
    written = [one for one in blocks_of(TUTORIAL) if one.mark == "put into"]
    lines = sum(len([line for line in one.text.splitlines() if line.strip()]) for one in written)
    assert lines < 200
