"""Tests of the whole: their shared packages are found beside them, and what makes the documentation in tools/."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(1, str(Path(__file__).parents[1] / "tools"))

import pytest
from installing import build_wheels
from machine.watched_plugin import write_metadata


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a wheel of each distribution, built without a network."""
    return build_wheels(tmp_path_factory.mktemp("wheels"))


@pytest.fixture(scope="session")
def watched_crm(tmp_path_factory: pytest.TempPathFactory):
    """Install the CRM plugin `watched`."""
    site = tmp_path_factory.mktemp("site")
    write_metadata(site)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(site))
        yield
