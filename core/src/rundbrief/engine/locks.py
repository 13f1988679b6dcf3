"""Locks between processes. The operating system holds them, so a crash releases them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from rundbrief.database.trouble import explained_of_system
from rundbrief.errors import RunLocked

__all__ = [
    "connections_locked_once",
    "is_under_way",
    "only_dry_run",
    "only_renewal",
    "only_run",
    "only_teller",
]

BETWEEN_LOOKS = 0.1
"""Seconds between two looks at whether a lock is free."""

_USES = (".observers", ".dry-run", ".tokens")
"""What stands between a connection's name and the end in the name of a lock that is not that of its runs."""


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
    return {_connection_of(name.removesuffix(".lock")) for name in names}


@contextmanager
def only_renewal(state: Path, connection: str, wait: Callable[[float], None]) -> Iterator[None]:
    """Let nobody else renew this connection's tokens meanwhile, and wait for whoever does.

    It is not the lock of the runs: a check or a list pull may need a token while a run is under way.

    Raises:
        StateUnwritable: there can be no lock beside the state.
    """
    lock = _lock(state, f"{connection}.tokens")
    while not lock.is_locked:
        try:
            lock.acquire()
        except Timeout:
            wait(BETWEEN_LOOKS)
        except OSError as error:
            raise explained_of_system(state, error) from None
    try:
        yield
    finally:
        lock.release()


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


def _connection_of(name: str) -> str:
    for use in _USES:
        name = name.removesuffix(use)
    return name
