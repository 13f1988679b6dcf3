"""Tests of the whole: their shared packages are found beside them, and what makes the documentation in tools/."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(1, str(Path(__file__).parents[1] / "tools"))

import pytest
from installing import build_wheels


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a wheel of each distribution, built without a network."""
    return build_wheels(tmp_path_factory.mktemp("wheels"))


@pytest.fixture(scope="session")
def watched_crm(tmp_path_factory: pytest.TempPathFactory):
    """Install the CRM plugin `watched` as an installer would: by metadata on the path."""
    site = tmp_path_factory.mktemp("site")
    metadata = site / "rundbrief_watched-1.0.dist-info"
    metadata.mkdir()
    metadata.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: rundbrief-watched\nVersion: 1.0\n")
    metadata.joinpath("entry_points.txt").write_text("[rundbrief.crms]\nwatched = machine.watched_crm\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(site))
        yield
