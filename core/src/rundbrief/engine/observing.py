"""Telling observers what runs did, once that is saved: nothing they do, or fail to do, can reach a run.

What is told is read from the state, and how far each observer has got is kept there as well. So a run that was
killed is told of by the next one, and what an observer could not take is offered again.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from rundbrief.engine.locks import only_teller
from rundbrief.engine.workspace import Workspace
from rundbrief.errors import RundbriefError
from rundbrief.hookspecs import OBSERVER_GROUP, ConsentChange, ObservedRun, UnwrittenContact
from rundbrief.plugins import Observer, installed, load_observer
from rundbrief.store import JournalEntry, Observations, OutcomeLine, Run, Store, Told

__all__ = ["tell_observers"]

Item = TypeVar("Item")

PAGE = 500
_log = logging.getLogger(__name__)


def tell_observers(workspace: Workspace, connection: str) -> list[str]:
    """Tell every installed observer what it has not been told yet of a connection's runs.

    Returns:
        A sentence about each observer that could not be told, or not everything.
    """
    names = sorted({one.name for one in installed(OBSERVER_GROUP)} | workspace.config.observers.keys())
    if not names or workspace.stop.is_set:
        return []
    with only_teller(workspace.store.path, connection) as is_ours:
        return [told for name in names if (told := _tell(workspace, connection, name))] if is_ours else []


def _tell(workspace: Workspace, connection: str, name: str) -> str:
    """Tell one observer; return what went wrong, or nothing."""
    try:
        observer = load_observer(name)
        settings = workspace.observer_settings(observer)
        _Teller(workspace.store, observer, settings, connection).tell()
    except RundbriefError as error:
        _log.info("observer %s: %s", name, error)
        return f"{error} It is told again after the next run."
    return ""


class _Teller:
    """One observer and one connection."""

    def __init__(self, store: Store, observer: Observer, settings: Mapping[str, Any], connection: str) -> None:
        self._store = store
        self._observer = observer
        self._settings = settings
        self._connection = connection
        self._told = self._begin()

    def tell(self) -> None:
        """Tell it everything, in order. What it raises is raised; what it took before that stays told."""
        try:
            for run in self._pending():
                self._tell_run(run)
        finally:
            self._save()

    def _begin(self) -> Told:
        """A new observer begins with the run that has just ended."""
        with self._observations() as observations:
            return observations.told() or Told(observations.last_run() - 1)

    def _pending(self) -> Sequence[Run]:
        with self._observations() as observations:
            return observations.runs(self._told.run_id)

    def _tell_run(self, run: Run) -> None:
        observed = ObservedRun(
            run.id,
            run.kind,
            run.connection,
            run.list_id,
            run.state,
            run.started_at,
            run.ended_at,
            run.counts,
            run.message,
        )
        for entry in self._entries(run.id):
            self._observer.consent_changed(self._settings, observed, _change(entry))
            self._told = replace(self._told, entry=entry.seq)
        for number, line in self._lines(run.id):
            self._observer.contact_held(self._settings, observed, _held(number, line))
            self._told = replace(self._told, line=number)
        self._observer.run_finished(self._settings, observed)
        self._told = replace(self._told, run_id=run.id)

    def _entries(self, run_id: int) -> Iterator[JournalEntry]:
        if "consent_changed" not in self._observer.capabilities:
            return
        while page := self._page(lambda observations: observations.entries(run_id, self._told.entry, PAGE)):
            yield from page

    def _lines(self, run_id: int) -> Iterator[tuple[int, OutcomeLine]]:
        if "contact_held" not in self._observer.capabilities:
            return
        while page := self._page(lambda observations: observations.lines(run_id, self._told.line, PAGE)):
            yield from page

    def _page(self, read: Callable[[Observations], Sequence[Item]]) -> Sequence[Item]:
        """Read on, and note how far the pages before were taken: a kill costs a page's repetition at most."""
        self._save()
        with self._observations() as observations:
            return read(observations)

    def _save(self) -> None:
        with self._observations() as observations:
            observations.put(self._told)

    @contextmanager
    def _observations(self) -> Iterator[Observations]:
        with self._store.transaction() as transaction:
            yield transaction.observations(self._observer.info.name, self._connection)


def _change(entry: JournalEntry) -> ConsentChange:
    assert entry.recorded_at is not None
    return ConsentChange(
        number=entry.seq,
        recorded_at=entry.recorded_at,
        address=entry.address,
        contact_id=entry.contact_id,
        connection=entry.connection,
        scope=entry.scope,
        place=entry.place,
        actor=entry.actor,
        was=entry.was,
        became=entry.became,
        evidence=entry.grounds,
        stated_at=entry.stated_at,
    )


def _held(number: int, line: OutcomeLine) -> UnwrittenContact:
    return UnwrittenContact(number, line.address, line.contact_id, line.result, line.reason, line.detail)
