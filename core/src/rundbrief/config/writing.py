"""Changing rundbrief.toml without losing what its owner has written there.

`tomlkit` keeps comments, blank lines and the order of everything that is not touched.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile

import tomlkit
from tomlkit.items import Table

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
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8"))
        table = document["connections"][connection]
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from None
    except KeyError:
        raise SettingsError(f"{path.name} has no table [connections.{connection}].") from None
    assert isinstance(table, Table)
    if "fields" not in table:
        table["fields"] = tomlkit.table()
    there = table["fields"]
    new = {key: value for key, value in fields.items() if key not in there}
    for key, value in new.items():
        there[key] = value
    if new:
        _replace(path, tomlkit.dumps(document))
    return new


def _replace(path: Path, text: str) -> None:
    """Write beside the file and put it in its place, so that at no moment there is half a file."""
    try:
        with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
            file.write(text)
        Path(file.name).chmod(path.stat().st_mode & 0o777)
        os.replace(file.name, path)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}.") from None
