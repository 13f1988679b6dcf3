"""Plugins that are really on the path: a module, METADATA and entry_points.txt, as an installer leaves them."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from rundbrief.hookspecs import PROVIDER_GROUP


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Return what puts a distribution on the path, version 1.2, until the test ends."""
    known = set(sys.modules)

    def install(
        distribution: str, module: str, source: str, *, name: str = "paperboy", group: str = PROVIDER_GROUP
    ) -> None:
        folder = tmp_path / distribution
        metadata = folder / f"{distribution.replace('-', '_')}-1.2.dist-info"
        metadata.mkdir(parents=True)
        metadata.joinpath("METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n", encoding="utf-8"
        )
        metadata.joinpath("entry_points.txt").write_text(f"[{group}]\n{name} = {module}\n", encoding="utf-8")
        folder.joinpath(f"{module}.py").write_text(dedent(source), encoding="utf-8")
        monkeypatch.syspath_prepend(str(folder))

    yield install
    for module in set(sys.modules) - known:
        if str(getattr(sys.modules[module], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[module]
    importlib.invalidate_caches()
