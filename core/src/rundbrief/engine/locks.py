"""Locks between processes. The operating system holds them, so a crash releases them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from rundbrief.errors import RunLocked

__all__ = ["only_run", "only_teller"]


@contextmanager
def only_run(state: Path, connection: str) -> Iterator[None]:
    """Let nobody else run this connection meanwhile.

    Raises:
        RunLocked: somebody does already.
    """
    lock = _lock(state, connection)
    try:
        lock.acquire()
    except Timeout:
        raise RunLocked(
            f"Another run of connection {connection!r} is under way.",
            hint="Wait until it has ended; its lock goes with it, even after a crash.",
        ) from None
    try:
        yield
    finally:
        lock.release()


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


def _lock(state: Path, name: str) -> FileLock:
    return FileLock(state.with_name(f"{state.name}.{name}.lock"), timeout=0, mode=0o600)
