"""Locks between processes. The operating system holds them, so a crash releases them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from rundbrief.errors import RunLocked

__all__ = ["only_dry_run", "only_run", "only_teller"]


@contextmanager
def only_run(state: Path, connection: str) -> Iterator[None]:
    """Let nobody else run this connection meanwhile.

    Raises:
        RunLocked: somebody does already.
    """
    with _only(_lock(state, connection), f"Another run of connection {connection!r} is under way."):
        yield


@contextmanager
def only_dry_run(state: Path, connection: str) -> Iterator[None]:
    """Let nobody else use the copy of the state that dry runs of this connection work on.

    Raises:
        RunLocked: somebody does already.
    """
    name = f"{connection}.dry-run"
    with _only(_lock(state, name), f"Another dry run of connection {connection!r} is under way."):
        yield


@contextmanager
def only_teller(state: Path, connection: str) -> Iterator[bool]:
    """Let nobody else tell observers of this connection meanwhile; yields False where somebody does already.

    It is not the lock of the runs: an observer that hangs keeps nobody from running.
    """
    lock = _lock(state, f"{connection}.observers")
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


@contextmanager
def _only(lock: FileLock, taken: str) -> Iterator[None]:
    try:
        lock.acquire()
    except Timeout:
        raise RunLocked(
            taken, hint="Wait until it has ended; its lock goes with it, even after a crash."
        ) from None
    try:
        yield
    finally:
        lock.release()


def _lock(state: Path, name: str) -> FileLock:
    return FileLock(state.with_name(f"{state.name}.{name}.lock"), timeout=0, mode=0o600)
