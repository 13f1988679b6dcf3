"""The first rules for any plugin, of whatever kind: installed once, fitting the hooks, quiet at import."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from types import ModuleType
from typing import Any, ClassVar

import importlib_metadata
import pytest

from rundbrief.errors import PluginBroken, PluginIncompatible
from rundbrief.hookspecs import CRM_GROUP, PROVIDER_GROUP, SPEC_VERSION, CrmInfo, ProviderInfo
from rundbrief.plugins import installed, load_crm, load_provider
from rundbrief.testing.contract.rules import expect

__all__ = ["CRM", "PROVIDER", "InstalledPluginRules", "PluginKind"]

_IMPORT_IN_PEACE = """
import importlib, sys

def refuse(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.bind"):
        sys.stderr.write("Importing the plugin, or asking for its info, calls " + event + ".")
        sys.stderr.flush()
        import os
        os._exit(3)

sys.addaudithook(refuse)
getattr(importlib.import_module(sys.argv[1]), sys.argv[2])()
"""


@dataclass(frozen=True, slots=True)
class PluginKind:
    """What tells the two kinds of plugins apart before any of their hooks is called."""

    group: str
    info_hook: str
    info_type: type[ProviderInfo] | type[CrmInfo]
    load: Callable[[str], object]


PROVIDER = PluginKind(PROVIDER_GROUP, "provider_info", ProviderInfo, load_provider)
CRM = PluginKind(CRM_GROUP, "crm_info", CrmInfo, load_crm)


class InstalledPluginRules:
    kind: ClassVar[PluginKind]

    @property
    def plugin_name(self) -> str:
        """The entry point's name."""
        raise NotImplementedError

    def test_c01_it_is_installed_once_and_can_be_imported(self) -> None:
        """Exactly one installed distribution offers the plugin, and its module can be imported.

        Why: rundbrief.toml names the plugin and nothing else. Whatever fails at import keeps every command from
        saying anything better than that.
        """
        self._module()

    def test_c02_its_name_and_spec_version_match(self) -> None:
        """The plugin calls itself what its entry point is called, and was written for these hook specs.

        Its info says the same each time.

        Why: the name stands in the configuration and in the state of every user; a plugin for other specs would
        fail in the middle of a run instead of before it.
        """
        info = self._info()
        expect(info.name == self.plugin_name, f"The plugin calls itself {info.name!r}, not {self.plugin_name!r}.")
        expect(
            info.spec_version == SPEC_VERSION,
            f"It was written for version {info.spec_version} of the hook specs; this is version {SPEC_VERSION}.",
        )
        hook = self.kind.info_hook
        expect(_said(info) == _said(self._info()), f"{hook} says something else when it is asked again.")

    def test_c03_its_hooks_fit(self) -> None:
        """Every required hook is there, and takes only parameters that the specs name, none of them by keyword.

        Why: hooks are called by parameter name. One that is misspelt, renamed or keyword-only would never get its
        value.
        """
        hook = self.kind.info_hook
        expect(getattr(self._imported(), hook, None) is not None, f"There is no {hook}.")
        try:
            self.kind.load(self.plugin_name)
        except PluginIncompatible:
            pytest.skip("The plugin is for other hook specs; C02 says so.")
        except PluginBroken as error:
            if self._info().name != self.plugin_name:
                pytest.skip("The plugin calls itself something else; C02 says so.")
            raise AssertionError(error.message) from None

    def test_c04_nothing_touches_the_network_at_import(self) -> None:
        """Importing the module and asking for its info opens no connection and looks up no name.

        Tried out in a process of its own, where any such call ends it.

        Why: plugins are imported to list their capabilities and to check a configuration, also on a train.
        """
        module = self._imported()
        # Our own interpreter, and a module that is imported already.
        answer = subprocess.run(  # noqa: S603  # nosec B603
            [sys.executable, "-c", _IMPORT_IN_PEACE, module.__name__, self.kind.info_hook],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            text=True,
            check=False,
        )
        expect(answer.returncode != 3, answer.stderr)

    def _module(self) -> ModuleType:
        """Return the module that the entry point names."""
        name, group = self.plugin_name, self.kind.group
        owners = {plugin.distribution for plugin in installed(group) if plugin.name == name}
        expect(len(owners) == 1, f"{len(owners)} installed distributions offer {name!r}.")
        points = importlib_metadata.entry_points(group=group, name=name)
        try:
            module = next(iter(points)).load()
        except Exception as error:  # whatever a foreign module raises at import
            raise AssertionError(f"It cannot be imported: {type(error).__name__}: {error}") from None
        if not isinstance(module, ModuleType):
            raise AssertionError("The entry point does not name a module.")
        return module

    def _imported(self) -> ModuleType:
        try:
            return self._module()
        except AssertionError:
            pytest.skip("The plugin cannot be imported; C01 says why.")

    def _info(self) -> ProviderInfo | CrmInfo:
        ask = getattr(self._imported(), self.kind.info_hook, None)
        if ask is None:
            pytest.skip(f"There is no {self.kind.info_hook}; C03 says so.")
        info = ask()
        if not isinstance(info, self.kind.info_type):
            raise AssertionError(f"{self.kind.info_hook} returns {type(info).__name__}.")
        return info


def _said(info: ProviderInfo | CrmInfo) -> dict[str, Any]:
    """Return what an info says, without its functions: they may be made anew each time."""
    values = {one.name: getattr(info, one.name) for one in fields(info)}
    return {name: value for name, value in values.items() if not callable(value)}
