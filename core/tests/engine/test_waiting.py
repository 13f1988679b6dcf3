"""Nobody sits out a wait whose run is over."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from rundbrief.engine.reading import read_ahead
from rundbrief.engine.waiting import StopSignal, Waits
from rundbrief.errors import Interrupted, SignInAgain
from rundbrief.models import OptIn, SubscriberStatus

HOUR = 3600.0


def waiting(waits: Waits) -> tuple[threading.Thread, list[type[BaseException]]]:
    """Let a thread begin to wait for an hour; what has ended it is in the list."""
    ended: list[type[BaseException]] = []

    def work() -> None:
        try:
            waits(HOUR)
        except Interrupted as error:
            ended.append(type(error))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread, ended


def test_a_wait_is_called_off_in_every_thread() -> None:
    waits = Waits(StopSignal())
    with waits.together() as call_off:
        threads = [waiting(waits) for _ in range(3)]
        call_off()
        for thread, ended in threads:
            thread.join(30)
            assert ended == [Interrupted]
        with pytest.raises(Interrupted):
            waits(0.0)
    waits(0.0)


def test_a_stop_ends_it_as_well() -> None:
    stop = StopSignal()
    thread, ended = waiting(Waits(stop))
    stop.set()
    thread.join(30)
    assert ended == [Interrupted]


@pytest.mark.parametrize("seconds", [0.0, 0.01])
def test_a_wait_that_nobody_disturbs_comes_to_its_end(seconds: float) -> None:
    Waits(StopSignal())(seconds)


def test_a_reader_that_waits_does_not_hold_up_the_end_of_a_read() -> None:
    waits = Waits(StopSignal())

    def pages() -> Iterator[int]:
        yield 1
        waits(HOUR)

    with waits.together() as call_off:
        ready = read_ahead(pages(), 2, call_off)
        assert next(ready) == 1
        ready.close()


def test_a_batch_that_waits_does_not_hold_up_a_run_that_has_failed(world: Any) -> None:
    """One thread is refused its key while the other waits for the rate budget."""
    for number in range(4):
        world.add(f"jo{number}@example.org", OptIn.YES)
    world.imports()
    waits = world.workspace.connection("news").waits
    first = threading.Lock()
    one_waits, ended = threading.Event(), []

    def before(call: str) -> None:
        if call != "create":
            return
        if not first.acquire(blocking=False):
            assert one_waits.wait(30)
            raise SignInAgain("Paperboy refused the key.")
        try:
            for _ in range(3000):
                waits(0.01)
                one_waits.set()
                time.sleep(0.01)
        except Interrupted:
            ended.append("woken")
            raise

    world.service.before = before
    with pytest.raises(SignInAgain):
        world.exports()
    assert ended == ["woken"]
    world.service.before = lambda _: None
    world.exports()
    assert {world.service.status(f"jo{number}@example.org") for number in range(4)} == {
        SubscriberStatus.SUBSCRIBED
    }
