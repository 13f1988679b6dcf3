"""A connection's table as it stands in rundbrief.toml, for configurations that the command line writes itself."""

import json
from collections.abc import Mapping
from typing import Any

__all__ = ["connection_table"]


def connection_table(name: str, settings: Mapping[str, Any]) -> str:
    """Return `[connections.NAME]` with these settings: texts, numbers, booleans, and tables of them."""
    lines = [f"[connections.{name}]", *(f"{key} = {_value(value)}" for key, value in settings.items())]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(inner)}" for key, inner in value.items()) + " }"
    # JSON's texts, numbers and booleans are TOML as well, as long as nothing is left unescaped (DEL is not).
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
