"""Doing something in a copy of this process: what it does to sandboxes is not done here."""

import os
import pickle
from collections.abc import Callable
from typing import TypeVar

__all__ = ["in_a_copy"]

Found = TypeVar("Found")


def in_a_copy(work: Callable[[], Found]) -> Found:
    """Carry out work in a forked process, and return what it returned. There may be no other thread.

    Raises:
        RuntimeError: the work raised; it holds the traceback.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _answer(work, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        content = answer.read()
    os.waitpid(child, 0)
    is_fine, found = pickle.loads(content)  # our own
    if not is_fine:
        raise RuntimeError(found)
    return found  # type: ignore[no-any-return]


def _answer(work: Callable[[], object], writing: int) -> None:
    import traceback

    try:
        content = pickle.dumps((True, work()))
    except BaseException:
        content = pickle.dumps((False, traceback.format_exc()))
    with os.fdopen(writing, "wb") as answer:
        answer.write(content)
    os._exit(0)  # no clean-up of what belongs to the parent
