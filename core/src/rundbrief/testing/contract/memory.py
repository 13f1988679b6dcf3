"""How much memory a stream takes while it goes by."""

import gc
import logging
import sys
from collections.abc import Iterable, Iterator

__all__ = ["BLOCKS_EACH", "UNSTEADY", "peak_blocks"]

BLOCKS_EACH = 0.25
"""By how many of the interpreter's blocks of memory the peak may grow with each person who streams by. One who is
kept takes several. `tracemalloc` would tell bytes, and take minutes."""

UNSTEADY = 2_000
"""Blocks that the interpreter's own caches, and other threads, may take or give back meanwhile."""


SPACING = 1.2
"""How much longer a stream has run at each look than at the one before. Looks take time; what grows with the
stream has grown most when it has run for long."""


def peak_blocks(pauses: Iterable[object]) -> int:
    """Return how many blocks of memory were in use at most, beyond those before, while a stream went by.

    Args:
        pauses: goes on with the stream, and yields whenever it may be looked at.
    """
    waiting: Iterator[object] = iter(pauses)
    logged = logging.root.manager.disable
    logging.disable()  # a test's log keeps whatever it is told, and that is no fault of the stream's
    gc.collect()
    gc.freeze()  # so that looking for garbage costs no more than there is of it
    try:
        before, peak, next_look = sys.getallocatedblocks(), 0, 1.0
        for number, _ in enumerate(waiting, 1):
            if number >= next_look:
                next_look = number * SPACING
                gc.collect()
                peak = max(peak, sys.getallocatedblocks() - before)
    finally:
        gc.unfreeze()
        logging.disable(logged)
    return peak
