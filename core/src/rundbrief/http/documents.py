"""JSON from others, read as what the rest of the world takes for JSON and for text."""

import json
import re
from typing import Any

__all__ = ["decoded"]

_HALF = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]")
"""How half a character comes: a service has cut a text in the middle of an emoji."""


def decoded(content: bytes | str) -> Any:
    """Return what a JSON document says.

    Half a character becomes a replacement character: no database and no other service would take it. NaN and
    Infinity are no JSON, although Python reads and writes them.

    Raises:
        ValueError: it is no JSON, or nested too deeply. The error may hold the document.
    """
    raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    try:
        found = json.loads(raw, parse_constant=_refuse)
        return _whole(found) if _HALF.search(raw) else found
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _whole(value: Any) -> Any:
    """Return a value whose texts consist of whole characters."""
    match value:
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case list():
            return [_whole(one) for one in value]
        case dict():
            return {_whole(key): _whole(one) for key, one in value.items()}
        case _:
            return value
