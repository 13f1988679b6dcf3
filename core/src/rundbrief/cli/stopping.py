"""Ctrl-C and SIGTERM: the first asks a run to stop between two effects, the second ends the process."""

import os
import queue
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rundbrief.engine import StopSignal

__all__ = ["stop_on_signals", "terminate_like_ctrl_c"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SHOW_CURSOR = "\x1b[?25h"


@contextmanager
def stop_on_signals() -> "Iterator[StopSignal]":
    """Yield a stop signal that Ctrl-C and SIGTERM set, for as long as the block lasts.

    A signal handler may interrupt the very line that holds the lock it wants. So it only puts a note into a
    `SimpleQueue`, whose `put` is made for that, and a thread does the rest.
    """
    from rundbrief.engine import StopSignal

    stop = StopSignal()
    notes: queue.SimpleQueue[int | None] = queue.SimpleQueue()
    watcher = threading.Thread(target=_watch, args=(notes, stop), name="stop-watcher", daemon=True)
    watcher.start()

    def take_note(number: int, _: FrameType | None) -> None:
        notes.put(number)

    before = {number: signal.signal(number, take_note) for number in _SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        notes.put(None)
        watcher.join()


def _watch(notes: "queue.SimpleQueue[int | None]", stop: "StopSignal") -> None:
    if notes.get() is None:
        return
    stop.set()
    click.echo("Stopping after the step under way. Press Ctrl-C again to abort at once.", err=True)
    if notes.get() is None:
        return
    # Nothing is lost by this: an effect and its record are saved together, and the lock goes with the process.
    if sys.stderr.isatty():
        click.echo(_SHOW_CURSOR, err=True, nl=False)
    click.echo("Aborted. The next run goes on from here.", err=True)
    os._exit(130)


@contextmanager
def terminate_like_ctrl_c() -> Iterator[None]:
    """Let SIGTERM end a waiting command the way Ctrl-C does."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
