"""An observer behind a typed face."""

from collections.abc import Mapping
from typing import Any

from rundbrief.hookspecs import (
    OBSERVER_GROUP,
    ConsentChange,
    ObservedRun,
    ObserverInfo,
    UnwrittenContact,
)
from rundbrief.plugins.face import Face
from rundbrief.plugins.loading import info_of, load

__all__ = ["Observer", "load_observer"]


def load_observer(name: str) -> "Observer":
    """Import and check the observer of that name; raises as `load_provider` does."""
    loaded = load(OBSERVER_GROUP, name)
    return Observer(loaded, info_of(loaded, "observer_info", ObserverInfo))


class Observer(Face[ObserverInfo]):
    """A loaded observer. A hook that it does not have is not called; what it raises is a `PluginBroken`."""

    def consent_changed(self, settings: Mapping[str, Any], run: ObservedRun, change: ConsentChange) -> None:
        self._loaded.guarded(lambda: self._hook.consent_changed(settings=settings, run=run, change=change))

    def contact_held(self, settings: Mapping[str, Any], run: ObservedRun, contact: UnwrittenContact) -> None:
        self._loaded.guarded(lambda: self._hook.contact_held(settings=settings, run=run, contact=contact))

    def run_finished(self, settings: Mapping[str, Any], run: ObservedRun) -> None:
        self._loaded.guarded(lambda: self._hook.run_finished(settings=settings, run=run))
