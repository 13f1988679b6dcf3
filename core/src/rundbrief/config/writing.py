"""Changing rundbrief.toml without losing what its owner has written there.

`tomlkit` keeps comments, blank lines and the order of everything that is not touched.
"""

import os
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import tomlkit
from tomlkit.items import InlineTable, Table, Whitespace

from rundbrief.errors import SettingsError

__all__ = ["write_fields"]


def write_fields(path: Path, connection: str, fields: Mapping[str, str]) -> dict[str, str]:
    """Add a field map to a connection. What the file says of a remote field already stays.

    Args:
        fields: remote key -> CRM key.

    Returns:
        What was added.

    Raises:
        SettingsError: the file cannot be read or written, or has no such connection.
    """
    text = _read(path)
    document = tomlkit.parse(text)
    table = _connection(document, connection, path)
    new = {key: value for key, value in fields.items() if key not in table.get("fields", {})}
    if new:
        written = _with(document, table, connection, new)
        _replace(path, written.replace("\n", "\r\n") if "\r\n" in text else written)
    return new


def _connection(document: Mapping[str, Any], name: str, path: Path) -> MutableMapping[str, Any]:
    """Return a connection's table, in whatever way it is spelt, and in however many pieces."""
    tables = document.get("connections", {})
    table = tables.get(name) if isinstance(tables, Mapping) else None
    if not isinstance(table, MutableMapping):
        raise SettingsError(f"{path.name} has no table [connections.{name}].")
    return table


def _with(
    document: tomlkit.TOMLDocument, table: MutableMapping[str, Any], connection: str, new: Mapping[str, str]
) -> str:
    """Return the file's text with new lines in the connection's map.

    Where there is no map yet, it comes at the end: between two tables it would part the second one from the
    comment above it.
    """
    if isinstance(there := table.get("fields"), Table):
        _append(there, new)
    elif there is not None:
        there.update(new)
    elif isinstance(table, InlineTable):
        table["fields"] = tomlkit.inline_table()
        table["fields"].update(new)
    else:
        before = _unix(tomlkit.dumps(document)).rstrip("\n")
        return f"{before}\n\n[connections.{connection}.fields]\n{tomlkit.dumps(new)}"
    return _unix(tomlkit.dumps(document))


def _append(table: Table, new: Mapping[str, str]) -> None:
    """Add lines below the last one, and above the blank line and the comment that belong to the next table."""
    body = table.value.body
    end = max((place for place, (key, _) in enumerate(body, 1) if key is not None), default=0)
    blanks = (place for place, (_, item) in enumerate(body[end:], end) if isinstance(item, Whitespace))
    place = next(blanks, end)
    below = body[place:]
    del body[place:]
    table.update(new)
    body.extend(below)


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n")


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from None


def _replace(path: Path, text: str) -> None:
    """Write beside the file and put it in its place, so that at no moment there is half a file."""
    try:
        with NamedTemporaryFile("w", encoding="utf-8", newline="", dir=path.parent, delete=False) as file:
            file.write(text)
        Path(file.name).chmod(path.stat().st_mode & 0o777)
        os.replace(file.name, path)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}.") from None
