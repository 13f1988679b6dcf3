"""Tags: `origin.tag`, added, taken away, or replaced."""

import re
from collections.abc import Iterable

__all__ = ["changed_tags"]

MAX_ORIGIN = 50


def changed_tags(tags: Iterable[str], sent: Iterable[object]) -> list[str]:
    """Return tags after a write: what was sent comes on top, `-origin.tag` and `-origin.*` take away."""
    result = list(tags)
    for text in map(str, sent):
        if not text.startswith("-"):
            result += [tag for tag in [_spelt(text)] if tag not in result]
        elif text.endswith(".*"):
            origin = _spelt(text[1:-2])
            result = [tag for tag in result if not tag.startswith(f"{origin}.")]
        else:
            result = [tag for tag in result if tag != _spelt(text[1:])]
    return result


def _spelt(text: str) -> str:
    """Return a tag in the letters that are allowed."""
    origin, dot, tag = text.partition(".")
    return f"{_letters(origin)[:MAX_ORIGIN]}{dot}{_letters(tag)}"


def _letters(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", text.strip())
