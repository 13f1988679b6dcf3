"""The power goes, at whatever moment of a run: the files as they were then are opened, and the next run goes on.

At each moment of one run the files are copied as they lie there, while they are in use. What a power cut does to
them beyond that is done to the copies. RUNDBRIEF_DISK_CASES=500 tries so many moments more.
"""

import os
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from rundbrief.engine.doctor import examine
from rundbrief.models import OptIn, SubscriberStatus
from rundbrief.store import Store

MORE = int(os.environ.get("RUNDBRIEF_DISK_CASES", "0"))
STATE, CRM = "state.db", "contacts.db"
YES, NO = OptIn.YES, OptIn.NO
UNSUBSCRIBED = SubscriberStatus.UNSUBSCRIBED


@dataclass
class Moment:
    """What there was at one moment of a run."""

    files: dict[str, bytes]
    service: Any


def prepare(world: Any) -> None:
    """After a first import: some come and leave at the service, others are wanted or taken back in the CRM."""
    for one in range(6):
        world.service.put(f"stays{one}@example.org")
    for name in ("leaves", "is-taken-back", "was-out"):
        world.service.put(f"{name}@example.org")
    world.service.put("was-out@example.org", UNSUBSCRIBED)
    world.imports()
    world.service.delete("was-out@example.org")
    world.add("was-out@example.org", YES)
    world.service.put("leaves@example.org", UNSUBSCRIBED)
    for one in range(3):
        world.service.put(f"joins{one}@example.org")
        world.add(f"wanted{one}@example.org", YES)
    world.say(world.contact("is-taken-back@example.org").id, NO)
    world.workspace.close()
    world.open()


@contextmanager
def watched(world: Any, moments: list[Moment]) -> Iterator[None]:
    """Note the moments of a run: before each call of the service, and each transaction."""

    def note(*_: object) -> None:
        files = {one.name: one.read_bytes() for one in world.folder.iterdir() if one.suffix != ".lock"}
        service = deepcopy(world.service)
        service.before = lambda call: None
        moments.append(Moment(files, service))

    engines = (world.workspace.store._engine, world.crm._engine)
    for engine in engines:
        event.listen(engine, "begin", note)
    world.service.before = note
    try:
        yield
    finally:
        world.service.before = lambda call: None
        for engine in engines:
            event.remove(engine, "begin", note)


def standing(world: Any) -> dict[str, Any]:
    """Return where everybody stands, everywhere, and what the journal tells of it."""
    files = world.files()
    named = {name.rpartition(": ")[2]: rows for name, rows in files.items()}
    return {
        "service": {one.address: one.status for one in world.service.members.values()},
        "crm": world.everybody(),
        "recipients": {row[2]: (row[5], row[8], row[9]) for row in named["recipients"]},
        "left": [named[table] for table in ("inbox", "outbox", "intents", "candidates")],
        "journal": Counter((row[4], row[6], row[8], row[9]) for row in named["journal"]),
    }


@pytest.fixture
def powerless(make_world: Callable[..., Any]) -> Callable[[Moment], Any]:
    """Return what opens a world on the files of a moment, a day later."""

    def begin(moment: Moment) -> Any:
        world = make_world(service=deepcopy(moment.service), files=moment.files)
        world.clock.pass_days(1)
        return world

    return begin


def lost_shm(moment: Moment, chance: random.Random) -> Moment:
    return Moment({name: one for name, one in moment.files.items() if not name.endswith("-shm")}, moment.service)


def half_written(moment: Moment, chance: random.Random) -> Moment:
    """A transaction was on its way: its pages lie behind what was saved, some of them, the last one torn."""
    files = dict(lost_shm(moment, chance).files)
    for name in [name for name in files if name.endswith("-wal") and files[name]]:
        frames = files[name][32:]
        begin = chance.randrange(max(1, len(frames) // 4120)) * 4120
        torn = frames[begin : begin + chance.randrange(1, 9000)]
        files[name] += torn + chance.randbytes(chance.randrange(100))
    return Moment(files, moment.service)


CUTS = (lambda moment, chance: moment, lost_shm, half_written)


@pytest.fixture
def lived(make_world: Callable[..., Any]) -> tuple[list[Moment], dict[str, Any]]:
    """Return the moments of a sync, and where everybody stands after it."""
    world, moments = make_world(), list[Moment]()
    prepare(world)
    with watched(world, moments):
        world.syncs()
    world.syncs()
    assert len(moments) > 40
    return moments, standing(world)


def test_whatever_the_moment_the_next_run_ends_where_an_undisturbed_one_does(
    lived: tuple[list[Moment], dict[str, Any]], powerless: Callable[[Moment], Any]
) -> None:
    chance = random.Random(7)
    moments, undisturbed = lived
    for number in range(6 + MORE):
        found = powerless(CUTS[number % 3](chance.choice(moments), chance))
        found.syncs()
        found.syncs()
        assert standing(found) == undisturbed, number
        assert found.service.find("was-out@example.org") is None
        config, now = found.workspace.config, found.clock()
        assert [one for one in examine(config, environ={}, now=now) if one.exit_code] == []


def test_a_disk_that_lies_about_the_state_loses_entries_and_no_withdrawal(
    lived: tuple[list[Moment], dict[str, Any]], powerless: Callable[[Moment], Any]
) -> None:
    """The end of the state's log is gone, although the disk had said that it was written, or an older copy was put
    back: the state is older than the CRM and the service."""
    chance = random.Random(8)
    moments, undisturbed = lived
    for number in range(3 + MORE):
        moment = lost_shm(chance.choice(moments), chance)
        log = moment.files.get(f"{STATE}-wal", b"")
        shorter = {f"{STATE}-wal": log[: chance.randrange(len(log) + 1)]}
        found = powerless(Moment(moment.files | shorter, moment.service))
        found.syncs()
        found.syncs()
        after = standing(found)
        for what in ("service", "crm", "recipients", "left"):
            assert after[what] == undisturbed[what], (number, what)


def test_files_are_copied_with_a_plain_copy(make_world: Callable[..., Any], tmp_path: Path) -> None:
    """What the tests above stand on: main file and log, copied in use, are all that was saved."""
    world = make_world()
    world.service.put("ann@example.org")
    world.imports()
    for name in (STATE, f"{STATE}-wal"):
        shutil.copy(world.folder / name, tmp_path / name)
    store = Store.open(tmp_path / STATE)
    with store.transaction() as transaction:
        assert transaction.journal.count() == 2
    store.close()
