"""The copy of the state that a dry run works on: beside the state, for its owner alone, and gone afterwards.

It lies beside the state and not among the system's temporary files, so that the next run finds what a killed one
left behind.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path

from rundbrief.engine.locks import only_dry_run
from rundbrief.errors import RunLocked, StateUnwritable
from rundbrief.store import Store

__all__ = ["copy_for", "remove_abandoned"]

_ENDING = ".dry-run"


@contextmanager
def copy_for(store: Store, connection: str) -> Iterator[Store]:
    """Yield a copy of the state for one dry run.

    Raises:
        RunLocked: another dry run of the connection is under way.
        StateUnwritable: the copy cannot be written there.
    """
    folder = store.path.with_name(f"{store.path.name}.{connection}{_ENDING}")
    with only_dry_run(store.path, connection):
        _make_anew(folder)
        try:
            copy = store.copy(folder / "state.db")
            try:
                yield copy
            finally:
                copy.close()
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def remove_abandoned(state: Path) -> None:
    """Remove the copies that killed dry runs left behind. Those of dry runs under way are locked, and stay."""
    for folder in state.parent.glob(f"{escape(state.name)}.*{_ENDING}"):
        connection = folder.name.removeprefix(f"{state.name}.").removesuffix(_ENDING)
        try:
            with only_dry_run(state, connection):
                shutil.rmtree(folder, ignore_errors=True)
        except RunLocked:
            continue


def _make_anew(folder: Path) -> None:
    """Make the folder for its owner alone, without what a killed dry run has left in it."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise StateUnwritable(
            f"The folder {folder} for a dry run cannot be made: {error.strerror}.",
            hint="Check the rights of the folder that it is in, and remove it if it is there.",
        ) from None
