"""The documentation is whole: it is fresh, it builds, and every way through it leads somewhere."""

import subprocess
import sys
from pathlib import Path

import pytest
from documentation.structure import anchors_of, links_of, pages_in_toctrees
from installing import DISTRIBUTIONS, ROOT

DOCS = ROOT / "docs"
IN_DOCS = sorted(one for one in DOCS.rglob("*.md") if "_build" not in one.parts)
PAGES = [one for one in IN_DOCS if "examples" not in one.parts]
LINKING = [*IN_DOCS, ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("plugins/*/README.md"))]


def test_what_is_made_from_the_code_is_up_to_date() -> None:
    command = [sys.executable, "-m", "docs_tables", "--check"]
    checked = subprocess.run(command, cwd=ROOT / "tools", capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("page", LINKING, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert [target for target in links_of(page) if not leads_somewhere(page, target)] == []


def leads_somewhere(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    there = page.parent / path if path else page
    return there.exists() and (not anchor or anchor in anchors_of(there))


def test_every_page_is_in_the_table_of_contents() -> None:
    reached, new = set[Path](), {DOCS / "index.md"}
    while new:
        reached |= new
        new = {there for page in new for there in pages_in_toctrees(page)} - reached
    assert sorted(set(PAGES) - reached) == []


def test_every_plugin_has_a_page() -> None:
    assert {one.name for one in DISTRIBUTIONS[1:]} <= {one.stem for one in DOCS.glob("providers/*.md")}


def test_it_builds_without_a_warning(tmp_path: Path) -> None:
    for tool in ("sphinx", "myst_parser", "furo"):
        pytest.importorskip(tool, reason="`make docs` brings what builds the documentation")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    where = ["-d", tmp_path / "doctrees", DOCS, tmp_path / "html"]
    built = subprocess.run([*command, *where], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
