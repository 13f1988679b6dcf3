"""The threat model names a test for what it claims: each of them is there."""

import re

import pytest
from installing import ROOT

PAGE = (ROOT / "docs/explanation/threat-model.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`([\w/.-]*\btest_\w+(?:\.py)?)`", PAGE)))
SOURCES = "\n".join(
    one.read_text(encoding="utf-8")
    for folder in ("tests", "core/tests", "plugins")
    for one in ROOT.joinpath(folder).rglob("test_*.py")
)


@pytest.mark.parametrize("name", NAMED)
def test_a_test_that_is_named_is_there(name: str) -> None:
    assert ROOT.joinpath(name).is_file() if name.endswith(".py") else f"def {name}(" in SOURCES


def test_it_names_some() -> None:
    assert len(NAMED) > 20
