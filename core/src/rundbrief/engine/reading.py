"""Reading: pages come from the service ahead of need, and go into the inbox with their cursor."""

import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from rundbrief.engine.run import RunContext
from rundbrief.models import Checkpoint, Subscriber
from rundbrief.store import Reading

__all__ = ["Page", "fetch", "pages", "read_ahead"]

Item = TypeVar("Item")

PAGES_AHEAD = 2
"""How many pages wait in memory while one is saved."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a plugin yields up to a checkpoint. `cursor` None: the stream ended without one."""

    subscribers: tuple[Subscriber, ...]
    cursor: str | None


def fetch(context: RunContext) -> None:
    """Bring the inbox up to date with the service.

    Goes on in the middle where an earlier run was cut off; else reads what changed since the last read; else,
    the first time, when asked to, when the last full read is too old, or when the service could not tell who has
    left, reads everything, and then knows who is gone. Each page is saved together with its cursor.
    """
    start = _begin(context)
    total = context.mailing_list.size if start.full_read else None
    context.progress.phase(f"Reading {context.place}", total)
    stream = context.connection.provider.fetch_opt_ins(
        context.connection.session, context.mailing_list, start.cursor
    )
    reading = start
    with (
        context.connection.waits.together() as call_off,
        closing(read_ahead(pages(stream), PAGES_AHEAD, call_off)) as ready,
    ):
        for page in ready:
            context.stop.check()
            reading = replace(reading, cursor=page.cursor or reading.cursor)
            with context.store.transaction() as transaction:
                transaction.inbox(context.connection.name, context.scope).put(page.subscribers)
                transaction.cursors(context.connection.name, context.scope).put(reading)
            context.progress.advance(len(page.subscribers))
    _end(context, reading)


def pages(stream: Iterable[Subscriber | Checkpoint]) -> Iterator[Page]:
    """Cut a plugin's stream at its checkpoints."""
    subscribers: list[Subscriber] = []
    for item in stream:
        if isinstance(item, Checkpoint):
            yield Page(tuple(subscribers), item.cursor)
            subscribers = []
        else:
            subscribers.append(item)
    if subscribers:
        yield Page(tuple(subscribers), None)


def read_ahead(items: Iterable[Item], depth: int, abandon: Callable[[], None]) -> Generator[Item]:
    """Yield the items while a thread fetches the next ones; errors arrive in their place in the order.

    Args:
        abandon: called when nobody wants more: lets the thread come to its end.
    """
    ready: queue.Queue[Callable[[], Item] | None] = queue.Queue(maxsize=depth)
    abandoned = threading.Event()

    def offer(thunk: Callable[[], Item] | None) -> bool:
        while not abandoned.is_set():
            try:
                ready.put(thunk, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def work() -> None:
        try:
            for item in items:
                if not offer(lambda item=item: item):  # type: ignore[misc]
                    return
        except BaseException as error:
            offer(lambda error=error: _throw(error))  # type: ignore[misc]
        offer(None)

    thread = threading.Thread(target=work, name="read-ahead", daemon=True)
    thread.start()
    try:
        while (thunk := ready.get()) is not None:
            yield thunk()
    finally:
        abandoned.set()
        abandon()
        thread.join()


def _throw(error: BaseException) -> Item:  # type: ignore[type-var]
    raise error


def _begin(context: RunContext) -> Reading:
    with context.store.transaction() as transaction:
        cursors = transaction.cursors(context.connection.name, context.scope)
        last = cursors.get()
        if last.reading and last.cursor is not None and not context.options.full:
            context.progress.say("An earlier read was cut off; going on in its middle.")
            return last
        everything = context.options.full or last.cursor is None or _is_due(context, last)
        start = Reading(None if everything else last.cursor, True, everything, last.full_read_at)
        cursors.put(start)
        if everything:
            # Else a recipient left over from an earlier read would pass for one that this read has seen.
            transaction.inbox(context.connection.name, context.scope).drop_subscribed()
    return start


def _is_due(context: RunContext, last: Reading) -> bool:
    days = context.connection.config.full_import_days
    if last.full_read_at is None or context.connection.provider.info.forgets_who_left:
        return True
    return days > 0 and context.now() - last.full_read_at >= timedelta(days=days)


def _end(context: RunContext, reading: Reading) -> None:
    with context.store.transaction() as transaction:
        inbox = transaction.inbox(context.connection.name, context.scope)
        context.counts["read"] = inbox.count()
        if reading.full_read:
            inbox.put_gone()
        transaction.cursors(context.connection.name, context.scope).put(
            Reading(
                reading.cursor,
                False,
                False,
                context.now() if reading.full_read else reading.full_read_at,
            )
        )
