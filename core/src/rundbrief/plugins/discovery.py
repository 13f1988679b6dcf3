"""Which plugins are installed. Reads entry-point metadata and imports nothing."""

import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import importlib_metadata

from rundbrief.errors import PluginBroken, PluginMissing
from rundbrief.hookspecs import CRM_GROUP, OBSERVER_GROUP, PROVIDER_GROUP

__all__ = ["InstalledPlugin", "entry_point_of", "find", "installed"]

_log = logging.getLogger(__name__)

_WORD = {PROVIDER_GROUP: "provider", CRM_GROUP: "CRM", OBSERVER_GROUP: "observer"}


@dataclass(frozen=True, slots=True)
class InstalledPlugin:
    """One entry point, as metadata tells of it. Nothing is imported."""

    name: str
    group: str
    distribution: str
    version: str
    module: str

    def broken(self, what: str) -> PluginBroken:
        """Return the error that says what is wrong with it, and what to do."""
        return PluginBroken(
            f"The {_WORD[self.group]} {self.name!r} ({self.distribution} {self.version}) {what}.",
            hint=f"Upgrade or reinstall it (pip install --force-reinstall {self.distribution}), or tell its "
            "author.",
        )


def installed(group: str = PROVIDER_GROUP) -> Sequence[InstalledPlugin]:
    """Return the installed plugins of a group, sorted by name."""
    found = [plugin for plugin in _entry_points(tuple(sys.path)) if plugin.group == group]
    return sorted(found, key=lambda plugin: (plugin.name, plugin.distribution))


def find(group: str, name: str) -> InstalledPlugin:
    """Return the one plugin of that group and name.

    Raises:
        PluginMissing: no installed distribution offers it.
        PluginBroken: several do.
    """
    everything = installed(group)
    claimed = [plugin for plugin in everything if plugin.name == name]
    if len({plugin.distribution for plugin in claimed}) > 1:
        owners = " and ".join(sorted(plugin.distribution for plugin in claimed))
        raise PluginBroken(
            f"{owners} both offer a {_WORD[group]} named {name!r}.", hint="Uninstall the one you do not want."
        )
    if claimed:
        return claimed[0]
    others = ", ".join(plugin.name for plugin in everything) or "none"
    raise PluginMissing(
        f"The {_WORD[group]} {name!r} is not installed (installed: {others}).",
        hint=f"Install it: pip install rundbrief-{name}",
    )


def entry_point_of(plugin: InstalledPlugin) -> importlib_metadata.EntryPoint:
    return _entry_points(tuple(sys.path))[plugin]


@cache
def _entry_points(
    path: tuple[str, ...],  # noqa: ARG001  # it is the key
) -> Mapping[InstalledPlugin, importlib_metadata.EntryPoint]:
    """Read the metadata of everything installed, once for each state of `sys.path`: it is hundreds of files.

    Of two copies of a distribution the first on the path counts, as it does for imports.
    """
    found: dict[str, dict[InstalledPlugin, importlib_metadata.EntryPoint]] = {}
    for distribution in importlib_metadata.distributions():
        try:
            ours = [point for point in distribution.entry_points if point.group in _WORD]
            if ours and (version := distribution.version):
                name = distribution.name
                plugins = {InstalledPlugin(one.name, one.group, name, version, one.value): one for one in ours}
                found.setdefault(name.lower(), plugins)
        except Exception as error:
            # Half removed, or made by hand: that is no reason to lose the others.
            _log.info("metadata that cannot be read: %s", type(error).__name__)
    return {plugin: point for plugins in found.values() for plugin, point in plugins.items()}
