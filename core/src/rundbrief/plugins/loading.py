"""Importing one plugin, and checking that its hooks fit the specs.

Each plugin gets a plugin manager of its own: in a shared one every provider would be asked every question, and a
provider's "not mine" (an empty generator) would count as an answer.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import ModuleType
from typing import Any, TypeVar

import pluggy

from rundbrief import hookspecs
from rundbrief.errors import PluginIncompatible, RundbriefError
from rundbrief.hookspecs import (
    CRM_GROUP,
    OBSERVER_GROUP,
    OLDEST_SPEC_VERSION,
    PROVIDER_GROUP,
    SPEC_VERSION,
    CrmInfo,
    ObserverInfo,
    ProviderInfo,
)
from rundbrief.plugins.discovery import InstalledPlugin, entry_point_of, find

__all__ = ["Info", "LoadedPlugin", "info_of", "load"]

_REQUIRED = {
    PROVIDER_GROUP: (
        "provider_info",
        "import_lists",
        "fetch_opt_ins",
        "map_custom_fields",
        "export_contacts",
    ),
    CRM_GROUP: ("crm_info", "open_crm"),
    OBSERVER_GROUP: ("observer_info",),
}
_SPECS: Mapping[str, type] = {
    PROVIDER_GROUP: hookspecs.ProviderSpec,
    CRM_GROUP: hookspecs.CrmSpec,
    OBSERVER_GROUP: hookspecs.ObserverSpec,
}
_ENDED = (Exception, SystemExit)
"""What a foreign module may raise without taking the host down with it."""


@dataclass(frozen=True, slots=True)
class LoadedPlugin:
    """A plugin whose module is imported and whose hooks fit."""

    plugin: InstalledPlugin
    manager: pluggy.PluginManager
    hooks: frozenset[str]
    """The hooks it implements."""
    deprecations: tuple[str, ...]
    """Sentences about hooks and parameters that it uses, and that a later version will not have any more."""

    def guarded(self, call: Callable[[], Any]) -> Any:
        """Return what a call into the plugin returns; what it raises gets a name.

        Raises:
            RundbriefError: what the plugin said itself, or `PluginBroken` for all else.
        """
        try:
            return call()
        except RundbriefError:
            raise
        except NotImplementedError as error:
            # The author's own words for herself: a plugin that has just been begun says so in every hook.
            raise self.plugin.broken(f"is not finished: {error}") from error
        except _ENDED as error:
            raise self.plugin.broken(f"raised {type(error).__name__}{_place(self.plugin, error)}") from error


def load(group: str, name: str, spec: type | None = None) -> LoadedPlugin:
    """Import the plugin of that group and name, and hold its hooks against the specs.

    Args:
        spec: the class of specs, for a test of specs that are not there yet.

    Raises:
        PluginMissing, PluginBroken: see `rundbrief.errors`; the distribution is named.
    """
    plugin = find(group, name)
    module = _import(plugin)
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(spec or _SPECS[group])
    _refuse_unfit(plugin, module, manager)
    try:
        manager.register(module, name=plugin.name)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise plugin.broken(f"has a hook that does not fit: {error}") from None
    callers = manager.get_hookcallers(module) or ()
    implemented = frozenset(caller.name for caller in callers)
    if missing := [hook for hook in _REQUIRED[group] if hook not in implemented]:
        raise plugin.broken(f"does not implement {', '.join(missing)}")
    return LoadedPlugin(plugin, manager, implemented, tuple(_deprecations(callers)))


Info = TypeVar("Info", ProviderInfo, CrmInfo, ObserverInfo)


def info_of(loaded: LoadedPlugin, hook: str, expected: type[Info]) -> Info:
    """Ask a plugin for its info.

    Raises:
        PluginBroken: it raised, or the answer is no info.
        PluginIncompatible: it was written for another version of the specs.
    """
    plugin = loaded.plugin
    try:
        info = getattr(loaded.manager.hook, hook)()
    except _ENDED as error:
        what = f"raised {type(error).__name__} when asked for its info{_place(plugin, error)}"
        raise plugin.broken(what) from error
    if not isinstance(info, expected):
        raise plugin.broken(f"returned {type(info).__name__} where {expected.__name__} was expected")
    _refuse_other_versions(plugin, info.spec_version)
    if info.name != plugin.name:
        raise plugin.broken(f"calls itself {info.name!r} but is registered as {plugin.name!r}")
    return info


def _import(plugin: InstalledPlugin) -> ModuleType:
    try:
        module = entry_point_of(plugin).load()
    except _ENDED as error:
        raise plugin.broken(f"could not be imported: {type(error).__name__}: {error}") from error
    if not isinstance(module, ModuleType):
        raise plugin.broken(f"names {plugin.module}, which is not a module")
    return module


def _refuse_unfit(plugin: InstalledPlugin, module: ModuleType, manager: pluggy.PluginManager) -> None:
    """Say what does not fit, and what would, before pluggy finds it and says only the first.

    Keyword-only parameters pluggy would even let pass: it never hands them a value.
    """
    specs = {name: caller.spec for name, caller in vars(manager.hook).items() if caller.spec is not None}
    for name in dir(module):
        if manager.parse_hookimpl_opts(module, name) is None:
            continue
        if name not in specs:
            raise plugin.broken(f"has a hook {name!r} that does not exist{_nearest(name, list(specs))}")
        known = specs[name].argnames
        for parameter in inspect.signature(getattr(module, name)).parameters.values():
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
                raise plugin.broken(f"has a keyword-only parameter {parameter.name!r} in {name}")
            if parameter.name not in known:
                raise plugin.broken(
                    f"has a parameter {parameter.name!r} in {name}, which has {', '.join(known) or 'none'}"
                )


def _nearest(name: str, names: Sequence[str]) -> str:
    near = get_close_matches(name, names, n=1)
    return f"; did its author mean {near[0]!r}?" if near else f"; there are {', '.join(sorted(names))}"


def _deprecations(callers: Sequence[pluggy.HookCaller]) -> Iterator[str]:
    """Yield what pluggy warns an author of, for those who do not see an author's warnings."""
    for caller in callers:
        assert caller.spec is not None
        if caller.spec.warn_on_impl:
            yield str(caller.spec.warn_on_impl)
        for implementation in caller.get_hookimpls():
            for name in implementation.argnames:
                if warning := (caller.spec.warn_on_impl_args or {}).get(name):
                    yield str(warning)


def _refuse_other_versions(plugin: InstalledPlugin, version: int) -> None:
    if OLDEST_SPEC_VERSION <= version <= SPEC_VERSION:
        return
    raise PluginIncompatible(
        f"{plugin.distribution} {plugin.version} was written for version {version} of the hooks; "
        f"this rundbrief has {_supported()}.",
        hint=f"Upgrade both: pip install --upgrade rundbrief {plugin.distribution}",
    )


def _supported() -> str:
    if OLDEST_SPEC_VERSION == SPEC_VERSION:
        return f"version {SPEC_VERSION}"
    return f"versions {OLDEST_SPEC_VERSION} to {SPEC_VERSION}"


def _place(plugin: InstalledPlugin, error: BaseException) -> str:
    """Return the innermost line of the plugin's own that an error came through. Its text is left out: who knows
    what is in it."""
    package = plugin.module.partition(".")[0]
    trace, found = error.__traceback__, ""
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] == package:
            found = f" ({module}, line {trace.tb_lineno})"
        trace = trace.tb_next
    return found
