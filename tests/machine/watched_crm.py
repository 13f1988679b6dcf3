"""A CRM with a witness: registered as the CRM plugin `watched`, by metadata as any other."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from marshmallow import Schema

from machine.oracle import Oracle
from machine.statements import Broken
from rundbrief.crm import Crm
from rundbrief.fields import CrmField
from rundbrief.hookspecs import CrmInfo, hookimpl
from rundbrief.models import Campaign, Contact, NewContact, OptIn, OptInChange, OptInField, Selection, address_key

__all__ = ["WATCHERS", "WatchedCrm", "Watcher"]


class Watcher:
    """What a world lends its CRM: an oracle, and a place to kill the run at."""

    def __init__(self, oracle: Oracle, scopes: Sequence[str], instant: Callable[[str], None]) -> None:
        self.oracle = oracle
        self.scopes = scopes
        self.instant = instant
        self.broken: list[Broken] = []
        self.open: Callable[[], Any] = lambda: None
        """Opens the CRM that is watched."""
        self._asked_for: list[tuple[str, str]] = []

    @contextmanager
    def reading(self, addresses: Sequence[str]) -> Iterator[None]:
        """The engine asks who has these addresses."""
        self._asked_for = [(scope, address_key(one)) for one in addresses for scope in self.scopes]
        self.oracle.engine_reads(self._asked_for, anew=True)
        yield
        self.oracle.engine_reads(self._asked_for, anew=False)
        self._asked_for = []

    def answered(self) -> None:
        """The CRM has answered a request, which may belong to a reading under way."""
        self.oracle.engine_reads(self._asked_for, anew=False)

    def judge(self, judgement: Callable[[], None]) -> None:
        try:
            judgement()
        except Broken as broken:
            self.broken.append(broken)


WATCHERS: dict[str, Watcher] = {}
"""Folder -> watcher."""


class WatchedCrm:
    """Args:
    by_request: effects and instants are those of each request, and seen elsewhere; else those of each call.
    """

    def __init__(self, crm: Crm, watcher: Watcher, *, by_request: bool = False) -> None:
        self._crm = crm
        self._watcher = watcher
        self._by_request = by_request

    def fields(self) -> Sequence[CrmField]:
        return self._crm.fields()

    def opt_in_fields(self) -> Sequence[OptInField]:
        return self._crm.opt_in_fields()

    def ensure_opt_in_fields(self, fields: Sequence[OptInField]) -> None:
        self._crm.ensure_opt_in_fields(fields)

    def contacts(self, selection: Selection) -> Iterator[Contact]:
        for contact in self._crm.contacts(selection):
            yield contact
            self._look()

    def by_ids(self, contact_ids: Sequence[str]) -> Mapping[str, Contact]:
        found = self._crm.by_ids(contact_ids)
        self._look()
        return found

    def by_addresses(self, addresses: Sequence[str]) -> Mapping[str, Sequence[Contact]]:
        with self._watcher.reading(addresses):
            found = self._crm.by_addresses(addresses)
        self._look()
        return found

    def _look(self) -> None:
        if not self._by_request:
            self._watcher.instant("CRM read")

    def create_contacts(self, new: Sequence[NewContact]) -> Sequence[str]:
        if self._by_request:
            return self._crm.create_contacts(new)
        self._watcher.instant("CRM written")
        known = {one.id: one for one in self._crm.contacts(Selection())}
        ids = self._crm.create_contacts(new)
        contacts = self._crm.by_ids(ids)
        for one, contact_id in zip(new, ids, strict=True):
            if contact_id in known:
                if contacts[contact_id].opt_in(one.opt_in_key) != known[contact_id].opt_in(one.opt_in_key):
                    change = OptInChange(contact_id, one.opt_in_key, OptIn.UNKNOWN, one.opt_in)
                    self._watcher.judge(lambda a=change: self._watcher.oracle.we_set(a.key, a))
            else:
                self._watcher.judge(
                    lambda a=contacts[contact_id], b=one.opt_in_key: self._watcher.oracle.we_created(a, b)
                )
        self._watcher.instant("CRM written")
        return ids

    def set_opt_ins(self, changes: Sequence[OptInChange]) -> Sequence[OptInChange]:
        if not changes:
            return []
        if self._by_request:
            return self._crm.set_opt_ins(changes)
        self._watcher.instant("CRM written")
        undone = self._crm.set_opt_ins(changes)
        for change in changes:
            if change not in undone:
                self._watcher.judge(lambda a=change: self._watcher.oracle.we_set(a.key, a))
        self._watcher.instant("CRM written")
        return undone

    def count(self, selection: Selection) -> int:
        return self._crm.count(selection)

    def campaigns(self) -> Sequence[Campaign]:
        return self._crm.campaigns()

    def check(self) -> str:
        return self._crm.check()

    def warnings(self, providers: Sequence[str]) -> Sequence[str]:
        return self._crm.warnings(providers)

    def close(self) -> None:
        self._crm.close()


@hookimpl
def crm_info() -> CrmInfo:
    return CrmInfo(name="watched", title="Watched CRM", settings=Schema)


@hookimpl
def open_crm(folder: Path) -> Any:
    return WATCHERS[str(folder)].open()
