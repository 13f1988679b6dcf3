"""Level *correct*, first room: the plugin as such."""

import os
import subprocess
import sys
from types import ModuleType

import importlib_metadata
import pytest

from rundbrief.errors import PluginBroken, PluginIncompatible, RundbriefError
from rundbrief.hookspecs import PROVIDER_GROUP, SPEC_VERSION, ProviderInfo
from rundbrief.models import WriteKind
from rundbrief.plugins import installed, load_provider
from rundbrief.session import Endpoint
from rundbrief.testing.contract.bench import Bench
from rundbrief.testing.contract.frame import Frame
from rundbrief.testing.contract.rules import expect

__all__ = ["Loading"]

_IMPORT_IN_PEACE = """
import importlib, sys

def refuse(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.bind"):
        sys.stderr.write("Importing the plugin, or asking for its info, calls " + event + ".")
        sys.stderr.flush()
        import os
        os._exit(3)

sys.addaudithook(refuse)
importlib.import_module(sys.argv[1]).provider_info()
"""


class Loading(Frame):
    def test_c01_it_is_installed_once_and_can_be_imported(self) -> None:
        """Exactly one installed distribution offers the provider, and its module can be imported.

        Why: a connection in rundbrief.toml names the provider and nothing else. Whatever fails at import keeps
        every command from saying anything better than that.
        """
        self._module()

    def test_c02_its_name_and_spec_version_match(self) -> None:
        """The provider calls itself what its entry point is called, and was written for these hook specs.

        `provider_info` says the same each time.

        Why: the name stands in the configuration and in the state of every user; a plugin for other specs would
        fail in the middle of a run instead of before it.
        """
        info = self._info()
        expect(info.name == self.provider, f"The provider calls itself {info.name!r}, not {self.provider!r}.")
        expect(
            info.spec_version == SPEC_VERSION,
            f"It was written for version {info.spec_version} of the hook specs; this is version {SPEC_VERSION}.",
        )
        again = self._info()
        said = [(one.name, one.scope, dict(one.batch_sizes), one.concurrency) for one in (info, again)]
        expect(said[0] == said[1], "provider_info says something else when it is asked again.")

    def test_c03_its_hooks_fit(self) -> None:
        """Every required hook is there, and takes only parameters that the specs name, none of them by keyword.

        Why: hooks are called by parameter name. One that is misspelt, renamed or keyword-only would never get its
        value.
        """
        ask = getattr(self._imported(), "provider_info", None)
        expect(ask is not None, "There is no provider_info.")
        try:
            load_provider(self.provider)
        except PluginIncompatible:
            pytest.skip("The provider is for other hook specs; C02 says so.")
        except PluginBroken as error:
            if self._info().name != self.provider:
                pytest.skip("The provider calls itself something else; C02 says so.")
            raise AssertionError(error.message) from None

    def test_c04_nothing_touches_the_network_at_import(self) -> None:
        """Importing the module and asking for its info opens no connection and looks up no name.

        Tried out in a process of its own, where any such call ends it.

        Why: plugins are imported to list their capabilities and to check a configuration, also on a train.
        """
        module = self._imported()
        answer = subprocess.run(  # noqa: S603 - our own interpreter, and a module that is imported already
            [sys.executable, "-c", _IMPORT_IN_PEACE, module.__name__],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            text=True,
            check=False,
        )
        expect(answer.returncode != 3, answer.stderr)

    def test_c05_the_sandbox_can_be_reached_with_its_own_settings(self) -> None:
        """There is a sandbox; the settings it names pass the provider's schema and make an endpoint below its URL.

        Batch sizes and concurrency are numbers that can be worked with.

        Why: all other rules, the demo and `rundbrief sandbox` need just that; and a configuration that the schema
        lets pass must be one that the endpoint can be made of.
        """
        try:
            provider = load_provider(self.provider)
        except RundbriefError:
            pytest.skip("The provider cannot be loaded; C01 to C03 say why.")
        try:
            bench = Bench(provider, lambda: self._sandbox(provider))
        except RundbriefError as error:
            raise AssertionError(f"The sandbox's settings cannot be used: {error.message}") from None
        endpoint = bench.endpoint(bench.settings("http://127.0.0.1:8181"))
        bench.close()
        expect(isinstance(endpoint, Endpoint), "`endpoint` makes no Endpoint.")
        expect(endpoint.base_url.startswith("http://127.0.0.1:8181"), "The endpoint is not where the sandbox is.")
        sizes = provider.info.batch_sizes
        expect(all(kind in WriteKind and size >= 1 for kind, size in sizes.items()), "A batch size is below 1.")
        expect(provider.info.concurrency >= 1, "The concurrency is below 1.")

    def _module(self) -> ModuleType:
        """Return the module that the entry point names."""
        owners = {plugin.distribution for plugin in installed() if plugin.name == self.provider}
        expect(len(owners) == 1, f"{len(owners)} installed distributions offer {self.provider!r}.")
        points = importlib_metadata.entry_points(group=PROVIDER_GROUP, name=self.provider)
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
            pytest.skip("The provider cannot be imported; C01 says why.")

    def _info(self) -> ProviderInfo:
        ask = getattr(self._imported(), "provider_info", None)
        if ask is None:
            pytest.skip("There is no provider_info; C03 says so.")
        info = ask()
        if not isinstance(info, ProviderInfo):
            raise AssertionError(f"provider_info returns {type(info).__name__}.")
        return info
