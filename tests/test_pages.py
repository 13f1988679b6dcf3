"""Every code block of the documentation does what its page says, page by page, in an empty folder."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from documentation.pages import blocks_of
from documentation.walking import VARIABLES, Reader
from documentation.warm import warm_command
from installing import ROOT

OWN_TEST = ROOT / "docs/tutorial/write-a-provider.md"
"""Followed by tests/test_plugin_tutorial.py, where only wheels are installed."""

PAGES = sorted(
    page
    for page in ROOT.glob("docs/**/*.md")
    if "_build" not in page.parts and "examples" not in page.parts and page != OWN_TEST
)


@pytest.fixture(scope="session")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield a folder with a `rundbrief` that answers sooner."""
    folder = tmp_path_factory.mktemp("commands")
    with warm_command(folder, VARIABLES):
        yield folder


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT / "docs")))
def test_a_page_can_be_followed(page: Path, commands: Path, tmp_path: Path) -> None:
    Reader(tmp_path, Path(sys.executable).parent, warm=commands).follow(page)


@pytest.mark.parametrize("page", [*PAGES, OWN_TEST], ids=lambda page: str(page.relative_to(ROOT / "docs")))
def test_every_block_says_what_it_is(page: Path) -> None:
    """Without a language a block would be neither run nor looked at."""
    assert [str(one) for one in blocks_of(page) if not one.language] == []
