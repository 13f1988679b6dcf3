"""Backups: the state, its key, and the databases of the CRM, in a folder of their own.

The state is copied before the CRM. A pair that is put back is then like a run that was killed between an effect
and its record, which the next run mends. The other way round the record would be ahead of the CRM, and what the
CRM lacks would be taken for a wish of its users.
"""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rundbrief.config import Config, load_settings
from rundbrief.database import back_up
from rundbrief.database.opening import sync_folder
from rundbrief.database.trouble import explained_of_system
from rundbrief.errors import InputError
from rundbrief.hookspecs import CrmFile
from rundbrief.plugins import load_crm
from rundbrief.store.erasure_key import key_path

__all__ = ["FOLDER", "BackedUp", "Backup", "crm_files", "make_backup", "newest_backup"]

FOLDER = "backups"
"""Where backups are put when nothing else is said: a folder beside the state."""
SECRET = ("tokens",)
"""Tables that no backup has: an earlier rundbrief kept OAuth tokens in the state. Nor does a backup have the files
they are in now: an access token is fetched anew, and an old refresh token is worthless once it was renewed."""
UNFINISHED = ".unfinished-"


@dataclass(frozen=True, slots=True)
class BackedUp:
    """One file of a backup."""

    name: str
    size: int
    """Bytes."""
    rows: Mapping[str, int]
    """Table -> rows; empty for a file that is no database."""


@dataclass(frozen=True, slots=True)
class Backup:
    folder: Path
    files: Sequence[BackedUp]


def make_backup(config: Config, folder: Path | None, *, environ: Mapping[str, str], now: datetime) -> Backup:
    """Copy everything that cannot be made again, while runs go on, into a new folder named by the moment.

    The folder gets its name when all of it is complete, verified and on the disk.

    Args:
        folder: where the new folder is made; None: `backups` beside the state.

    Raises:
        InputError: there is no state yet, or a backup of this second exists.
        StateUnwritable: there is no room, or the place cannot be written.
        StateCorrupt: an original is damaged. Older backups are left alone.
    """
    databases, key = _databases(config, environ), key_path(config.state_path)
    place = folder or config.state_path.parent / FOLDER
    final = place / f"{now.astimezone(UTC):%Y-%m-%dT%H-%M-%SZ}"
    unfinished = place / f"{UNFINISHED}{os.getpid()}"
    if final.exists():
        raise InputError(f"There is a backup {final} already.", hint="Nothing was overwritten; run it again.")
    try:
        place.mkdir(parents=True, exist_ok=True)
        unfinished.mkdir(mode=0o700)
        try:
            files = [_copied_database(original, unfinished / name) for name, original in databases.items()]
            if key.exists():  # looked for after the state: one that needs a key has had it before
                files.append(_copied_key(key, unfinished / key.name))
            sync_folder(unfinished)
            unfinished.rename(final)
            sync_folder(place)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    except OSError as error:
        raise explained_of_system(final, error) from None
    return Backup(final, files)


def newest_backup(config: Config) -> Path | None:
    """Return the newest backup in the usual place; None where there is none."""
    found = sorted(one.parent for one in config.state_path.parent.glob(f"{FOLDER}/[!.]*/{config.state_path.name}"))
    return found[-1] if found else None


def crm_files(config: Config, environ: Mapping[str, str]) -> Sequence[CrmFile]:
    """Return the databases that the CRM's plugin keeps on this machine.

    Raises:
        PluginError, SettingsError: the plugin or its settings cannot be used.
    """
    info = load_crm(config.crm.plugin).info
    if info.files is None:
        return ()
    settings = load_settings(
        info.settings, config.crm.settings, where="crm", folder=config.folder, environ=environ
    )
    return info.files(settings, config.folder)


def _databases(config: Config, environ: Mapping[str, str]) -> dict[str, Path]:
    """Return name in the backup -> original; the state first."""
    state = config.state_path
    if not state.exists():
        raise InputError(f"There is nothing to back up: no {state}.", hint="Is it the right rundbrief.toml?")
    found = {state.name: state}
    for one in crm_files(config, environ):
        if not one.is_copy and one.path.exists():
            name = one.path.name if one.path.name not in found else f"crm-{one.path.name}"
            found[name] = one.path
    return found


def _copied_database(original: Path, target: Path) -> BackedUp:
    rows = back_up(original, target, emptied=SECRET)
    return BackedUp(target.name, target.stat().st_size, rows)


def _copied_key(original: Path, target: Path) -> BackedUp:
    with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(original.read_bytes())
        file.flush()
        os.fsync(file.fileno())
    return BackedUp(target.name, target.stat().st_size, {})
