"""The hooks of an observer: a plugin that is told what runs did, and changes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rundbrief.hookspecs.marking import hookspec
from rundbrief.models import Reason, Result

if TYPE_CHECKING:
    from marshmallow import Schema

__all__ = ["ConsentChange", "ObservedRun", "ObserverInfo", "ObserverSpec", "UnwrittenContact"]


@dataclass(frozen=True, slots=True)
class ObserverInfo:
    """What the host must know of an observer before it tells it anything."""

    name: str
    """The entry point's name, and that of its table `[observers.NAME]` in rundbrief.toml."""
    title: str
    """How people call it."""
    settings: "type[Schema]"
    """A marshmallow schema of that table; one without required keys lets the observer do without a table."""
    spec_version: int = 1
    """The version of the hook specs that it was written for (`SPEC_VERSION` of that day)."""


@dataclass(frozen=True, slots=True)
class ObservedRun:
    """A run that has ended, however it ended."""

    id: int
    """As `rundbrief runs ID` shows it; ascending, and never used again."""
    kind: str
    """`import`, `export`, `sync` or `erase`."""
    connection: str
    list_id: str | None
    """The list; None or `*` for a whole account."""
    state: str
    """`done`, `stopped` (by a user or the guard rail), `failed`, or `cut off` (killed)."""
    started_at: datetime
    ended_at: datetime | None
    """None for a run that was killed."""
    counts: Mapping[str, int]
    """How many were read, changed and so on, as in the report."""
    message: str = ""
    """Why it did not end well; free of secrets and whole addresses."""


@dataclass(frozen=True, slots=True)
class ConsentChange:
    """One entry of the consent journal."""

    number: int
    """Its number in the journal: ascending, and the same when an observer is told a second time."""
    recorded_at: datetime
    address: str
    """Whose consent, in lower case; `erased:…` for a person who was erased. Personal data: treat it as such."""
    contact_id: str | None
    """The CRM's contact, where one is concerned."""
    connection: str
    scope: str
    """What the consent is for: a list's id, or `*` for a whole account."""
    place: str
    """Whose record changed: `crm` or `service`."""
    actor: str
    """Who changed it: `crm` (its users), `service` (the person, or an administrator there) or `rundbrief`."""
    was: str
    became: str
    evidence: str
    """On what grounds, in words."""
    stated_at: datetime | None = None
    """When the person said so, as far as it is known."""


@dataclass(frozen=True, slots=True)
class UnwrittenContact:
    """A contact that a run did not write."""

    number: int
    """Its number among all lines of reports: ascending, and the same when an observer is told a second time."""
    address: str
    """In lower case; empty for a contact without one. Personal data: treat it as such."""
    contact_id: str | None
    result: Result
    """`HELD` by a rule, `REFUSED` by the service, or `FAILED` this time."""
    reason: Reason
    detail: str = ""
    """The service's own words, free of addresses."""


class ObserverSpec:
    """Hooks of a plugin that is told what runs did.

    All installed observers are told, after a run has ended and everything is saved; dry runs are not told of. An
    observer cannot change a run or make it fail: what it raises is noted in the run's report, and it is told again
    after the connection's next run, from where it raised. So each fact comes **at least once**, in order: first
    the changes of consent, then the contacts that were held, then the run. Where twice would hurt, remember the
    numbers. An observer that was just installed is told of the runs that end from then on.

    Calls about one connection come one after another; those about others may come from other threads and processes
    at the same time. The host waits for the call, so be quick, or hand on what you have to say.
    """

    @staticmethod
    @hookspec(firstresult=True)
    def observer_info() -> ObserverInfo:
        """Describe the observer. Pure: no network, no files, the same answer every time.

        Example::

            @hookimpl
            def observer_info() -> ObserverInfo:
                return ObserverInfo(name="diary", title="Diary", settings=DiarySettings, spec_version=1)
        """
        raise AssertionError("a specification is never called")

    @staticmethod
    @hookspec
    def consent_changed(settings: Mapping[str, Any], run: ObservedRun, change: ConsentChange) -> None:
        """Optional. Somebody's opt-in has changed, in the CRM or at the service.

        Example::

            @hookimpl
            def consent_changed(settings, change):
                if change.became == "unsubscribed":
                    append(settings["path"], f"{change.recorded_at:%F} {change.address} left {change.scope}")
        """
        raise AssertionError("a specification is never called")

    @staticmethod
    @hookspec
    def contact_held(settings: Mapping[str, Any], run: ObservedRun, contact: UnwrittenContact) -> None:
        """Optional. A contact was held by a rule, refused by the service, or could not be written this time.

        Example::

            @hookimpl
            def contact_held(settings, run, contact):
                append(settings["path"], f"run {run.id}: {contact.contact_id} {contact.reason}")
        """
        raise AssertionError("a specification is never called")

    @staticmethod
    @hookspec
    def run_finished(settings: Mapping[str, Any], run: ObservedRun) -> None:
        """Optional. A run has ended: well, badly, or killed and found by the next one.

        Example::

            @hookimpl
            def run_finished(settings, run):
                append(settings["path"], f"run {run.id} of {run.connection}: {run.state}")
        """
        raise AssertionError("a specification is never called")
