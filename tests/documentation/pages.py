"""Pages taken apart into their code blocks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Block", "blocks_of"]

_FENCE = re.compile(r"^(?P<indent> *)(?P<fence>```+)(?P<language>[^\s`{]*)\s*$")
_MARK = re.compile(r"<!--\s*(?P<kind>exit|background|file|put into|copy of|not run):?\s*(?P<value>.*?)\s*-->")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block."""

    page: Path
    line: int
    """Where it begins."""
    language: str
    text: str
    mark: str = ""
    """`exit`, `background`, `file`, `put into`, `copy of`, `not run`, or nothing."""
    value: str = ""
    """What the mark says more."""

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks_of(page: Path) -> Iterator[Block]:
    """Yield a page's fenced blocks in their order. Directives of MyST, such as toctree, are none."""
    lines = page.read_text(encoding="utf-8").splitlines()
    mark = ("", "")
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if found := _MARK.fullmatch(line.strip()):
            mark = found["kind"], found["value"]
        elif opened := _FENCE.match(line):
            begin, fence = number, opened["fence"]
            while lines[number].strip() != fence:
                number += 1
            body = [one.removeprefix(opened["indent"]) for one in lines[begin:number]]
            yield Block(page, begin, opened["language"], "\n".join([*body, ""]), *mark)
            number, mark = number + 1, ("", "")
        elif line.strip().startswith("```{"):
            while lines[number].strip() != "```":
                number += 1
            number += 1
        elif line.strip():
            mark = ("", "")
