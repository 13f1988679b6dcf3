"""Pigeon post, installed as an installer would: as it is, or with a change that makes it hostile."""

import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

Change = tuple[str, str]
"""A text in one of the two modules, and what stands there instead."""

MODULES = ("pigeon", "pigeon_loft")


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Sequence[Change]], None]]:
    def install(changes: Sequence[Change] = ()) -> None:
        metadata = tmp_path / "rundbrief_pigeon-1.0.dist-info"
        metadata.mkdir()
        metadata.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: rundbrief-pigeon\nVersion: 1.0\n")
        metadata.joinpath("entry_points.txt").write_text("[rundbrief.providers]\npigeon = pigeon\n")
        sources = {name: Path(__file__).with_name("pigeon").joinpath(f"{name}.py").read_text() for name in MODULES}
        for old, new in changes:
            (name,) = [name for name, source in sources.items() if old in source]
            sources[name] = sources[name].replace(old, new)
        for name, source in sources.items():
            tmp_path.joinpath(f"{name}.py").write_text(source)
        monkeypatch.syspath_prepend(str(tmp_path))

    yield install
    for name in MODULES:
        sys.modules.pop(name, None)
    importlib.invalidate_caches()
