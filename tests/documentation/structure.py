"""Pages taken apart into their sections, anchors and links."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Section", "anchors_of", "links_of", "pages_in_toctrees", "sections_of"]

ANCHORED = 3
"""The deepest level of headings that have anchors: `myst_heading_anchors` in docs/conf.py."""

_HEADING = re.compile(r"(#{1,6}) (.+)")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_TOCTREE = re.compile(r"^```\{toctree\}\n(.*?)^```", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, and what stands below it up to the next one."""

    level: int
    title: str
    text: str


def sections_of(page: Path) -> list[Section]:
    """Return a page's sections in their order."""
    found: list[tuple[int, str, list[str]]] = []
    for line, is_code in _lines(page):
        heading = None if is_code else _HEADING.fullmatch(line)
        if heading:
            found.append((len(heading[1]), heading[2].strip(), []))
        elif found:
            found[-1][2].append(line)
    return [Section(level, title, "\n".join(lines)) for level, title, lines in found]


def anchors_of(page: Path) -> set[str]:
    """Return the anchors that the headings of a page make: the rules are GitHub's, and MyST has the same."""
    seen: Counter[str] = Counter()
    anchors = set()
    for section in sections_of(page):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", section.title).lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        if section.level <= ANCHORED:
            anchors.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return anchors


def links_of(page: Path) -> Iterator[str]:
    """Yield the targets of a page's links that do not lead out into the world."""
    for line, is_code in _lines(page):
        if not is_code:
            yield from (one for one in _LINK.findall(line) if not re.match(r"[a-z]+:", one))


def pages_in_toctrees(page: Path) -> Iterator[Path]:
    """Yield the pages that the tables of contents of a page name."""
    for block in _TOCTREE.findall(page.read_text(encoding="utf-8")):
        entries = [line.strip() for line in block.splitlines() if line.strip()]
        for entry in entries:
            if not entry.startswith(":"):
                yield from sorted(page.parent.glob(f"{entry}.md"))


def _lines(page: Path) -> Iterator[tuple[str, bool]]:
    """Yield each line, and whether it belongs to a code block."""
    fence = ""
    for line in page.read_text(encoding="utf-8").splitlines():
        opened = re.match(r" *(```+)", line)
        if fence:
            yield line, True
            fence = "" if line.strip() == fence else fence
        elif opened:
            fence = opened[1]
            yield line, True
        else:
            yield line, False
