"""Locks between processes. The operating system holds them, so a crash releases them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from rundbrief.database.trouble import explained_of_system
from rundbrief.errors import RunLocked

__all__ = ["connections_locked_once", "is_under_way", "only_dry_run", "only_run", "only_teller"]


@contextmanager
def only_run(state: Path, connection: str) -> Iterator[None]:
    """Let nobody else run this connection meanwhile.

    Raises:
        RunLocked: somebody does already.
        StateUnwritable: the file of the lock cannot be made.
    """
    with _only(state, connection, f"Another run of connection {connection!r} is under way."):
        yield


@contextmanager
def only_dry_run(state: Path, connection: str) -> Iterator[None]:
    """Let nobody else use the copy of the state that dry runs of this connection work on.

    Raises:
        RunLocked: somebody does already.
    """
    with _only(state, f"{connection}.dry-run", f"Another dry run of connection {connection!r} is under way."):
        yield


@contextmanager
def only_teller(state: Path, connection: str) -> Iterator[bool]:
    """Let nobody else tell observers of this connection meanwhile; yields False where somebody does already.

    It is not the lock of the runs: an observer that hangs keeps nobody from running.
    """
    lock = _lock(state, f"{connection}.observers")
    try:
        lock.acquire()
    except OSError:  # taken, or out of reach
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def is_under_way(state: Path, connection: str) -> bool:
    """Tell whether a run of this connection is under way; nothing is made for that."""
    lock = _lock(state, connection)
    if not Path(lock.lock_file).exists():
        return False
    try:
        lock.acquire()
    except Timeout:
        return True
    except OSError:
        return False
    lock.release()
    return False


def connections_locked_once(state: Path) -> set[str]:
    """Return the connections that have had a run beside this state, as far as the files of their locks tell."""
    files = state.parent.glob("*.lock")
    names = (one.name.removeprefix(f"{state.name}.") for one in files if one.name.startswith(f"{state.name}."))
    return {name.removesuffix(".lock").removesuffix(".observers").removesuffix(".dry-run") for name in names}


@contextmanager
def _only(state: Path, name: str, taken: str) -> Iterator[None]:
    lock = _lock(state, name)
    try:
        lock.acquire()
    except Timeout:
        raise RunLocked(
            taken, hint="Wait until it has ended; its lock goes with it, even after a crash."
        ) from None
    except OSError as error:
        raise explained_of_system(state, error) from None
    try:
        yield
    finally:
        lock.release()


def _lock(state: Path, name: str) -> FileLock:
    return FileLock(state.with_name(f"{state.name}.{name}.lock"), timeout=0, mode=0o600)
