"""The card box, installed as an installer would: as it is, or with a change that makes it hostile."""

import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

Change = tuple[str, str]
"""A text in one of the two modules, and what stands there instead."""

MODULES = ("card_box", "card_room")


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Sequence[Change]], None]]:
    def install(changes: Sequence[Change] = ()) -> None:
        metadata = tmp_path / "rundbrief_cardbox-1.0.dist-info"
        metadata.mkdir()
        metadata.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: rundbrief-cardbox\nVersion: 1.0\n")
        metadata.joinpath("entry_points.txt").write_text("[rundbrief.crms]\ncardbox = card_box\n")
        folder = Path(__file__).with_name("card_box")
        sources = {name: folder.joinpath(f"{name}.py").read_text() for name in MODULES}
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
