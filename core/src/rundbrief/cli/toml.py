"""Tables as they stand in rundbrief.toml, for configurations that the command line writes itself."""

import json
import re
from collections.abc import Mapping
from typing import Any

__all__ = ["connection_table", "crm_table"]


def connection_table(name: str, settings: Mapping[str, Any]) -> str:
    """Return `[connections.NAME]` with these settings: texts, numbers, booleans, and tables of them."""
    return _table(f"connections.{name}", settings)


def crm_table(settings: Mapping[str, Any]) -> str:
    """Return `[crm]` with these settings."""
    return _table("crm", settings)


def _table(name: str, settings: Mapping[str, Any]) -> str:
    lines = [f"[{name}]", *(f"{key} = {_value(value)}" for key, value in settings.items())]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(inner)}" for key, inner in value.items()) + " }"
    # JSON's texts, numbers and booleans are TOML as well, as long as nothing is left unescaped (DEL is not).
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key, ensure_ascii=False)
