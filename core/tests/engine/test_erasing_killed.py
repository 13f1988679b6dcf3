"""An erasure that is killed between any two of its steps: the same call again completes it, and owes nothing."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import event

from rundbrief.engine import erase_person
from rundbrief.models import OptIn
from rundbrief.store.journal_chain import ERASED_PREFIX

ANN = "ann@example.org"
LOOKING = 7
"""Transactions of an erasure before the one that saves the hash."""
ALL = 20
"""More than it has in all."""


class Killed(BaseException):
    """The process ends here."""


def subscribed(world: Any) -> None:
    world.pull()
    world.service.put(ANN, fname="Ann")
    world.service.put("bob@example.org")
    world.syncs()


def kill_erasing(world: Any, instant: int) -> bool:
    """Die before the transaction of this number; tell if there was one. Each step but the service's is one."""
    begun = 0

    def dies(_: object) -> None:
        nonlocal begun
        begun += 1
        if begun == instant:
            raise Killed

    for engine in (world.workspace.store._engine, world.crm._engine):
        event.listen(engine, "begin", dies)
    with suppress(Killed):
        erase_person(world.workspace, ANN)
    world.open()
    return begun == instant


def unfinished(world: Any) -> int:
    with world.workspace.store.transaction() as transaction:
        return transaction.erased.unfinished()


def under_a_pseudonym(world: Any) -> list[tuple[Any, ...]]:
    with world.workspace.store._engine.connect() as connection:
        rows = connection.exec_driver_sql(
            f"SELECT place, actor, was, became, evidence FROM journal WHERE address LIKE '{ERASED_PREFIX}%'"
        )
        return sorted(tuple(row) for row in rows)


@pytest.mark.parametrize("instant", range(LOOKING, ALL, 2))
def test_a_run_in_between_does_not_bring_her_back(world: Any, instant: int) -> None:
    subscribed(world)
    has_died = kill_erasing(world, instant)
    world.exports()
    assert unfinished(world) == (has_died and instant > LOOKING)
    erase_person(world.workspace, ANN)
    world.syncs(full=True)
    assert (world.service.find(ANN), world.opt_in(ANN), unfinished(world)) == (None, OptIn.NO, 0)
    with world.workspace.store.transaction() as transaction:
        assert transaction.traces(ANN).counts() == {}
        assert transaction.journal.verify().holds


def test_what_a_killed_call_did_is_on_record_like_any_other(make_world: Callable[..., Any]) -> None:
    undisturbed = make_world()
    subscribed(undisturbed)
    erase_person(undisturbed.workspace, ANN)
    instants = 0
    for instant in range(LOOKING, ALL):
        killed = make_world()
        subscribed(killed)
        instants += kill_erasing(killed, instant)
        erase_person(killed.workspace, ANN)
        assert under_a_pseudonym(killed) == under_a_pseudonym(undisturbed), instant
        killed.workspace.close()
    assert 8 < instants < ALL - LOOKING
